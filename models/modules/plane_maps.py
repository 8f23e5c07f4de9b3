"""Linear maps of the plane, taken apart: eigenvalues and their lines, determinant, and the three moves of the SVD.

Source: Strang (2016), Introduction to Linear Algebra, 6.1, 7.2; Trefethen & Bau (1997), Numerical Linear Algebra, 4.
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["Eigen", "Svd", "angle_between", "eigen", "moved", "svd"]

Matrix2 = Float[Tensor, "2 2"]
Kind = Literal["two lines", "every direction", "one line", "none"]
CLOSE = 1e-9
"""Below this share of the matrix's own size a number counts as 0: entries come in steps of 0.05, in float64."""


@dataclass(frozen=True)
class Eigen:
    """What a 2 × 2 matrix does not turn.

    `kind` says how many real eigenlines there are; `values` are the real eigenvalues, the greater first, or (real part,
    imaginary part) of the complex pair; `lines` are unit vectors along the eigenlines, one for each value that has one.
    """

    kind: Kind
    values: tuple[float, float]
    lines: tuple[tuple[float, float], ...]
    determinant: float
    trace: float


def eigen(a: Matrix2) -> Eigen:
    """The roots of λ² − (tr A) λ + det A, and the null lines of A − λI."""
    (p, q), (r, s) = a.tolist()
    trace, determinant = p + s, p * s - q * r
    size = max(abs(p), abs(q), abs(r), abs(s))
    split = (p - s) ** 2 + 4 * q * r  # (tr A)² − 4 det A, with less rounding
    if max(abs(q), abs(r), abs(p - s)) <= CLOSE * size:
        return Eigen("every direction", (p, p), (), determinant, trace)
    if abs(split) <= CLOSE * size * size:
        return Eigen("one line", (trace / 2, trace / 2), (_null(p, q, r, s, trace / 2),), determinant, trace)
    root = math.sqrt(abs(split)) / 2
    if split < 0:
        return Eigen("none", (trace / 2, root), (), determinant, trace)
    values = (trace / 2 + root, trace / 2 - root)
    return Eigen("two lines", values, tuple(_null(p, q, r, s, value) for value in values), determinant, trace)


def _null(p: float, q: float, r: float, s: float, value: float) -> tuple[float, float]:
    """A unit vector that A − λI sends to 0: across the longer of its rows."""
    x, y = max(((-q, p - value), (s - value, -r)), key=lambda v: math.hypot(*v))
    length = math.hypot(x, y) * (-1 if x < 0 or (x == 0 and y < 0) else 1)
    return x / length + 0.0, y / length + 0.0


@dataclass(frozen=True)
class Svd:
    """A = R(ψ) diag(1, ±1) · diag(σ₁, σ₂) · R(−φ): turn, scale along the axes, perhaps reflect, turn. In rad."""

    phi: float
    sigma: tuple[float, float]
    psi: float
    reflects: bool


def svd(a: Matrix2) -> Svd:
    """LAPACK's singular value decomposition, with its signs chosen so that V is a turn by at most 90°."""
    u, sigma, vh = torch.linalg.svd(a)
    v = vh.T.clone()
    u = u.clone()
    if float(torch.det(v)) < 0:  # a column of V and the same of U may change their signs together
        v[:, 1], u[:, 1] = -v[:, 1], -u[:, 1]
    if float(v[0, 0]) < 0:
        v, u = -v, -u
    phi = math.atan2(float(v[1, 0]), float(v[0, 0]))
    psi = math.atan2(float(u[1, 0]), float(u[0, 0]))
    return Svd(phi, (float(sigma[0]), float(sigma[1])), psi, bool(torch.det(u) < 0))


def _turn(angle: float) -> Matrix2:
    c, s = math.cos(angle), math.sin(angle)
    return torch.tensor([[c, -s], [s, c]], dtype=torch.float64)


def moved(parts: Svd, time: float) -> Matrix2:
    """The map after `time` moves of three: 0 is I, 1 is Vᵀ, 2 is ΣVᵀ, 3 is A."""
    turn, scale, back = (min(max(time - k, 0.0), 1.0) for k in range(3))
    stretch = torch.diag(torch.tensor([1 + scale * (one - 1) for one in parts.sigma], dtype=torch.float64))
    flip = torch.diag(torch.tensor([1.0, 1 - 2 * back if parts.reflects else 1.0], dtype=torch.float64))
    return _turn(back * parts.psi) @ flip @ stretch @ _turn(-turn * parts.phi)


def angle_between(x: Float[Tensor, " 2"], y: Float[Tensor, " 2"]) -> float | None:
    """From x to y in degrees, anticlockwise, −180 … 180; None where one of them is 0."""
    if float(x.norm()) == 0 or float(y.norm()) <= 1e-12:
        return None
    (a, b), (c, d) = x.tolist(), y.tolist()
    return math.degrees(math.atan2(a * d - b * c, a * c + b * d))
