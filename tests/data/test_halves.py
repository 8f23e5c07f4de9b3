"""Training and test rows of the plane's sets."""

import pytest
import torch
from scipy.optimize import linprog

from models.data import halves


def draw(name: str, **given: float) -> tuple[torch.Tensor, torch.Tensor]:
    kind = {"n": 20, "noise": 0.0, "margin": 0.5} | given
    return halves.draw(name, generator=torch.Generator().manual_seed(1), **kind)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["separable", "gaussians", "xor", "circle", "moons"])
def test_sizes_and_classes(name: str) -> None:
    train, test = draw(name)
    assert train.shape == (20, 3)
    assert test.shape == (halves.TEST, 3)
    assert set(test[:, 2].tolist()) == {0.0, 1.0}


def test_one_line_separates_training_and_test_points_together() -> None:
    rows = torch.cat(draw("separable")).double()
    signed = (2 * rows[:, 2:] - 1) * torch.cat([rows[:, :2], torch.ones(len(rows), 1)], dim=1)
    found = linprog([0, 0, 0], A_ub=-signed.numpy(), b_ub=[-1.0] * len(rows), bounds=(None, None))
    assert found.status == 0


def test_xor_has_four_points_round_the_square_and_is_tested_near_them() -> None:
    train, test = draw("xor-points")
    assert train[:, 2].tolist() == [1, 0, 1, 0]
    assert ((train[1:, :2] - train[:-1, :2]).norm(dim=1) == 6).all()  # neighbours, never across
    assert (test[:, :2].abs() - 3).norm(dim=1).max() < 4
    assert bool(((test[:, 0] * test[:, 1] > 0) == (test[:, 2] == 1)).all())


def test_own_points_begin_with_none() -> None:
    assert [len(rows) for rows in draw("yours")] == [0, 0]
