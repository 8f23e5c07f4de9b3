"""What lies in the plane: maps, surfaces, heat maps and scatters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from models.core.figures.charts import Line
from models.core.figures.figure import Axis, Figure, chart, default, listed, packed


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


@dataclass
class Box:
    """A rectangle from (x0, y0) to (x1, y1), such as the square on a residual."""

    id: str
    x0: float
    y0: float
    x1: float
    y1: float
    label: str = ""
    colour: str = "ink"


@dataclass(kw_only=True)
class Walk:
    """A path that was walked: places (T, 2), or (T, 3) on a surface; its end is where the walker stands."""

    id: str
    label: str = ""
    places: Tensor = packed("f32")
    colour: str = "auto"


@dataclass(kw_only=True)
class Field(Figure):
    """A 2-D map under points, contours, arrows, curves and paths; without a map, a plane with these in it.

    Either `values` (H, W), a scalar map, or `classes` (H, W) with `strength` (H, W) in 0…1. Row 0 is the lowest y of
    `box` (x0, x1, y0, y1).
    `points` (N, 2) with `labels` (N,) of classes (255: none) or `targets` (N,) of a regression; `held` and `wrong`
    (N,) are flags. `lines` are curves y(x) with their bands, `boxes` rectangles, `paths` walks. `equal`: one unit of
    x is as long as one of y where both have the same unit; else the plane fills its card. A `handles` entry
    {id, x, y, label} can be dragged and sends `Handle`.
    """

    values: Tensor | None = packed("u8")
    classes: Tensor | None = packed("index")
    strength: Tensor | None = packed("u8")
    box: tuple[float, float, float, float] = (-1.0, 1.0, -1.0, 1.0)
    x: Axis = default(Axis)
    y: Axis = default(Axis)
    value_label: str = ""
    signed: bool = True
    lo: float | None = None
    hi: float | None = None
    points: Tensor | None = packed("f32")
    labels: Tensor | None = packed("index")
    targets: Tensor | None = packed("f32")
    held: Tensor | None = packed("index")
    wrong: Tensor | None = packed("index")
    class_names: list[str] = default(list)
    mark: int | None = None
    arrows: list[Arrow] = default(list)
    segments: list[Segment] = default(list)
    contours: list[float] = default(list)
    handles: list[dict[str, Any]] = default(list)
    lines: list[Line] = default(list)
    boxes: list[Box] = default(list)
    paths: list[Walk] = default(list)
    equal: bool = True
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
        curves = [(line.label, line.x, line.y) for line in self.lines]
        for name, x, y in [*curves, *((walk.label, *walk.places.T) for walk in self.paths)]:
            traces.append({"type": "scatter", "mode": "lines", "name": name, "x": listed(x), "y": listed(y)})
        return chart(traces, self.title, xaxis=self.x.plotly(), yaxis=self.y.plotly())


@dataclass(kw_only=True)
class Surface(Figure):
    """A surface z (H, W) over the ranges of x and y, with the paths (T, 3) that were walked on it and the place where
    it stands.

    `classes` (H, W) colour it instead of its height; `points` (N, 3) with `labels` (N,) stand in the same space.
    """

    z: Tensor = packed("u8")
    x: Axis = default(Axis)
    y: Axis = default(Axis)
    z_axis: Axis = default(Axis)
    paths: list[Walk] = default(list)
    at: tuple[float, float, float] | None = None
    classes: Tensor | None = packed("index")
    class_names: list[str] = default(list)
    points: Tensor | None = packed("f32")
    labels: Tensor | None = packed("index")
    log: bool = False

    def to_plotly(self) -> dict[str, Any]:
        rows, columns = self.z.shape
        ends = [(axis.lo or 0.0, axis.hi if axis.hi is not None else 1.0) for axis in (self.x, self.y)]
        at = {"x": torch.linspace(*ends[0], columns).tolist(), "y": torch.linspace(*ends[1], rows).tolist()}
        traces: list[dict[str, Any]] = [{"type": "surface", "z": listed(self.z), **at}]
        if self.classes is not None:
            traces[0]["surfacecolor"] = listed(self.classes)
        for walk in self.paths:
            x, y, z = (listed(column) for column in walk.places.T)
            line = {"type": "scatter3d", "mode": "lines", "name": walk.label, "line": {"width": 6}}
            traces.append({**line, "x": x, "y": y, "z": z})
        if self.points is not None:
            x, y, z = (listed(column) for column in self.points.T)
            marker = {"color": listed(self.labels), "size": 4} if self.labels is not None else {"size": 4}
            traces.append({"type": "scatter3d", "mode": "markers", "marker": marker, "x": x, "y": y, "z": z})
        scene = {"xaxis": self.x.plotly(), "yaxis": self.y.plotly(), "zaxis": self.z_axis.plotly()}
        return chart(traces, self.title, scene=scene)


@dataclass(kw_only=True)
class Matrix(Figure):
    """A heat map (R, C) with labelled rows and columns; `counts` are whole numbers, `editable` cells send `Cell`."""

    values: Tensor = packed("f32")
    rows: list[str] = default(list)
    columns: list[str] = default(list)
    x: Axis = default(Axis)
    y: Axis = default(Axis)
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
    class_names: list[str] = default(list)
    x: Axis = default(Axis)
    y: Axis = default(Axis)
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
