"""Functions of two variables to walk down, with their gradients and Hessians written out; every minimum has height 0.

    surface = surfaces.named("bowl", kappa=50.0, tilt=0.0)
    surface.height(x), surface.gradient(x), surface.hessian(x)          # x: (N, 2)

Sources: Rosenbrock (1960), The Computer Journal 3; Himmelblau (1972), Applied Nonlinear Programming;
Beale (1958), On an iterative method for finding a local minimum of a function of more than one variable.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["LABELS", "SURFACES", "Bowl", "Name", "Surface", "named"]

Name = Literal["bowl", "rosenbrock", "saddle", "himmelblau", "beale"]
LABELS = {
    "bowl": "bowl, ½(x₁² + κ x₂²)", "rosenbrock": "Rosenbrock's bent valley", "saddle": "saddle between two minima",
    "himmelblau": "Himmelblau's four minima", "beale": "Beale's plain with cliffs",
}  # fmt: skip
Box = tuple[float, float, float, float]
Places = Float[Tensor, "N 2"]


@dataclass(frozen=True)
class Surface(ABC):
    """A function of the plane: the part of it that is shown, where the walkers begin, and where it is 0."""

    box: Box
    start: tuple[float, float]
    minima: tuple[tuple[float, float], ...]

    @abstractmethod
    def height(self, x: Places) -> Float[Tensor, " N"]:
        """f at each place."""

    @abstractmethod
    def gradient(self, x: Places) -> Places:
        """∇f at each place."""

    @abstractmethod
    def hessian(self, x: Places) -> Float[Tensor, "N 2 2"]:
        """∇²f at each place."""

    def eigenvalues(self, x: Places) -> Places:
        """Those of the Hessian at each place, the smaller one first: the curvature of the flattest and the steepest
        direction.
        """
        return torch.linalg.eigvalsh(self.hessian(x))

    def nearest_minimum(self, x: Float[Tensor, " 2"]) -> Float[Tensor, " 2"]:
        places = torch.tensor(self.minima, dtype=torch.float64)
        return places[(places - x).norm(dim=1).argmin()]


@dataclass(frozen=True)
class Bowl(Surface):
    """½ (u² + κ v²) in axes (u, v) turned by `tilt` degrees: its curvatures are 1 and κ everywhere."""

    kappa: float = 50.0
    tilt: float = 0.0

    @property
    def matrix(self) -> Float[Tensor, "2 2"]:
        """A of f = ½ xᵀA x."""
        c, s, k = math.cos(math.radians(self.tilt)), math.sin(math.radians(self.tilt)), self.kappa
        rows = [[c * c + k * s * s, (1 - k) * c * s], [(1 - k) * c * s, s * s + k * c * c]]
        return torch.tensor(rows, dtype=torch.float64)

    def height(self, x: Places) -> Float[Tensor, " N"]:
        return 0.5 * (x * self.gradient(x)).sum(1)

    def gradient(self, x: Places) -> Places:
        return x @ self.matrix.to(x.dtype)

    def hessian(self, x: Places) -> Float[Tensor, "N 2 2"]:
        return self.matrix.to(x.dtype).expand(len(x), 2, 2)


class Rosenbrock(Surface):
    """(1 − x₁)² + 100 (x₂ − x₁²)²."""

    def height(self, x: Places) -> Float[Tensor, " N"]:
        a, b = x.unbind(1)
        return (1 - a) ** 2 + 100 * (b - a * a) ** 2

    def gradient(self, x: Places) -> Places:
        a, b = x.unbind(1)
        rise = 200 * (b - a * a)
        return torch.stack([2 * (a - 1) - 2 * a * rise, rise], 1)

    def hessian(self, x: Places) -> Float[Tensor, "N 2 2"]:
        a, b = x.unbind(1)
        return _symmetric(2 + 1200 * a * a - 400 * b, -400 * a, torch.full_like(a, 200))


class Saddle(Surface):
    """½ x₁² + ¼ (x₂² − 1)²: two minima at (0, ±1), and between them a saddle at the origin, ¼ high."""

    def height(self, x: Places) -> Float[Tensor, " N"]:
        a, b = x.unbind(1)
        return 0.5 * a * a + 0.25 * (b * b - 1) ** 2

    def gradient(self, x: Places) -> Places:
        a, b = x.unbind(1)
        return torch.stack([a, b * (b * b - 1)], 1)

    def hessian(self, x: Places) -> Float[Tensor, "N 2 2"]:
        a, b = x.unbind(1)
        return _symmetric(torch.ones_like(a), torch.zeros_like(a), 3 * b * b - 1)


class Himmelblau(Surface):
    """(x₁² + x₂ − 11)² + (x₁ + x₂² − 7)²."""

    def height(self, x: Places) -> Float[Tensor, " N"]:
        a, b = x.unbind(1)
        return (a * a + b - 11) ** 2 + (a + b * b - 7) ** 2

    def gradient(self, x: Places) -> Places:
        a, b = x.unbind(1)
        p, q = a * a + b - 11, a + b * b - 7
        return torch.stack([4 * a * p + 2 * q, 2 * p + 4 * b * q], 1)

    def hessian(self, x: Places) -> Float[Tensor, "N 2 2"]:
        a, b = x.unbind(1)
        return _symmetric(12 * a * a + 4 * b - 42, 4 * (a + b), 12 * b * b + 4 * a - 26)


class Beale(Surface):
    """(1.5 − x₁ + x₁x₂)² + (2.25 − x₁ + x₁x₂²)² + (2.625 − x₁ + x₁x₂³)²."""

    def _terms(self, x: Places) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """The three brackets r (N, 3), and their derivatives by x₁, by x₂, by both, and twice by x₂."""
        a, b = x[:, :1], x[:, 1:]
        powers = torch.tensor([1.0, 2.0, 3.0], dtype=x.dtype)
        fixed = torch.tensor([1.5, 2.25, 2.625], dtype=x.dtype)
        once = powers * b ** (powers - 1)  # (N, 3)
        twice = torch.cat([torch.zeros_like(b), torch.full_like(b, 2.0), 6 * b], 1)
        return fixed - a + a * b**powers, b**powers - 1, a * once, once, a * twice

    def height(self, x: Places) -> Float[Tensor, " N"]:
        return self._terms(x)[0].square().sum(1)

    def gradient(self, x: Places) -> Places:
        r, by_a, by_b, _, _ = self._terms(x)
        return 2 * torch.stack([(r * by_a).sum(1), (r * by_b).sum(1)], 1)

    def hessian(self, x: Places) -> Float[Tensor, "N 2 2"]:
        r, by_a, by_b, by_ab, by_bb = self._terms(x)
        mixed, second = by_a * by_b + r * by_ab, by_b * by_b + r * by_bb
        return 2 * _symmetric(by_a.square().sum(1), mixed.sum(1), second.sum(1))


def _symmetric(a: Float[Tensor, " N"], b: Float[Tensor, " N"], d: Float[Tensor, " N"]) -> Float[Tensor, "N 2 2"]:
    """[[a, b], [b, d]] for each of N."""
    return torch.stack([torch.stack([a, b], 1), torch.stack([b, d], 1)], 1)


SURFACES: dict[str, Surface] = {
    "rosenbrock": Rosenbrock((-2.0, 2.0, -1.0, 3.0), (-1.5, 2.5), ((1.0, 1.0),)),
    "saddle": Saddle((-2.0, 2.0, -1.75, 1.75), (-1.8, 0.0), ((0.0, 1.0), (0.0, -1.0))),
    "himmelblau": Himmelblau(
        (-5.5, 5.5, -5.5, 5.5),
        (0.0, -1.0),
        ((3.0, 2.0), (-2.805118086952745, 3.131312518250573), (-3.779310253377747, -3.283185991286170),
         (3.584428340330492, -1.848126526964404)),
    ),
    "beale": Beale((-4.5, 4.5, -4.5, 4.5), (1.0, 2.5), ((3.0, 0.5),)),
}  # fmt: skip


def named(name: Name, *, kappa: float, tilt: float) -> Surface:
    """A surface by its name; only the bowl has a condition number κ and a tilt in degrees."""
    if name == "bowl":
        return Bowl((-5.0, 5.0, -2.0, 2.0), (-4.5, 0.8), ((0.0, 0.0),), kappa, tilt)
    return SURFACES[name]
