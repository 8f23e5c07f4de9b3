"""Functions of one number on [−1, 1], to be approximated: smooth ones, one with a jump, one drawn by hand."""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["JUMP", "LABELS", "Function", "Name"]

Name = Literal["sine", "hill", "spike", "kink", "jump", "steps"]
LABELS: dict[Name, str] = {
    "sine": "sin(πx)",
    "hill": "a hill: exp(−8x²)",
    "spike": "a slope with a spike",
    "kink": "|x|",
    "jump": "a jump of 1 at 0.2",
    "steps": "a stair",
}
JUMP = 0.2
STAIRS = (-0.5, 0.0, 0.5)


class Function:
    """A function of a name; or, where at least two points are given, the line through them from left to right.

    `jumps` lists its discontinuities as (x, value on the left, value on the right).
    """

    def __init__(self, name: Name, drawn: Sequence[tuple[float, float]] = ()) -> None:
        self.name = name
        places = sorted(set(drawn))
        self.drawn = np.array(places) if len({x for x, _ in places}) > 1 else None
        self.jumps: list[tuple[float, float, float]] = []
        if self.drawn is None and name == "jump":
            self.jumps = [(JUMP, -0.5, 0.5)]
        elif self.drawn is None and name == "steps":
            self.jumps = [(x, -0.75 + 0.5 * i, -0.25 + 0.5 * i) for i, x in enumerate(STAIRS)]

    def __call__(self, x: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        """f(x); at a jump the value on its right."""
        if self.drawn is not None:
            return torch.from_numpy(np.interp(x.numpy(), self.drawn[:, 0], self.drawn[:, 1])).to(x.dtype)
        match self.name:
            case "sine":
                return torch.sin(math.pi * x)
            case "hill":
                return torch.exp(-8 * x.square())
            case "spike":
                return 0.3 * x + 0.8 * torch.exp(-((x - 0.35) / 0.07).square() / 2)
            case "kink":
                return x.abs()
            case "jump":
                return torch.where(x < JUMP, -0.5, 0.5).to(x.dtype)
            case _:
                return -0.75 + 0.5 * sum((x >= place).to(x.dtype) for place in STAIRS)
