"""Early stopping: when the test loss has not fallen for a while, go back to the weights that were best.

Source: Prechelt (1998), "Early stopping – but when?"; Goodfellow, Bengio & Courville (2016), algorithm 7.1.
"""

import math
from typing import Any

from models.modules.mlp import MLP

__all__ = ["EarlyStopping"]


class EarlyStopping:
    """Hears the test loss of every epoch; reason: "" until it says stop."""

    def __init__(self) -> None:
        self.best_loss, self.best, self.waited, self.reason = math.inf, {}, 0, ""

    def hear(self, loss: float, net: MLP, patience: int) -> None:
        """One epoch's test loss. After `patience` of them without a better one: stop, and put the best weights back."""
        if loss < self.best_loss:
            self.best_loss, self.waited = loss, 0
            self.best = {name: value.clone() for name, value in net.state_dict().items()}
            return
        self.waited += 1
        if self.waited >= patience and self.best:
            net.load_state_dict(self.best)
            self.reason = f"The test loss has not fallen below {self.best_loss:.4g} for {self.waited} epochs"
            self.reason += ": back to the weights that gave it."

    def state_dict(self) -> dict[str, Any]:
        return dict(vars(self))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
