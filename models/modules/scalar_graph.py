"""Computational graphs of single numbers: values forwards, gradients backwards one edge at a time, and the check.

Source: Rumelhart, Hinton and Williams (1986), Nature 323; reverse accumulation: Linnainmaa (1976), BIT 16.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

__all__ = ["OPERATIONS", "Graph", "Node", "Operation", "Values"]

Role = Literal["input", "parameter", "operation", "loss"]
Values = dict[str, float | None]
CLIP = 1e-12
"""How near to 0 and 1 a probability may come in a logarithm."""


@dataclass(frozen=True)
class Operation:
    """A function of numbers. `value` and `partials` take the arguments; `partials` also the value, at the end.

    `tex` writes it over the names of the arguments, `partial_tex` its derivative for argument i over these names and
    its own.
    """

    value: Callable[..., float]
    partials: Callable[..., Sequence[float]]
    tex: Callable[[Sequence[str]], str]
    partial_tex: Callable[[Sequence[str], str, int], str]


@dataclass(frozen=True)
class Node:
    """A number of the graph; its label as text and as LaTeX, and its place in the drawing (columns rightwards, rows
    down).
    """

    id: str
    label: str
    tex: str
    column: float
    row: float
    role: Role = "operation"
    operation: str = ""
    arguments: tuple[str, ...] = ()
    words: str = ""


class Graph:
    """Nodes in an order in which each comes after its arguments; the last one is the loss L."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.operations = [node.id for node in nodes if node.operation]
        self.parameters = [node.id for node in nodes if node.role == "parameter"]
        self.loss = nodes[-1].id

    @cached_property
    def edges(self) -> list[tuple[str, int]]:
        """Every (node, number of its argument) in the order in which gradients flow back: a node's edges only after
        all edges into it.
        """
        return [(id, i) for id in reversed(self.operations) for i in range(len(self.nodes[id].arguments))]

    @cached_property
    def consumers(self) -> dict[str, list[tuple[str, int]]]:
        """Where each node is used: (node, number of the argument)."""
        found: dict[str, list[tuple[str, int]]] = {id: [] for id in self.nodes}
        for id, i in self.edges:
            found[self.nodes[id].arguments[i]].append((id, i))
        return found

    def arguments(self, id: str, values: Mapping[str, float | None]) -> list[float]:
        """The values of a node's arguments, all of them known."""
        return [_known(values[name]) for name in self.nodes[id].arguments]

    def value(self, id: str, values: Mapping[str, float | None]) -> float:
        """The value of an operation."""
        return OPERATIONS[self.nodes[id].operation].value(*self.arguments(id, values))

    def local(self, id: str, i: int, values: Mapping[str, float | None]) -> float:
        """The local derivative ∂(node)/∂(its argument i)."""
        operation = OPERATIONS[self.nodes[id].operation]
        return operation.partials(*self.arguments(id, values), _known(values[id]))[i]

    def forward(self, values: Mapping[str, float | None], fixed: Mapping[str, float] | None = None) -> dict[str, float]:
        """All values from those of inputs and parameters; nodes in `fixed` take that value, whatever their
        arguments say.
        """
        given = {id: value for id, value in values.items() if not self.nodes[id].operation}
        known: dict[str, float] = {id: _known(value) for id, value in {**given, **(fixed or {})}.items()}
        for id in self.operations:
            if id not in known:
                known[id] = self.value(id, known)
        return known

    def backward(self, values: Mapping[str, float]) -> dict[str, float]:
        """∂L/∂(every node) at these values: each edge adds the gradient at its head times its local derivative."""
        gradients = {**dict.fromkeys(self.nodes, 0.0), self.loss: 1.0}
        for id, i in self.edges:
            gradients[self.nodes[id].arguments[i]] += gradients[id] * self.local(id, i, values)
        return gradients

    def difference(self, id: str, values: Mapping[str, float | None], h: float = 1e-5) -> tuple[float, float, float]:
        """((L(v + h) − L(v − h)) / 2h, L(v + h), L(v − h)): the central finite difference at any node."""
        whole = self.forward(values)
        h *= max(1.0, abs(whole[id]))
        up, down = (self.forward(whole, {id: whole[id] + step})[self.loss] for step in (h, -h))
        return (up - down) / (2 * h), up, down

    def paths(self, id: str) -> Iterator[list[tuple[str, int]]]:
        """Every way from L back to a node, as the edges walked."""
        if id == self.loss:
            yield []
        for consumer, i in self.consumers[id]:
            for path in self.paths(consumer):
                yield [*path, (consumer, i)]


def _known(value: float | None) -> float:
    if value is None:
        raise ValueError("A value that the operation needs has not been computed.")
    return value


def sigmoid(z: float) -> float:
    """1 / (1 + e⁻ᶻ), without overflow on either side."""
    e = math.exp(-abs(z))
    return 1 / (1 + e) if z >= 0 else e / (1 + e)


def _affine(*numbers: float) -> float:
    *pairs, bias = numbers
    return sum(w * x for w, x in zip(pairs[::2], pairs[1::2], strict=True)) + bias


def _affine_partials(*numbers: float) -> list[float]:
    *pairs, _, _ = numbers
    return [*(pairs[i ^ 1] for i in range(len(pairs))), 1.0]  # for w its x, for x its w; the bias 1


def _affine_tex(names: Sequence[str]) -> str:
    *pairs, bias = names
    return " + ".join(rf"{w} \cdot {x}" for w, x in zip(pairs[::2], pairs[1::2], strict=True)) + f" + {bias}"


def _clip(p: float) -> float:
    return min(max(p, CLIP), 1 - CLIP)


def _cross_entropy(p: float, t: float) -> float:
    return -t * math.log(_clip(p)) - (1 - t) * math.log(1 - _clip(p))


def _cross_entropy_partials(p: float, t: float, _: float) -> list[float]:
    inside = CLIP < p < 1 - CLIP
    return [(p - t) / (p * (1 - p)) if inside else 0.0, math.log(1 - _clip(p)) - math.log(_clip(p))]


OPERATIONS = {
    "affine": Operation(
        _affine, _affine_partials, _affine_tex, lambda names, own, i: "1" if i == len(names) - 1 else names[i ^ 1]
    ),
    "product": Operation(
        lambda a, b: a * b, lambda a, b, _: (b, a), lambda n: rf"{n[0]} \cdot {n[1]}", lambda n, own, i: n[1 - i]
    ),
    "error": Operation(  # the sum of all but the last argument, less the last
        lambda *a: sum(a[:-1]) - a[-1],
        lambda *a: [1.0] * (len(a) - 2) + [-1.0],
        lambda n: " + ".join(n[:-1]) + f" - {n[-1]}",
        lambda n, own, i: "-1" if i == len(n) - 1 else "1",
    ),
    "half square": Operation(
        lambda a: a * a / 2, lambda a, _: (a,), lambda n: rf"\frac{{1}}{{2}} ({n[0]})^2", lambda n, own, i: n[0]
    ),
    "cross-entropy": Operation(
        _cross_entropy,
        _cross_entropy_partials,
        lambda n: rf"-{n[1]} \ln {n[0]} - (1 - {n[1]}) \ln (1 - {n[0]})",
        lambda n, own, i: (
            rf"\frac{{{n[0]} - {n[1]}}}{{{n[0]} (1 - {n[0]})}}" if i == 0 else rf"\ln \frac{{1 - {n[0]}}}{{{n[0]}}}"
        ),
    ),
    "identity": Operation(lambda z: z, lambda z, _: (1.0,), lambda n: n[0], lambda n, own, i: "1"),
    "tanh": Operation(
        math.tanh, lambda z, h: (1 - h * h,), lambda n: rf"\tanh({n[0]})", lambda n, own, i: f"1 - {own}^2"
    ),
    "sigmoid": Operation(
        sigmoid, lambda z, h: (h * (1 - h),), lambda n: rf"\sigma({n[0]})", lambda n, own, i: f"{own} (1 - {own})"
    ),
    "relu": Operation(
        lambda z: max(z, 0.0),
        lambda z, _: (1.0 if z > 0 else 0.0,),  # at the kink 0, as in PyTorch
        lambda n: rf"\max(0, {n[0]})",
        lambda n, own, i: rf"[{n[0]} > 0]",
    ),
}
