"""What the syllabus promises of several classes, at full size."""

import statistics

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from sklearn.linear_model import LogisticRegression as Reference
from sklearn.linear_model import Ridge

from models.core.lab import Finished, build
from models.labs.linear.multiclass import Multiclass
from tests.labs.test_multiclass import hard_margin

pytestmark = pytest.mark.proof


def trained(steps: int, seed: int, **config: object) -> Multiclass:
    lab = build(Multiclass, Multiclass.Config.read(config), seed)
    for _ in range(steps):
        lab.step()
    return lab


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("classes", "n"), [(3, 40), (4, 80), (6, 60)])
def test_the_perceptron_makes_at_most_2_r2_over_gamma2_mistakes(seed: int, classes: int, n: int) -> None:
    lab = trained(0, seed, model="perceptron", classes=classes, n=n, noise=0.0, stride="all")
    x, y = lab.x.numpy(), lab.y.numpy()
    signed = np.array([
        np.concatenate([point * ((k == own) - 1.0 * (k == other)) for k in range(classes)])
        for point, own in zip(x, y, strict=True) for other in range(classes) if other != own
    ])  # fmt: skip
    found = linprog(np.zeros(signed.shape[1]), A_ub=-signed, b_ub=-np.ones(len(signed)), bounds=(None, None))
    if found.status == 2:  # a linear program says that no planes are right about all
        assert lab.gamma == 0
        return
    gamma = hard_margin(x, y, classes)
    assert lab.gamma == pytest.approx(gamma, rel=1e-3)  # SLSQP's tolerance
    for _ in range(20_000):
        if lab.clean >= len(lab.y):
            break
        lab.step()
    with pytest.raises(Finished, match="No mistake"):
        lab.step()
    assert 0 < lab.mistakes <= 2 * (np.linalg.norm(x, axis=1).max() / gamma) ** 2


@pytest.mark.parametrize("seed", range(5))
def test_the_middle_of_three_on_a_line_is_masked_for_every_penalty_and_never_for_softmax(seed: int) -> None:
    config = {"data": "row", "classes": 3, "n": 60, "stride": "all", "learning_rate": 0.2, "binary": "squared error"}
    lab = trained(500, seed, **config, beside="one-vs-rest")
    found = lab.fresh()
    assert found["test_accuracy"] >= 0.97
    assert found["test_accuracy.beside"] < 0.85
    x, y = lab.x[:, :-1].numpy(), lab.y.numpy()
    for alpha in (0, 1, 10, 100):
        masked = Ridge(alpha=alpha).fit(x, np.eye(3)[y]).predict(lab.sample.test_x.numpy()).argmax(1)
        assert (masked == lab.sample.test_y.numpy()).mean() < 0.85


def test_digits_are_told_apart() -> None:
    config = {"data": "table", "table": "digits", "stride": "all", "learning_rate": 0.5, "penalty": 1.0}
    labs = [trained(300, seed, **config) for seed in range(5)]
    assert statistics.median(float(lab.evaluate()["test_accuracy"]) for lab in labs) >= 0.95
    lab = labs[0]
    fitted = Reference(C=0.5, tol=1e-8, max_iter=20_000).fit(lab.x[:, :-1].numpy(), lab.y.numpy())
    theirs = fitted.score(lab.sample.test_x.numpy(), lab.sample.test_y.numpy())
    assert float(lab.evaluate()["test_accuracy"]) == pytest.approx(theirs, abs=0.02)  # 11 of 539 digits


@pytest.mark.parametrize("table", ["iris", "penguins"])
def test_tables_descend_to_scikit_learns_softmax(table: str) -> None:
    lab = trained(4_000, 0, data="table", table=table, stride="all", learning_rate=0.5, penalty=1.0)
    fitted = Reference(C=0.5, tol=1e-10, max_iter=50_000).fit(lab.x[:, :-1].numpy(), lab.y.numpy())
    assert lab.w[:, :-1].numpy() == pytest.approx(fitted.coef_, abs=1e-3)  # the slow directions of 4,000 steps
    assert torch.isfinite(lab.w).all()
