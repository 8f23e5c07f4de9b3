"""Losses of the output scores z, and the errors δ = ∂L/∂z that backpropagation starts from.

Scores z and targets y have one column a point: (K, B). A problem with two classes has one score (K = 1, y ∈ {0, 1}, the
probability of class 1 is σ(z)), one with more has a score a class (y one-hot, probabilities softmax(z): it acts on the
whole vector of scores), a regression has one score, the prediction itself. L is the mean over the B points.
Sources: Bishop (2006), §4.2–4.3 and §5.2; hinge for more than two classes: Crammer & Singer (2001), eq. 4.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

__all__ = ["LOSSES", "Loss", "Name", "RegressionName", "named", "probabilities"]

Name = Literal["cross-entropy", "squared error", "hinge"]
RegressionName = Literal["squared error", "absolute error", "Huber"]


@dataclass(frozen=True)
class Loss:
    """values: (z, y) -> one loss a point (B,). delta: (z, y, d) -> None, writes ∂L/∂z of the *mean* loss into d."""

    values: Callable[[Tensor, Tensor], Tensor]
    delta: Callable[[Tensor, Tensor, Tensor], object]


def probabilities(z: Float[Tensor, "K *B"]) -> Float[Tensor, "C *B"]:
    """Probabilities of the classes from the scores: (K, B), or (2, B) from a single score."""
    if len(z) == 1:
        p = torch.sigmoid(z)
        return torch.cat([1 - p, p])
    return torch.softmax(z, 0)


def named(name: str, outputs: int, regression: bool) -> Loss:
    """The loss of that name for this many scores."""
    kind = "value" if regression else "logistic" if outputs == 1 else "softmax"
    return LOSSES[kind, name]


def _cross_entropy_1(z: Tensor, y: Tensor) -> Tensor:
    """−y log σ(z) − (1 − y) log(1 − σ(z)), summed stably as softplus(z) − y z."""
    return (F.softplus(z) - y * z).sum(-2)


def _cross_entropy_1_delta(z: Tensor, y: Tensor, d: Tensor) -> None:
    """(σ(z) − y)/B: prediction minus truth."""
    torch.sigmoid(z, out=d)
    d.sub_(y).mul_(1 / z.shape[1])


def _cross_entropy_k(z: Tensor, y: Tensor) -> Tensor:
    """−log softmax(z) of the true class."""
    return -(torch.log_softmax(z, -2) * y).sum(-2)


def _cross_entropy_k_delta(z: Tensor, y: Tensor, d: Tensor) -> None:
    """(softmax(z) − y)/B: prediction minus truth."""
    torch.softmax(z, 0, out=d)
    d.sub_(y).mul_(1 / z.shape[1])


def _brier_1(z: Tensor, y: Tensor) -> Tensor:
    """½(p − y)² with p = σ(z)."""
    return (torch.sigmoid(z) - y).square().sum(-2) / 2


def _brier_1_delta(z: Tensor, y: Tensor, d: Tensor) -> None:
    """(p − y) p(1 − p)/B: small where the unit is surely wrong. That is why cross-entropy learns faster."""
    p = torch.sigmoid(z)
    torch.mul(p - y, p * (1 - p) / z.shape[1], out=d)


def _brier_k(z: Tensor, y: Tensor) -> Tensor:
    """½‖p − y‖² with p = softmax(z)."""
    return (torch.softmax(z, -2) - y).square().sum(-2) / 2


def _brier_k_delta(z: Tensor, y: Tensor, d: Tensor) -> None:
    """p ⊙ (e − pᵀe)/B with e = p − y: the softmax's Jacobian applied to the error."""
    p = torch.softmax(z, 0)
    e = p - y
    torch.mul(p, (e - (p * e).sum(0)) / z.shape[1], out=d)


def _hinge_1(z: Tensor, y: Tensor) -> Tensor:
    """max(0, 1 − t z) with t = 2y − 1 = ±1: nothing to gain beyond a margin of 1."""
    return torch.relu(1 - (2 * y - 1) * z).sum(-2)


def _hinge_1_delta(z: Tensor, y: Tensor, d: Tensor) -> None:
    """−t/B inside the margin, else 0."""
    t = 2 * y - 1
    torch.mul(t, (t * z < 1).to(z) / -z.shape[1], out=d)


def _hinge_k(z: Tensor, y: Tensor) -> Tensor:
    """max(0, 1 + the best wrong score − the true score)."""
    wrong = z.masked_fill(y > 0, -torch.inf).amax(-2)
    return torch.relu(1 + wrong - (z * y).sum(-2))


def _hinge_k_delta(z: Tensor, y: Tensor, d: Tensor) -> None:
    """Inside the margin 1/B on the best wrong score and −1/B on the true one."""
    best = z.masked_fill(y > 0, -torch.inf).argmax(0, keepdim=True)
    inside = (_hinge_k(z, y) > 0).to(z) / z.shape[1]  # (B,)
    torch.mul(torch.zeros_like(z).scatter_(0, best, 1.0) - y, inside, out=d)


def _squared(z: Tensor, y: Tensor) -> Tensor:
    """½(z − y)²."""
    return (z - y).square().sum(-2) / 2


def _squared_delta(z: Tensor, y: Tensor, d: Tensor) -> None:
    """(z − y)/B."""
    torch.sub(z, y, out=d)
    d.mul_(1 / z.shape[1])


def _absolute(z: Tensor, y: Tensor) -> Tensor:
    """|z − y|: an outlier pulls no harder than any other point."""
    return (z - y).abs().sum(-2)


def _absolute_delta(z: Tensor, y: Tensor, d: Tensor) -> None:
    """sign(z − y)/B."""
    torch.sub(z, y, out=d)
    d.sign_().mul_(1 / z.shape[1])


def _huber(z: Tensor, y: Tensor) -> Tensor:
    """½e² for |e| ≤ ½, else ½(|e| − ¼): squared near the truth, absolute far from it."""
    return F.huber_loss(z, y.expand_as(z), reduction="none", delta=0.5).sum(-2)


def _huber_delta(z: Tensor, y: Tensor, d: Tensor) -> None:
    """e/B, cut at ±½/B."""
    torch.sub(z, y, out=d)
    d.clamp_(-0.5, 0.5).mul_(1 / z.shape[1])


LOSSES: dict[tuple[str, str], Loss] = {
    ("logistic", "cross-entropy"): Loss(_cross_entropy_1, _cross_entropy_1_delta),
    ("logistic", "squared error"): Loss(_brier_1, _brier_1_delta),
    ("logistic", "hinge"): Loss(_hinge_1, _hinge_1_delta),
    ("softmax", "cross-entropy"): Loss(_cross_entropy_k, _cross_entropy_k_delta),
    ("softmax", "squared error"): Loss(_brier_k, _brier_k_delta),
    ("softmax", "hinge"): Loss(_hinge_k, _hinge_k_delta),
    ("value", "squared error"): Loss(_squared, _squared_delta),
    ("value", "absolute error"): Loss(_absolute, _absolute_delta),
    ("value", "Huber"): Loss(_huber, _huber_delta),
}
