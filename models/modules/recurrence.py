"""Noticing that a process has come back to where it was."""

from typing import Any

import torch
from torch import Tensor

__all__ = ["Recurrence"]


class Recurrence:
    """Finds the period of a deterministic sequence of states, keeping only one of them.

    Brent's algorithm: remember a state, compare the following ones with it, and remember a newer one after 1, 2, 4, 8 …
    states. Once the sequence is on its cycle and the wait is at least a period long, the remembered state comes back.
    Source: Brent (1980), "An improved Monte Carlo factorization algorithm", BIT 20.
    """

    def __init__(self, state: Tensor) -> None:
        self.kept, self.since, self.wait = state.clone(), 0, 1

    def see(self, state: Tensor) -> int | None:
        """The period if `state` is, bit for bit, the remembered one; else None."""
        self.since += 1
        if torch.equal(state, self.kept):
            period, self.since = self.since, 0
            return period
        if self.since == self.wait:
            self.kept, self.since, self.wait = state.clone(), 0, 2 * self.wait
        return None

    def state_dict(self) -> dict[str, Any]:
        """What is remembered."""
        return {"kept": self.kept, "since": self.since, "wait": self.wait}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Back to a saved memory."""
        self.kept, self.since, self.wait = state["kept"], state["since"], state["wait"]
