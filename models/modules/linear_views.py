"""Figures of a linear classifier in the plane: its boundary and how it moved, its score term by term, its update."""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from models.core import Arrow, Axis, Bars, Column, Curves, Equation, Field, Line, Points, Summary, Table
from models.modules import contour
from models.modules.vectors import added, column, slots, written

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
    points: Float[Tensor, "N 2"],
    y: Float[Tensor, " N"],
    last: int | None,
    wrong: Bool[Tensor, " N"],
) -> Field:
    """The sign of score(x, w) over the plane, with the boundary of w solid and, if w has moved, the one before dashed.

    The last point looked at is marked and says whether it was right; if not, arrows show what it added to w.
    """
    moved = bool((w != before).any())
    lines = (
        contour.segments("", lambda x: score(x, w), box, linear=True) if linear else []
    )  # a curve: the colours' edge
    if moved:
        lines += contour.segments("before", lambda x: score(x, before), box, linear=linear, dash=True)
    arrows = added(before[:2], (w - before)[:2], last is not None and bool(y[last] > 0), reach=0.8 * box[1])
    if last is not None:
        arrows.append(Arrow("verdict", *points[last].tolist(), 0, 0, "missed: moves" if moved else "right: stays"))
    sides = (score(Field.lattice(box, 120), w) > 0).long().reshape(120, 120)
    return Field(
        classes=sides if w.any() else None,  # at w = 0 there are no sides yet
        box=box,
        x=Axis("x₁"),
        y=Axis("x₂"),
        points=points,
        labels=(y > 0).long(),
        class_names=["−1", "+1"],
        mark=last,
        wrong=wrong.long(),
        segments=lines,
        arrows=arrows,
        draws=True,
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
    operation = "+" if label > 0 else "-"
    terms = rf"{column('w', size)} \cdot {column('p', size)}" if right or size < 4 else r"w \cdot \varphi(x)"
    change = f"{column('w', size)} {operation} {column('p', size)} = {column('v', size)}"
    lines = [
        (rf"{terms} = \slot{{score}}", f"w · φ(x), the score of point {n}"),
        (r"\hat y = \operatorname{sign}(\slot{score}) = \slot{guess},\quad y = \slot{y}", verdict),
        (r"w' = w", "nothing is added") if right else (change, f"w′ = w + y φ(x), with y = {label:+.0f}"),
    ]
    guess = (score > 0) - (score < 0)
    return Equation.of(lines, slots(w=before, p=features, v=w) | {"score": score, "y": label, "guess": guess})


def mistakes(seen: Float[Tensor, " T"], count: Float[Tensor, " T"], most: float) -> Curves:
    """Mistakes over the points looked at, under the most there can be (if finite; logarithmic if that is far)."""
    bounded, far = math.isfinite(most), 300 < most < math.inf
    newest = float(count.max())
    rules = [{"axis": "y", "at": most, "label": f"at most {most:,.1f}"}] if bounded else []
    top = 1.15 * max(most if bounded else 0, newest, 10) * (3 if far else 1)
    line = Line(id="mistakes", label="mistakes", x=seen, y=count.clamp(min=float(far)), style="steps")
    looks = Axis("points looked at", lo=0, hi=max(30.0, float(seen.max())))
    return Curves(lines=[line], rules=rules, x=looks, y=Axis("mistakes", lo=float(far), hi=top, log=far))


def updates(newest: Sequence[tuple[int, int, Tensor, Tensor]]) -> Table:
    """The newest mistakes first, each (look, point, w before, w after)."""
    rows: list[list[str | int | float | bool | None]] = [
        [look, n, written(after - before, 1), written(after, 1)] for look, n, before, after in newest
    ]
    names = ["look", "point", "y φ(x)", "w′ = w + y φ(x)"]
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
