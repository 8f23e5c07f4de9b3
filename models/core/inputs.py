"""What a user's touch of a figure, or a pad beside it, sends: the inputs of probes and actions.

The class's name is the touch's name on the page. Numbers are finite; coordinates are in the units of the figure's axes.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Coordinate = Annotated[float, Field(allow_inf_nan=False, ge=-1e6, le=1e6)]
Place = Annotated[int, Field(ge=0, le=10_000_000)]
Finite = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]


class Input(BaseModel):
    """Base of all inputs: unknown keys are refused, NaN and infinity too."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


class Point(Input):
    """A place clicked or hovered."""

    x: Coordinate
    y: Coordinate


class PointMove(Input):
    """Point number `index` of the figure dragged to (x, y)."""

    index: Place
    x: Coordinate
    y: Coordinate


class PointSet(Input):
    """Points painted on the plane, at most 200."""

    points: Annotated[list[tuple[Coordinate, Coordinate, Annotated[int, Field(ge=0, le=7)]]], Field(max_length=200)]


OwnPoints = Annotated[
    list[tuple[Coordinate, Coordinate, Annotated[int, Field(ge=0, le=7)]]],
    Field(max_length=200, json_schema_extra={"x-touch": "PointSet"}),
]
"""The type of a config field that holds the user's own points: [[x, y, class], …]."""

DatasetRef = Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,39}$", json_schema_extra={"x-input": "dataset"})]
"""The type of a config field that names a table: one that comes with the course, or the id of an uploaded one."""
_Column = Annotated[str, Field(min_length=1, max_length=100, json_schema_extra={"x-input": "column"})]
NumberColumn = Annotated[_Column, Field(json_schema_extra={"x-input": "column", "x-takes": "number"})]
"""The type of a config field that names a column of numbers of the table chosen in the DatasetRef field before it."""
ClassColumn = Annotated[_Column, Field(json_schema_extra={"x-input": "column", "x-takes": "class"})]
"""The same for a column of classes: words, or whole numbers of which there are few."""


class Handle(Input):
    """A handle (an arrow's tip, a line's end, a start) dragged to (x, y)."""

    id: Annotated[str, Field(max_length=40)]
    x: Coordinate
    y: Coordinate


class Weight(Input):
    """An edge of a network typed: from unit `source` of the layer before (None: the bias) to unit `target` of
    `layer`.
    """

    layer: Annotated[int, Field(ge=1, le=100)]
    source: Place | None = None
    target: Place
    value: Finite


class UnitAt(Input):
    """A unit of a network pointed at; layer 0 is the inputs."""

    layer: Annotated[int, Field(ge=0, le=100)]
    unit: Place


class Cell(Input):
    """A cell of a matrix hovered, or typed when it has a value."""

    row: Place
    column: Place
    value: Finite | None = None


class Path(Input):
    """A curve drawn by hand."""

    points: Annotated[list[tuple[Coordinate, Coordinate]], Field(min_length=2, max_length=500)]


OwnPath = Annotated[list[tuple[Coordinate, Coordinate]], Field(max_length=200, json_schema_extra={"x-touch": "Path"})]
"""The type of a config field that holds a curve drawn by the user: [[x, y], …]."""


class Item(Input):
    """One image or bar picked, or dragged to a value."""

    index: Place
    value: Finite | None = None


class Node(Input):
    """A node of a computational graph hovered, or its value or gradient typed when there is a value."""

    id: Annotated[str, Field(max_length=40)]
    what: Literal["value", "gradient"] = "gradient"
    value: Finite | None = None


class Number(Input):
    """One number from a pad."""

    value: Finite


class Choice(Input):
    """One of the options that the probe names."""

    value: Annotated[str, Field(max_length=100)]
