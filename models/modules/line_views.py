"""Figures of a function of one number and the hidden layer that approximates it."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import Axis, Curves, Equation, Field, Line
from models.modules import hinges
from models.modules.hinges import GRID, Unit

__all__ = ["bends", "drawing", "error_by_time", "error_by_width", "residual", "terms", "unit"]

Curve = Callable[[Float[Tensor, " N"]], Float[Tensor, " N"]]
BOX = (-1.0, 1.0, -1.4, 1.4)
MOST = 2.5
"""Terms are drawn up to here; what goes beyond leaves the picture."""


def _colour(k: int) -> str:
    return f"class{k % 8}"


def bends(truth: Curve, fit: Curve, knots: Float[Tensor, " W"], unit: Unit, held: Float[Tensor, " E"] | None) -> Field:
    """The function and the sum. A sum of hinges is drawn piece by piece, each in the colour of the unit whose bend it
    begins with, and dotted where it would go without the next; `held` knots are handles.
    """
    x = GRID[::10]
    lines = [Line(id="truth", label="f", x=x, y=truth(x), style="dashed", colour="ink2")]
    if unit == "relu":
        lines += _pieces(fit, knots)
    else:
        lines.append(Line(id="sum", label="sum of units", x=x, y=fit(x), colour="class0"))
    inner = held[1:-1].tolist() if held is not None else []
    heights = fit(torch.tensor(inner, dtype=torch.float64)).tolist() if inner else []
    handles = [
        {"id": str(k + 1), "x": x, "y": y, "label": ""} for k, (x, y) in enumerate(zip(inner, heights, strict=True))
    ]
    worst = float((fit(GRID) - truth(GRID)).abs().max())
    return Field(
        box=BOX, x=Axis("x"), y=Axis("f(x)"), lines=lines, handles=handles, equal=False,
        alt=f"The function, and a sum of {len(knots)} units that is at most {worst:.3g} away.",
    )  # fmt: skip


def _pieces(fit: Curve, knots: Float[Tensor, " W"]) -> list[Line]:
    ends = hinges.pieces(knots)
    order = {round(float(t), 9): k for k, t in enumerate(knots)}
    y = fit(ends)
    lines = []
    for i in range(len(ends) - 1):
        colour = _colour(order.get(round(float(ends[i]), 9), 0))
        lines.append(Line(id=f"piece{i}", label="", x=ends[i : i + 2], y=y[i : i + 2], colour=colour))
        if i + 2 < len(ends):  # where it would go on without the next bend
            slope = (y[i + 1] - y[i]) / (ends[i + 1] - ends[i])
            on = torch.stack([ends[i + 1], ends[i + 2]])
            straight = y[i + 1] + slope * (on - ends[i + 1])
            lines.append(Line(id=f"on{i}", label="", x=on, y=straight, style="dotted", colour=colour))
    return lines


def terms(w: Tensor, b: Tensor, v: Tensor, c: float, unit: Unit) -> Curves:
    """v_k g(w_k x + b_k) of every unit over [−1, 1]."""
    x = GRID[::20]
    each = hinges.terms(x, w, b, v, unit).clamp(-2 * MOST, 2 * MOST)  # (N, W)
    lines = [Line(id=f"unit{k}", label="", x=x, y=each[:, k], colour=_colour(k)) for k in range(each.shape[1])]
    most = min(MOST, max(1.0, float(each.abs().max().ceil())))
    return Curves(
        lines=lines, x=Axis("x", lo=-1, hi=1), y=Axis("v g(wx + b)", lo=-most, hi=most), alt=f"{len(w)} units"
    )


def error_by_width(width: Float[Tensor, " T"], error: Float[Tensor, " T"], slope: int | None) -> Curves:
    """The largest error at each width, both logarithmic, with a line of the slope that theory gives."""
    lines = [
        Line(id="error", label="error", x=width, y=error.clamp(min=1e-6), style="points", colour="class0"),
        Line(id="joined", label="", x=width, y=error.clamp(min=1e-6), colour="class0"),
    ]
    if slope is not None and float(error[-1]) > 0:
        ends = torch.tensor([2.0, 64.0])
        through = float(error[-1]) * (ends / float(width[-1])) ** slope
        lines.append(
            Line(
                id="theory",
                label=f"∝ width{'⁻²' if slope == -2 else '⁻¹'}",
                x=ends,
                y=through,
                style="dotted",
                colour="ink2",
            )
        )
    return Curves(
        lines=lines, x=Axis("hidden units", lo=2, hi=64, log=True), y=Axis("max |f̂ − f|", lo=1e-4, hi=2, log=True),
        alt=f"Largest error {float(error[-1]):.3g} at {int(width[-1])} units.",
    )  # fmt: skip


def error_by_time(error: Float[Tensor, " T"]) -> Curves:
    """The largest error while the layer is trained."""
    x = torch.arange(len(error), dtype=torch.float64)
    line = Line(id="error", label="largest error", x=x, y=error.clamp(1e-6, 1e3), colour="class0")
    return Curves(
        lines=[line], x=Axis("kept steps"), y=Axis("max |f̂ − f|", log=True), alt=f"{float(error[-1]):.3g} now."
    )


def residual(x: Float[Tensor, " N"], e: Float[Tensor, " N"], worst: float) -> Curves:
    """f̂ − f over x, between ± the largest error."""
    rules = [{"axis": "y", "at": s * worst, "label": label} for s, label in ((1, f"{worst:.3g}"), (-1, ""))]
    line = Line(id="error", label="f̂ − f", x=x, y=e, colour="class1")
    return Curves(
        lines=[line], x=Axis("x", lo=-1, hi=1), y=Axis("f̂(x) − f(x)"), rules=rules, alt=f"At most {worst:.3g}."
    )


def unit(w: Tensor, b: Tensor, v: Tensor, c: float, kind: Unit) -> Equation:
    """The sum, and its unit with the rightmost knot, in numbers."""
    k = int((-b / torch.where(w.abs() < 1e-9, 1e-9, w)).argmax())
    slots: dict[str, float | int | str] = {"w": float(w[k]), "b": float(b[k]), "v": float(v[k]), "c": c, "n": len(w)}
    slots["knot"] = float(-b[k] / w[k]) if abs(float(w[k])) > 1e-9 else 0.0
    if kind == "sigmoid":
        rule, numbers = (
            r"\hat f(x) = c + \sum_k v_k\, \sigma(w_k x + b_k)",
            r"\slot{v} \cdot \sigma(\slot{w}\,x + \slot{b})",
        )
        return Equation.of(
            [(rule, "the layer"), (numbers, "its rightmost unit"), r"\text{climbs at } x = \slot{knot}"], slots
        )
    slots["bend"] = float(v[k] * w[k].abs())
    rule, numbers = (
        r"\hat f(x) = c + \sum_k v_k \max(0, w_k x + b_k)",
        r"\slot{v} \cdot \max(0, \slot{w}\,x + \slot{b})",
    )
    bend = r"\text{at } x = \slot{knot} \text{ the slope changes by } \slot{bend}"
    return Equation.of([(rule, "the layer"), (numbers, "its rightmost unit"), bend], slots)


def drawing(x: Float[Tensor, " N"], y: Float[Tensor, " N"]) -> Curves:
    """The function as a sheet to draw on."""
    line = Line(id="f", label="f", x=x, y=y, colour="ink2", style="dashed")
    return Curves(
        lines=[line],
        x=Axis("x", lo=-1, hi=1),
        y=Axis("f(x)", lo=BOX[2], hi=BOX[3]),
        draws=True,
        alt="A curve can be drawn here.",
    )
