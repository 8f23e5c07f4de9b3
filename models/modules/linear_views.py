"""Figures of a linear classifier in the plane: its boundary and how it moved, its score term by term, its update."""

import math
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import Axis, Bars, Equation, Field, Points
from models.modules import contour
from models.modules.vectors import added, column, dot, slots

__all__ = ["boundary", "path", "terms", "update"]

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
    w: Float[Tensor, " F"], features: Float[Tensor, " F"], y: float, after: Float[Tensor, " F"], point: int
) -> Equation:
    """One look of the perceptron in numbers: the score, the prediction, and what becomes of w."""
    size, score = len(w), float(features @ w)
    right = score * y > 0
    verdict = (
        "right: w stays" if right else "wrong: w moves" if score else "0 is neither class, so it is wrong: w moves"
    )
    change = rf"w + y\,\varphi(x) = {column('w', size)} + (\slot{{y}}){column('p', size)} = "
    lines = [
        (rf"w^\top\varphi(x) = {dot('w', 'p', size)} = \slot{{score}}", f"the score of point {point}"),
        (r"\hat y = \operatorname{sign}(\slot{score}) = \slot{guess},\quad y = \slot{y}", verdict),
        (rf"w' = {'w = ' if right else change}{column('v', size)}", "the new w; its last entry is the bias"),
    ]
    guess = (score > 0) - (score < 0)
    return Equation.of(lines, slots(w=w, p=features, v=after) | {"score": score, "y": y, "guess": guess})


def path(weights: Float[Tensor, "T F"]) -> Points:
    """The first two weights over time, ending where they are now, on axes that seldom change."""
    places = weights[:, :2]
    reach = 2.0 ** math.ceil(math.log2(max(4.0, float(places.abs().max()))))
    axes = {"x": Axis("w₁", lo=-reach, hi=reach), "y": Axis("w₂", lo=-reach, hi=reach)}
    return Points(points=places[-1:], path=places, names=["w"], **axes)
