"""Entropy, cross-entropy and Kullback–Leibler divergence of distributions over a few outcomes, in bits.

Source: Shannon (1948), Bell System Technical Journal 27; Cover & Thomas (2006), Elements of Information Theory, ch. 2.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["cross_entropy", "divergence", "entropy", "with_share"]

Shares = Float[Tensor, " K"]


def entropy(p: Shares) -> float:
    """H(p) = −Σ p log₂ p, with 0 log 0 = 0."""
    return -float(torch.xlogy(p, p).sum()) / math.log(2)


def cross_entropy(p: Shares, q: Shares) -> float:
    """H(p, q) = −Σ p log₂ q; ∞ where p has an outcome that q calls impossible."""
    return -float(torch.xlogy(p, q).sum()) / math.log(2)


def divergence(p: Shares, q: Shares) -> float:
    """KL(p‖q) = Σ p log₂ p/q = H(p, q) − H(p); never below 0, and 0 only if p = q."""
    if bool(((p > 0) & (q <= 0)).any()):
        return math.inf
    inside = p > 0
    return max(0.0, float((p[inside] * (p[inside] / q[inside]).log()).sum()) / math.log(2))


def with_share(p: Shares, index: int, share: float) -> Shares:
    """The same distribution with one outcome's share set; the others share the rest as they did before, or equally."""
    share = min(max(share, 0.0), 1.0)
    others = p.clone()
    others[index] = 0
    total = float(others.sum())
    if total <= 0:
        others = torch.ones_like(p)
        others[index] = 0
        total = float(len(p) - 1)
    new = others * ((1 - share) / total)
    new[index] = share
    return new
