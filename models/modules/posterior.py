"""The Gaussian posterior of a linear model, and the pictures of what it believes.

y = Xθ + noise of standard deviation σ; every weight has the prior N(0, τ²), the bias a flat one. With λ = σ²/τ² and
RᵀR = XᵀX + λD (D: 1 for a weight, 0 for the bias) the posterior is N(θ, σ²(RᵀR)⁻¹), θ the ridge solution.
Source: Bishop (2006), Pattern Recognition and Machine Learning, 3.3; Murphy (2022), Probabilistic ML, 11.7.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import Axis, Equation, Field, Line
from models.modules.vectors import numeral

__all__ = ["Posterior", "agreement", "bells", "log_likelihood", "objective"]

Weights = Float[Tensor, " F"]


@dataclass
class Posterior:
    """N(mean, σ²(RᵀR)⁻¹); without R it is improper: the data and the prior leave a direction open."""

    mean: Weights
    r: Float[Tensor, "F F"] | None
    sigma: float

    def lines(self, z: Float[Tensor, "S F"]) -> Float[Tensor, "L F"]:
        """Weights drawn from it, from standard normal numbers: θ + σR⁻¹z; none from an improper one."""
        if self.r is None:
            return self.mean.expand(0, -1)
        return self.mean + self.sigma * torch.linalg.solve_triangular(self.r, z.T, upper=True).T

    def spread(self, phi: Float[Tensor, "T F"]) -> Float[Tensor, " T"] | None:
        """The standard deviation of a new y at each place: σ√(1 + φᵀ(RᵀR)⁻¹φ), noise and doubt together."""
        if self.r is None:
            return None
        doubt = torch.linalg.solve_triangular(self.r.T, phi.T, upper=False).square().sum(0)  # (T,)
        return self.sigma * (1 + doubt).sqrt()

    def deviation(self, j: int) -> float:
        """The standard deviation of weight j, whatever the others are; ∞ where that is open."""
        if self.r is None:
            return math.inf
        unit = torch.eye(len(self.mean), dtype=self.mean.dtype)[:, j : j + 1]
        return self.sigma * float(torch.linalg.solve_triangular(self.r.T, unit, upper=False).norm())


def log_likelihood(residuals: Float[Tensor, " N"], sigma: float) -> float:
    """log p(y | θ) of independent Gaussian noise."""
    squares = float(residuals.square().sum())
    return -squares / (2 * sigma**2) - 0.5 * len(residuals) * math.log(2 * math.pi * sigma**2)


def agreement(residuals: Float[Tensor, " N"], sigma: float) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    """The sum of squares and the log-likelihood as the same number up to −2σ² and a constant: LaTeX and its slots."""
    logarithm = log_likelihood(residuals, sigma)
    constant = -len(residuals) * sigma**2 * math.log(2 * math.pi * sigma**2)
    lines = [
        (r"\log p(y \mid w) = \slot{loglik}", "the Gaussian likelihood of the data, as a logarithm"),
        (r"-2\sigma^2 \cdot (\slot{loglik}) + (\slot{constant}) = \slot{sse}", "= Σ(y − ŷ)²: a factor and a constant"),
    ]
    return lines, {
        "loglik": numeral(logarithm),
        "constant": numeral(constant),
        "sse": numeral(-2 * sigma**2 * logarithm + constant),
    }


def objective(
    prior: str, strength: float, residuals: Float[Tensor, " N"], w: Float[Tensor, " D"], sigma: float, tau: float
) -> Equation:
    """What the present weights minimise, with its numbers, and how the sum of squares is a likelihood."""
    squares = float(residuals.square().sum())
    size = float(w.abs().sum() if prior == "Laplace" else w.square().sum())
    values: dict[str, Any] = {
        "s": f"{sigma:.3g}", "t": numeral(tau, 3), "l": numeral(strength, 3), "e": numeral(squares),
        "n": numeral(size), "sum": numeral(squares + strength * size),
    }  # fmt: skip
    norm = {"Laplace": r"\lVert w \rVert_1"}.get(prior, r"\lVert w \rVert^2")
    ratio = {
        "flat": (r"\tau = \infty \Rightarrow \lambda = 0", "a flat prior: maximum likelihood"),
        "Gaussian": (r"\lambda = \frac{\sigma^2}{\tau^2} = \frac{\slot{s}^2}{\slot{t}^2} = \slot{l}", "noise / prior"),
        "Laplace": (
            r"\lambda = \frac{2\sqrt{2}\,\sigma^2}{\tau} = \slot{l}", "a Laplace prior with standard deviation τ"
        ),
    }[prior]  # fmt: skip
    cost = (
        rf"\sum(y-\hat y)^2 + \lambda {norm} = \slot{{e}} + \slot{{l}} \cdot \slot{{n}} = \slot{{sum}}",
        "is smallest at these weights",
    )
    lines, numbers = agreement(residuals, sigma)
    return Equation.of([ratio, cost, *lines], values | numbers)


def bells(
    name: str, tau: float, likelihood: tuple[float, float], posterior: tuple[float, float], reach: float, *, flat: bool
) -> Field:
    """Prior, likelihood and posterior of one weight, each as high as its own peak; the prior's width can be dragged.

    likelihood, posterior: (mean, standard deviation), ∞ where every value is equally likely. reach: the axis is ±reach.
    """
    w = torch.linspace(-reach, reach, 241, dtype=torch.float64)

    def bell(mean: float, deviation: float) -> Tensor:
        return torch.exp(-0.5 * ((w - mean) / deviation) ** 2) if deviation < math.inf else torch.ones_like(w)

    lines = [
        Line(id="prior", label="prior", x=w, y=bell(0.0, math.inf if flat else tau), style="dashed", colour="ink2"),
        Line(id="likelihood", label="likelihood", x=w, y=bell(*likelihood), style="dotted", colour="mark"),
        Line(id="posterior", label="posterior", x=w, y=bell(*posterior), colour="train"),
    ]
    at = min(tau, 0.96 * reach)
    handle = {"id": "tau", "x": at, "y": math.exp(-0.5 * (at / tau) ** 2), "label": "τ"}
    return Field(
        box=(-reach, reach, 0.0, 1.15), x=Axis(f"weight of {name}"), y=Axis("density / its peak"), equal=False,
        lines=lines, handles=[] if flat else [handle],
        alt=f"Weight of {name}: prior N(0, {tau:.3g}²), posterior {posterior[0]:.3g} ± {posterior[1]:.3g}",
    )  # fmt: skip
