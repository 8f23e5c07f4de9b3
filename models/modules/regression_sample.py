"""What a linear regression learns from and is tested on, and what it is given of it: the design matrix."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from models.data import diabetes, regression
from models.data.own import Choice
from models.modules.features import Basis, basis, basis_names

__all__ = ["RegressionSample", "weight_names"]


def weight_names(
    name: regression.Name, features: Basis, size: int, *, bias: bool, table: Choice | None = None
) -> list[str]:
    """What each column of the design matrix is called; the bias, where there is one, is the last."""
    inputs: list[str] = list(diabetes.MEASUREMENTS) if name == "diabetes, all ten" else []
    if table and len(table.inputs) > 1:
        inputs = [label for label, _ in table.inputs]
    return (inputs or basis_names(features, size)) + ["1"] * bias


class RegressionSample:
    """Training rows, the user's own points last, and test rows: (N, D + 1), the inputs and then the target.

    x (N, F): the design matrix of the training rows, F weights, the last column 1 if there is a bias; y (N,).
    u is x brought to −1…1 over `range`; columns are standardised by centre and scale (0 and 1 where that is not asked).
    """

    def __init__(
        self,
        name: regression.Name,
        generator: Generator,
        *,
        n: int,
        noise: float,
        measurement: diabetes.Measurement = "bmi",
        features: Basis = "x",
        size: int = 1,
        standardise: bool = False,
        bias: bool = True,
        table: Choice | None = None,
    ) -> None:
        self.name, self.measurement, self.features, self.size, self.bias = name, measurement, features, size, bias
        self.inputs, self.target = regression.axes(name, measurement), regression.target(name)
        if table:
            self.inputs, self.target = list(table.inputs), table.target
            rows = torch.cat([table.x, table.y[:, None]], dim=1)
            self.rows, self.test = (rows[part] for part in table.split(0.8, generator))
        else:
            self.rows, self.test = regression.draw(name, n, noise, measurement, generator)
        self.given, self.own = len(self.rows), 0
        self.toy = not (table or name.startswith("diabetes"))
        self.box = regression.BOX if self.toy else regression.box(self.rows)
        self.names = weight_names(name, features, size, bias=bias, table=table)
        self.centre, self.scale = torch.zeros(2, len(self.names) - bias, dtype=torch.float64)
        self.scale = self.scale + 1
        if standardise and self.given:
            columns = self.design(self.rows[:, :-1])[:, : len(self.centre)]
            self.centre, spread = columns.mean(0), columns.std(0, correction=0)
            self.scale = torch.where(spread > 1e-12 * columns.abs().amax(0), spread, 1.0)
        self._encode()

    @property
    def flat(self) -> bool:
        """Whether there is one input, so that y over x can be drawn."""
        return len(self.inputs) == 1

    @property
    def straight(self) -> bool:
        """Whether the prediction is a line y = w x + b that a hand can take by its ends."""
        return self.flat and self.features == "x" and self.bias

    @property
    def range(self) -> tuple[float, float]:
        """The x that become u = −1 and u = 1."""
        return (-regression.REACH, regression.REACH) if self.toy else (self.box[0], self.box[1])

    def design(self, x: Float[Tensor, "N D"]) -> Float[Tensor, "N F"]:
        """The row of features that a place becomes."""
        columns = x
        if self.flat:
            low, high = self.range
            u = x[:, 0] if self.features == "x" else (2 * x[:, 0] - low - high) / (high - low)
            columns = basis(u, self.features, self.size)
        columns = (columns - self.centre) / self.scale
        return torch.cat([columns, torch.ones(len(x), int(self.bias), dtype=torch.float64)], dim=1)

    def add_own(self, points: Sequence[tuple[float, float, int]]) -> None:
        """Puts the user's points in the place of those before. Where y over x is not drawn there are none."""
        drawn = torch.tensor(points if self.flat else [], dtype=torch.float64).reshape(-1, 3)[:, :2]
        kept = self.rows[: self.given]
        self.rows, self.own = torch.cat([kept, drawn]) if self.flat else kept, len(drawn)
        self._encode()

    def move(self, index: int, x: float, y: float) -> None:
        """One training point goes elsewhere."""
        self.rows = self.rows.clone()
        self.rows[index] = torch.tensor([x, y], dtype=torch.float64)
        self._encode()

    def _encode(self) -> None:
        self.x, self.y = self.design(self.rows[:, :-1]), self.rows[:, -1]
        self.test_x, self.test_y = self.design(self.test[:, :-1]), self.test[:, -1]

    def line(self, theta: Float[Tensor, " F"]) -> tuple[float, float]:
        """(slope, height at x = 0) in the units of the axes of a straight prediction."""
        slope = float(theta[0] / self.scale[0])
        return slope, float(theta[1]) - slope * float(self.centre[0])

    def weights_of(self, slope: float, height: float) -> Float[Tensor, "2"]:
        """The weights of a line: the inverse of `line`."""
        return torch.tensor([slope * float(self.scale[0]), height + slope * float(self.centre[0])]).double()

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows, "own": self.own}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.rows, self.own = state["rows"], state["own"]
        self._encode()
