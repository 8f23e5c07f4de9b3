"""The photographs are those of scikit-learn, in grey, a third as large."""

import numpy as np
import pytest
from sklearn.datasets import load_sample_image

from models.data import photograph


@pytest.mark.parametrize("name", photograph.LABELS)
def test_it_is_scikit_learns_picture(name: str) -> None:
    ours = photograph.load(name)
    colours = load_sample_image(f"{name}.jpg").astype(float)[:426, :639] / 255
    grey = colours @ [0.299, 0.587, 0.114]  # ITU-R 601, as Pillow has it
    theirs = grey.reshape(142, 3, 213, 3).mean((1, 3))
    np.testing.assert_allclose(ours, theirs, atol=1 / 255)  # Pillow rounds each pixel to 8 bits
    assert tuple(ours.shape) == photograph.SHAPE
