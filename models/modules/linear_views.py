"""Figures of a linear classifier in the plane: its boundary and how it moved, its score term by term, its update."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import Axis, Bars, Column, Curves, Equation, Field, Line, Points, Summary, Table
from models.modules import contour
from models.modules.vectors import added, column, dot, slots, written

__all__ = ["boundary", "mistakes", "path", "summary", "terms", "update", "updates"]

Box = tuple[float, float, float, float]
Scores = Callable[[Float[Tensor, "N 2"], Float[Tensor, " F"]], Float[Tensor, " N"]]


def boundary(
    score: Scores,
    before: Float[Tensor, " F"],
    w: Float[Tensor, " F"],
    box: Box,
    *,
    linear: bool,
    up: bool,
    **points: Any,
) -> Field:
    """The sign of score(x, w) over the plane, with the boundary of w solid and, if w has moved, the one before dashed.

    Arrows show the first two weights: w before, what was added (up: a point of the class +1) and their sum.
    """
    moved = bool((w != before).any())
    lines = contour.segments("now", lambda x: score(x, w), box, linear=linear)
    if moved:
        lines += contour.segments("before", lambda x: score(x, before), box, linear=linear, dash=True)
    names = ("w", "+ x" if up else "− x", "w′") if moved else ("", "", "w")
    arrows = added(before[:2], (w - before)[:2], names, "class1" if up else "class0", reach=0.8 * box[1])
    return Field.over(
        box,
        lambda x: torch.sign(score(x, w)),
        lo=-2.5,  # pale: all that a sign says is which side
        hi=2.5,
        value_label="sign(wᵀφ(x))",
        x=Axis("x₁"),
        y=Axis("x₂"),
        segments=lines,
        arrows=arrows,
        class_names=["−1", "+1"],
        **points,
    )


def terms(names: list[str], features: Float[Tensor, " F"], w: Float[Tensor, " F"]) -> Bars:
    """The score of one place as the sum of its terms w·φ; the last feature is the constant 1."""
    parts = features * w
    values = torch.cat([parts, parts.sum()[None]])
    return Bars(labels=[*(f"w·{name}" for name in names), "bias", "score"], values=values, signed=True, colours="sign")


def update(
    before: Float[Tensor, " F"],
    w: Float[Tensor, " F"],
    signed: Float[Tensor, "N F"],
    y: Float[Tensor, " N"],
    n: int | None,
) -> Equation:
    """The look at point n in numbers: score, prediction, and what became of w; with no point the rule."""
    if n is None:
        return Equation.of(
            [(r"w \leftarrow w + y\,\varphi(x) \quad\text{if } y\,w^\top\varphi(x) \le 0", "else nothing")]
        )
    features, label = signed[n] * y[n], float(y[n])
    size, score = len(w), float(features @ before)
    right = score * label > 0
    verdict = (
        "right: w stays" if right else "wrong: w moves" if score else "0 is neither class, so it is wrong: w moves"
    )
    change = rf"w + y\,\varphi(x) = {column('w', size)} + (\slot{{y}}){column('p', size)} = "
    lines = [
        (rf"w^\top\varphi(x) = {dot('w', 'p', size)} = \slot{{score}}", f"the score of point {n}"),
        (r"\hat y = \operatorname{sign}(\slot{score}) = \slot{guess},\quad y = \slot{y}", verdict),
        (rf"w' = {'w = ' if right else change}{column('v', size)}", "the new w; its last entry is the bias"),
    ]
    guess = (score > 0) - (score < 0)
    return Equation.of(lines, slots(w=before, p=features, v=w) | {"score": score, "y": label, "guess": guess})


def mistakes(seen: Float[Tensor, " T"], count: Float[Tensor, " T"], most: float) -> Curves:
    """Mistakes over the points looked at, under the most there can be (if finite; logarithmic if that is far)."""
    bounded, far = math.isfinite(most), 300 < most < math.inf
    newest = float(count.max())
    rules = [{"axis": "y", "at": most, "label": f"(R/γ)² = {most:,.1f}"}] if bounded else []
    top = 1.15 * max(most if bounded else 0, newest, 10) * (3 if far else 1)
    line = Line(id="mistakes", label="mistakes", x=seen, y=count.clamp(min=float(far)), style="steps")
    looks = Axis("points looked at", lo=0, hi=max(30.0, float(seen.max())))
    return Curves(lines=[line], rules=rules, x=looks, y=Axis("mistakes", lo=float(far), hi=top, log=far))


def updates(newest: Sequence[tuple[int, int, Tensor, Tensor]]) -> Table:
    """The newest mistakes first, each (look, point, w before, w after)."""
    rows: list[list[str | int | float | bool | None]] = [
        [look, n, written(after - before), written(before), written(after)] for look, n, before, after in newest
    ]
    names = ["look", "point", "y φ(x)", "w", "w′ = w + y φ(x)"]
    return Table(columns=[Column(name) for name in names], rows=rows, mark=0 if rows else None)


def path(weights: Float[Tensor, "T F"]) -> Points:
    """The first two weights over time, ending where they are now, on axes that seldom change."""
    places = weights[:, :2]
    reach = 2.0 ** math.ceil(math.log2(max(4.0, float(places.abs().max()))))
    axes = {"x": Axis("w₁", lo=-reach, hi=reach), "y": Axis("w₂", lo=-reach, hi=reach)}
    return Points(points=places[-1:], path=places, names=["w"], **axes)


def summary(features: int) -> Summary:
    """One weight a feature, the bias among them."""
    return Summary([{"layer": "w", "shape": f"{features}", "parameters": features}], features, 8 * features)
