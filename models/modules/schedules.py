"""How the learning rate falls over the epochs."""

import math
from typing import Literal

__all__ = ["LABELS", "Name", "rate"]

Name = Literal["constant", "step", "exponential", "1/t", "cosine"]
LABELS = {
    "constant": "constant", "step": "halved in steps", "exponential": "exponential",
    "1/t": "1/t", "cosine": "cosine, to zero",
}  # fmt: skip


def rate(schedule: Name, first: float, epoch: int, span: int) -> float:
    """The rate of an epoch. `span`: after so many epochs it is half of the first, or zero with cosine.

    constant: η; step: η 2^−⌊e/span⌋; exponential: η 2^−e/span; 1/t: η/(1 + e/span), which meets the conditions of
    Robbins & Monro (1951), Ση = ∞ and Ση² < ∞; cosine: ½η(1 + cos πe/span), Loshchilov & Hutter (2017), eq. 5.
    """
    if schedule == "step":
        return first * 0.5 ** (epoch // span)
    if schedule == "exponential":
        return first * 0.5 ** (epoch / span)
    if schedule == "1/t":
        return first / (1 + epoch / span)
    if schedule == "cosine":
        return first * 0.5 * (1 + math.cos(math.pi * min(epoch / span, 1.0)))
    return first
