"""The figure types: typed values that can be drawn, each by one custom element of the browser.

A figure is a dataclass. What is a tensor in it travels as a raw buffer, packed as its field says (`packed`);
everything else travels as JSON. A new kind of picture is one class here and one file in the frontend;
nothing else knows the kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import torch
from torch import Tensor

from models.core.mathml import mathml

Pack = Literal["u8", "f16", "f32", "i32", "index"]


def packed(how: Pack) -> Any:
    """A tensor field and how it travels: u8 is quantised between lo and hi, `index` is whole numbers 0–255 (classes,
    flags).
    """
    return field(default=None, metadata={"pack": how})


def _default(make: Callable[[], Any]) -> Any:
    return field(default_factory=make)


@dataclass
class Axis:
    """A labelled axis; `lo` and `hi` fix its range, None lets the data decide once."""

    label: str = ""
    unit: str = ""
    lo: float | None = None
    hi: float | None = None
    log: bool = False

    def plotly(self) -> dict[str, Any]:
        """The axis in Plotly's words."""
        text = f"{self.label} ({self.unit})" if self.unit else self.label
        axis: dict[str, Any] = {"title": {"text": text}}
        if self.log:
            axis["type"] = "log"
        elif self.lo is not None and self.hi is not None:
            axis["range"] = [self.lo, self.hi]
        return axis


@dataclass(kw_only=True)
class Figure:
    """Base: a title (the view's when empty) and a one-line text alternative."""

    title: str = ""
    alt: str = ""

    @property
    def kind(self) -> str:
        """The same string in Python and in the browser."""
        return type(self).__name__

    def to_plotly(self) -> dict[str, Any]:
        """The same chart as Plotly's {data, layout}, for notebooks and for an opened figure."""
        return chart([], self.title)


def chart(data: Sequence[dict[str, Any]], title: str = "", **layout: Any) -> dict[str, Any]:
    """Plotly's JSON of some traces."""
    return {"data": list(data), "layout": {"title": {"text": title}, **layout}}


def listed(value: Tensor | None) -> Any:
    """A tensor as nested lists, with None where a number is not finite."""
    if value is None:
        return None
    if value.dtype.is_floating_point and not bool(torch.isfinite(value).all()):
        return [listed(row) for row in value] if value.ndim else None
    return value.tolist()


@dataclass(kw_only=True)
class Line:
    """One line of `Curves`: x and y (N,), with an optional band lower–upper."""

    id: str
    label: str
    x: Tensor = packed("f32")
    y: Tensor = packed("f32")
    lower: Tensor | None = packed("f32")
    upper: Tensor | None = packed("f32")
    style: Literal["solid", "dashed", "dotted", "steps"] = "solid"
    colour: str = "auto"


@dataclass(kw_only=True)
class Curves(Figure):
    """Lines over steps or any x. `marks` are labelled places, `rules` straight lines across at one x or y."""

    lines: list[Line] = _default(list)
    x: Axis = _default(Axis)
    y: Axis = _default(Axis)
    marks: list[dict[str, Any]] = _default(list)
    rules: list[dict[str, Any]] = _default(list)

    def to_plotly(self) -> dict[str, Any]:
        dash = {"solid": "solid", "dashed": "dash", "dotted": "dot", "steps": "solid"}
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
            shape = {"dash": dash[line.style], "shape": "hv" if line.style == "steps" else "linear"}
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "name": line.label,
                    "x": listed(line.x),
                    "y": listed(line.y),
                    "line": shape,
                }
            )
        return chart(traces, self.title, xaxis=self.x.plotly(), yaxis=self.y.plotly())


@dataclass
class Arrow:
    """An arrow from (x, y) by (dx, dy); one that can be grabbed sends `Handle`."""

    id: str
    x: float
    y: float
    dx: float
    dy: float
    label: str = ""
    colour: str = "ink"
    grab: bool = False


@dataclass
class Segment:
    """A straight piece of a line, such as a decision boundary."""

    id: str
    x0: float
    y0: float
    x1: float
    y1: float
    label: str = ""
    dash: bool = False
    colour: str = "ink"


@dataclass(kw_only=True)
class Field(Figure):
    """A 2-D map under points, contours and arrows.

    Either `values` (H, W), a scalar map, or `classes` (H, W) with `strength` (H, W) in 0…1. Row 0 is the lowest y of
    `box` (x0, x1, y0, y1).
    `points` (N, 2) with `labels` (N,) of classes (255: none) or `targets` (N,) of a regression; `held` and `wrong`
    (N,) are flags.
    """

    values: Tensor | None = packed("u8")
    classes: Tensor | None = packed("index")
    strength: Tensor | None = packed("u8")
    box: tuple[float, float, float, float] = (-1.0, 1.0, -1.0, 1.0)
    x: Axis = _default(Axis)
    y: Axis = _default(Axis)
    value_label: str = ""
    signed: bool = True
    lo: float | None = None
    hi: float | None = None
    points: Tensor | None = packed("f32")
    labels: Tensor | None = packed("index")
    targets: Tensor | None = packed("f32")
    held: Tensor | None = packed("index")
    wrong: Tensor | None = packed("index")
    class_names: list[str] = _default(list)
    mark: int | None = None
    arrows: list[Arrow] = _default(list)
    segments: list[Segment] = _default(list)
    contours: list[float] = _default(list)
    handles: list[dict[str, Any]] = _default(list)
    path: Tensor | None = packed("f32")
    draws: bool = False

    @staticmethod
    def lattice(box: tuple[float, float, float, float], resolution: int = 100) -> Tensor:
        """The (resolution², 2) centres of the cells of a map over `box`, row 0 at the lowest y."""
        x0, x1, y0, y1 = box
        middle = (torch.arange(resolution) + 0.5) / resolution
        y, x = torch.meshgrid(y0 + (y1 - y0) * middle, x0 + (x1 - x0) * middle, indexing="ij")
        return torch.stack([x.reshape(-1), y.reshape(-1)], dim=1)

    @classmethod
    def over(
        cls,
        box: tuple[float, float, float, float],
        function: Callable[[Tensor], Tensor],
        *,
        resolution: int = 100,
        **fields: Any,
    ) -> Field:
        """The map of `function` ((N, 2) -> (N,)) over a box of the plane."""
        values = function(cls.lattice(box, resolution)).reshape(resolution, resolution)
        return cls(values=values, box=box, **fields)

    def to_plotly(self) -> dict[str, Any]:
        x0, x1, y0, y1 = self.box
        picture = self.values if self.values is not None else self.classes
        traces: list[dict[str, Any]] = []
        if picture is not None:
            rows, columns = picture.shape
            step = {
                "x0": x0 + (x1 - x0) / columns / 2,
                "dx": (x1 - x0) / columns,
                "y0": y0 + (y1 - y0) / rows / 2,
                "dy": (y1 - y0) / rows,
            }
            traces.append(
                {
                    "type": "heatmap",
                    "z": listed(picture.float()),
                    **step,
                    "colorbar": {"title": {"text": self.value_label}},
                }
            )
        if self.points is not None:
            colour = self.labels if self.labels is not None else self.targets
            marker = {"color": listed(colour) if colour is not None else "black", "line": {"width": 1}}
            at = {"x": listed(self.points[:, 0]), "y": listed(self.points[:, 1])}
            traces.append({"type": "scatter", "mode": "markers", "marker": marker, **at})
        return chart(traces, self.title, xaxis=self.x.plotly(), yaxis=self.y.plotly())


@dataclass(kw_only=True)
class Surface(Figure):
    """A surface z (H, W) over the ranges of x and y, with the path (T, 3) that was walked on it and the place where
    it stands.
    """

    z: Tensor = packed("u8")
    x: Axis = _default(Axis)
    y: Axis = _default(Axis)
    z_axis: Axis = _default(Axis)
    path: Tensor | None = packed("f32")
    at: tuple[float, float, float] | None = None
    log: bool = False

    def to_plotly(self) -> dict[str, Any]:
        rows, columns = self.z.shape
        ends = [(axis.lo or 0.0, axis.hi if axis.hi is not None else 1.0) for axis in (self.x, self.y)]
        at = {"x": torch.linspace(*ends[0], columns).tolist(), "y": torch.linspace(*ends[1], rows).tolist()}
        traces: list[dict[str, Any]] = [{"type": "surface", "z": listed(self.z), **at}]
        if self.path is not None:
            x, y, z = (listed(column) for column in self.path.T)
            traces.append({"type": "scatter3d", "mode": "lines", "x": x, "y": y, "z": z, "line": {"width": 6}})
        scene = {"xaxis": self.x.plotly(), "yaxis": self.y.plotly(), "zaxis": self.z_axis.plotly()}
        return chart(traces, self.title, scene=scene)


@dataclass(kw_only=True)
class Matrix(Figure):
    """A heat map (R, C) with labelled rows and columns; `counts` are whole numbers, `editable` cells send `Cell`."""

    values: Tensor = packed("f32")
    rows: list[str] = _default(list)
    columns: list[str] = _default(list)
    x: Axis = _default(Axis)
    y: Axis = _default(Axis)
    signed: bool = False
    editable: bool = False
    counts: bool = False
    digits: int = 2

    def to_plotly(self) -> dict[str, Any]:
        trace = {"type": "heatmap", "z": listed(self.values), "x": self.columns, "y": self.rows}
        return chart([trace], self.title, xaxis=self.x.plotly(), yaxis={**self.y.plotly(), "autorange": "reversed"})


@dataclass(kw_only=True)
class Points(Figure):
    """A scatter of points (N, 2 or 3), with classes, names, ids, and a lattice (R, C, 2) drawn as bent lines."""

    points: Tensor = packed("f32")
    labels: Tensor | None = packed("index")
    names: list[str] | None = None
    class_names: list[str] = _default(list)
    x: Axis = _default(Axis)
    y: Axis = _default(Axis)
    z: Axis | None = None
    grid: Tensor | None = packed("f32")
    grid_classes: Tensor | None = packed("index")
    ids: list[str] | None = None
    path: Tensor | None = packed("f32")

    def to_plotly(self) -> dict[str, Any]:
        solid = self.points.shape[1] == 3
        at = {name: listed(column) for name, column in zip("xyz", self.points.T, strict=False)}
        marker = {"color": listed(self.labels)} if self.labels is not None else {}
        trace = {
            "type": "scatter3d" if solid else "scatter",
            "mode": "markers",
            "text": self.names,
            "marker": marker,
            **at,
        }
        return chart([trace], self.title, xaxis=self.x.plotly(), yaxis=self.y.plotly())


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

    groups: list[Histogram] = _default(list)
    x: Axis = _default(Axis)

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
    """One bar a label; `truth` marks the right one, `drag` bars send `Item`."""

    labels: list[str] = _default(list)
    values: Tensor = packed("f32")
    y: Axis = _default(Axis)
    signed: bool = False
    colours: Literal["class", "sign", "ink"] = "ink"
    truth: int | None = None
    notes: list[str] = _default(list)
    drag: bool = False

    def to_plotly(self) -> dict[str, Any]:
        return chart([{"type": "bar", "x": self.labels, "y": listed(self.values)}], self.title, yaxis=self.y.plotly())


@dataclass
class Unit:
    """A unit of a network; the note says what is wrong with it (dead, saturated)."""

    id: str
    label: str = ""
    note: str = ""


@dataclass(kw_only=True)
class Layer:
    """A column of a network: its units, each unit's own map (U, h, w), row 0 lowest, and biases (U,)."""

    label: str
    activation: str = ""
    units: list[Unit] = _default(list)
    maps: Tensor | None = packed("u8")
    lo: float | None = None
    hi: float | None = None
    biases: Tensor | None = packed("f32")


@dataclass(kw_only=True)
class Link:
    """The weights (out, in) from layer `source` to layer `target`."""

    source: int
    target: int
    weights: Tensor = packed("f16")


@dataclass(kw_only=True)
class Network(Figure):
    """Units with thumbnails and weighted edges.

    `builds` names the config field that lists the hidden layers, so that it is built by clicking.
    """

    layers: list[Layer] = _default(list)
    links: list[Link] = _default(list)
    box: tuple[float, float, float, float] = (-1.0, 1.0, -1.0, 1.0)
    builds: str | None = None
    editable: bool = False

    def to_plotly(self) -> dict[str, Any]:
        at = {(i, j): (i, -j) for i, layer in enumerate(self.layers) for j in range(len(layer.units))}
        traces: list[dict[str, Any]] = []
        for link in self.links:
            for target, row in enumerate(link.weights.tolist()):
                for source, weight in enumerate(row):
                    (x0, y0), (x1, y1) = at[link.source, source], at[link.target, target]
                    line = {"width": min(8.0, 0.5 + abs(weight)), "color": "#0072b2" if weight >= 0 else "#e69f00"}
                    traces.append(
                        {
                            "type": "scatter",
                            "mode": "lines",
                            "x": [x0, x1],
                            "y": [y0, y1],
                            "line": line,
                            "showlegend": False,
                        }
                    )
        x, y = zip(*at.values(), strict=True) if at else ((), ())
        names = [unit.label for layer in self.layers for unit in layer.units]
        traces.append(
            {"type": "scatter", "mode": "markers+text", "x": list(x), "y": list(y), "text": names, "showlegend": False}
        )
        return chart(traces, self.title)


@dataclass(kw_only=True)
class EquationLine:
    """One line of LaTeX and the same as MathML."""

    latex: str
    mathml: str
    note: str = ""


@dataclass(kw_only=True)
class Equation(Figure):
    r"""LaTeX with live numbers: `\slot{w1}` in a line is filled by values["w1"]. The MathML of a line is made once."""

    lines: list[EquationLine] = _default(list)
    values: dict[str, float | int | str] = _default(dict)

    @classmethod
    def of(
        cls, lines: Sequence[str | tuple[str, str]], values: dict[str, float | int | str] | None = None, **fields: Any
    ) -> Equation:
        """Lines of LaTeX, each with an optional note, and the numbers of their slots."""
        pairs = [(line, "") if isinstance(line, str) else line for line in lines]
        return cls(
            lines=[EquationLine(latex=tex, mathml=mathml(tex), note=note) for tex, note in pairs],
            values=values or {},
            **fields,
        )


@dataclass
class Column:
    """A column of a table; digits after the point, None for text and whole numbers."""

    label: str
    unit: str = ""
    digits: int | None = None


Cell = str | int | float | bool | None


@dataclass(kw_only=True)
class Table(Figure):
    """Rows of text and numbers; `mark` is the row that is lit."""

    columns: list[Column] = _default(list)
    rows: list[list[Cell]] = _default(list)
    caption: str = ""
    mark: int | None = None

    def to_plotly(self) -> dict[str, Any]:
        cells = [list(column) for column in zip(*self.rows, strict=True)]
        trace = {"type": "table", "header": {"values": [c.label for c in self.columns]}, "cells": {"values": cells}}
        return chart([trace], self.title)


@dataclass
class TextLine:
    """A sentence and its tone."""

    text: str
    tone: Literal["plain", "good", "warn", "bad"] = "plain"


@dataclass(kw_only=True)
class Text(Figure):
    """Sentences about the model as it is now."""

    lines: list[TextLine] = _default(list)

    @classmethod
    def of(cls, *lines: str | tuple[str, str], **fields: Any) -> Text:
        """Sentences, or (sentence, tone) pairs."""
        return cls(lines=[TextLine(line) if isinstance(line, str) else TextLine(*line) for line in lines], **fields)  # type: ignore[arg-type]


F = TypeVar("F", bound=Figure)


@dataclass(kw_only=True)
class Choices(Figure, Generic[F]):
    """Several figures of one kind, sent whole; the browser shows the one that is chosen (a layer, a head, a sample)."""

    labels: list[str] = _default(list)
    figures: list[F] = _default(list)

    @classmethod
    def of(cls, figures: dict[str, F], **fields: Any) -> Choices[F]:
        """The figures by the label of their choice."""
        return cls(labels=list(figures), figures=list(figures.values()), **fields)

    def to_plotly(self) -> dict[str, Any]:
        return {
            **self.figures[0].to_plotly(),
            "choices": [figure.to_plotly() for figure in self.figures],
            "labels": self.labels,
        }


KINDS: dict[str, type[Figure]] = {kind.__name__: kind for kind in Figure.__subclasses__()}
