"""Toy data in the plane: points with a class or a value, drawn from the generator that is passed and from nothing else.

    x, y = plane.load("circle", n=500, noise=0.1, generator=generator)

Every set lives in BOX, in plane units. Two-class sets number the classes 0 and 1, multi-class ones 0 … K−1.
Shapes and sizes of circle, xor, gaussians, spiral, plane and multi-gaussian follow TensorFlow Playground's
(Smilkov et al. 2017, arXiv:1708.03788), so that what a student has seen there looks the same here.
"""

import math
from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

__all__ = ["BOX", "MOST_CLASSES", "RADIUS", "REGRESSION", "Name", "load"]

BOX = (-6.0, 6.0, -6.0, 6.0)
"""The part of the plane that is drawn: x₁ from, to, x₂ from, to."""
RADIUS = 5.0
"""How far the points reach from the origin (noise may push a few beyond)."""

Name = Literal[
    "circle",
    "xor",
    "xor-blobs",
    "xor-points",
    "gaussians",
    "row",
    "spiral",
    "moons",
    "separable",
    "plane",
    "multi-gaussian",
]
REGRESSION: frozenset[str] = frozenset({"plane", "multi-gaussian"})
"""The sets whose y is a number between −1 and 1 instead of a class."""
MOST_CLASSES = {
    "circle": 8, "xor": 2, "xor-blobs": 2, "xor-points": 2, "gaussians": 8, "row": 8, "spiral": 8, "moons": 2,
    "separable": 2,
}  # fmt: skip
"""How many classes each classification set can have."""


def load(
    name: Name, *, n: int = 500, noise: float = 0.0, margin: float = 0.5, classes: int = 2, generator: Generator
) -> tuple[Float[Tensor, "N 2"], Int[Tensor, " N"] | Float[Tensor, " N"]]:
    """The points of a set and what is to be predicted of them.

    noise: 0 to 1, the share of the shape's own size that chance adds (TensorFlow Playground's percentage);
    margin: only for "separable": the distance kept free on each side of the true line, in plane units;
    classes: 2 to MOST_CLASSES[name]. "xor-points" is four points whatever n is.
    Returns x (N, 2) float32 and y (N,): int64 classes, or float32 values in [−1, 1] for the sets in REGRESSION.
    The rows come in random order; those of "xor-points" go round the square. Raises ValueError for a number of classes
    that the set does not have, and for a margin that leaves no room (over 3).
    """
    if not 0 <= margin <= 3:
        raise ValueError(f"The margin must lie between 0 and 3, not {margin}.")
    if name not in REGRESSION and not 2 <= classes <= MOST_CLASSES[name]:
        raise ValueError(f"{name!r} has 2 to {MOST_CLASSES[name]} classes, not {classes}.")
    if name == "separable":
        x, y = _separable(n, margin, generator)
    elif name in REGRESSION:
        x, y = (_plane if name == "plane" else _multi_gaussian)(n, noise, generator)
    else:
        x, y = _CLASSES[name](n, noise, classes, generator)
    order = torch.arange(4) if name == "xor-points" else torch.randperm(len(x), generator=generator)
    return x[order].float(), y[order]


def _uniform(shape: tuple[int, ...], low: float, high: float, generator: Generator) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=generator)


def _normal(shape: tuple[int, ...], generator: Generator) -> Tensor:
    return torch.randn(shape, generator=generator)


def _turns(n: int, classes: int) -> Tensor:
    """Class labels 0, 1, …, K−1, 0, 1, …: as equal in number as n allows."""
    return torch.arange(n) % classes  # (N,)


def _polar(r: Tensor, angle: Tensor) -> Tensor:
    return torch.stack([r * torch.sin(angle), r * torch.cos(angle)], 1)  # (N, 2)


def _circle(n: int, noise: float, classes: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """A disc and K−1 rings around it, with gaps; noise relabels points near a gap, as in the Playground."""
    y = _turns(n, classes)
    width = RADIUS / (classes + 0.4 * (classes - 1))  # K rings and K−1 gaps of 0.4 of a ring
    inner = y * 1.4 * width
    x = _polar(inner + width * _uniform((n,), 0.0, 1.0, generator), _uniform((n,), 0.0, 2 * math.pi, generator))
    felt = x + noise * _uniform((n, 2), -RADIUS, RADIUS, generator)  # the place that chance makes the label believe in
    y = torch.clamp(((felt.norm(dim=1) + 0.2 * width) / (1.4 * width)).long(), 0, classes - 1)
    return x, y


def _xor(n: int, noise: float, classes: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Filled quadrants: class 1 where x₁x₂ ≥ 0, with the axes kept free by 0.3."""
    x = _uniform((n, 2), -RADIUS, RADIUS, generator)
    x = x + 0.3 * torch.where(x > 0, 1.0, -1.0)
    felt = x + noise * _uniform((n, 2), -RADIUS, RADIUS, generator)
    return x, (felt.prod(1) >= 0).long()


def _corners(n: int) -> tuple[Tensor, Tensor]:
    corners = torch.tensor([[-3.0, -3.0], [-3.0, 3.0], [3.0, 3.0], [3.0, -3.0]])
    x = corners[torch.arange(n) % 4]  # (N, 2)
    return x, (x.prod(1) >= 0).long()


def _xor_blobs(n: int, noise: float, classes: int, generator: Generator) -> tuple[Tensor, Tensor]:
    x, y = _corners(n)
    return x + (0.5 + 2 * noise) * _normal((n, 2), generator), y


def _xor_points(n: int, noise: float, classes: int, generator: Generator) -> tuple[Tensor, Tensor]:
    x, y = _corners(4)
    return x + 2 * noise * _normal((4, 2), generator), y


def _gaussians(n: int, noise: float, classes: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """K bells on a ring (two: at (2, 2) and (−2, −2)); variance 0.5 at no noise, 4 at a noise of one half."""
    y = _turns(n, classes)
    r = 2 * math.sqrt(2) if classes <= 3 else 3.6
    centres = _polar(torch.full((classes,), r), math.pi / 4 + math.pi + 2 * math.pi * torch.arange(classes) / classes)
    sd = math.sqrt(0.5 + 7 * noise) * (1 if classes == 2 else 2.0 / classes + 0.25)
    return centres[y] + sd * _normal((n, 2), generator), y


def _row(n: int, noise: float, classes: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """K round bells on a slanting line through the origin, at most 2.5 apart; deviation 0.3 at no noise."""
    y = _turns(n, classes)
    along = (y - (classes - 1) / 2) * min(2.5, 9 / (classes - 1))  # (N,)
    centres = torch.stack([along * math.cos(0.4), along * math.sin(0.4)], 1)
    return centres + (0.3 + 1.5 * noise) * _normal((n, 2), generator), y


def _spiral(n: int, noise: float, classes: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """K arms that start at the origin and turn 1.75 times; noise is uniform, 1 plane unit at noise = 1."""
    y = _turns(n, classes)
    every = -(-n // classes)  # points an arm: one at random in each of so many equal pieces, so that no arm has a gap
    t = (torch.arange(n) // classes + _uniform((n,), 0.0, 1.0, generator)) / every
    x = _polar(RADIUS * t, 1.75 * 2 * math.pi * t + 2 * math.pi * y / classes)
    return x + noise * _uniform((n, 2), -1.0, 1.0, generator), y


def _moons(n: int, noise: float, classes: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Two half-circles of radius 3, each reaching into the other."""
    y = _turns(n, 2)
    angle = _uniform((n,), 0.0, math.pi, generator)
    upper = torch.stack([3 * angle.cos() - 1.5, 3 * angle.sin() - 0.75], 1)
    x = torch.where(y[:, None] == 0, upper, -upper)  # (N, 2)
    return x + (0.2 + 2 * noise) * _normal((n, 2), generator), y


def _separable(n: int, margin: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Uniform points in the box, none within `margin` of a random line that passes 2 to 3 from the origin.

    So far out a bias has to be learned; where the margin needs the room the line passes nearer.
    """
    angle = _uniform((), 0.0, 2 * math.pi, generator)
    normal = torch.stack([angle.cos(), angle.sin()])  # (2,), of length 1
    offset = _uniform((), 2.0, 3.0, generator).clamp(max=4.0 - margin)
    kept: list[Tensor] = []
    y = _turns(n, 2)
    for label in (0, 1):
        wanted, found = int((y == label).sum()), torch.empty(0, 2)
        while len(found) < wanted:
            x = _uniform((4 * n + 16, 2), -RADIUS, RADIUS, generator)
            distance = (x @ normal + offset) * (2 * label - 1)
            found = torch.cat([found, x[distance >= max(margin, 1e-3)]])
        kept.append(found[:wanted])
    return torch.cat(kept), torch.cat([torch.zeros(len(kept[0])), torch.ones(len(kept[1]))]).long()


def _plane(n: int, noise: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """A value that rises along the diagonal: y = (x₁ + x₂)/12, from −1 to 1 over the box."""
    x = _uniform((n, 2), -6.0, 6.0, generator)
    felt = x + noise * _uniform((n, 2), -6.0, 6.0, generator)
    return x, (felt.sum(1) / 12).clamp(-1, 1)


def _multi_gaussian(n: int, noise: float, generator: Generator) -> tuple[Tensor, Tensor]:
    """Three hills and three hollows in two rows: at each place the strongest one's height, 0 beyond 2 away."""
    hills = torch.tensor(
        [[-4.0, 2.5, 1.0], [0.0, 2.5, -1.0], [4.0, 2.5, 1.0], [-4.0, -2.5, -1.0], [0.0, -2.5, 1.0], [4.0, -2.5, -1.0]]
    )
    x = _uniform((n, 2), -6.0, 6.0, generator)
    felt = x + noise * _uniform((n, 2), -6.0, 6.0, generator)
    height = (1 - torch.cdist(felt, hills[:, :2]) / 2).clamp(0, 1) * hills[:, 2]  # (N, 6)
    return x, height.gather(1, height.abs().argmax(1, keepdim=True)).squeeze(1)


_CLASSES: dict[str, Callable[[int, float, int, Generator], tuple[Tensor, Tensor]]] = {
    "circle": _circle, "xor": _xor, "xor-blobs": _xor_blobs, "xor-points": _xor_points,
    "gaussians": _gaussians, "row": _row, "spiral": _spiral, "moons": _moons,
}  # fmt: skip
