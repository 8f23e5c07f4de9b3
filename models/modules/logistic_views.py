"""Figures of logistic regression: the sheet of probabilities and what pulls at it, the plane below, one update."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import Axis, Bars, Curves, Equation, Field, Line, Segment, Surface, Walk
from models.modules import contour
from models.modules.logistic import Reliability
from models.modules.vectors import column, slots

__all__ = ["calibration", "norms", "plane", "scores", "sheet", "terms", "update"]

Box = tuple[float, float, float, float]
Scores = Callable[[Float[Tensor, "N 2"], Float[Tensor, " F"]], Float[Tensor, " N"]]
PULLS = 60
"""So many points show their pull; more would hide the sheet."""


def sheet(
    score: Scores,
    w: Tensor,
    box: Box,
    axes: Sequence[str],
    points: Tensor,
    y: Tensor,
    p: Tensor,
    classes: Sequence[str],
) -> Surface:
    """P(y = 1) over the plane as a sheet, the points at 0 and 1, and from the sheet to each point its pull y − p."""
    z = torch.sigmoid(score(Field.lattice(box, 30), w)).reshape(30, 30)
    every = max(1, -(-len(points) // PULLS))
    pulls = [
        Walk(
            id=f"pull{n}", colour=f"class{int(y[n])}",
            places=torch.stack([torch.cat([points[n], p[n, None]]), torch.cat([points[n], y[n, None]])]),
        )
        for n in range(0, len(points), every)
    ]  # fmt: skip
    return Surface(
        z=z, x=Axis(axes[0], lo=box[0], hi=box[1]), y=Axis(axes[1], lo=box[2], hi=box[3]),
        z_axis=Axis(f"P({classes[1]})", lo=0, hi=1), paths=pulls, points=torch.column_stack([points, y]),
        labels=y.long(), class_names=list(classes),
        alt=f"{len(points)} points pull at the sheet by {float((p - y).abs().mean() if len(y) else 0):.2f} on average.",
    )  # fmt: skip


def plane(
    score: Scores, weights: dict[str, Tensor], box: Box, *, linear: bool, axes: Sequence[str], points: Tensor,
    y: Tensor, classes: Sequence[str], last: int | None, wrong: Tensor,
) -> Field:  # fmt: skip
    """P(y = 1) from above, with its line of one half, and the boundaries of Newton's weights and the perceptron's."""
    w = weights["sgd"]
    lines: list[Segment] = []
    for name, label in (("newton", "Newton"), ("perceptron", "perceptron")):
        if bool(weights[name][:-1].any()):
            found = contour.segments(label, lambda x, v=weights[name]: score(x, v), box, linear=linear, dash=True)
            colour = "class2" if name == "newton" else "class3"
            lines += [replace(line, id=f"{name}{i}", colour=colour) for i, line in enumerate(found)]
    return Field(
        values=torch.sigmoid(score(Field.lattice(box), w)).reshape(100, 100), lo=0, hi=1, signed=False,
        value_label=f"P({classes[1]})", box=box, x=Axis(axes[0]), y=Axis(axes[1]), contours=[0.1, 0.5, 0.9],
        points=points, labels=y.long(), class_names=list(classes), segments=lines, mark=last, wrong=wrong.long(),
        draws=True, alt=f"{int(wrong.sum())} of {len(y)} points on the wrong side.",
    )  # fmt: skip


def scores(z: Tensor, y: Tensor, classes: Sequence[str]) -> Field:
    """Every point at its score wᵀx, on the S-curve that makes a probability of it."""
    reach = max(4.0, min(30.0, float(z.abs().max().ceil()) if len(z) else 4.0))
    over = torch.linspace(-reach, reach, 121, dtype=torch.float64)
    line = Line(id="sigmoid", label="σ(z)", x=over, y=torch.sigmoid(over), colour="ink")
    return Field(
        box=(-reach, reach, -0.1, 1.1), x=Axis("score z = wᵀx + b"), y=Axis(f"P({classes[1]})"), lines=[line],
        equal=False,
        points=torch.stack([z.clamp(-reach, reach), y], 1), labels=y.long(), class_names=list(classes),
        alt=f"Scores from {float(z.min() if len(z) else 0):.2f} to {float(z.max() if len(z) else 0):.2f}.",
    )  # fmt: skip


def update(
    before: Tensor, w: Tensor, x: Tensor, y: float, rate: float, decay: float, n: int, names: Sequence[str]
) -> Equation:
    """One point's step in numbers: its score, probability, pull, and what becomes of the first weights and the bias."""
    few = [*range(min(2, len(w) - 1)), len(w) - 1]
    z = float(x @ before)
    p = float(torch.sigmoid(torch.tensor(z)))
    shrink = r" - 2\eta\frac{\lambda}{N}\, w" if decay else ""
    lines = [
        (r"z = w^\top x = \slot{z}, \quad p = \sigma(z) = \slot{p}", f"point {n}, label {y:g}"),
        (r"p - y = \slot{pull}", "its pull: 0 if the model is sure and right"),
        r"w \leftarrow w - \eta\,(p - y)\,x" + shrink,
    ]
    old, point, new = (column(letter, len(few)) for letter in "bxa")
    named = ", ".join([*names[: len(few) - 1], "1"])
    numbers = slots(b=before[few], x=x[few], a=w[few])
    few_only = " (the first of them)" if len(few) < len(w) else ""
    lines.append((rf"{old} - \slot{{rate}} \cdot (\slot{{pull}}) \cdot {point}", f"the weights of {named}{few_only}"))
    lines.append(rf"\to {new}")
    return Equation.of(lines, {"z": z, "p": p, "pull": p - y, "rate": rate, **numbers})


def rule() -> Equation:
    """What a step will do."""
    return Equation.of([
        (r"w \leftarrow w - \eta\,(p - y)\,x, \quad p = \sigma(w^\top x)", "at every point, by how far p is from y"),
    ])  # fmt: skip


def terms(names: Sequence[str], x: Tensor, w: Tensor, classes: Sequence[str]) -> Bars:
    """P(y = 1) of a place, after the terms of its score."""
    parts = x * w
    z = parts.sum()
    values = torch.cat([parts, z[None], torch.sigmoid(z)[None]])
    return Bars(
        labels=[*(f"w·{name}" for name in names), "bias", "score z", f"P({classes[1]})"],
        values=values,
        signed=True,
        colours="sign",
    )


def calibration(found: Reliability) -> Curves:
    """Of the test points to which the model gave p, how many were really 1: on the diagonal it keeps its word."""
    line = Line(id="share", label="share of 1", x=found.p, y=found.share, style="points", colour="class0")
    joined = Line(id="joined", label="", x=found.p, y=found.share, colour="class0")
    ideal = Line(
        id="ideal",
        label="as said",
        x=torch.tensor([0.0, 1.0]),
        y=torch.tensor([0.0, 1.0]),
        style="dotted",
        colour="ink2",
    )
    return Curves(
        lines=[ideal, joined, line], x=Axis("p said", lo=0, hi=1), y=Axis("share that came true", lo=0, hi=1),
        alt=f"Expected calibration error {found.error:.3f}.",
    )  # fmt: skip


def norms(seen: Tensor, columns: dict[str, Tensor]) -> Curves:
    """How long w is by now, for each way of learning it."""
    styles = {"sgd": ("SGD", "solid", "class0"), "newton": ("Newton", "dashed", "class2")}
    lines = [
        Line(id=name, label=styles[name][0], x=seen, y=values, style=styles[name][1], colour=styles[name][2])
        for name, values in columns.items()
    ]
    return Curves(
        lines=lines, x=Axis("points looked at"), y=Axis("‖w‖", lo=0), alt=f"‖w‖ = {float(columns['sgd'][-1]):.3g}."
    )
