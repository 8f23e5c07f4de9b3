"""Feature maps φ of the plane."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["TERMS", "Map", "polynomial"]

Map = Literal["x", "x, x₁x₂", "x, x²", "x, x², x₁x₂"]
TERMS: dict[Map, list[str]] = {
    "x": ["x₁", "x₂"],
    "x, x₁x₂": ["x₁", "x₂", "x₁x₂"],
    "x, x²": ["x₁", "x₂", "x₁²", "x₂²"],
    "x, x², x₁x₂": ["x₁", "x₂", "x₁²", "x₂²", "x₁x₂"],
}
"""The terms of each map, in order; a constant 1 follows them."""


def polynomial(x: Float[Tensor, "N 2"], name: Map) -> Float[Tensor, "N F"]:
    """The terms of a map at each point, and a 1 whose weight is the bias."""
    a, b = x.double().T  # (N,), (N,)
    known = {"x₁": a, "x₂": b, "x₁²": a * a, "x₂²": b * b, "x₁x₂": a * b}
    return torch.stack([*(known[term] for term in TERMS[name]), torch.ones_like(a)], dim=1)  # (N, F)
