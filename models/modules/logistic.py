"""Logistic regression: its likelihood, gradient and curvature, Newton's method, and how far its probabilities hold.

X (N, F) ends in a column of ones, whose weight is the bias; y (N,) is 0 or 1. The objective is
    J(w) = Σₙ ℓ(zₙ, yₙ) + λ ‖w without the bias‖²,   zₙ = wᵀxₙ,   ℓ = ln(1 + eᶻ) − y z = −ln P(y | x),
so scikit-learn's C is 1/(2λ). Sources: Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 4.4;
Bishop, Pattern Recognition and Machine Learning, 4.3; calibration: Naeini, Cooper & Hauskrecht (2015), AAAI.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

__all__ = ["Reliability", "curvature", "gradient", "log_losses", "newton", "objective", "pull", "reliability"]

Matrix = Float[Tensor, "N F"]
Labels = Float[Tensor, " N"]
Vector = Float[Tensor, " F"]


def log_losses(x: Matrix, y: Labels, w: Vector) -> Labels:
    """ℓ of every row: minus the log-likelihood of its label."""
    z = x @ w
    return F.softplus(z) - y * z


def _free(w: Vector) -> Vector:
    """1 for each weight, 0 for the bias, which no penalty pulls."""
    free = torch.ones_like(w)
    free[-1] = 0
    return free


def objective(x: Matrix, y: Labels, w: Vector, lam: float) -> float:
    """J(w)."""
    return float(log_losses(x, y, w).sum() + lam * (_free(w) * w.square()).sum())


def pull(x: Matrix, y: Labels, w: Vector) -> Labels:
    """p − y of every row: how far its probability is from its label, and all that the gradient knows of it."""
    return torch.sigmoid(x @ w) - y


def gradient(x: Matrix, y: Labels, w: Vector, lam: float) -> Vector:
    """∇J = Xᵀ(p − y) + 2λw."""
    return x.T @ pull(x, y, w) + 2 * lam * _free(w) * w


def curvature(x: Matrix, w: Vector, lam: float) -> Float[Tensor, "F F"]:
    """∇²J = Xᵀ diag(p(1 − p)) X + 2λI, without λ for the bias: nowhere negative, so J is convex."""
    p = torch.sigmoid(x @ w)
    return (x.T * (p * (1 - p))) @ x + torch.diag(2 * lam * _free(w))


def newton(x: Matrix, y: Labels, w: Vector, lam: float) -> Vector:
    """One step of Newton's method, w − (∇²J)⁻¹∇J, halved until J does not rise; w itself where it cannot fall."""
    step = torch.linalg.lstsq(curvature(x, w, lam), gradient(x, y, w, lam), driver="gelsd").solution
    now, share = objective(x, y, w, lam), 1.0
    while share > 1e-6:
        after = w - share * step
        if bool(torch.isfinite(after).all()) and objective(x, y, after, lam) < now:
            return after
        share /= 2
    return w


@dataclass(frozen=True)
class Reliability:
    """Of the rows in each bin of p: the mean p, the share that is really 1, and how many; and the error of all."""

    p: Float[Tensor, " B"]
    share: Float[Tensor, " B"]
    count: Float[Tensor, " B"]
    error: float


def reliability(p: Labels, y: Labels, bins: int = 10) -> Reliability:
    """Bins of equal width over 0…1, empty ones left out. The expected calibration error is Σ (n_b/N) |share − p|."""
    at = (p * bins).long().clamp(0, bins - 1)
    count = torch.bincount(at, minlength=bins).double()
    there = count > 0
    mean, share = (torch.bincount(at, v.double(), bins)[there] / count[there] for v in (p, y))
    error = float((count[there] / max(1, len(p)) * (share - mean).abs()).sum())
    return Reliability(mean, share, count[there], error)
