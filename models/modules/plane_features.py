"""The input features that a network in the plane may be given."""

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["FEATURES", "Feature", "features"]

Feature = Literal["x₁", "x₂", "x₁²", "x₂²", "x₁x₂", "sin x₁", "sin x₂"]

FEATURES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "x₁": lambda a, b: a,
    "x₂": lambda a, b: b,
    "x₁²": lambda a, b: a * a,
    "x₂²": lambda a, b: b * b,
    "x₁x₂": lambda a, b: a * b,
    "sin x₁": lambda a, b: torch.sin(a),
    "sin x₂": lambda a, b: torch.sin(b),
}


def features(x: Float[Tensor, "N 2"], names: Sequence[str]) -> Float[Tensor, "N D"]:
    """φ(x): one column a name."""
    return torch.stack([FEATURES[name](x[:, 0], x[:, 1]) for name in names], 1)
