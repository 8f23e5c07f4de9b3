"""A network: units with thumbnails, and weighted edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from models.core.figures.figure import Figure, chart, default, packed


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
    units: list[Unit] = default(list)
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

    layers: list[Layer] = default(list)
    links: list[Link] = default(list)
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
