"""Three heads and what is made of them; the prior, the data, the table and the bars in the user's hand."""

import math

import pytest
import torch
from scipy import stats

from models.core.errors import Refused
from models.core.session import Session
from models.labs.recap.estimation import Estimation
from tests.core.drive import forward


def session_after(steps: int, seed: int = 0, **config: object) -> Session:
    session = Session(Estimation, config, seed=seed)
    forward(session, steps)
    return session


def words(session: Session, view: str = "story") -> str:
    return " ".join(line.text for line in session.look(view).lines)


def test_heads_heads_heads_and_what_each_says() -> None:
    session = session_after(3)
    assert session.lab.data == [1, 1, 1]
    assert session.lab.belief.mle(session.lab.data) == 1
    assert session.lab.map == pytest.approx(0.8)
    assert "MLE says: always heads" in words(session)
    values = session.look("update").values
    assert (values["mle"], values["map"], values["h"]) == (1, pytest.approx(0.8), 3)


def test_four_and_four_make_it_two_thirds() -> None:
    assert session_after(3, a=4.0, b=4.0).lab.map == pytest.approx(2 / 3)


def test_what_is_drawn_is_scipys_posterior() -> None:
    session = session_after(12, seed=3, a=2.5, b=4.0)
    data = session.lab.data
    posterior = stats.beta(2.5 + sum(data), 4 + len(data) - sum(data))
    drawn = {line.id: line for line in session.look("curves").lines}
    torch.testing.assert_close(
        drawn["posterior"].y.double(),
        torch.from_numpy(posterior.pdf(drawn["posterior"].x.double())),
        rtol=1e-9,
        atol=1e-9,
    )
    area = torch.trapezoid(drawn["likelihood, area 1"].y.double(), drawn["prior"].x.double())
    assert float(area) == pytest.approx(1, abs=1e-3)  # 400 places


def test_the_gaussian_is_scipys_too() -> None:
    session = session_after(9, question="Gaussian", prior_mean=-1.0, prior_sd=0.5, sigma=2.0)
    data = torch.tensor(session.lab.data, dtype=torch.float64)
    precision = 1 / 0.25 + 9 / 4
    posterior = stats.norm((-1 / 0.25 + float(data.sum()) / 4) / precision, precision**-0.5)
    drawn = {line.id: line for line in session.look("curves").lines}["posterior"]
    torch.testing.assert_close(
        drawn.y.double(), torch.from_numpy(posterior.pdf(drawn.x.double())), rtol=1e-9, atol=1e-9
    )
    values = session.look("update").values
    assert values["w"] * values["mle"] + values["r"] * values["m"] == pytest.approx(values["map"])


def test_the_first_tosses_may_come_by_chance_and_the_truth_decides() -> None:
    assert session_after(50, truth=0.0, begins="by chance").lab.data == [0] * 50
    assert session_after(50, truth=0.0).lab.data == [1] * 3 + [0] * 47
    share = sum(session_after(400, truth=0.3, begins="by chance").lab.data) / 400
    assert share == pytest.approx(0.3, abs=4 * math.sqrt(0.21 / 400))  # four standard errors


def test_an_infinite_surprise_is_no_number_on_the_page() -> None:
    session = Session(Estimation)
    rows = forward(session, 3)
    assert rows["train_loss.mle"][-1] == 0
    assert rows["train_loss.map"][-1] == pytest.approx(-math.log(0.8))
    assert "test_loss.mle" not in rows
    assert rows["test_loss.map"][-1] == pytest.approx(-0.5 * (math.log(0.8) + math.log(0.2)))
    assert session.status == "paused"


def test_the_prior_can_be_dragged_and_stays_a_setting() -> None:
    session = session_after(3)
    session.act("drag_prior", {"id": "prior", "x": 0.5, "y": 1.0})
    assert session.config.a == pytest.approx(1, abs=1e-3)
    assert session.config.b == pytest.approx(1, abs=1e-3)
    assert session.edits[-1].name == "config"
    handle = session.look("curves").handles[0]
    assert (handle["x"], handle["y"]) == (pytest.approx(0.5), pytest.approx(1, abs=1e-3))
    with pytest.raises(Refused, match="only the prior"):
        session.act("drag_prior", {"id": "posterior", "x": 0.5, "y": 1.0})


def test_a_prior_without_a_top_is_said_not_drawn() -> None:
    session = Session(Estimation, {"a": 0.5, "b": 0.5})
    assert math.isnan(session.lab.map)
    assert "no MAP" in words(session)
    forward(session, 1)
    assert session.lab.map == 1.0  # Beta(1.5, 0.5) is highest at 1
    session.act("move_datum", {"index": 0, "x": 0.0, "y": 0.0})
    assert session.lab.map == 0.0


def test_a_toss_can_be_turned_over_and_given() -> None:
    session = session_after(3)
    session.act("move_datum", {"index": 1, "x": 0.2, "y": 3.0})
    session.act("give_datum", {"value": 0})
    assert session.lab.data == [1, 0, 1, 0]
    for value in (0.5, 2):
        with pytest.raises(Refused, match="A toss is 1"):
            session.act("give_datum", {"value": value})
    with pytest.raises(Refused, match="no datum 4"):
        session.act("move_datum", {"index": 4, "x": 0.2, "y": 3.0})
    gaussian = session_after(2, question="Gaussian")
    gaussian.act("give_datum", {"value": 2.5})
    gaussian.act("move_datum", {"index": 0, "x": 99.0, "y": 0.0})
    assert gaussian.lab.data[0] == 5
    assert gaussian.lab.data[2] == 2.5
    with pytest.raises(Refused, match="between −5 and 5"):
        gaussian.act("give_datum", {"value": 6})


def test_bayes_rule_is_the_column_of_the_table() -> None:
    session = Session(Estimation)
    assert float(session.look("bayes").values["post"]) == pytest.approx(9 / 98, abs=5e-4)
    session.act("set_count", {"row": 0, "column": 0, "value": 90})
    assert float(session.look("bayes").values["post"]) == pytest.approx(90 / 179, abs=5e-4)
    assert session.look("two_way").values.tolist() == [[90, 1], [89, 901]]
    for cell in ({"row": 2, "column": 0, "value": 1}, {"row": 0, "column": 0, "value": -1}, {"row": 0, "column": 0}):
        with pytest.raises(Refused):
            session.act("set_count", cell)


@pytest.mark.parametrize(("cells", "said"), [([(0, 0), (0, 1)], "nobody is ill"), ([(0, 0), (1, 0)], "nobody tests")])
def test_an_empty_row_or_column_has_a_sentence(cells: list[tuple[int, int]], said: str) -> None:
    session = Session(Estimation)
    for row, column in cells:
        session.act("set_count", {"row": row, "column": column, "value": 0})
    equation = session.look("bayes")
    assert said in equation.lines[0].note
    assert not equation.values


def test_bars_stay_distributions_while_they_are_dragged() -> None:
    session = Session(Estimation)
    session.act("drag_bar", {"index": 5, "value": 0.0})
    assert session.lab.q.tolist() == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3])
    values = session.look("bits").values
    assert values["c"] == values["pq"] == "∞"
    expected = stats.entropy(session.lab.q, session.lab.p, base=2)
    assert float(values["qp"]) == pytest.approx(expected, abs=1e-3)
    assert session.lab.p.sum() == pytest.approx(1)
    with pytest.raises(Refused):
        session.act("drag_bar", {"index": 8, "value": 0.5})


def test_the_estimates_are_shown_under_the_prior_as_it_is_now() -> None:
    session = session_after(5)
    session.tune({"a": 4.0, "b": 4.0})
    top = {line.id: line for line in session.look("estimates").lines}["map"]
    assert float(top.y[3]) == pytest.approx(2 / 3)
    assert float(top.y[0]) == pytest.approx(0.5)


def test_the_probe_gives_the_three_densities() -> None:
    session = session_after(3)
    (table,) = session.ask("densities", {"x": 0.6, "y": 1.0})
    expected = [stats.beta(*ab).pdf(0.6) for ab in ((2, 2), (4, 1), (5, 2))]
    assert [float(row[1]) for row in table.rows] == pytest.approx(expected, abs=1e-4)
