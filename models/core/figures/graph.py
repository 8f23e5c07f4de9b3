"""The computational graph: nodes with values and gradients, edges with local derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from models.core.figures.figure import Figure, chart, default

Role = Literal["input", "parameter", "operation", "loss"]


@dataclass(kw_only=True)
class GraphNode:
    """A node at (column, row) of the drawing; value and gradient are None until they are known.

    `lit` is where the computation stands; `note` says what happens there.
    """

    id: str
    label: str
    role: Role = "operation"
    column: float = 0.0
    row: float = 0.0
    value: float | None = None
    gradient: float | None = None
    lit: bool = False
    note: str = ""


@dataclass(kw_only=True)
class GraphEdge:
    """An edge from `source` to `target`; `local` is ∂target/∂source, `flow` what runs back: gradient × local."""

    source: str
    target: str
    local: float | None = None
    flow: float | None = None
    lit: bool = False
    label: str = ""


@dataclass(kw_only=True)
class Graph(Figure):
    """A directed acyclic graph, columns from left to right in the order of the forward pass.

    What stands in `editable` ("value", "gradient") can be typed at a node and sends `Node`; `nodes_editable` names the
    nodes, None all.
    """

    nodes: list[GraphNode] = default(list)
    edges: list[GraphEdge] = default(list)
    editable: list[Literal["value", "gradient"]] = default(list)
    nodes_editable: list[str] | None = None

    def to_plotly(self) -> dict[str, Any]:
        at = {node.id: (node.column, -node.row) for node in self.nodes}
        traces: list[dict[str, Any]] = []
        for edge in self.edges:
            (x0, y0), (x1, y1) = at[edge.source], at[edge.target]
            line = {"width": 4 if edge.lit else 1}
            traces.append({"type": "scatter", "mode": "lines", "x": [x0, x1], "y": [y0, y1], "line": line})
        text = [f"{node.label}<br>{_written(node.value)}<br>∂ {_written(node.gradient)}" for node in self.nodes]
        places = {"x": [x for x, _ in at.values()], "y": [y for _, y in at.values()]}
        traces.append({"type": "scatter", "mode": "markers+text", "text": text, **places})
        return chart(traces, self.title, showlegend=False)


def _written(value: float | None) -> str:
    return "·" if value is None else f"{value:.4g}"
