"""What the syllabus promises of universal approximation, at full size."""

import statistics

import numpy as np
import pytest

from models.core.lab import build
from models.labs.neural.universal_approximation import UniversalApproximation

pytestmark = pytest.mark.proof


def grown(width: int, **config: object) -> UniversalApproximation:
    lab = build(UniversalApproximation, UniversalApproximation.Config.read({**config, "width": width}), 0)
    while lab.width < width:
        lab.step()
    return lab


@pytest.mark.parametrize("target", ["sine", "hill"])
def test_the_sup_error_of_fixed_knots_falls_with_the_square_of_the_width(target: str) -> None:
    widths = list(range(8, 65, 4))
    slope, _ = np.polyfit(np.log(widths), np.log([grown(width, target=target).error() for width in widths]), 1)

    assert slope == pytest.approx(-2, abs=0.2)


@pytest.mark.parametrize("unit", ["relu", "sigmoid"])
def test_at_a_jump_it_stays_at_least_half_the_jump(unit: str) -> None:
    assert all(grown(width, target="jump", unit=unit).error() >= 0.5 for width in range(2, 65))


def test_twelve_trained_units_come_near_to_the_spike() -> None:
    losses = []
    for seed in range(3):
        config = UniversalApproximation.Config.read({"mode": "train", "target": "spike", "width": 12})
        lab = build(UniversalApproximation, config, seed)
        for _ in range(200):
            lab.step()
        losses.append(float(lab.evaluate()["test_loss"]))

    assert statistics.median(losses) < 0.01  # the spike's own variance is 0.07
