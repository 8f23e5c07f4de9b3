"""The race against torch.optim, and what the hand may do to it."""

import math

import pytest
import torch

from models.core.errors import Refused
from models.core.session import Session
from models.labs.recap.gradient_descent import ALL, GradientDescent
from models.modules.stability import limit
from tests.core.drive import forward

RATE, ADAPTIVE, BETA = 0.01, 0.1, 0.8
TORCH = {
    "sgd": lambda p: torch.optim.SGD(p, lr=RATE),
    "momentum": lambda p: torch.optim.SGD(p, lr=RATE, momentum=BETA),
    "nesterov": lambda p: torch.optim.SGD(p, lr=RATE, momentum=BETA, nesterov=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=ADAPTIVE),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=ADAPTIVE),
    "adam": lambda p: torch.optim.Adam(p, lr=ADAPTIVE, betas=(BETA, 0.999)),
}
FORMULAS = {
    "bowl": lambda a, b: 0.5 * (a**2 + 50 * b**2),
    "rosenbrock": lambda a, b: (1 - a) ** 2 + 100 * (b - a**2) ** 2,
    "saddle": lambda a, b: 0.5 * a**2 + 0.25 * (b**2 - 1) ** 2,
    "himmelblau": lambda a, b: (a**2 + b - 11) ** 2 + (a + b**2 - 7) ** 2,
    "beale": lambda a, b: (1.5 - a + a * b) ** 2 + (2.25 - a + a * b**2) ** 2 + (2.625 - a + a * b**3) ** 2,
}


def race(steps: int, **config: object) -> Session:
    session = Session(GradientDescent, config)
    forward(session, steps)
    return session


@pytest.mark.parametrize("surface", FORMULAS)
def test_each_path_is_that_of_torch_optim(surface: str) -> None:
    rates = {"unit": "absolute", "rate": RATE / 10 if surface in ("rosenbrock", "beale") else RATE}
    lab = race(40, surface=surface, walkers=ALL, momentum=BETA, adaptive_rate=ADAPTIVE, **rates).lab
    for name in ALL:
        leaf = torch.tensor(lab.ground.start, dtype=torch.float64, requires_grad=True)
        optimizer = TORCH[name]([leaf])
        if name in ("sgd", "momentum", "nesterov"):
            optimizer.param_groups[0]["lr"] = rates["rate"]
        places = [leaf.detach().clone()]
        for _ in range(40):
            optimizer.zero_grad()
            FORMULAS[surface](*leaf).backward()
            optimizer.step()
            places.append(leaf.detach().clone())
        torch.testing.assert_close(lab.race.path(name), torch.stack(places), rtol=0, atol=1e-12)  # float64 rounding


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov"])
@pytest.mark.parametrize("beta", [0.5, 0.9])
def test_just_below_its_limit_it_settles_and_just_above_it_leaves(name: str, beta: float) -> None:
    most = limit(name, 1.0, beta)
    heights = []
    for share in (0.95, 1.05):
        lab = race(250, walkers=[name], rate=most * share, momentum=beta, kappa=20.0).lab
        heights.append(lab.evaluate()[f"f.{name}"])
        assert bool(lab.race.gone[0]) == (share > 1)
    assert heights[0] < 1e-8
    assert heights[1] > 1e3


def test_in_ten_seconds_gradient_descent_zigzags_and_momentum_is_nearly_there() -> None:
    lab = race(40).lab
    assert lab.steps_per_second == 4
    steep = lab.race.path("sgd")[:20, 1]
    assert (steep[1:] * steep[:-1] < 0).all()  # from one side of the valley to the other in every step
    heights = lab.evaluate()
    assert heights["f.momentum"] < 1e-4 < 0.1 < heights["f.sgd"]


def test_one_that_leaves_stops_nobody() -> None:
    session = race(120, rate=2.1)
    lab = session.lab
    assert lab.lost("sgd")
    assert not lab.lost("momentum")
    assert lab.evaluate()["f.momentum"] < 1e-6
    assert all(math.isfinite(value) for value in lab.evaluate().values())
    words = " ".join(line.text for line in session.look("story").lines)
    assert "SGD left for good at step" in words
    assert "above its limit" in words
    assert session.status == "finished"  # the others have arrived


def test_out_of_the_picture_is_said_before_it_is_lost() -> None:
    session = race(20, rate=2.1)
    assert not session.lab.lost("sgd")
    assert "SGD is out of the picture" in " ".join(line.text for line in session.look("story").lines)


def test_the_start_can_be_dragged_and_all_walk_again() -> None:
    session = race(10)
    session.act("move_start", {"id": "start", "x": 2.0, "y": 99.0})
    assert session.lab.race.x.tolist() == [[2.0, 2.0]] * 3  # inside the picture
    assert session.lab.race.count == 0
    assert not session.lab.at_home
    forward(session, 3)
    assert session.lab.race.count == 3
    assert session.step == 13
    with pytest.raises(Refused, match="no handle 'end'"):
        session.act("move_start", {"id": "end", "x": 0, "y": 0})


def test_another_bowl_begins_again_and_another_rate_does_not() -> None:
    session = race(10)
    session.tune({"rate": 0.5, "momentum": 0.3, "noise": 0.1, "unit": "absolute"})
    assert session.lab.race.count == 10
    session.tune({"kappa": 100.0})
    assert session.lab.race.count == 0
    assert session.lab.curvatures.tolist() == pytest.approx([1, 100])


def test_a_finished_race_goes_on_from_a_new_start() -> None:
    session = race(500, kappa=1.0, rate=1.0, walkers=["sgd"])
    assert session.status == "finished"
    assert session.step == 1  # on a round bowl at η = 1/L
    session.act("move_start", {"id": "start", "x": 1.0, "y": 1.0})
    forward(session, 5)
    assert session.step == 2


def test_on_the_ridge_nobody_leaves_it_without_chance() -> None:
    still = race(200, surface="saddle", rate=0.4)
    assert all(row[1] == 0 for row in still.lab.race.x.tolist())
    assert still.lab.evaluate()["f.sgd"] == pytest.approx(0.25)
    pushed = race(200, surface="saddle", rate=0.4, noise=0.05)
    assert pushed.lab.evaluate()["f.sgd"] < 0.05


def read(shown: object) -> float:
    """A slot's number, as a reader reads it: −1.2·10⁻⁵ has a true minus and a raised power."""
    text = str(shown).translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789"))
    return float(text.replace("·10", "e"))


def test_the_step_in_numbers_adds_up() -> None:
    session = race(7, walkers=ALL, rate=1.0)
    choices = session.look("update")
    for name, figure in zip(ALL, choices.figures, strict=True):
        values = figure.values
        exact = session.lab.race.x[ALL.index(name)].tolist()
        for i in range(2):
            x, g, eta, beta = (read(values[slot]) for slot in (f"x{i}", f"g{i}", "eta", "beta"))
            new = {slot: read(values.get(f"{slot}{i}", 1)) for slot in ("vn", "sn", "mh", "sh")}
            by = {"sgd": g, "momentum": new["vn"], "nesterov": g + beta * new["vn"], "adagrad": g / new["sn"] ** 0.5,
                  "rmsprop": g / new["sn"] ** 0.5, "adam": new["mh"] / new["sh"] ** 0.5}[name]  # fmt: skip
            assert x - eta * by == pytest.approx(exact[i], abs=0.02)  # small numbers are shown with two digits


def test_before_the_first_step_the_rule_is_shown() -> None:
    figures = Session(GradientDescent, {"walkers": ALL}).look("update").figures
    assert all(line.mathml for figure in figures for line in figure.lines)
    assert all(not figure.values for figure in figures)


def test_the_probe_gives_the_gradient_and_the_limit_of_its_place() -> None:
    equation, table = Session(GradientDescent).ask("slope", {"x": 1.0, "y": 0.5})
    assert [equation.values["g0"], equation.values["g1"]] == [1.0, 25.0]
    assert [row[1] for row in table.rows] == ["6.75", "1", "50", "0.04"]
    _, table = Session(GradientDescent, {"surface": "saddle"}).ask("slope", {"x": 0.0, "y": 0.0})
    assert table.rows[1][1] == "−1"


def test_a_falling_rate_falls() -> None:
    session = race(50, schedule="1/t", span=10, kappa=10.0, rate=1.0)
    assert session.lab.rates().rate == pytest.approx(0.1 / 6)
    assert session.lab.rates().adaptive == pytest.approx(0.2 / 6)


def test_a_walker_named_twice_is_refused() -> None:
    assert GradientDescent.Config(walkers=["sgd", "sgd"]).summary().problems[0]["field"] == "walkers"
