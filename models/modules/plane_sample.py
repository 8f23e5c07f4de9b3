"""The points that a network in the plane learns from and is tested on, and what it is given of them."""

from collections.abc import Sequence
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from models.data import own, plane, tables
from models.modules.mlp import with_ones
from models.modules.plane_features import features

__all__ = ["LABELS", "MANY", "OWN", "TABLES", "VALUES", "Name", "PlaneSample", "decide"]

Name = Literal[
    "circle", "xor", "xor-blobs", "xor-points", "gaussians", "spiral", "moons", "separable", "plane", "multi-gaussian",
    "penguins", "iris", "table", "yours",
]  # fmt: skip
LABELS = {
    "circle": "circle", "xor": "XOR, filled quadrants", "xor-blobs": "XOR, four blobs",
    "xor-points": "XOR, the four points", "gaussians": "Gaussians", "spiral": "spiral", "moons": "moons",
    "separable": "two sides of a line", "plane": "slope (regression)",
    "multi-gaussian": "hills and hollows (regression)", "penguins": "penguins", "iris": "irises", "table": "a table",
    "yours": "only your own points",
}  # fmt: skip
OWN = "yours"
"""No points but those that the user draws."""
TABLES = ["penguins", "iris", "table"]
"""Real measurements, two at a time, in their units."""
ROWS = 2_000
"""So many rows of a large table, drawn at random, are enough to look at."""
VALUES = sorted(plane.REGRESSION)
MANY = ["circle", "gaussians", "spiral", OWN]
"""The sets that can have more than two classes."""


class PlaneSample:
    """Training points, own points, test points, in this order: places (N, 2) in the units of the plane, truth (N,).

    inputs (N, D + 1): the features φ of the places, standardised where they are measurements, and a column of ones;
    targets (K, N): truth as the losses want it; learned: how many points come before the test points.
    """

    def __init__(
        self,
        name: Name,
        generator: Generator,
        *,
        n: int,
        share: float,
        noise: float = 0.0,
        classes: int = 2,
        chosen: own.Choice | None = None,
        standardise: bool = True,
        names: Sequence[str] = ("x₁", "x₂"),
    ) -> None:
        self.name, self.generator, self.names, self.noise = name, generator, list(names), noise
        self.chosen = chosen  # of one of TABLES
        self.regression = name in VALUES
        self.classes = len(chosen.classes) if chosen else classes if name in MANY else 2
        self.outputs = 1 if self.regression or self.classes == 2 else self.classes
        places, truth = self.draw(n)
        self.box = tables.box(places) if chosen else plane.BOX
        nothing_to_hold_out = name in ("xor-points", OWN)
        self.given = len(places) if nothing_to_hold_out else max(1, round(share * len(places)))
        self.own = 0
        scaled = chosen is not None and standardise
        self.centre = places[: self.given].mean(0) if scaled else torch.zeros(2)
        self.scale = places[: self.given].std(0) if scaled else torch.ones(2)
        self.places, self.truth = places, truth
        self._encode()

    def draw(self, n: int) -> tuple[Float[Tensor, "N 2"], Float[Tensor, " N"]]:
        """New points and their classes or values; of a table its rows, in a new order."""
        if self.name == OWN:
            return torch.empty(0, 2), torch.empty(0)
        if self.chosen:
            x, y = self.chosen.x.float(), self.chosen.y
            order = torch.randperm(len(x), generator=self.generator)[:ROWS]
            return x[order], y[order].float()
        x, y = plane.load(self.name, n=n, noise=self.noise, classes=self.classes, generator=self.generator)
        return x, y.float()

    @property
    def endless(self) -> bool:
        """Whether fresh points can be drawn from where these came from."""
        return self.name not in (*TABLES, OWN, "xor-points")

    def add_own(self, points: Sequence[tuple[float, float, int]]) -> None:
        """Puts the user's points in the place of those before; a class that the data do not have is left out."""
        kept = [point for point in points if point[2] < self.classes]
        drawn = torch.tensor(kept, dtype=torch.float32).reshape(-1, 3)
        value = 2 * drawn[:, 2] - 1 if self.regression else drawn[:, 2]
        before, after = slice(0, self.given), slice(self.learned, None)
        self.places = torch.cat([self.places[before], drawn[:, :2], self.places[after]])
        self.truth = torch.cat([self.truth[before], value, self.truth[after]])
        self.own = len(kept)
        self._encode()

    def move(self, index: int, place: tuple[float, float]) -> None:
        """One point goes elsewhere."""
        self.places[index] = torch.tensor(place)
        self.inputs[index, :-1] = self.phi(self.places[index : index + 1])[0]

    def _encode(self) -> None:
        self.inputs = with_ones(self.phi(self.places))
        self.targets = self.encoded(self.truth)

    def encoded(self, truth: Float[Tensor, " N"]) -> Float[Tensor, "K N"]:
        """Classes as one-hot columns where there are more than two, else the truth as one row."""
        return torch.eye(self.outputs)[:, truth.long()] if self.outputs > 1 else truth[None]

    def phi(self, places: Float[Tensor, "N 2"]) -> Float[Tensor, "N D"]:
        """What the network sees of places in the units of the plane."""
        return features((places - self.centre) / self.scale, self.names)

    @property
    def learned(self) -> int:
        return self.given + self.own

    @property
    def train(self) -> tuple[Float[Tensor, "N D"], Float[Tensor, "K N"]]:
        """Features and targets of the training points."""
        return self.inputs[: self.learned, :-1], self.targets[:, : self.learned]

    @property
    def parts(self) -> list[int]:
        """How many training points and, where there are any, how many test points."""
        sizes = [self.learned, len(self.places) - self.learned]
        return [size for size in sizes if size]

    @property
    def class_names(self) -> list[str]:
        if self.chosen:
            return list(self.chosen.classes)
        return ["−1", "+1"] if self.regression else [f"class {k}" for k in range(self.classes)]

    @property
    def axis_names(self) -> list[tuple[str, str]]:
        """(label, unit) of the plane's two directions."""
        return list(self.chosen.inputs) if self.chosen else [("x₁", ""), ("x₂", "")]

    def state_dict(self) -> dict[str, Any]:
        return {"places": self.places, "truth": self.truth, "own": self.own}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.places, self.truth, self.own = state["places"], state["truth"], state["own"]
        self._encode()


def decide(z: Float[Tensor, "K N"]) -> Int[Tensor, " N"]:
    """The class of each point from its scores: the sign of a single one, the greatest of several."""
    return (z[0] > 0).long() if len(z) == 1 else z.argmax(0)
