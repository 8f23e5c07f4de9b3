"""Errors of low rank against numpy.linalg's norms of what is missing."""

import numpy as np
import pytest
import torch

from models.modules.low_rank import Compression


@pytest.fixture(scope="module")
def photo() -> Compression:
    return Compression(torch.rand(30, 40, generator=torch.Generator().manual_seed(0), dtype=torch.float64))


@pytest.mark.parametrize("k", [0, 1, 5, 29, 30])
def test_the_error_is_the_norm_of_what_is_missing(photo: Compression, k: int) -> None:
    missing = (photo.picture - photo.at(k)).numpy()
    share = np.linalg.norm(missing) / np.linalg.norm(photo.picture.numpy())
    assert float(photo.errors[k]) == pytest.approx(share, abs=1e-12)
    spectral = np.linalg.norm(missing, 2)
    assert spectral == pytest.approx(float(photo.sigma[k]) if k < 30 else 0, abs=1e-10)
    assert np.linalg.matrix_rank(photo.at(k).numpy()) == k


def test_no_other_picture_of_that_rank_is_nearer(photo: Compression) -> None:
    best = np.linalg.norm((photo.picture - photo.at(4)).numpy())
    chance = np.random.default_rng(0)
    for _ in range(20):  # the best rows for columns that are nearly the right ones
        columns = photo.u[:, :4].numpy() + 0.05 * chance.standard_normal((30, 4))
        other = columns @ np.linalg.lstsq(columns, photo.picture.numpy(), rcond=None)[0]
        assert np.linalg.norm(photo.picture.numpy() - other) >= best


def test_numbers_and_the_least_rank(photo: Compression) -> None:
    assert photo.numbers(3) == 3 * 30 + 3 * 40 + 3
    k = photo.least(0.2)
    assert float(photo.errors[k]) <= 0.2 < float(photo.errors[k - 1])
    assert photo.least(0.0) <= photo.full
