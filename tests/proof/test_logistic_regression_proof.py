"""What the syllabus promises of logistic regression, at full size."""

import statistics

import pytest
import torch
from sklearn.linear_model import LogisticRegression as Reference

from models.core.lab import build
from models.labs.linear.logistic_regression import LogisticRegression

pytestmark = pytest.mark.proof
TABLE = {"data": "table", "penalty": 1.0, "stride": "pass", "learning_rate": 0.02}


def trained(steps: int, seed: int, **config: object) -> LogisticRegression:
    lab = build(LogisticRegression, LogisticRegression.Config.read(config), seed)
    for _ in range(steps):
        lab.step()
    return lab


def test_breast_cancer_is_right_and_keeps_its_word() -> None:
    found = [trained(60, seed, **TABLE).evaluate() for seed in range(7)]

    assert statistics.median(float(metrics["test_accuracy"]) for metrics in found) >= 0.97
    assert statistics.median(float(metrics["calibration_error"]) for metrics in found) <= 0.05


@pytest.mark.parametrize("seed", range(3))
def test_newton_is_scikit_learns_on_the_table(seed: int) -> None:
    lab = trained(12, seed, **TABLE)
    fitted = Reference(C=0.5, tol=1e-8, max_iter=20_000).fit(lab.x[:, :-1].numpy(), lab.y.numpy())

    assert lab.by_newton[:-1].numpy() == pytest.approx(fitted.coef_[0], abs=1e-4)


def test_on_separable_points_the_norm_passes_every_bound() -> None:
    lab = trained(1, 0, data="separable", method="gradient descent", learning_rate=5.0)
    norms = []
    for _ in range(4):
        for _ in range(400):
            lab.step()
        norms.append(float(torch.linalg.vector_norm(lab.w)))

    assert norms == sorted(norms)
    assert norms[-1] > 1.1 * norms[0]  # ‖w‖ grows with the logarithm of time (Soudry et al. 2018)
