"""What the syllabus promises of linear maps: both photographs and many matrices against numpy.linalg."""

import numpy as np
import pytest
import torch

from models.data import photograph
from models.modules.low_rank import Compression
from models.modules.plane_maps import eigen, moved, svd

pytestmark = pytest.mark.proof


@pytest.mark.parametrize("name", photograph.LABELS)
def test_the_error_of_every_rank_of_the_photographs(name: str) -> None:
    picture = photograph.load(name)
    photo, sigma = Compression(picture), np.linalg.svd(picture.numpy(), compute_uv=False)
    for k in range(0, photo.full, 3):
        missing = picture.numpy() - photo.at(k).numpy()
        assert np.linalg.norm(missing) == pytest.approx(np.sqrt((sigma[k:] ** 2).sum()), rel=1e-9)
        assert np.linalg.norm(missing, 2) == pytest.approx(sigma[k], rel=1e-9)
        assert float(photo.errors[k]) == pytest.approx(
            np.linalg.norm(missing) / np.linalg.norm(picture.numpy()), rel=1e-9
        )


def test_ten_thousand_matrices() -> None:
    chance = np.random.default_rng(1)
    for a in chance.integers(-60, 61, (10_000, 2, 2)) / 20:
        found, theirs = eigen(torch.from_numpy(a)), np.linalg.eigvals(a)
        real = np.abs(theirs.imag).max() < 1e-7
        assert (found.kind != "none") == bool(real)
        ours = (
            np.array(found.values) if real else np.array([complex(*found.values), complex(*found.values).conjugate()])
        )
        np.testing.assert_allclose(np.sort_complex(ours), np.sort_complex(theirs), atol=1e-6)
        np.testing.assert_allclose(moved(svd(torch.from_numpy(a)), 3.0), a, atol=1e-12)
