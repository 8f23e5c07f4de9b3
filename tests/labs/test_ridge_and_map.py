"""Ridge and MAP: against scikit-learn, the sweep, the hand, and what has no answer."""

import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso, Ridge

from models.core.errors import InvalidConfig, Refused
from models.core.session import Session
from models.labs.linear.ridge_and_map import RidgeAndMap
from tests.core.drive import forward


def play(steps: int = 0, *, seed: int = 0, **config: object) -> Session:
    session = Session(RidgeAndMap, config, seed=seed, max_steps=10_000)
    forward(session, steps)
    return session


def words(session: Session) -> str:
    return " ".join(line.text for line in session.look("standing").lines)


@pytest.mark.parametrize("tau", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("data", ["wave", "diabetes, all ten"])
def test_the_most_probable_weights_are_scikit_learns_ridge(tau: float, data: str) -> None:
    lab = play(data=data, tau=tau, sigma=2.0, standardise=True).lab
    theirs = Ridge(alpha=2.0**2 / tau**2, solver="svd").fit(lab.sample.x[:, :-1].numpy(), lab.sample.y.numpy())
    np.testing.assert_allclose(lab.theta[:-1].numpy(), theirs.coef_, atol=1e-8)
    assert float(lab.theta[-1]) == pytest.approx(theirs.intercept_, abs=1e-8)


@pytest.mark.parametrize("tau", [1.0, 10.0, 100.0])
def test_under_a_laplace_prior_they_are_scikit_learns_lasso(tau: float) -> None:
    lab = play(data="diabetes, all ten", tau=tau, sigma=55.0, standardise=True, prior="Laplace").lab
    density = -math.log(tau * math.sqrt(2)) - math.sqrt(2) / tau  # Laplace of standard deviation τ, at 1
    at_zero = -math.log(tau * math.sqrt(2))
    penalty = 2 * 55.0**2 * (at_zero - density)  # λ|1| is −2σ² times what the prior's logarithm loses at 1
    alpha = penalty / 2 / len(lab.sample.y)
    theirs = Lasso(alpha=alpha, tol=1e-12, max_iter=10**6).fit(lab.sample.x[:, :-1].numpy(), lab.sample.y.numpy())
    np.testing.assert_allclose(lab.theta[:-1].numpy(), theirs.coef_, atol=1e-5)


def test_as_tau_falls_the_weights_shrink_and_the_test_loss_has_a_valley() -> None:
    rows = forward(session := play(), 300)
    assert session.status == "finished"
    assert "believed away" in session.message
    assert all(a > b for a, b in zip(rows["norm"][:-1], rows["norm"][1:], strict=True))
    assert all(a < b for a, b in zip(rows["train_loss"][:-1], rows["train_loss"][1:], strict=True))
    best = int(np.argmin(rows["test_loss"]))
    assert rows["test_loss"][best] < 0.6 < 1.2 < rows["test_loss"][-1] < rows["test_loss"][0]
    assert 20 <= best <= len(rows["step"]) - 15  # seen both ways: too wild before, too calm after
    assert 50 <= len(rows["step"]) <= 100  # ten to twenty seconds at 5 a second


def test_tau_set_by_hand_is_where_the_sweep_goes_on() -> None:
    session = play(3)
    session.tune({"tau": 2.0})
    assert session.lab.tau == 2.0
    forward(session, 1)
    assert session.lab.tau == pytest.approx(1.72)


def test_a_flat_prior_is_maximum_likelihood_and_a_wide_one_nearly() -> None:
    flat = play(prior="flat", data="line", features="x").lab
    wide = play(tau=10_000.0, data="line", features="x").lab
    theirs = np.polyfit(flat.sample.rows[:, 0], flat.sample.rows[:, 1], 1)
    np.testing.assert_allclose(flat.theta.numpy(), theirs, atol=1e-10)
    np.testing.assert_allclose(wide.theta.numpy(), theirs, atol=1e-6)


def test_the_numbers_of_the_sum_add_up() -> None:
    session = play(30)
    lab, values = session.lab, session.look("minimised").values
    residuals = lab.sample.y - lab.sample.x @ lab.theta
    assert float(values["e"]) == pytest.approx(float(residuals.square().sum()), rel=1e-3)
    assert values["sse"] == values["e"]  # the likelihood says the same
    cost = float(residuals.square().sum()) + 0.25 / lab.tau**2 * float(lab.theta[:-1].square().sum())
    assert float(values["sum"]) == pytest.approx(cost, rel=1e-3)


def test_the_band_covers_nineteen_new_points_of_twenty() -> None:
    shares = []
    for seed in range(12):
        lab = play(seed=seed, tau=3.0, data="line", features="x", n=10).lab
        phi, y = lab.sample.test_x, lab.sample.test_y
        shares.append(float(((phi @ lab.theta - y).abs() <= 2 * lab.posterior().spread(phi)).double().mean()))
    assert np.mean(shares) == pytest.approx(0.95, abs=0.04)


def test_the_handles_set_noise_and_prior_as_live_fields() -> None:
    session = play(10)
    session.act("hold", {"id": "tau", "x": -1.5, "y": 0.6})
    assert session.config.tau == session.lab.tau == 1.5
    (grip,) = session.look("curve").handles
    middle = float(session.lab.sample.design(torch.zeros(1, 1).double())[0] @ session.lab.theta)
    assert grip["y"] == pytest.approx(middle + 0.5)
    session.act("hold", {"id": "sigma", "x": 0.0, "y": middle + 1.25})
    assert session.config.sigma == pytest.approx(1.25)
    assert session.lab.strength("Gaussian") == pytest.approx(1.25**2 / 1.5**2)
    with pytest.raises(Refused, match="no handle"):
        session.act("hold", {"id": "left", "x": 0, "y": 0})


def test_at_rest_a_step_draws_one_more_line() -> None:
    session = play(step_does="lines are drawn", tau=2.0)
    before = [line.y for line in session.look("curve").lines if line.id.startswith("drawn")]
    forward(session, 1)
    after = [line.y for line in session.look("curve").lines if line.id.startswith("drawn")]
    np.testing.assert_allclose(torch.stack(after[:-1]), torch.stack(before[1:]), atol=1e-9)
    assert session.lab.tau == 2.0


def test_l1_leaves_fewer_and_fewer_on_diabetes() -> None:
    lasso = {"data": "diabetes, all ten", "standardise": True, "prior": "Laplace", "sigma": 55.0, "tau": 10_000.0}
    left = forward(play(**lasso), 100)["weights_left"]
    assert left[0] >= 9
    assert 3 in left
    assert left[-1] == 0


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"n": 5, "prior": "flat"}, "5 points cannot settle 10 weights: XᵀX is singular"),
        ({"n": 5}, "the prior settles"),
        ({"n": 1}, "1 point cannot settle 10 weights"),
        ({"data": "one place", "features": "x"}, "12 points cannot settle 2 weights"),
        ({"data": "one place", "features": "x", "prior": "Laplace", "standardise": True}, "the prior settles"),
        ({"data": "yours"}, "There are no points yet"),
    ],
)
def test_where_there_is_no_single_answer_it_says_so_and_draws_numbers(config: dict, said: str) -> None:
    session = play(5, **config)
    assert said in words(session)
    assert bool(torch.isfinite(session.lab.theta).all())
    for view in RidgeAndMap.methods("view"):
        session.frame(view)


def test_a_dragged_point_moves_the_belief() -> None:
    session = play(10)
    before = session.lab.theta.tolist()
    session.act("move_point", {"index": 0, "x": 2.0, "y": -3.0})
    assert session.lab.theta.tolist() != before
    assert session.lab.sample.rows[0].tolist() == [2.0, -3.0]
    with pytest.raises(Refused, match="no point 12"):
        session.act("move_point", {"index": 12, "x": 0, "y": 0})


def test_a_prediction_says_its_doubt() -> None:
    (text,) = play(40).ask("predict", {"x": 0.5, "y": 0.0})
    assert "19 times of 20" in text.lines[0].text
    (text,) = play(prior="Laplace").ask("predict", {"x": 0.5, "y": 0.0})
    assert "±" not in text.lines[0].text


def test_a_table_is_learned_from_in_its_units() -> None:
    session = play(3, data="table", table="diabetes", inputs=["bmi", "bp"], target="s5", standardise=True, prior="flat")
    lab = session.lab
    theirs = np.linalg.lstsq(lab.sample.x.numpy(), lab.sample.y.numpy(), rcond=None)[0][:-1]
    np.testing.assert_allclose(lab.mle[:-1].numpy(), theirs, atol=1e-9)
    assert lab.sample.names == ["body mass index", "mean blood pressure", "1"]
    assert session.look("curve").y.label == "log of triglycerides"
    one = play(data="table", table="diabetes", inputs=["bmi"], target="bp", features="polynomial", size=2)
    assert (one.lab.sample.flat, len(one.lab.theta)) == (True, 3)
    assert one.look("curve").x.unit == "kg/m²"
    for view in RidgeAndMap.methods("view"):
        one.frame(view)


def test_without_a_table_it_asks_for_one_beside_the_field() -> None:
    with pytest.raises(InvalidConfig, match="Choose a table"):
        play(data="table")
