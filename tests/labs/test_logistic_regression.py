"""Logistic regression against scikit-learn, autograd and float64 differences; what bad data are told."""

import numpy as np
import pytest
import torch
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression as Reference

from models.core.errors import Refused
from models.core.session import Session
from models.labs.linear.logistic_regression import LogisticRegression
from models.modules import logistic
from tests.core.drive import forward

SOLVER = 1e-4
"""scikit-learn's L-BFGS stops at a gradient of 1e-8 here; weights of order 1 then agree to far better than this."""
TABLE = {"data": "table", "penalty": 1.0, "stride": "pass", "learning_rate": 0.02}


def reference(x: torch.Tensor, y: torch.Tensor, penalty: float) -> np.ndarray:
    """scikit-learn's weights, the bias last."""
    fitted = Reference(C=1 / (2 * penalty), tol=1e-8, max_iter=20_000).fit(x[:, :-1].numpy(), y.numpy())
    return np.append(fitted.coef_[0], fitted.intercept_[0])


@pytest.mark.parametrize("config", [
    {"data": "moons", "penalty": 1.0}, {"data": "gaussians", "penalty": 0.05, "n": 100, "noise": 0.4},
    {"data": "moons", "penalty": 0.3, "features": "x, x², x₁x₂"}, TABLE,
])  # fmt: skip
def test_newton_ends_where_scikit_learn_does(config: dict) -> None:
    session = Session(LogisticRegression, {**config, "stride": "pass"})
    forward(session, 12)
    lab = session.lab
    assert lab.by_newton.numpy() == pytest.approx(reference(lab.x, lab.y, config["penalty"]), abs=SOLVER)


def test_descent_ends_there_too() -> None:
    config = {"data": "moons", "penalty": 1.0, "method": "gradient descent", "learning_rate": 0.1}
    session = Session(LogisticRegression, config)
    forward(session, 3_000)
    lab = session.lab
    assert lab.w.numpy() == pytest.approx(reference(lab.x, lab.y, 1.0), abs=SOLVER)


def test_gradient_and_curvature_are_autograds() -> None:
    generator = torch.Generator().manual_seed(3)
    x = torch.column_stack([torch.randn(30, 4, generator=generator), torch.ones(30)]).double()
    y = torch.randint(2, (30,), generator=generator).double()
    w = torch.randn(5, generator=generator).double()

    def loss(v: torch.Tensor) -> torch.Tensor:
        fit = torch.nn.functional.binary_cross_entropy_with_logits(x @ v, y, reduction="sum")
        return fit + 0.7 * v[:-1].square().sum()

    slope = torch.autograd.functional.jacobian(loss, w)
    bend = torch.autograd.functional.hessian(loss, w)
    assert logistic.objective(x, y, w, 0.7) == pytest.approx(loss(w).item(), abs=1e-10)
    assert torch.allclose(logistic.gradient(x, y, w, 0.7), slope, atol=1e-10)
    assert torch.allclose(logistic.curvature(x, w, 0.7), bend, atol=1e-10)


def test_one_look_is_one_step_of_torchs_sgd() -> None:
    session = Session(LogisticRegression, {"penalty": 0.5})
    lab = session.lab
    for _ in range(5):
        w = lab.w.clone().requires_grad_()
        n = int(lab.order[lab.place])
        fit = torch.nn.functional.binary_cross_entropy_with_logits(lab.x[n] @ w, lab.y[n])
        (fit + 0.5 / len(lab.y) * w[:-1].square().sum()).backward()
        expected = (w - lab.config.learning_rate * w.grad).detach()
        forward(session, 1)
        assert lab.w.numpy() == pytest.approx(expected.numpy(), abs=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_without_a_penalty_w_grows_without_end_on_separable_points(seed: int) -> None:
    config = {"data": "separable", "method": "gradient descent", "learning_rate": 5.0}
    session = Session(LogisticRegression, config, seed=seed)
    rows = forward(session, 800)
    norms = rows["norm"]
    assert session.lab.separable
    assert norms[99] < norms[199] < norms[399] < norms[799]
    modest = forward(Session(LogisticRegression, {**config, "penalty": 0.5, "learning_rate": 1.0}, seed=seed), 800)[
        "norm"
    ]
    assert modest[799] == pytest.approx(modest[699], rel=1e-3)


def test_calibration_is_scikit_learns() -> None:
    generator = torch.Generator().manual_seed(0)
    p = torch.rand(500, generator=generator).double()
    y = (torch.rand(500, generator=generator) < p**2).double()
    found = logistic.reliability(p, y)
    share, mean = calibration_curve(y.numpy(), p.numpy(), n_bins=10)
    assert found.share.numpy() == pytest.approx(share, abs=1e-12)
    assert found.p.numpy() == pytest.approx(mean, abs=1e-12)
    assert found.error == pytest.approx(float((found.count / 500 * (found.share - found.p).abs()).sum()))


def test_breast_cancer_is_told_apart_and_kept_to_its_word() -> None:
    rows = forward(Session(LogisticRegression, TABLE), 60)
    assert rows["test_accuracy"][-1] >= 0.96
    assert rows["calibration_error"][-1] <= 0.06


@pytest.mark.parametrize("config", [
    {"data": "yours"}, {"data": "yours", "points": [[1, 1, 1]]}, {"data": "yours", "points": [[1, 1, 0], [1, 1, 1]]},
    {"data": "yours", "points": [[1, 1, 0]] * 3}, {"n": 2}, {"data": "yours", "points": [[0, 0, 0], [0, 0, 1]] * 5},
])  # fmt: skip
@pytest.mark.parametrize("method", ["SGD", "gradient descent"])
def test_poor_data_give_a_sentence_and_no_nan(config: dict, method: str) -> None:
    session = Session(LogisticRegression, {**config, "method": method})
    forward(session, 30)
    assert torch.isfinite(session.lab.w).all()
    assert session.look("standing").lines
    assert torch.isfinite(session.look("sheet").z).all()


def test_a_table_of_one_column_is_refused_beside_the_field() -> None:
    problems = LogisticRegression.Config(data="table", inputs=["mean_radius"]).summary().problems
    assert [problem["field"] for problem in problems] == ["inputs"]


def test_measurements_cannot_be_dragged() -> None:
    with pytest.raises(Refused):
        Session(LogisticRegression, TABLE).act("move_point", {"index": 0, "x": 0.0, "y": 0.0})


def test_a_dragged_point_changes_what_is_learned() -> None:
    session = Session(LogisticRegression)
    session.act("move_point", {"index": 3, "x": 5.0, "y": -5.0})
    assert session.lab.places[3].tolist() == [5.0, -5.0]
    assert session.lab.x[3, :2].tolist() == [5.0, -5.0]
