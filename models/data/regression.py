"""Data for regression: one x and a y that can be drawn as points, or the ten measurements of the diabetes patients.

Every set is rows (N, D + 1) in float64: the D inputs, then the target. The toy sets are drawn from the generator that
is passed and from nothing else; of the patients a fifth, chosen by it, is kept for the test.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from models.data import diabetes

__all__ = ["BOX", "REACH", "TEST", "WORDS", "Name", "axes", "box", "draw", "target", "truth"]

Name = Literal["line", "wave", "outlier", "one place", "diabetes", "diabetes, all ten", "table", "yours"]
WORDS: dict[Name, str] = {
    "line": "near a line",
    "wave": "near a wave",
    "outlier": "near a line, one far off",
    "one place": "all at one x",
    "diabetes": "diabetes: one measurement",
    "diabetes, all ten": "diabetes: all ten",
    "table": "a table",
    "yours": "only your own points",
}
TOY: tuple[Name, ...] = ("line", "wave", "outlier", "one place")
BOX = (-4.0, 4.0, -4.0, 4.0)
"""The part of the plane that is drawn for the toy sets and for one's own points."""
REACH = 3.0
"""The toy sets have x between −REACH and REACH."""
TEST = 1_000
"""How many test rows a toy set comes with."""


def truth(name: Name, x: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
    """The noiseless y of a toy set: 0.8 x + 0.5, or a wave of 1.2 periods."""
    return 1.5 * torch.sin(1.3 * x) + 0.5 if name == "wave" else 0.8 * x + 0.5


def draw(
    name: Name, n: int, noise: float, measurement: diabetes.Measurement, generator: Generator
) -> tuple[Float[Tensor, "N D"], Float[Tensor, "M D"]]:
    """n training rows of a toy set (of the patients: all those that learn) and the test rows; "yours" has none.

    noise: the standard deviation of y around the truth, in units of y.
    """
    if name == "yours":
        return torch.empty(0, 2, dtype=torch.float64), torch.empty(0, 2, dtype=torch.float64)
    if name not in TOY:
        rows = diabetes.load()
        if name == "diabetes":
            rows = rows[:, [list(diabetes.MEASUREMENTS).index(measurement), -1]]
        rows = rows[torch.randperm(len(rows), generator=generator)]
        return rows[len(rows) // 5 :].clone(), rows[: len(rows) // 5].clone()
    return _toy(name, n, noise, generator), _toy("line" if name == "outlier" else name, TEST, noise, generator)


def _toy(name: Name, n: int, noise: float, generator: Generator) -> Float[Tensor, "N 2"]:
    """x uniform, one in each of n equal pieces so that no part stays empty; y by truth and noise."""
    share = (torch.arange(n) + torch.rand(n, generator=generator, dtype=torch.float64)) / n
    x = torch.full((n,), 1.0).double() if name == "one place" else REACH * (2 * share - 1)
    y = truth(name, x) + noise * torch.randn(n, generator=generator, dtype=torch.float64)
    if name == "outlier":
        y[-1] = -3.5
    return torch.stack([x, y], dim=1)[torch.randperm(n, generator=generator)]


def axes(name: Name, measurement: diabetes.Measurement) -> list[tuple[str, str]]:
    """(label, unit) of each input of a set that comes with the course."""
    if name == "diabetes, all ten":
        return list(diabetes.MEASUREMENTS.values())
    return [diabetes.MEASUREMENTS[measurement]] if name == "diabetes" else [("x", "")]


def target(name: Name) -> tuple[str, str]:
    """(label, unit) of what is predicted."""
    return diabetes.TARGET if name.startswith("diabetes") else ("y", "")


def box(rows: Float[Tensor, "N D"]) -> tuple[float, float, float, float]:
    """The part of the plane that holds some rows: x from, to, y from, to; with several inputs both are the target's."""
    low, high = rows[:, [0 if rows.shape[1] == 2 else -1, -1]].aminmax(dim=0)
    free = 0.08 * (high - low).clamp_min(1e-6)
    (x0, y0), (x1, y1) = (low - free).tolist(), (high + free).tolist()
    return x0, x1, y0, y1
