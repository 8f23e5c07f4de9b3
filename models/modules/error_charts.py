"""Errors over what is varied, a degree or a number of features, and what they are made of, in numbers."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import Axis, Curves, Equation, Line
from models.modules.vectors import numeral

__all__ = ["LEAST", "by_setting", "chart", "cross_validated", "decomposed"]

LEAST = 1e-9
"""Errors below it are drawn there: the axis is a logarithm."""


def by_setting(
    settings: Sequence[int], label: str, y: Float[Tensor, " K"], colour: str,
    style: Literal["solid", "dashed", "points"] = "solid",
) -> Line:  # fmt: skip
    """A number of each setting as a line, where it is known."""
    known = torch.isfinite(y)
    x = torch.tensor(settings, dtype=torch.float64)[known]
    return Line(id=label, label=label, x=x, y=y[known].clamp(LEAST, 1e12), colour=colour, style=style)


def chart(
    settings: Sequence[int], now: int, lines: list[Line], rules: list[dict[str, Any]], *, word: str, scale: float,
    wide: bool,
) -> Curves:  # fmt: skip
    """Lines over the settings with a rule at the present one; the axis of errors runs from scale/100 to 1,000 scale.

    wide: the settings run over powers of ten.
    """
    here = {"axis": "x", "at": settings[now], "label": "" if wide else f"{word} {settings[now]}"}
    x = Axis(word, lo=1, hi=settings[-1], log=wide)
    up = Axis("error", lo=0.01 * scale, hi=1_000 * scale, log=True)
    return Curves(lines=lines, rules=[*rules, here], x=x, y=up)


def cross_validated(errors: Float[Tensor, " J"], about: str) -> Equation:
    """The mean over the folds that have been held out; NaN: not yet."""
    there = errors[~errors.isnan()]
    mean = numeral(float(there.mean()), 3) if len(there) else "?"
    line = r"\mathrm{CV} = \frac{1}{k}\sum_{j=1}^{k} E_j = \slot{mean}"
    return Equation.of([(line, f"{about}: {len(there)} folds so far")], {"mean": mean})


def decomposed(parts: Float[Tensor, "2"], noise: float, measured: Float[Tensor, "2"], about: str) -> Equation:
    """bias² + variance (parts) + noise, beside the measured error with its standard error; NaN: too few refits."""
    bias, variance = parts.tolist()
    if math.isnan(bias):
        rule = r"\mathrm{E}\,(y - \hat f)^2 = \mathrm{bias}^2 + \mathrm{variance} + \sigma^2"
        return Equation.of([(rule, "over samples, and over the noise of a new point")])
    mean, error = measured.tolist()
    numbers = {"b": bias, "v": variance, "n": noise, "s": bias + variance + noise}
    told = "?" if math.isnan(mean) else f"{numeral(mean, 3)} ± {numeral(error, 2)}"
    lines = [
        (r"\mathrm{bias}^2 + \mathrm{variance} + \sigma^2", about),
        (r"\slot{b} + \slot{v} + \slot{n} = \slot{s}", "from every other refit; an estimate of bias² may fall below 0"),
        (r"\slot{m}", "measured on new points with the refits between, ± its standard error"),
    ]
    return Equation.of(lines, {name: numeral(value, 3) for name, value in numbers.items()} | {"m": told})
