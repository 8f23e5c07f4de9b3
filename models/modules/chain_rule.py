"""The chain rule as it is read: the graph with its numbers, one move as an equation, a gradient as a sum over paths."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from models.core import Equation, GraphEdge, GraphNode
from models.core import Graph as Picture
from models.modules.scalar_graph import OPERATIONS, Graph, Values

__all__ = ["Graph", "difference", "move", "paths", "picture"]

Slots = dict[str, float | int | str]


def picture(graph: Graph, values: Values, gradients: Values, last: Sequence[Any], phase: str) -> Picture:
    """The graph as it stands; `last` is the last move [phase, node, argument, before, after]."""
    lit_edge = (last[1], last[2]) if last[:1] == ["backward"] else None
    lit_nodes = {last[1]} if last[:1] in (["forward"], ["update"]) else set()
    if lit_edge:
        lit_nodes = {graph.nodes[lit_edge[0]].arguments[lit_edge[1]]}
    complete = None not in values.values()
    nodes = [
        GraphNode(
            id=id, label=node.label, role=node.role, column=node.column, row=node.row, value=_finite(values[id]),
            gradient=_finite(gradients[id]), lit=id in lit_nodes, note=_formula(graph, id),
        )
        for id, node in graph.nodes.items()
    ]  # fmt: skip
    edges = []
    for id, i in graph.edges:
        local = graph.local(id, i, values) if complete else None
        head = gradients[id]
        lit = (id, i) == lit_edge or (last[:1] == ["forward"] and last[1] == id)
        flow = head * local if lit_edge == (id, i) and head is not None and local is not None else None
        source = graph.nodes[id].arguments[i]
        edges.append(GraphEdge(source=source, target=id, local=_finite(local), flow=_finite(flow), lit=lit))
    words = {"forward": "Values go forwards", "backward": "Gradients come back", "update": "The parameters move"}
    loss = values[graph.loss]
    alt = f"{words[phase]}: {len(nodes)} nodes, {len(edges)} edges" + ("." if loss is None else f", loss {loss:.4g}.")
    return Picture(nodes=nodes, edges=edges, editable=["value", "gradient"], alt=alt)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _formula(graph: Graph, id: str) -> str:
    """What a node computes, as text."""
    node = graph.nodes[id]
    if not node.operation:
        return {"input": "given", "parameter": "learned"}[node.role]
    names = [graph.nodes[name].label for name in node.arguments]
    pairs = [f"{a}·{b}" for a, b in zip(names[:-1:2], names[1::2], strict=False)]
    return {
        "affine": " + ".join([*pairs, names[-1]]),
        "product": "·".join(names),
        "error": " + ".join(names[:-1]) + f" − {names[-1]}",
        "half square": f"½ {names[0]}²",
        "cross-entropy": "−t ln p − (1 − t) ln(1 − p)",
        "identity": names[0],
        "sigmoid": f"σ({names[0]})",
        "relu": f"max(0, {names[0]})",
    }.get(node.operation, f"{node.operation}({names[0]})")


def _d(graph: Graph, id: str) -> str:
    return rf"\frac{{\partial L}}{{\partial {graph.nodes[id].tex}}}"


def _local(graph: Graph, id: str, i: int) -> str:
    below = graph.nodes[graph.nodes[id].arguments[i]].tex
    return rf"\frac{{\partial {graph.nodes[id].tex}}}{{\partial {below}}}"


def move(graph: Graph, values: Values, gradients: Values, last: Sequence[Any], rate: float, secret: bool) -> Equation:
    """The last move in symbols and numbers; where gradients are `secret`, in symbols alone. Before any, the rule."""
    if not last:
        sums = r"\sum_{y\,:\,x \to y} \frac{\partial L}{\partial y} \cdot \frac{\partial y}{\partial x}"
        rule = rf"\frac{{\partial L}}{{\partial x}} = {sums}"
        return Equation.of(
            [(rule, "over all y that are computed from x"), (_d(graph, graph.loss) + " = 1", "where it begins")]
        )
    phase, id, i, before, after = last
    if phase == "forward":
        return _value(graph, values, id)
    if phase == "backward":
        return _edge(graph, values, gradients, (id, i), before, after, secret)
    tex = graph.nodes[id].tex
    lines = [
        rf"{tex} \leftarrow {tex} - \eta\, {_d(graph, id)}",
        r"\slot{before} - \slot{rate} \cdot (\slot{slope}) = \slot{after}",
    ]
    slope = gradients[id] if gradients[id] is not None else (before - after) / rate
    return Equation.of(lines, {"before": before, "rate": rate, "slope": slope, "after": after})


def _value(graph: Graph, values: Values, id: str) -> Equation:
    node, operation = graph.nodes[id], OPERATIONS[graph.nodes[id].operation]
    symbols = operation.tex([graph.nodes[name].tex for name in node.arguments])
    numbers = operation.tex([rf"(\slot{{a{k}}})" for k in range(len(node.arguments))])
    slots: Slots = {f"a{k}": v for k, v in enumerate(graph.arguments(id, values))}
    return Equation.of(
        [rf"{node.tex} = {symbols}", rf"= {numbers}", r"= \slot{value}"], {**slots, "value": graph.value(id, values)}
    )


def _edge(
    graph: Graph, values: Values, gradients: Values, edge: tuple[str, int], before: float, after: float, secret: bool
) -> Equation:
    id, i = edge
    node = graph.nodes[id]
    names = [graph.nodes[name].tex for name in node.arguments]
    local = _local(graph, id, i)
    derivative = OPERATIONS[node.operation].partial_tex(names, node.tex, i)
    to = node.arguments[i]
    later = before != 0.0
    title = f"back from {node.label} to {graph.nodes[to].label}" + (": a second path, added" if later else "")
    rule = rf"{_d(graph, to)} \leftarrow {_d(graph, to)} + {_d(graph, id)} \cdot {local}"
    if secret:
        return Equation.of([(rule, title), rf"{local} = {derivative}"], {})
    slots: Slots = {"local": graph.local(id, i, values), "head": gradients[id] or 0.0, "before": before, "after": after}
    lines = [(rule, title), rf"{local} = {derivative} = \slot{{local}}"]
    lines.append(r"\slot{before} + (\slot{head}) \cdot (\slot{local}) = \slot{after}")
    return Equation.of(lines, slots)


def paths(graph: Graph, values: Values, id: str, secret: bool) -> Equation:
    """∂L/∂(a node) as the sum over all paths, of the product of the local derivatives along each."""
    walked = list(graph.paths(id))
    lines: list[str | tuple[str, str]] = []
    slots: Slots = {}
    for p, path in enumerate(walked):
        symbols = r" \cdot ".join(_local(graph, *edge) for edge in path)
        lines.append((symbols, f"path {p + 1} of {len(walked)}, from the loss back"))
        if not secret:
            numbers = r" \cdot ".join(rf"(\slot{{s{p}e{k}}})" for k in range(len(path)))
            lines.append(rf"= {numbers} = \slot{{p{p}}}")
            slots |= {f"s{p}e{k}": graph.local(*edge, values) for k, edge in enumerate(path)}
            slots[f"p{p}"] = math.prod(graph.local(*edge, values) for edge in path)
    if secret:
        return Equation.of([*lines, _d(graph, id)], {})
    slots["sum"] = sum(float(slots[f"p{p}"]) for p in range(len(walked)))
    added = " + ".join(rf"(\slot{{p{p}}})" for p in range(len(walked))) + " = " if len(walked) > 1 else ""
    return Equation.of([*lines, rf"{_d(graph, id)} = {added}\slot{{sum}}"], slots)


def difference(graph: Graph, values: Mapping[str, float | None], id: str, gradient: float | None) -> Equation:
    """The central finite difference at a node beside its gradient, with their numbers."""
    if any(value is None and not graph.nodes[name].operation for name, value in values.items()):
        raise ValueError("A parameter or an input has no value.")
    slope, up, down = graph.difference(id, values)
    name = graph.nodes[id].tex
    lines = [
        rf"\frac{{L({name} + h) - L({name} - h)}}{{2h}} = \slot{{slope}}",
        r"L(+h) = \slot{up}, \quad L(-h) = \slot{down}",
    ]
    slots: Slots = {"slope": slope, "up": up, "down": down}
    if gradient is not None:
        lines.append(rf"{_d(graph, id)} = \slot{{gradient}}")
        slots["gradient"] = gradient
    return Equation.of([(lines[0], "h is a hundred-thousandth"), *lines[1:]], slots)
