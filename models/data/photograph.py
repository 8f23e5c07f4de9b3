"""Two photographs that come inside scikit-learn, in grey and small enough to be taken apart at once.

    photograph.load("china")        # (142, 213), 0 (black) … 1 (white)

Source: scikit-learn's sample images, "china.jpg" and "flower.jpg" (CC BY, see their README.txt), BSD-3 package.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["LABELS", "SHAPE", "Name", "load"]

Name = Literal["china", "flower"]
LABELS = {"china": "a temple in China", "flower": "a flower"}
SHAPE = (142, 213)
"""Rows and columns, a third of the original's."""


def load(name: Name) -> Float[Tensor, "142 213"]:
    """The brightness of each pixel, the mean over 3 × 3 pixels of the original.

    Raises FileNotFoundError where scikit-learn or its picture is missing.
    """
    from PIL import Image  # only here: no other data set needs it

    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("The photographs are in the package 'scikit-learn', which is not installed.")
    rows, columns = SHAPE
    with Image.open(Path(spec.submodule_search_locations[0], "datasets", "images", f"{name}.jpg")) as picture:
        grey = np.asarray(picture.convert("L"), dtype=np.float64)[: 3 * rows, : 3 * columns] / 255
    return torch.from_numpy(grey.reshape(rows, 3, columns, 3).mean((1, 3)))
