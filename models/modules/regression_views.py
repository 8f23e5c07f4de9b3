"""Figures of a regression: its curve among the points, the squares on its residuals, the bowl of its loss."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.core import Arrow, Axis, Box, Curves, Field, Line, Segment, Walk
from models.modules import least_squares
from models.modules.regression_sample import RegressionSample

__all__ = ["DRAWN", "Bowl", "across", "axes", "bounded", "ends", "pieces", "plane", "squares"]

DRAWN = 60
"""With more points than this their squares would cover each other and are left out."""
MANY = 1_000
"""So many points are drawn; the rest is learned from all the same."""
FAR = 1e6
Weights = Float[Tensor, " F"]


def bounded(values: Tensor) -> Tensor:
    """Numbers that can be drawn, whatever a diverging descent makes of them."""
    return values.nan_to_num(0.0, FAR, -FAR).clamp(-FAR, FAR)


def axes(sample: RegressionSample) -> tuple[Axis, Axis]:
    """The axes of `plane`: x and y, or with several inputs the prediction and the truth."""
    label, unit = sample.target
    if not sample.flat:
        return Axis(f"predicted {label}", unit), Axis(label, unit)
    ((first, its_unit),) = sample.inputs
    return Axis(first, its_unit), Axis(label, unit)


def across(sample: RegressionSample, count: int = 160) -> tuple[Float[Tensor, " T"], Float[Tensor, "T F"]]:
    """Places from one edge of the picture to the other, and their features."""
    x = torch.linspace(sample.box[0], sample.box[1], count, dtype=torch.float64)
    return x, sample.design(x[:, None])


def plane(sample: RegressionSample, theta: Weights, lines: Sequence[Line], **fields: Any) -> Field:
    """The points and the lines among them; with several inputs each row's truth over its prediction."""
    x, y = axes(sample)
    first = slice(MANY)
    points = sample.rows[first] if sample.flat else torch.stack([bounded(sample.x[first] @ theta), sample.y[first]], 1)
    low, high = sample.box[0], sample.box[1]
    right = [] if sample.flat else [Segment("right", low, low, high, high, "predicted = true", dash=True)]
    return Field(
        box=sample.box, x=x, y=y, points=points, labels=torch.zeros(len(points), dtype=torch.long),
        class_names=["data"], equal=sample.toy or not sample.flat, lines=list(lines), draws=sample.toy,
        segments=right + fields.pop("segments", []), **fields,
    )  # fmt: skip


def curve(id: str, label: str, sample: RegressionSample, theta: Weights, **style: Any) -> list[Line]:
    """The prediction as a line over x; none with several inputs."""
    if not sample.flat:
        return []
    x, phi = across(sample)
    return [Line(id=id, label=label, x=x, y=bounded(phi @ theta), **style)]


def squares(sample: RegressionSample, theta: Weights, chosen: Int[Tensor, " B"] | None = None) -> list[Box]:
    """On each residual a square with that side (where both axes have one unit; else a rectangle of that height).

    Below the point the prediction is too low (blue: the point pulls up), above it too high (orange). `chosen`: only of
    these rows.
    """
    if not sample.flat or len(sample.rows) > DRAWN:
        return []
    x0, x1, y0, y1 = sample.box
    ratio = (x1 - x0) / (y1 - y0)
    predicted = bounded(sample.x @ theta)
    places = torch.stack([sample.rows[:, 0], sample.y, predicted], dim=1).tolist()
    kept = range(len(places)) if chosen is None else chosen.tolist()
    boxes = []
    for n in kept:
        x, y, at = places[n]
        side = abs(y - at) * ratio
        end = x + side if x + side <= x1 or x - side < x0 else x - side
        boxes.append(Box(f"square-{n}", x, at, min(max(end, -FAR), FAR), y, colour="pos" if y > at else "neg"))
    return boxes


def ends(sample: RegressionSample, theta: Weights) -> list[dict[str, Any]]:
    """Handles at the two ends of a straight prediction, as far out as it stays in the picture."""
    if not sample.straight:
        return []
    slope, height = sample.line(theta)
    if not (math.isfinite(slope) and math.isfinite(height)):
        return []
    x0, x1, y0, y1 = sample.box
    left, right = x0 + 0.06 * (x1 - x0), x1 - 0.06 * (x1 - x0)
    low, high = y0 + 0.04 * (y1 - y0), y1 - 0.04 * (y1 - y0)
    if slope and (crossed := sorted(((low - height) / slope, (high - height) / slope)))[0] < right:
        left, right = max(left, crossed[0]), min(right, max(crossed[1], left))
    return [
        {"id": id, "x": x, "y": min(max(height + slope * x, low), high), "label": ""}
        for id, x in (("left", left), ("right", max(right, left + 1e-3 * (x1 - x0))))
    ]


def pieces(sample: RegressionSample, theta: Weights) -> Curves:
    """Each feature times its weight, and their sum, the prediction: it is linear in the weights, not in x."""
    x, phi = across(sample, 120)
    parts = bounded(phi * theta)  # (T, F)
    lines = [
        Line(id=f"piece-{j}", label="bias" if name == "1" else name, x=x, y=parts[:, j], style="dashed")
        for j, name in enumerate(sample.names[-8:] if len(sample.names) > 8 else sample.names)
    ]
    total = Line(id="sum", label="their sum", x=x, y=bounded(phi @ theta), colour="ink")
    across_axis, up = axes(sample)
    edge = max(abs(sample.box[2]), abs(sample.box[3])) * 1.5
    return Curves(lines=[*lines, total], x=across_axis, y=Axis(up.label, up.unit, lo=-edge, hi=edge))


class Bowl:
    """The loss as what it is, a paraboloid over the weights, seen along two directions through its lowest point.

    L(θ) = L* + ½ (θ − θ*)ᵀH(θ − θ*). With two weights the directions are theirs; with more, the steepest and the
    flattest (of those that are not level), in which a place is a step away from θ*.
    """

    def __init__(self, x: Float[Tensor, "N F"], y: Float[Tensor, " N"], best: Weights, names: Sequence[str]) -> None:
        self.values, vectors = least_squares.curvature(x)
        self.hessian = vectors @ torch.diag(self.values) @ vectors.T
        self.best, self.least, self.two = best, float(least_squares.loss(x, y, best)), len(best) == 2
        floor = 1e-12 * float(self.values[-1])
        flattest = next(j for j in range(len(best)) if float(self.values[j]) > floor or j == len(best) - 1)
        self.basis = torch.eye(2).double() if self.two else vectors[:, [flattest, -1]]  # (F, 2)
        self.labels = [*names] if self.two else ["flattest direction", "steepest direction"]
        if len(best) == 1:
            self.basis, self.labels = torch.tensor([[1.0, 0.0]]).double(), [*names, "no second weight"]
        self.origin = best if len(best) > 2 else torch.zeros_like(best)

    def places(self, thetas: Float[Tensor, "T F"]) -> Float[Tensor, "T 2"]:
        """Weights as places in the picture."""
        return bounded((thetas - self.origin) @ self.basis)

    def window(self, start: Weights) -> tuple[float, float, float, float]:
        """A box around the lowest point that holds a start with room, in halves so that it seldom changes."""
        (cx, cy), (sx, sy) = self.places(torch.stack([self.best, start])).tolist()
        wide, high = (2.0 ** math.ceil(math.log2(max(1.15 * abs(d), 1e-6))) for d in (sx - cx, sy - cy))
        wide, high = max(wide, high / 64), max(high, wide / 64)
        return cx - wide, cx + wide, cy - high, cy + high

    def picture(self, box: tuple[float, float, float, float], walked: Float[Tensor, "T F"], *, grab: bool) -> Field:
        """The loss by its logarithm, the path that was walked on it, and a cross at its lowest point."""
        steps = (Field.lattice(box, 64).double() - self.places(self.best[None])) @ self.basis.T  # (64², F)
        loss = self.least + 0.5 * ((steps @ self.hessian) * steps).sum(1)
        top = float(loss.max()) or 1.0
        heights = loss.clamp_min(1e-4 * top).log10().reshape(64, 64)
        path, (cx, cy) = self.places(walked), self.places(self.best[None])[0].tolist()
        dx, dy = (box[1] - box[0]) / 50, (box[3] - box[2]) / 50
        cross = [
            Segment(f"cross-{i}", cx - dx, cy - way * dy, cx + dx, cy + way * dy, "", colour="mark")
            for i, way in enumerate((1, -1))
        ]
        here = [{"id": "here", "x": path[-1, 0].item(), "y": path[-1, 1].item(), "label": ""}] if grab else []
        lowest, highest = float(heights.min()), float(heights.max())
        return Field(
            values=heights, lo=lowest, hi=highest, signed=False, value_label="log₁₀ loss", box=box,
            x=Axis(self.labels[0]), y=Axis(self.labels[1]), equal=False, segments=cross, handles=here,
            contours=[lowest + (highest - lowest) * k / 8 for k in range(1, 8)],
            paths=[Walk(id="path", label="descent", places=path, colour="train")],
            arrows=[Arrow("formula", cx, cy, 0, 0, "closed form")],
            alt=f"The loss over {self.labels[0]} and {self.labels[1]}, lowest at ({cx:.3g}, {cy:.3g})",
        )  # fmt: skip
