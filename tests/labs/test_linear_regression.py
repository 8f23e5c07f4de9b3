"""Linear regression: the formula and the descent against independent answers, the hand, and what breaks."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression as ScikitRegression

from models.core.errors import InvalidConfig, Refused
from models.core.lab import Finished
from models.core.session import Session
from models.labs.linear.linear_regression import LinearRegression
from tests.core.drive import forward


def play(steps: int = 0, *, seed: int = 0, **config: object) -> Session:
    session = Session(LinearRegression, config, seed=seed, max_steps=100_000)
    forward(session, steps)
    return session


def words(session: Session) -> str:
    return " ".join(line.text for line in session.look("standing").lines)


@pytest.mark.parametrize("standardise", [False, True])
@pytest.mark.parametrize("data", ["diabetes", "diabetes, all ten"])
def test_the_closed_form_is_scikit_learns_on_diabetes(data: str, standardise: bool) -> None:
    lab = play(data=data, standardise=standardise).lab
    columns = [2] if data == "diabetes" else list(range(10))
    all_rows = load_diabetes(scaled=False)
    known = {tuple(row) for row in np.c_[all_rows.data[:, columns], all_rows.target]}
    assert {tuple(row) for row in lab.sample.rows.tolist()} <= known  # real patients, in their units
    theirs = ScikitRegression().fit(lab.sample.x[:, :-1].numpy(), lab.sample.y.numpy())
    np.testing.assert_allclose(lab.best[:-1].numpy(), theirs.coef_, rtol=1e-8, atol=1e-8)
    assert float(lab.best[-1]) == pytest.approx(theirs.intercept_, abs=1e-8)


def test_descent_ends_where_the_formula_is() -> None:
    session = play(2_000)
    assert session.status == "finished"
    assert "where the formula is" in session.message
    torch.testing.assert_close(session.lab.theta, session.lab.best, atol=1e-8, rtol=0)


def test_in_ten_seconds_it_is_within_a_hundredth_of_the_way() -> None:
    session = play(50)  # ten seconds at the default speed
    assert session.lab.steps_per_second == 5
    excess = session.lab.excesses.column("excess")
    assert excess[-1] < 1e-3 * excess[0]
    assert excess[10] > 1e-2 * excess[0]  # and not so soon that nothing is seen


def test_each_step_is_autograds() -> None:
    session = play(features="polynomial", size=3, data="wave", start="zero", learning_rate=0.1)
    rows, theta = session.lab.sample.rows, torch.zeros(4, dtype=torch.float64)
    u = rows[:, 0] / 3
    phi = torch.stack([u, u**2, u**3, torch.ones_like(u)], dim=1)
    for _ in range(5):
        tracked = theta.requires_grad_()
        (slope,) = torch.autograd.grad(((phi @ tracked - rows[:, 1]) ** 2).mean(), tracked)
        theta = theta.detach() - 0.1 * slope
        forward(session, 1)
        torch.testing.assert_close(session.lab.theta, theta)
        torch.testing.assert_close(session.lab.gradients()[0], slope)


def test_just_below_the_limit_it_arrives_and_just_above_it_does_not() -> None:
    lab = play().lab
    design = np.c_[lab.sample.rows[:, 0].numpy(), np.ones(12)]
    limit = 12 / np.linalg.norm(design, 2) ** 2  # 2/λmax with H = 2XᵀX/N
    below, above = play(200, learning_rate=0.99 * limit), play(200, learning_rate=1.01 * limit)
    assert below.lab.excess() < 2e-3 * below.lab.excesses.column("excess")[0]
    assert above.lab.excess() > above.lab.excesses.column("excess")[0]
    assert "above the limit" in words(above)
    assert "above the limit" not in words(below)


def test_far_beyond_the_limit_the_run_stops_and_every_figure_can_be_drawn() -> None:
    session = play(5_000, learning_rate=10.0)
    assert session.problem is not None
    for view in LinearRegression.methods("view"):
        session.frame(view)


@pytest.mark.parametrize("method", ["SGD", "mini-batch"])
def test_a_sampled_gradient_is_right_on_average(method: str) -> None:
    session = play(method=method, n=20, start="zero", learning_rate=1e-7)
    whole = session.lab.sample.x.T @ (session.lab.sample.x @ session.lab.theta - session.lab.sample.y) / 10
    slopes = []
    for _ in range(1_500):
        session.lab.step()
        slopes.append(session.lab.slope)
    error = torch.stack(slopes).std(0) / len(slopes) ** 0.5
    assert bool(((torch.stack(slopes).mean(0) - whole).abs() < 4 * error).all())


def test_sgd_trembles_and_a_falling_rate_quietens_it() -> None:
    constant = play(1_000, method="SGD", n=30, learning_rate=0.05)
    falling = play(1_000, method="SGD", n=30, learning_rate=0.05, decay=True)
    assert constant.status == falling.status == "paused"
    assert falling.lab.excess() < 0.03 < 0.7**2
    tail = constant.lab.excesses.column("excess")[-100:]
    assert float(tail.mean()) > 3 * falling.lab.excess()


def test_a_dragged_end_turns_the_line_around_the_other() -> None:
    session = play(3)
    field = session.look("line")
    right = next(end for end in field.handles if end["id"] == "right")
    session.act("move_line", {"id": "left", "x": -3, "y": 2})
    slope, height = session.lab.sample.line(session.lab.theta)
    assert slope * -3 + height == pytest.approx(2)
    assert slope * right["x"] + height == pytest.approx(right["y"])
    with pytest.raises(Refused, match="vertical"):
        session.act("move_line", {"id": "left", "x": right["x"], "y": 0})
    with pytest.raises(Refused, match="no handle"):
        session.act("move_line", {"id": "elsewhere", "x": 0, "y": 0})


def test_a_place_in_the_bowl_sets_both_weights() -> None:
    session = play(3)
    session.act("move_line", {"id": "here", "x": 0.25, "y": 1.5})
    assert session.lab.theta.tolist() == [0.25, 1.5]
    assert session.look("bowl").paths[0].places.tolist() == [[0.25, 1.5]]


def test_a_dragged_point_moves_the_closed_form_and_not_the_weights() -> None:
    session = play(3)
    theta, best = session.lab.theta.tolist(), session.lab.best.tolist()
    session.act("move_point", {"index": 2, "x": 3, "y": 99})
    assert session.lab.sample.rows[2].tolist() == [3, 4]  # inside the box
    assert session.lab.theta.tolist() == theta
    assert session.lab.best.tolist() != best
    with pytest.raises(Refused, match="no point 12"):
        session.act("move_point", {"index": 12, "x": 0, "y": 0})
    with pytest.raises(Refused, match="prediction"):
        play(data="diabetes, all ten").act("move_point", {"index": 0, "x": 0, "y": 0})


def test_the_bowl_is_the_loss() -> None:
    lab = play(4).lab
    field = lab.bowl()
    rows, columns = field.values.shape
    x0, x1, y0, y1 = field.box
    for i, j in ((0, 0), (10, 50), (63, 20)):
        w = x0 + (x1 - x0) * (j + 0.5) / columns
        b = y0 + (y1 - y0) * (i + 0.5) / rows
        loss = float(((w * lab.sample.rows[:, 0] + b - lab.sample.y) ** 2).mean())
        assert float(field.values[i, j]) == pytest.approx(np.log10(loss), abs=1e-4)  # the lattice is float32
    assert len(field.paths[0].places) == 5


def test_the_squares_are_the_residuals() -> None:
    lab = play(30).lab
    boxes = lab.line().boxes
    areas = sum(abs(box.x1 - box.x0) * abs(box.y1 - box.y0) for box in boxes)
    assert areas / len(boxes) == pytest.approx(float(lab.evaluate()["train_loss"]))
    assert {box.colour for box in boxes} == {"pos", "neg"}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"n": 1}, "Rank is lost: 2 weights, but 1 independent column on 1 point"),
        ({"data": "one place"}, "2 weights, but 1 independent column on 12 points"),
        ({"data": "wave", "n": 5, "features": "polynomial", "size": 9, "start": "zero"}, "10 weights, but 5 indep"),
        ({"data": "one place", "standardise": True, "bias": "none"}, "nothing to go down"),
    ],
)
def test_where_the_data_cannot_tell_the_weights_apart_it_says_so_and_goes_on(config: dict, said: str) -> None:
    session = play(30, **config)
    assert said in words(session)
    assert bool(torch.isfinite(session.lab.theta).all())
    rows = session.look("formulas").rows
    assert rows[0][-1] == rows[1][-1] == "no single answer: rank is lost"
    assert session.lab.excess() >= 0
    for view in LinearRegression.methods("view"):
        session.frame(view)


def test_without_points_it_asks_for_some() -> None:
    session = play(1, data="yours")
    assert session.status == "finished"
    assert "paint some" in words(session)
    session.tune({"points": [[0, 1, 0], [1, 2, 0]]})
    forward(session, 2_000)
    torch.testing.assert_close(session.lab.theta, torch.tensor([1.0, 1.0]).double(), atol=1e-6, rtol=0)


def test_ridge_shrinks_the_bias_only_as_the_weight_of_a_constant_feature() -> None:
    session = play()
    x, y = session.lab.sample.x, session.lab.sample.y
    free = float(y.mean() - x[:, 0].mean() * (c := _slope(x[:, 0], y, len(y))))
    assert np.isfinite(c)
    assert f"would be {free:#.4g} with b left free" in words(session).replace("−", "-")


def _slope(x: torch.Tensor, y: torch.Tensor, strength: float) -> float:
    """The ridge slope with a free bias: centre first."""
    x, y = x - x.mean(), y - y.mean()
    return float(x @ y / (x @ x + strength))


@pytest.mark.parametrize("config", [{}, {"method": "SGD"}, {"features": "RBF", "size": 3, "start": "zero"}])
def test_this_step_shows_the_numbers_of_this_step(config: dict) -> None:
    session = play(4, **config)
    lab, values = session.lab, session.look("this_step").values
    for j in range(2):
        shown = float(
            str(values[f"n{j}"])
            .replace("−", "-")
            .replace("·10⁻", "e-")
            .translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))
        )
        assert shown == pytest.approx(float(lab.before[j] - lab.rate * lab.slope[j]), rel=1e-2)


def test_a_finished_descent_is_left_alone() -> None:
    lab = play(2_000).lab
    theta = lab.theta.tolist()
    with pytest.raises(Finished):
        lab.step()
    assert lab.theta.tolist() == theta


def test_a_table_is_learned_from_in_its_units() -> None:
    session = play(3, data="table", table="diabetes", inputs=["bmi", "bp"], target="s5", standardise=True)
    lab = session.lab
    theirs = ScikitRegression().fit(lab.sample.x[:, :-1].numpy(), lab.sample.y.numpy()).coef_
    np.testing.assert_allclose(lab.best[:-1].numpy(), theirs, atol=1e-9)
    assert lab.sample.names == ["body mass index", "mean blood pressure", "1"]
    assert session.look("line").y.label == "log of triglycerides"
    one = play(data="table", table="diabetes", inputs=["bmi"], target="bp", features="polynomial", size=2)
    assert (one.lab.sample.flat, len(one.lab.theta)) == (True, 3)
    assert one.look("line").x.unit == "kg/m²"
    for view in LinearRegression.methods("view"):
        one.frame(view)


def test_without_a_table_it_asks_for_one_beside_the_field() -> None:
    with pytest.raises(InvalidConfig, match="Choose a table"):
        play(data="table")
