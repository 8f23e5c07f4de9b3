"""Lines, distributions and bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from models.core.figures.figure import Axis, Figure, chart, default, listed, packed


@dataclass(kw_only=True)
class Line:
    """One line of `Curves`: x and y (N,), with an optional band lower–upper."""

    id: str
    label: str
    x: Tensor = packed("f32")
    y: Tensor = packed("f32")
    lower: Tensor | None = packed("f32")
    upper: Tensor | None = packed("f32")
    style: Literal["solid", "dashed", "dotted", "steps", "points"] = "solid"
    colour: str = "auto"


@dataclass(kw_only=True)
class Curves(Figure):
    """Lines over steps or any x. `marks` are labelled places, `rules` straight lines across at one x or y.

    With `draws` a curve can be drawn over it by hand, which sends `Path`.
    """

    lines: list[Line] = default(list)
    x: Axis = default(Axis)
    y: Axis = default(Axis)
    marks: list[dict[str, Any]] = default(list)
    rules: list[dict[str, Any]] = default(list)
    draws: bool = False

    def to_plotly(self) -> dict[str, Any]:
        dash = {"dashed": "dash", "dotted": "dot"}
        traces: list[dict[str, Any]] = []
        for line in self.lines:
            if line.lower is not None and line.upper is not None:
                edge = {
                    "type": "scatter",
                    "mode": "lines",
                    "line": {"width": 0},
                    "showlegend": False,
                    "x": listed(line.x),
                }
                traces += [{**edge, "y": listed(line.lower)}, {**edge, "y": listed(line.upper), "fill": "tonexty"}]
            shape = {"dash": dash.get(line.style, "solid"), "shape": "hv" if line.style == "steps" else "linear"}
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers" if line.style == "points" else "lines",
                    "name": line.label,
                    "x": listed(line.x),
                    "y": listed(line.y),
                    "line": shape,
                }
            )
        return chart(traces, self.title, xaxis=self.x.plotly(), yaxis=self.y.plotly())


@dataclass(kw_only=True)
class Histogram:
    """One distribution: counts (B,) in equal bins from lo to hi; the note says what is wrong with it, if anything."""

    id: str
    label: str
    counts: Tensor = packed("f32")
    lo: float = 0.0
    hi: float = 1.0
    note: str = ""

    @classmethod
    def of(cls, id: str, label: str, values: Tensor, lo: float, hi: float, bins: int = 32, note: str = "") -> Histogram:
        """The distribution of all elements; what lies outside lo…hi is counted in the outermost bins."""
        counts = torch.histc(values.float().nan_to_num().clamp(lo, hi), bins, lo, hi)
        return cls(id=id, label=label, counts=counts, lo=lo, hi=hi, note=note)


@dataclass(kw_only=True)
class Histograms(Figure):
    """Distributions; the browser stacks what it has seen, so that they are drawn over time."""

    groups: list[Histogram] = default(list)
    x: Axis = default(Axis)

    def to_plotly(self) -> dict[str, Any]:
        traces = []
        for group in self.groups:
            width = (group.hi - group.lo) / len(group.counts)
            traces.append(
                {"type": "bar", "name": group.label, "x0": group.lo + width / 2, "dx": width, "y": listed(group.counts)}
            )
        return chart(traces, self.title, xaxis=self.x.plotly(), barmode="overlay")


@dataclass(kw_only=True)
class Bars(Figure):
    """One bar a label: values (N,), or (S, N) for `series` side by side.

    `truth` marks the right one. A bar that can be dragged (`drag`) sends `Item`, with its place among all S·N values.
    """

    labels: list[str] = default(list)
    values: Tensor = packed("f32")
    series: list[str] = default(list)
    y: Axis = default(Axis)
    signed: bool = False
    colours: Literal["class", "sign", "ink"] = "ink"
    truth: int | None = None
    notes: list[str] = default(list)
    drag: bool = False

    def to_plotly(self) -> dict[str, Any]:
        names = self.series or [self.title]
        rows = self.values.reshape(len(names), -1)
        traces = [
            {"type": "bar", "name": n, "x": self.labels, "y": listed(r)} for n, r in zip(names, rows, strict=True)
        ]
        return chart(traces, self.title, yaxis=self.y.plotly())
