"""Gradient descent on a least-squares loss, told: this step with its numbers, and how it stands to the closed form."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.core import Column, Equation, Table
from models.modules import least_squares
from models.modules.regression_sample import RegressionSample
from models.modules.vectors import column, numeral

__all__ = ["Stride", "formulas", "prospects", "told", "words_of_bias", "words_of_loss", "words_of_rank"]

SHOWN = 5
"""Longer vectors are told by their length."""
Weights = Float[Tensor, " F"]
Sentence = str | tuple[str, str]


@dataclass
class Stride:
    """One step: θ before and after, the gradient on the chosen rows of X (N, F) and y (N,), and the rate.

    names: of the weights, the last one "1" if it is a bias; before the first step `gradient` is None.
    """

    names: list[str]
    before: Weights
    after: Weights
    gradient: Weights | None
    rate: float
    x: Float[Tensor, "N F"]
    y: Float[Tensor, " N"]
    chosen: Int[Tensor, " B"] | None = None

    @property
    def symbols(self) -> list[str]:
        """What each weight is called in an equation."""
        inputs = len(self.names) - (self.names[-1] == "1")
        weights = ["w"] if inputs == 1 else [f"w_{{{j + 1}}}" for j in range(inputs)]
        return weights + ["b"] * (self.names[-1] == "1")


def told(stride: Stride) -> Equation:
    """The step in numbers, or the rule before the first one."""
    size = len(stride.before)
    if stride.gradient is None:
        return Equation.of(
            [
                (r"L(\theta) = \frac{1}{N}\sum_n \left(\hat y_n - y_n\right)^2", "the mean of the squared residuals"),
                (r"\theta \leftarrow \theta - \eta\,\nabla L(\theta)", "a step down the slope, η times the slope"),
            ]
        )
    values: dict[str, float | int | str] = {"eta": f"{stride.rate:.3g}"}
    for name, vector in (("t", stride.before), ("g", stride.gradient), ("n", stride.after)):
        values |= {f"{name}{j}": numeral(float(v), 3) for j, v in enumerate(vector)}
        values[f"{name}length"] = numeral(float(vector.norm()))
    lines = _single(stride, values) if stride.chosen is not None and len(stride.chosen) == 1 else _whole(stride)
    if size > 2:
        return Equation.of([*lines, *_long(size)], values)
    updates = [
        (rf"{s} \leftarrow \slot{{t{j}}} - \slot{{eta}} \cdot (\slot{{g{j}}}) = \slot{{n{j}}}", f"the new {s}")
        for j, s in enumerate(stride.symbols)
    ]
    return Equation.of([*lines, *updates], values)


def _whole(stride: Stride) -> list[tuple[str, str]]:
    """The gradient as a mean over the rows of this step."""
    rows = len(stride.y) if stride.chosen is None else len(stride.chosen)
    over = f"over all {rows} points" if stride.chosen is None else f"over a batch of {rows}"
    if len(stride.before) > 2:
        return [(r"\nabla L = \frac{2}{N} X^\top (X\theta - y)", over)]
    mean = rf"\frac{{2}}{{{rows}}} \sum_n (\hat y_n - y_n)"
    factor = {"w": r"\,x_n", "b": "", "w_{1}": r"\,\varphi_1", "w_{2}": r"\,\varphi_2"}
    return [
        (rf"\frac{{\partial L}}{{\partial {s}}} = {mean}{factor[s]} = \slot{{g{j}}}", over)
        for j, s in enumerate(stride.symbols)
    ]


def _single(stride: Stride, values: dict[str, float | int | str]) -> list[tuple[str, str]]:
    """The gradient on a single row, from its residual."""
    assert_one = stride.chosen
    n = int(assert_one[0]) if assert_one is not None else 0
    guess, truth = float(stride.x[n] @ stride.before), float(stride.y[n])
    values |= {"guess": numeral(guess, 3), "y": numeral(truth, 3), "e": numeral(guess - truth, 3)}
    lines = [
        (r"e = \hat y - y = \slot{guess} - (\slot{y}) = \slot{e}", f"the residual of point {n}, the only one seen")
    ]
    if len(stride.before) > 2:
        return [*lines, (r"\nabla \ell = 2\,e\,\varphi(x)", "its own gradient")]
    values |= {f"x{j}": numeral(float(v), 3) for j, v in enumerate(stride.x[n])}
    parts = [
        rf"\frac{{\partial \ell}}{{\partial {s}}} = 2\,e\,"
        + (rf"x = 2 \cdot (\slot{{e}}) \cdot (\slot{{x{j}}})" if s != "b" else r"= 2 \cdot (\slot{e})")
        + rf" = \slot{{g{j}}}"
        for j, s in enumerate(stride.symbols)
    ]
    return [*lines, *((part.replace(r"2\,e\,= ", r"2\,e = "), "") for part in parts)]


def _long(size: int) -> list[tuple[str, str]]:
    """The update of many weights: as columns, or by their lengths where these would not fit."""
    if size > SHOWN:
        return [
            (r"\lVert\nabla L\rVert = \slot{glength}", f"the length of a gradient of {size} numbers"),
            (r"\lVert\theta\rVert: \slot{tlength} \rightarrow \slot{nlength}", "θ′ = θ − η ∇L, with η = its rate"),
        ]
    columns = rf"{column('t', size)} - \slot{{eta}} \cdot {column('g', size)} = {column('n', size)}"
    return [(columns, "θ − η ∇L = θ′")]


def prospects(x: Float[Tensor, "N F"], rate: float, *, noisy: bool) -> list[Sentence]:
    """What the curvature says of a rate: whether descent arrives, and how long the flattest direction takes."""
    values, _ = least_squares.curvature(x)
    steepest = float(values[-1])
    if steepest == 0:
        return ["The loss is level in every direction: there is nothing to go down."]
    limit, factor = 2 / steepest, abs(1 - rate * steepest)
    if rate > limit:
        high = f"The rate {numeral(rate, 3)} is above the limit 2/λmax = {numeral(limit, 3)}: along the steepest "
        return [(high + f"direction each step overshoots and ends {factor:.2f} times as far away.", "bad")]
    told: list[Sentence] = [
        f"Rates below 2/λmax = {numeral(limit, 3)} arrive; this one is {numeral(rate, 3)}, {rate / limit:.0%} of it."
    ]
    curved = values[values > 1e-12 * steepest]
    slowest = max(abs(1 - rate * float(value)) for value in curved)
    ratio = steepest / float(curved[0])
    steps = f"{2.302585 / -math.log(slowest):,.0f} steps" if 1e-9 < slowest < 1 - 1e-15 else "one step"
    told.append(
        f"The steepest direction is {ratio:,.0f} times as curved as the flattest: a tenth is left after {steps}."
    )
    if noisy:
        told.append("Each step sees only some points, so at a constant rate it keeps trembling around the closed form.")
    return told


def words_of_loss(sample: RegressionSample, theta: Weights, best: Weights) -> str:
    """The loss, the least loss, and what is between them: ‖X(θ − θ*)‖²/N."""
    least, excess = least_squares.loss(sample.x, sample.y, best), (sample.x @ (theta - best)).square().mean()
    unit = sample.target[1]
    now = f"Loss {numeral(float(least_squares.loss(sample.x, sample.y, theta)))}{f' (in {unit}²)' if unit else ''}; "
    return now + f"the closed form's is {numeral(float(least))}, so {numeral(float(excess), 3)} to go."


def words_of_rank(x: Float[Tensor, "N F"]) -> list[Sentence]:
    """What it means that columns depend on each other, if they do."""
    rank, size = least_squares.rank(x), x.shape[1]
    if rank == size:
        return []
    lost = f"Rank is lost: {size} weights, but {rank} independent {'column' if rank == 1 else 'columns'} on "
    lost += (
        f"{len(x)} {'point' if len(x) == 1 else 'points'}. XᵀX has no inverse, many θ are equally good, and the closed "
    )
    return [(lost + "form shown is the shortest of them (pseudo-inverse).", "warn")]


def words_of_bias(sample: RegressionSample, best: Weights) -> list[Sentence]:
    """What ridge would make of the bias, which is the same number as b and as the weight of x₀ = 1 only without it."""
    if not sample.bias or least_squares.rank(sample.x) < len(best):
        return []
    shrunk = torch.full_like(best, len(sample.y))
    free = torch.cat([shrunk[:-1], torch.zeros_like(shrunk[:1])])
    left, pulled = (numeral(float(least_squares.ridge(sample.x, sample.y, each)[-1])) for each in (free, shrunk))
    same = f"The bias of the closed form is {numeral(float(best[-1]))}, as b or as the weight of x₀ = 1. "
    return [same + f"With ridge (λ = N) it would be {left} with b left free, {pulled} if x₀'s weight is shrunk too."]


def formulas(x: Float[Tensor, "N F"], y: Float[Tensor, " N"]) -> Table:
    """The closed form three ways: what each makes of these data."""
    whole = least_squares.rank(x) == x.shape[1]
    ways = {
        "QR": (least_squares.qr, "Rθ = Qᵀy"),
        "normal equations": (least_squares.normal_equations, "XᵀXθ = Xᵀy"),
        "pseudo-inverse": (least_squares.pseudo_inverse, "θ = X⁺y, the shortest"),
    }
    rows: list[list[str | int | float | bool | None]] = []
    for name, (way, note) in ways.items():
        if not len(y) or not (whole or name == "pseudo-inverse"):
            rows.append([name, "–", "–", "–", "no single answer: rank is lost" if len(y) else "no points"])
            continue
        theta = way(x, y)
        size, left = theta.norm(), least_squares.gradient(x, y, theta).norm()
        loss = numeral(float(least_squares.loss(x, y, theta)))
        rows.append([name, loss, numeral(float(size)), numeral(float(left), 1), note])
    columns = [Column("by"), Column("loss"), Column("‖θ‖"), Column("‖∇L‖ left"), Column("")]
    return Table(columns=columns, rows=rows)
