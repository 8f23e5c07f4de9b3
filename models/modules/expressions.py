"""The networks and expressions whose graphs can be followed number by number, with what they are trained on."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from models.modules.scalar_graph import Graph, Node

__all__ = ["ACTIVATIONS", "WORDS", "Activation", "Expression", "Name", "build", "parameters"]

Name = Literal["shared", "network", "logistic", "chain", "formula"]
Activation = Literal["tanh", "sigmoid", "relu", "identity"]
WORDS: dict[Name, str] = {
    "shared": "one unit, used twice",
    "network": "one hidden layer",
    "logistic": "logistic unit",
    "chain": "units in a chain",
    "formula": "½(a·b + a − t)²",
}
ACTIVATIONS: dict[Activation, str] = {"tanh": "tanh", "sigmoid": "σ", "relu": "ReLU", "identity": "none (linear)"}
DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
PLACES = [-2 + 0.5 * i for i in range(9)]
BETWEEN = [-1.75 + 0.5 * i for i in range(8)]


@dataclass(frozen=True)
class Expression:
    """A graph, the parameters' first values, and the true output at each input."""

    graph: Graph
    first: dict[str, float]
    truth: Callable[[float], float]

    def examples(self, held: bool = False) -> list[tuple[float, float]]:
        """(x, t) to learn from; or those between them, held for the test."""
        return [(x, self.truth(x)) for x in (BETWEEN if held else PLACES)]


def _node(id: str, column: float, row: float, role: str = "operation", operation: str = "", *arguments: str) -> Node:
    letter, number = id.rstrip("0123456789"), id[len(id.rstrip("0123456789")) :]
    tex = f"{letter}_{{{number}}}" if number else letter
    return Node(id, letter + number.translate(DIGITS), tex, column, row, role, operation, arguments)  # type: ignore[arg-type]


def parameters(name: Name, units: int) -> int:
    """How many numbers are trained."""
    return {"shared": 4, "network": 3 * units + 1, "logistic": 2, "chain": 2 * units, "formula": 2}[name]


def build(name: Name, units: int, activation: Activation) -> Expression:
    """The expression of a name; `units` is the width of `network` and the length of `chain`."""
    return {"shared": _shared, "network": _network, "logistic": _logistic, "chain": _chain, "formula": _formula}[name](
        units, activation
    )


def _shared(units: int, activation: Activation) -> Expression:
    """L = ½(w₂h + w₃h − t)², h = g(w₁x + b): both outputs need the same unit."""
    graph = Graph([
        _node("x", 0, 2, "input"), _node("w1", 0, 0.5, "parameter"), _node("b", 0, 3.5, "parameter"),
        _node("w2", 3, 0, "parameter"), _node("w3", 3, 4, "parameter"), _node("t", 4, 3.5, "input"),
        _node("z", 1, 2, "operation", "affine", "w1", "x", "b"), _node("h", 2, 2, "operation", activation, "z"),
        _node("o1", 4, 1, "operation", "product", "w2", "h"), _node("o2", 4, 2.5, "operation", "product", "w3", "h"),
        _node("e", 5, 2, "operation", "error", "o1", "o2", "t"), _node("L", 6, 2, "loss", "half square", "e"),
    ])  # fmt: skip
    return Expression(graph, {"w1": 0.5, "b": 0.2, "w2": 1.0, "w3": -0.6}, lambda x: 1.5 * math.tanh(1.2 * x - 0.4))


def _network(units: int, activation: Activation) -> Expression:
    """L = ½(Σ vₖ hₖ + c − t)², hₖ = g(wₖ x + bₖ)."""
    middle, nodes, first, outputs = (2 * units - 1) / 2, [], {}, []
    for k in range(units):
        w, b, v, z, h = (f"{letter}{k + 1}" for letter in "wbvzh")
        nodes += [
            _node(w, 1, 2 * k, "parameter"),
            _node(b, 1, 2 * k + 1, "parameter"),
            _node(v, 3, 2 * k - 0.35, "parameter"),
        ]
        nodes += [
            _node(z, 2, 2 * k + 0.5, "operation", "affine", w, "x", b),
            _node(h, 3, 2 * k + 0.5, "operation", activation, z),
        ]
        first |= {w: (0.8, -0.6, 1.4)[k], b: (0.3, 0.5, -0.7)[k], v: (0.7, -0.5, 0.4)[k]}
        outputs += [v, h]
    nodes = [
        _node("x", 0, middle, "input"),
        *nodes,
        _node("c", 4, middle + 1.5, "parameter"),
        _node("t", 5, middle + 1.5, "input"),
    ]
    nodes += [_node("o", 4, middle, "operation", "affine", *outputs, "c")]
    nodes += [_node("e", 5, middle, "operation", "error", "o", "t"), _node("L", 6, middle, "loss", "half square", "e")]
    return Expression(Graph(nodes), first | {"c": 0.1}, lambda x: math.sin(1.5 * x))


def _logistic(units: int, activation: Activation) -> Expression:
    """L = −t ln p − (1 − t) ln(1 − p), p = σ(wx + b)."""
    graph = Graph([
        _node("x", 0, 1, "input"), _node("w", 0, 0, "parameter"), _node("b", 0, 2, "parameter"),
        _node("t", 2, 2, "input"), _node("z", 1, 1, "operation", "affine", "w", "x", "b"),
        _node("p", 2, 1, "operation", "sigmoid", "z"), _node("L", 3, 1, "loss", "cross-entropy", "p", "t"),
    ])  # fmt: skip
    return Expression(graph, {"w": 0.5, "b": 0.4}, lambda x: float(x > 0.4))


def _chain(units: int, activation: Activation) -> Expression:
    """L = ½(h_K − t)², h_k = g(w_k h_{k−1} + b_k), h₀ = x: one factor after another."""
    nodes, first, last = [_node("x", 0, 1, "input")], {}, "x"
    for k in range(units):
        w, b, z, h = (f"{letter}{k + 1}" for letter in "wbzh")
        nodes += [_node(w, 2 * k, 0, "parameter"), _node(b, 2 * k, 2, "parameter")]
        nodes += [
            _node(z, 2 * k + 1, 1, "operation", "affine", w, last, b),
            _node(h, 2 * k + 2, 1, "operation", activation, z),
        ]
        first, last = first | {w: 0.9, b: 0.1}, h
    nodes += [_node("t", 2 * units + 0.5, 2, "input"), _node("e", 2 * units + 1, 1, "operation", "error", last, "t")]
    nodes += [_node("L", 2 * units + 2, 1, "loss", "half square", "e")]
    return Expression(Graph(nodes), first, lambda x: 0.8 * math.tanh(x))


def _formula(units: int, activation: Activation) -> Expression:
    """L = ½(a·b + a − t)²: a is used twice."""
    graph = Graph([
        _node("a", 0, 0, "parameter"), _node("b", 0, 2, "parameter"), _node("t", 1, 2, "input"),
        _node("p", 1, 1, "operation", "product", "a", "b"), _node("e", 2, 0.5, "operation", "error", "p", "a", "t"),
        _node("L", 3, 0.5, "loss", "half square", "e"),
    ])  # fmt: skip
    return Expression(graph, {"a": 1.5, "b": -0.5}, lambda x: 2.0)
