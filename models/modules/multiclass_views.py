"""Figures of several planes over one ground: the highest in space and from above, an update, counts, weights."""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from models.core import Axis, Bars, Curves, Equation, Field, Images, Matrix, Segment, Surface
from models.modules import contour, linear_views, multiclass
from models.modules.multiclass import Model
from models.modules.vectors import column, slots

__all__ = [
    "about_data", "about_margin", "confusion", "ground", "mistakes", "planes", "portraits", "questions", "sureness",
    "update", "weights",
]  # fmt: skip

Box = tuple[float, float, float, float]
Heights = Callable[[Float[Tensor, "N 2"]], Float[Tensor, "N K"]]
AXES = Sequence[tuple[str, str]]
SAMPLES, SMALL = 41, 24
FEW = 4
"""So many classes stand in an equation; of more, the point's own and the highest others."""
SHOWN = 300
"""So many points stand on the planes; more would hide them."""


def planes(
    heights: Heights, box: Box, axes: AXES, points: Float[Tensor, "N 2"], y: Int[Tensor, " N"], classes: Sequence[str],
    label: str,
) -> Surface:  # fmt: skip
    """The highest plane over every place, coloured by its class, and the points on that ground in their own colours."""
    x0, x1, y0, y1 = box
    across, up = (torch.linspace(a, b, SAMPLES, dtype=torch.float64) for a, b in ((x0, x1), (y0, y1)))
    places = torch.stack(torch.meshgrid(across, up, indexing="xy"), 2).reshape(-1, 2)
    high, k = heights(places).max(1)
    every = max(1, -(-len(points) // SHOWN))
    seen = points[::every]
    on = heights(seen).max(1).values if len(seen) else torch.empty(0, dtype=torch.float64)
    flat = bool((high == high[0]).all())
    seats = ", ".join(f"{name} {float((k == at).double().mean()):.0%}" for at, name in enumerate(classes))
    return Surface(
        z=high.reshape(SAMPLES, SAMPLES), classes=None if flat else k.reshape(SAMPLES, SAMPLES),
        x=Axis(axes[0][0], axes[0][1], lo=x0, hi=x1), y=Axis(axes[1][0], axes[1][1], lo=y0, hi=y1), z_axis=Axis(label),
        points=torch.column_stack([seen, on]), labels=y[::every], class_names=list(classes),
        alt="All planes lie at the same height." if flat else f"Share of the ground: {seats}.",
    )  # fmt: skip


def ground(
    heights: Heights, sure: Heights, box: Box, axes: AXES, classes: Sequence[str], *, points: Float[Tensor, "N 2"],
    y: Int[Tensor, " N"], wrong: Bool[Tensor, " N"], last: int | None, lines: list[Segment],
) -> Field:  # fmt: skip
    """The class of every place, the stronger the surer, under the points that are learned from."""
    places = Field.lattice(box)
    high = heights(places)
    k = high.argmax(1)
    flat = bool((high == high[:, :1]).all())
    return Field(
        classes=None if flat else k.reshape(100, 100),
        strength=None if flat else sure(places).gather(1, k[:, None]).clamp(0, 1).reshape(100, 100),
        box=box, x=Axis(*axes[0]), y=Axis(*axes[1]), points=points, labels=y, class_names=list(classes), mark=last,
        wrong=wrong.long(), segments=lines, draws=True, equal=not (axes[0][1] or axes[1][1]),
        alt=f"{int(wrong.sum())} of {len(y)} points lie on the ground of another class.",
    )  # fmt: skip


def questions(scores: Heights, model: Model, classes: int, box: Box, linear: bool) -> list[Segment]:
    """Where each binary question is undecided: dashed, in the colour of the class that is asked for; in pairs, grey."""
    if model not in ("one-vs-rest", "one-vs-one") or classes > 5:
        return []
    found: list[Segment] = []
    named = [str(k) for k in range(classes)] if model == "one-vs-rest" else multiclass.pairs(classes)
    for at in range(len(named)):
        pieces = contour.segments("", lambda x, m=at: scores(x)[:, m], box, linear=linear, dash=True)
        colour = f"class{at}" if model == "one-vs-rest" else "ink2"
        found += [Segment(f"q{at}-{i}", p.x0, p.y0, p.x1, p.y1, dash=True, colour=colour) for i, p in enumerate(pieces)]
    return found


def portraits(scores: Heights, box: Box, names: Sequence[str]) -> Images:
    """Every plane from above, those that lie below the others too: its score over the same places."""
    places = Field.lattice(box, SMALL)
    pictures = scores(places).T.reshape(-1, SMALL, SMALL).flip(1)  # the top row first
    return Images(
        images=pictures, captions=list(names), signed=True, value_label="score", alt=f"{len(names)} planes from above."
    )


def weights(w: Float[Tensor, "M F"], pixels: Sequence[tuple[int, int]], names: Sequence[str]) -> Images:
    """The weights of every class where their pixels are; a pixel that is the same in every row has none."""
    at = torch.tensor(pixels)
    high, wide = (at.amax(0) + 1).tolist()
    pictures = torch.zeros(len(w), max(8, high), max(8, wide), dtype=w.dtype)
    pictures[:, at[:, 0], at[:, 1]] = w[:, :-1]
    return Images(
        images=pictures, captions=list(names), signed=True, value_label="weight",
        alt=f"{len(names)} pictures of weights: ink where the weight is above 0 speaks for the class.",
    )  # fmt: skip


def confusion(y: Int[Tensor, " N"], guess: Int[Tensor, " N"], classes: Sequence[str]) -> Matrix:
    """How many points of each class (row) were taken for each class (column)."""
    size = len(classes)
    counts = torch.bincount(y * size + guess, minlength=size * size).reshape(size, size).double()
    return Matrix(
        values=counts, rows=list(classes), columns=list(classes), counts=True, x=Axis("taken for"), y=Axis("true"),
        alt=f"{int(counts.diagonal().sum())} of {len(y)} right.",
    )  # fmt: skip


def mistakes(seen: Float[Tensor, " T"], count: Float[Tensor, " T"], most: float) -> Curves:
    """Mistakes over the points looked at, under the most that there can be."""
    return linear_views.mistakes(seen, count, most)


def sureness(z: Float[Tensor, " K"], p: Float[Tensor, " K"], classes: Sequence[str], told: str) -> tuple[Bars, Bars]:
    """The height of every plane over a place, and how sure that makes the model."""
    return (
        Bars(labels=list(classes), values=z, signed=True, colours="class", title="Height of each plane"),
        Bars(labels=list(classes), values=p, colours="class", title=told, y=Axis("", lo=0, hi=1)),
    )


def _rule(model: Model, printed: bool) -> list[str | tuple[str, str]]:
    """What a step will do."""
    if printed:
        rule = r"w_{y_n} \leftarrow w_{y_n} + \eta\, x - \eta \sum_{k} P(k \mid x)\, x"
        return [(rule, "as printed"), (r"\sum_k P(k \mid x) = 1", "so it adds η x − η x = 0")]
    if model == "perceptron":
        rule = r"w_{y} \leftarrow w_{y} + x, \quad w_{\hat y} \leftarrow w_{\hat y} - x"
        return [(rule, "if another class ŷ reaches the score of y"), (r"W \leftarrow W", "else")]
    if model == "softmax":
        return [(r"w_k \leftarrow w_k + \eta\,(1[k = y] - P(k \mid x))\, x", "for every class k")]
    if model == "one-vs-rest":
        return [(r"w_k \leftarrow w_k + \eta\,(1[k = y] - p_k)\, x", "for every class k by itself")]
    return [(r"w_{ab} \leftarrow w_{ab} + \eta\,(1[b = y] - p_{ab})\, x", "for the pairs (a, b) that y is in")]


def _moved(after: Tensor, before: Tensor, most: int) -> list[int]:
    """The rows that moved most, at most so many."""
    change = (after - before).norm(dim=1)
    return [int(k) for k in change.argsort(descending=True, stable=True)[:most] if float(change[k]) > 0]


def update(
    model: Model, before: Float[Tensor, "M F"], w: Float[Tensor, "M F"], names: Sequence[str],
    look: tuple[int, Tensor, str, Tensor, Tensor] | None, rate: float, printed: bool,
) -> Equation:  # fmt: skip
    """The last step in numbers. look: (point, x, name of its class, scores, pulls); None: several at once."""
    lines = _rule(model, printed)
    few = [*range(min(2, w.shape[1] - 1)), w.shape[1] - 1]
    part = " (the first weights, and the bias)" if len(few) < w.shape[1] else ""
    values: dict[str, float | int | str] = {"rate": rate}
    if look:
        n, x, own, z, pulled = look
        at = pulled.abs().argsort(descending=True, stable=True)[:FEW].sort().values
        size = len(at)
        head = rf"W x = {column('z', size)}, \quad \text{{pull}} = {column('d', size)}"
        called = ", ".join(names[int(k)] for k in at)
        lines.append((head, f"point {n}, {own}; rows: {called}" + (" …" if size < len(z) else "")))
        values |= slots(z=z[at], d=pulled[at]) | slots(x=x[few])
    moved = _moved(w, before, 2)
    for place, k in enumerate(moved):
        b, a = f"b{place}r", f"a{place}r"
        values |= slots(**{b: before[k, few], a: w[k, few]})
        before_it, after_it = column(b, len(few)), column(a, len(few))
        if not look:
            lines.append((rf"{before_it} \to {after_it}", names[k] + part))
            continue
        values[f"p{place}"] = float(look[4][k])
        factor = rf"\slot{{p{place}}}" if model == "perceptron" else rf"\slot{{rate}} \cdot (\slot{{p{place}}})"
        lines.append((rf"{before_it} + {factor} \cdot {column('x', len(few))}", names[k] + part))
        lines.append((rf"\to {after_it}", ""))
    if look and not moved:
        lines.append((r"W \to W", "nothing is added"))
    return Equation.of(lines, values)


def about_data(x: Float[Tensor, "N D"], y: Int[Tensor, " N"], classes: Sequence[str]) -> list[tuple[str, str]]:
    """What is wrong with the points, if anything: classes without any, and places with two classes."""
    there = set(y.tolist())
    said = []
    if len(there) == 1:
        said.append(
            (f"All points are of one class, {classes[next(iter(there))]}: nothing says where others lie.", "warn")
        )
    elif missing := [name for k, name in enumerate(classes) if k not in there]:
        said.append((f"No points of {', '.join(missing)}: nothing lifts their planes.", "warn"))
    places = len(x.unique(dim=0))
    if len(torch.column_stack([x, y.to(x.dtype)]).unique(dim=0)) > places:
        said.append(("Points of different classes lie at one place: no planes are right about all of them.", "warn"))
    return said


def about_margin(gamma: float, most: float) -> tuple[str, str]:
    """What the margin of Kesler's rows says about the perceptron."""
    if math.isnan(gamma):
        return "The margin γ of so many numbers is not computed here: no bound is drawn.", "plain"
    if not gamma:
        return "γ = 0: no planes are right about all points, so the perceptron never settles.", "warn"
    return f"γ = {gamma:.3g}: at most {most:,.1f} mistakes in all (2R²/γ² from W = 0), in whatever order.", "good"
