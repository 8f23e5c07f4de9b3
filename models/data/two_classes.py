"""Rows of two classes, from the plane or from a table, for learning and for the test, on scales that suit descent."""

from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from models.data import halves, own, plane

__all__ = ["WORDS", "Name", "TwoClasses"]

Name = Literal["moons", "gaussians", "separable", "circle", "xor", "table", "yours"]
WORDS: dict[Name, str] = {
    "moons": "moons", "gaussians": "two Gaussians", "separable": "separable by a line", "circle": "circle",
    "xor": "XOR: filled quadrants", "table": "a table", "yours": "only your own points",
}  # fmt: skip


class TwoClasses:
    """x (N, D) in units of `axes`, y (N,) of 0 and 1; the test rows beside them.

    Of a table with more classes, the last one is 1 and all others 0. Columns of a table are standardised by the rows
    that are learned from; `back` are their means and deviations.
    """

    def __init__(self, config: Any, generator: Generator) -> None:
        if config.data == "table":
            chosen = own.choose(config, classes=True)
            learned, tested = chosen.split(0.7, generator)
            middle, spread = chosen.scale(learned)
            rows, y = (chosen.x - middle) / spread, (chosen.y == len(chosen.classes) - 1).double()
            self.x, self.y, self.test_x, self.test_y = rows[learned], y[learned], rows[tested], y[tested]
            others = chosen.classes[0] if len(chosen.classes) == 2 else f"not {chosen.classes[-1]}"
            self.classes = [others, chosen.classes[-1]]
            self.axes = [f"{label}, standardised" for label, _ in chosen.inputs]
            self.notes = [f"{chosen.title}: {chosen.source}.", *chosen.notes]
            reach = float(self.x[:, :2].abs().max()) * 1.1
            self.box = (-reach, reach, -reach, reach)
            return
        given, test = halves.draw(config.data, config.n, config.noise, 0.5, generator)
        self.x, self.y = given[:, :2].double(), given[:, 2].double()
        self.test_x, self.test_y = test[:, :2].double(), test[:, 2].double()
        self.classes, self.axes, self.notes, self.box = ["0", "1"], ["x₁", "x₂"], [], plane.BOX

    def with_own(self, points: list) -> tuple[Float[Tensor, "N D"], Float[Tensor, " N"]]:
        """The rows with the user's own points behind them; a table takes none."""
        if self.x.shape[1] != 2 or not points:
            return self.x, self.y
        added = torch.tensor(points, dtype=torch.float64).reshape(-1, 3)
        return torch.cat([self.x, added[:, :2]]), torch.cat([self.y, (added[:, 2] > 0).double()])

    def fresh(self, config: Any, generator: Generator) -> tuple[Float[Tensor, "M D"], Float[Tensor, " M"]]:
        """Newly drawn test rows; of a table, and of one's own points, those that were held back."""
        if config.data in ("table", "yours"):
            return self.test_x, self.test_y
        _, test = halves.draw(config.data, config.n, config.noise, 0.5, generator)
        return test[:, :2].double(), test[:, 2].double()

    def state_dict(self) -> dict[str, Any]:
        """The rows."""
        return {name: getattr(self, name) for name in ("x", "y", "test_x", "test_y")}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over the rows."""
        for name, value in state.items():
            setattr(self, name, value)
