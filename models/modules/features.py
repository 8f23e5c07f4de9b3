"""Feature maps φ of the plane, and of one x."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["BASES", "TERMS", "Basis", "Map", "basis", "basis_names", "polynomial"]

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


Basis = Literal["x", "polynomial", "RBF", "Fourier"]
"""The feature maps of one x."""
BASES: dict[Basis, str] = {
    "x": "x itself",
    "polynomial": "powers of x",
    "RBF": "bumps (RBF)",
    "Fourier": "sines and cosines",
}


def basis(u: Float[Tensor, " N"], name: Basis, size: int) -> Float[Tensor, "N F"]:
    """The features of each place, without the constant 1; u is x brought to −1…1 (but for "x", which is u itself).

    polynomial: u, u², … u^size; RBF: exp(−(u − cₖ)²/2s²) with `size` centres evenly over −1…1 and s their distance
    (1 for a single one); Fourier: sin πu, cos πu, sin 2πu, … `size` terms, whose period is the range of u.
    """
    u = u.double()
    if name == "x":
        return u[:, None]
    if name == "polynomial":
        return u[:, None] ** torch.arange(1, size + 1)  # (N, F)
    if name == "RBF":
        centres = torch.linspace(-1, 1, size, dtype=torch.float64) if size > 1 else torch.zeros(1).double()
        return torch.exp(-0.5 * ((u[:, None] - centres) * max(1.0, (size - 1) / 2)) ** 2)
    turns = torch.pi * u[:, None] * (torch.arange(size) // 2 + 1)  # (N, F)
    return torch.where(torch.arange(size) % 2 == 0, turns.sin(), turns.cos())


def basis_names(name: Basis, size: int) -> list[str]:
    """What each feature of `basis` is called."""
    if name == "x":
        return ["x"]
    if name == "polynomial":
        return ["u", *(f"u{''.join('⁰¹²³⁴⁵⁶⁷⁸⁹'[int(d)] for d in str(k))}" for k in range(2, size + 1))]
    if name == "RBF":
        return [f"bump {k + 1}" for k in range(size)]
    return [f"{'cos' if k % 2 else 'sin'} {'' if k < 2 else k // 2 + 1}πu" for k in range(size)]
