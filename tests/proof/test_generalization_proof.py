"""What the syllabus promises of generalization, at full size."""

import statistics

import numpy as np
import pytest

from models.core.lab import build
from models.core.session import Session
from models.labs.recap.generalization import Generalization
from tests.core.drive import forward

pytestmark = pytest.mark.proof


def test_bias_and_variance_of_half_of_the_refits_predict_the_test_error_of_the_other_half() -> None:
    """Within its standard error: the difference has that of both halves, and is within it as often as chance has it."""
    ratios = []
    for seed in range(3):
        for degree in (1, 2, 3, 4, 5, 6, 8):
            lab = build(Generalization, Generalization.Config.read({"hold": degree, "n": 30}), seed)
            predictions, errors = [], []
            for _ in range(400):
                lab.step()
                predictions.append(lab.fan[-1].numpy())
                errors.append(float(lab.tally.errors[:, degree - 1, 2].sum()))
            tests, fits = np.diff([0.0, *errors]), np.stack(predictions)
            truth, half = lab.target.numpy(), fits[::2]
            bias = ((half.mean(0) - truth) ** 2 - half.var(0, ddof=1) / len(half)).mean()
            predicted = bias + half.var(0, ddof=1).mean() + 0.25
            standard = np.hypot(*(tests[i::2].std(ddof=1) / len(half) ** 0.5 for i in (0, 1)))
            ratios.append(abs(predicted - tests[1::2].mean()) / standard)
            assert float(lab.tally.decomposed(lab.target, half=0)[degree - 1].sum()) + 0.25 == pytest.approx(predicted)
    assert statistics.median(ratios) <= 1.0
    assert max(ratios) < 4.0


@pytest.mark.parametrize("n", [15, 20, 30])
def test_the_double_descent_peaks_where_there_are_as_many_features_as_points(n: int) -> None:
    config = {"experiment": "double descent", "ridge": 0.0, "n": n, "refits": 30}
    for seed in range(3):
        session = Session(Generalization, config, seed=seed, max_steps=1_000)
        forward(session, 100)
        assert (
            abs(session.lab.peak() - n) <= 1
        )  # the neighbours of n are nearly as wild: a mean of 30 can take one for it
        assert session.lab.peak_height() > 5


def test_the_sweep_turns_on_most_seeds() -> None:
    turned = []
    for seed in range(9):
        session = Session(Generalization, seed=seed)
        forward(session, 14 * 8)
        train, _, test = session.lab.tally.means().T.tolist()
        best = int(np.argmin(test))
        turned.append(1 <= best <= 10 and test[-1] > 3 * test[best] and train[-1] < train[best])
    assert sum(turned) == 9
