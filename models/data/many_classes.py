"""Rows of several classes, from the plane or from a table, to learn from and for the test, on scales for descent."""

import re
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from models.data import own, plane, tables

__all__ = ["MOST", "WORDS", "ManyClasses", "Name"]

Name = Literal["gaussians", "row", "circle", "spiral", "table", "yours"]
WORDS: dict[Name, str] = {
    "gaussians": "Gaussians in a ring", "row": "clusters on a line", "circle": "rings", "spiral": "spiral",
    "table": "a table", "yours": "only your own points",
}  # fmt: skip
MOST = 10
"""So many classes can be told apart by the eye."""
TEST = 1_000
PIXEL = re.compile(r"pixel \((\d+), (\d+)\)")


class ManyClasses:
    """Rows x (N, D) as they are learned from, classes y (N,) from 0, and the test rows beside them.

    The rows of a table are standardised by those that are learned from: each column by its own deviation, but columns
    that share a unit by a common one. `place` is where a row lies in the picture, `lift` the way back: with two
    columns the plane of these, in their units; with more, the plane through the mean along the two directions in which
    the rows vary most (principal components). `pixels` names the place (row, column) of each input that is one.
    """

    def __init__(self, config: Any, generator: Generator) -> None:
        self.plane = config.data != "table"
        self.notes: list[str] = []
        self.pixels: list[tuple[int, int]] = []
        if self.plane:
            self._draw(config, generator)
        else:
            self._read(config, generator)

    def _draw(self, config: Any, generator: Generator) -> None:
        self.names, self.axes, self.box = ["x₁", "x₂"], [("x₁", ""), ("x₂", "")], plane.BOX
        self.classes = [f"class {k}" for k in range(config.classes)]
        self.centre, self.across = torch.zeros(2).double(), torch.eye(2).double()
        x, y = (torch.empty(0, 2), torch.empty(0)) if config.data == "yours" else _load(config, config.n, generator)
        self.x, self.y = x[: config.n].double(), y[: config.n].long()
        self.test_x, self.test_y = x[config.n :].double(), y[config.n :].long()

    def _read(self, config: Any, generator: Generator) -> None:
        chosen = own.choose(config, classes=True, most_classes=MOST)
        learned, tested = chosen.split(0.7, generator)
        middle, spread = chosen.scale(learned)
        spread = _common(spread, [unit for _, unit in chosen.inputs])
        rows = (chosen.x - middle) / spread
        self.x, self.y, self.test_x, self.test_y = rows[learned], chosen.y[learned], rows[tested], chosen.y[tested]
        self.names, self.classes = [label for label, _ in chosen.inputs], list(chosen.classes)
        self.notes = [f"{chosen.title}: {chosen.source}.", *chosen.notes]
        found = [PIXEL.fullmatch(name) for name in self.names]
        self.pixels = [(int(match[1]), int(match[2])) for match in found if match] if all(found) else []
        if len(self.names) == 2:
            self.axes, self.across = list(chosen.inputs), torch.diag(spread)
            self.centre = middle / spread
        else:
            self.axes = [("widest direction", ""), ("second direction", "")]
            _, _, directions = torch.linalg.svd(self.x - self.x.mean(0), full_matrices=False)
            self.across = directions[:2].T.contiguous()
            self.centre = torch.zeros(len(self.names)).double()
        self.box = tables.box(self.place(self.x).float())

    def place(self, x: Float[Tensor, "N D"]) -> Float[Tensor, "N 2"]:
        """Where rows lie in the picture."""
        return (x + self.centre) @ self.across

    def lift(self, places: Float[Tensor, "N 2"]) -> Float[Tensor, "N D"]:
        """The rows that lie at places of the picture."""
        return places.double() @ torch.linalg.pinv(self.across) - self.centre

    def with_own(self, points: list) -> tuple[Float[Tensor, "N D"], Int[Tensor, " N"]]:
        """The rows with the user's own points behind them. Unknown classes are left out; a table takes none."""
        kept = [point for point in points if point[2] < len(self.classes)]
        if not self.plane or not kept:
            return self.x, self.y
        added = torch.tensor(kept, dtype=torch.float64)
        return torch.cat([self.x, added[:, :2]]), torch.cat([self.y, added[:, 2].long()])

    def fresh(self, config: Any, generator: Generator) -> tuple[Float[Tensor, "M D"], Int[Tensor, " M"]]:
        """Newly drawn test rows; of a table, and of one's own points, those that were held back."""
        if config.data in ("table", "yours"):
            return self.test_x, self.test_y
        x, y = _load(config, 0, generator)
        return x.double(), y.long()

    def state_dict(self) -> dict[str, Any]:
        """The rows; all else follows from them and the config."""
        return {name: getattr(self, name) for name in ("x", "y", "test_x", "test_y")}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over the rows."""
        for name, value in state.items():
            setattr(self, name, value)


def _load(config: Any, n: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """n rows to learn from and TEST others behind them."""
    return plane.load(config.data, n=n + TEST, noise=config.noise, classes=config.classes, generator=generator)


def _common(spread: Float[Tensor, " D"], units: list[str]) -> Float[Tensor, " D"]:
    """One deviation for the columns of one unit: the root of their mean variance."""
    shared = spread.clone()
    for unit in {unit for unit in units if unit}:
        same = torch.tensor([each == unit for each in units])
        shared[same] = spread[same].square().mean().sqrt()
    return shared
