"""Mini-batches: the points in a new random order each epoch, gathered once and then only cut."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["Batches", "Epoch"]


@dataclass
class Epoch:
    """One epoch's points in their order, and a place for the scores of each: x (N, D), y (K, N), scores (K, N).

    parts: its batches (x, y, scores), which look into the three; the last one has the points that are left over.
    """

    size: int
    y: Tensor
    scores: Tensor
    parts: list[tuple[Tensor, Tensor, Tensor]]

    def means(self, values: Float[Tensor, " N"]) -> Tensor:
        """The mean of a value a point over each batch (batches,)."""
        whole = len(values) // self.size * self.size
        means = values[:whole].view(-1, self.size).mean(1)
        return means if whole == len(values) else torch.cat([means, values[whole:].mean(0, keepdim=True)])


class Batches:
    """Where training stands in its data: the order of this epoch, the place in it, and the epochs before it.

    The data themselves are handed in at each call: they can be edited, and are somebody else's state.
    """

    def __init__(self, size: int, generator: torch.Generator) -> None:
        self.size, self.generator = size, generator
        self.order: Tensor | None = None
        self.place = self.epoch = 0
        self.cut: Epoch | None = None
        self.scores = torch.empty(0)

    def current(self, x: Float[Tensor, "N D"], y: Float[Tensor, "K N"]) -> Epoch:
        """The epoch that the next batch belongs to: a new one, in a new order, when the last is used up."""
        if self.order is not None and self.place * self.size >= len(self.order):
            self.order, self.place, self.epoch = None, 0, self.epoch + 1
        if self.order is None:
            self.order, self.cut = torch.randperm(len(x), generator=self.generator), None
        if self.cut is None:
            if self.scores.shape != y.shape:
                self.scores = torch.zeros_like(y)
            rows, columns = x[self.order], y[:, self.order]
            split = rows.split(self.size), columns.split(self.size, 1), self.scores.split(self.size, 1)
            self.cut = Epoch(self.size, columns, self.scores, list(zip(*split, strict=True)))
        return self.cut

    def changed(self, *, number: bool = False) -> None:
        """The data were edited; `number`: there are more or fewer of them, so the epoch begins again."""
        self.cut = None
        if number:
            self.order, self.place = None, 0

    def state_dict(self) -> dict[str, Any]:
        return {"order": self.order, "place": self.place, "epoch": self.epoch}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.order, self.place, self.epoch, self.cut = state["order"], state["place"], state["epoch"], None
