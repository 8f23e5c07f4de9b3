"""Something to give to every probe, action and live field, so that the contract can try them all."""

from typing import Any

from models.core.inputs import (
    Cell,
    Choice,
    Handle,
    Item,
    Node,
    Number,
    Path,
    Point,
    PointMove,
    PointSet,
    UnitAt,
    Weight,
)
from models.core.lab import Lab, Method

INPUTS: dict[type, dict[str, Any]] = {
    Point: {"x": 0.5, "y": -0.25},
    PointMove: {"index": 1, "x": 1.5, "y": -1.0},
    PointSet: {"points": [[1.0, 1.0, 0], [-1.0, 0.5, 1]]},
    Handle: {"id": "0", "x": 0.5, "y": 0.5},
    Weight: {"layer": 1, "source": 0, "target": 0, "value": 0.75},
    UnitAt: {"layer": 1, "unit": 0},
    Cell: {"row": 1, "column": 0, "value": 2.5},
    Path: {"points": [[-1.0, 0.0], [1.0, 1.0]]},
    Item: {"index": 0, "value": 0.5},
    Node: {"id": "L", "what": "gradient", "value": 0.5},
    Number: {"value": 0.5},
    Choice: {"value": ""},
}


def sample_input(method: Method) -> dict[str, Any] | None:
    """A plausible question or command for a probe or action."""
    return None if method.input is None else INPUTS[method.input]


def other_values(lab: type[Lab]) -> dict[str, Any]:
    """For each live field, a valid value that is not its default."""
    schema = lab.Config.model_json_schema()["properties"]
    defaults = lab.Config().model_dump(mode="json")
    return {name: _other(schema[name], defaults[name]) for name in sorted(lab.Config.live_fields())}


def _other(field: dict[str, Any], default: Any) -> Any:
    if field.get("x-touch") == "PointSet":
        return [[1.0, 1.0, 0], [-1.0, 0.5, 1]]
    if "enum" in field:
        return next(value for value in field["enum"] if value != default)
    if field["type"] == "boolean":
        return not default
    low = field.get("minimum", field.get("exclusiveMinimum", 0))
    high = field.get("maximum", field.get("exclusiveMaximum", 1))
    between = low + (high - low) * 0.25 if default > low + (high - low) * 0.5 else default + (high - default) * 0.1
    return round(between) if field["type"] == "integer" else between
