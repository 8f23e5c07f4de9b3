"""Two classes of points in the plane for learning, and others of the same kind for the test."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from models.data import plane

__all__ = ["TEST", "WORDS", "Name", "draw", "near_xor"]

Name = Literal["separable", "gaussians", "xor-points", "xor", "circle", "moons", "yours"]
WORDS: dict[Name, str] = {
    "separable": "separable by a line",
    "gaussians": "two Gaussians",
    "xor-points": "XOR: the four points",
    "xor": "XOR: filled quadrants",
    "circle": "circle",
    "moons": "moons",
    "yours": "only your own points",
}
TEST = 1_000
"""How many test points a set comes with."""


def draw(
    name: Name, n: int, noise: float, margin: float, generator: Generator
) -> tuple[Float[Tensor, "N 3"], Float[Tensor, "M 3"]]:
    """n training rows and TEST test rows (x₁, x₂, class 0 or 1), drawn together so that they share the true boundary.

    "yours" has none; "xor-points" has its four, and is tested on points near them.
    """
    if name == "yours":
        return torch.empty(0, 3), torch.empty(0, 3)
    if name == "xor-points":
        return torch.column_stack(plane.load(name, noise=noise, generator=generator)), near_xor(generator)
    x, y = plane.load(name, n=n + TEST, noise=noise, margin=margin, generator=generator)
    rows = torch.column_stack([x, y])  # (n + TEST, 3)
    return rows[:n].clone(), rows[n:].clone()


def near_xor(generator: Generator) -> Float[Tensor, "N 3"]:
    """TEST points around the four corners of XOR."""
    return torch.column_stack(plane.load("xor-blobs", n=TEST, generator=generator))
