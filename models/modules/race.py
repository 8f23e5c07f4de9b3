"""Several optimisers walking down one surface from one place, each with its own memory."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import Trail
from models.modules.optimizers import OPTIMIZERS

__all__ = ["Race"]

LIMIT = 1_001
"""Places kept of each path."""


class Race:
    """x (R, 2): where each walker stands, a row each; `before`, `gradient`: the last step's place and gradient.

    One that goes further from the middle than `reach` is gone: it stays where it was, for nothing good would follow.
    `arrived` is the step at which each first fell below `GOAL`. A lab's state, whole: what it holds is saved.
    """

    GOAL = 1e-6

    def __init__(self, names: Sequence[str], start: Float[Tensor, " 2"], reach: float) -> None:
        self.names, self.reach = list(names), reach
        self.x = start.double().repeat(len(names), 1)
        self.before, self.gradient = self.x.clone(), torch.zeros_like(self.x)
        rows = zip(names, self.x, self.gradient, strict=True)
        self.optimizers = {name: OPTIMIZERS[name](row, gradient) for name, row, gradient in rows}
        self.memory: list[dict[str, Tensor]] = [{} for _ in names]
        self.paths = {name: Trail("place", limit=LIMIT) for name in names}
        self.begin(start)

    def begin(self, start: Float[Tensor, " 2"]) -> None:
        """All of them stand at `start`, with nothing behind them."""
        self.count = 0
        self.x.copy_(start.double())
        self.before.copy_(self.x)
        self.gradient.zero_()
        self.gone: list[int] = [0] * len(self.names)  # the step at which it was lost, 0: it still walks
        self.arrived: list[int] = [0] * len(self.names)
        self.memory = [{} for _ in self.names]
        for i, (name, optimizer) in enumerate(self.optimizers.items()):
            zeros = {kept: torch.zeros(2, dtype=torch.float64) for kept in optimizer.kept}
            optimizer.load_state_dict(zeros | {"count": 0})
            self.paths[name].clear()
            self.paths[name].add(self.x[i])

    def step(self, gradient: Float[Tensor, "R 2"], rates: Sequence[float], momentum: float) -> None:
        """One step of each that still walks, by its own rule and rate, from the gradients at x."""
        self.count += 1
        self.before.copy_(self.x)
        self.gradient.copy_(gradient)
        for i, (name, optimizer) in enumerate(self.optimizers.items()):
            if self.gone[i]:
                continue
            self.memory[i] = {kept: getattr(optimizer, kept).clone() for kept in optimizer.kept}
            optimizer.momentum = momentum
            optimizer.step(rates[i])
            if float(self.x[i].abs().amax()) < self.reach:  # false for what is not a number, too
                self.paths[name].add(self.x[i])
            else:
                self.gone[i] = self.count
                self.x[i] = self.before[i]

    def note(self, heights: Sequence[float]) -> None:
        """Hears how high each stands, and remembers who is there for the first time."""
        for i, height in enumerate(heights):
            self.arrived[i] = self.arrived[i] or (self.count if height < self.GOAL else 0)

    def path(self, name: str) -> Float[Tensor, "T 2"]:
        """The places of one walker since the start."""
        return self.paths[name].column("place")

    def state_dict(self) -> dict[str, Any]:
        """All that a step reads or writes; the optimisers' rows of x are x's own memory."""
        named = ("x", "before", "gradient", "count", "gone", "arrived", "memory", "paths", "optimizers")
        return {name: getattr(self, name) for name in named}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name in ("x", "before", "gradient"):
            getattr(self, name).copy_(state[name])
        for name in ("count", "gone", "arrived", "memory"):
            setattr(self, name, state[name])
