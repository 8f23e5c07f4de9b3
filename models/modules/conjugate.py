"""Two questions with conjugate priors: how often a coin shows heads, and where a Gaussian of known spread is centred.

    question = Coin(a=2, b=2)
    question.posterior([1, 1, 1])        # Beta(5, 2)
    question.mle([1, 1, 1]), question.map([1, 1, 1])      # 1.0, 0.8

The posterior is the prior times the likelihood, made to have area 1; here it is of the prior's own family.
Source: Murphy (2022), Probabilistic Machine Learning, 4.6; DeGroot & Schervish (2012), Probability and Statistics, 7.3.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["Beta", "Coin", "Gaussian", "Normal"]

LOW, HIGH = 0.1, 100.0
"""The least and the greatest a and b that a hand can set."""


@dataclass(frozen=True)
class Beta:
    """A density of θ in 0…1, proportional to θ^(a−1) (1−θ)^(b−1), with a, b > 0."""

    a: float
    b: float

    def density(self, x: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        """∞ at an end where a or b is below 1."""
        x = x.double()
        constant = math.lgamma(self.a + self.b) - math.lgamma(self.a) - math.lgamma(self.b)
        return (
            constant + torch.xlogy(x.new_tensor(self.a - 1), x) + torch.xlogy(x.new_tensor(self.b - 1), 1 - x)
        ).exp()

    @property
    def mode(self) -> float | None:
        """Where it is highest; None where no place is: flat, or highest at both ends."""
        a, b = self.a - 1, self.b - 1
        if a + b > 0 and a >= 0 and b >= 0:
            return a / (a + b)
        if a < 0 < b or a < b == 0:
            return 0.0
        return 1.0 if b < 0 < a or b < a == 0 else None

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)

    @property
    def sd(self) -> float:
        return math.sqrt(self.mean * (1 - self.mean) / (self.a + self.b + 1))

    @property
    def top(self) -> float:
        """The height of its curve, where it is finite."""
        places = torch.linspace(0.005, 0.995, 199) if self.mode is None else torch.tensor([self.mode])
        return float(self.density(places.clamp(0.005, 0.995)).max())

    def written(self) -> str:
        return f"Beta({self.a:.3g}, {self.b:.3g})"


@dataclass(frozen=True)
class Normal:
    """The Gaussian density N(mean, sd²)."""

    mean: float
    sd: float

    def density(self, x: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        z = (x.double() - self.mean) / self.sd
        return (-0.5 * z * z).exp() / (self.sd * math.sqrt(2 * math.pi))

    @property
    def mode(self) -> float:
        return self.mean

    @property
    def top(self) -> float:
        return 1 / (self.sd * math.sqrt(2 * math.pi))

    def written(self) -> str:
        return f"N({self.mean:.3g}, {self.sd:.3g}²)".replace("-", "−")


@dataclass(frozen=True)
class Coin:
    """Data are 1 (heads) and 0 (tails); θ is the probability of heads."""

    a: float
    b: float

    @property
    def prior(self) -> Beta:
        return Beta(self.a, self.b)

    def posterior(self, data: Sequence[float]) -> Beta:
        """Each head adds 1 to a, each tail 1 to b."""
        heads = sum(data)
        return Beta(self.a + heads, self.b + len(data) - heads)

    def likelihood(self, data: Sequence[float]) -> Beta | None:
        """θ^heads (1−θ)^tails as a curve of area 1: the posterior under a flat prior."""
        return Coin(1, 1).posterior(data)

    def mle(self, data: Sequence[float]) -> float | None:
        """The share of heads; None before the first toss."""
        return sum(data) / len(data) if data else None

    def map(self, data: Sequence[float]) -> float | None:
        return self.posterior(data).mode

    def surprise(self, estimate: float, truth: float) -> float:
        """−Σ p log p̂ in nats: the mean surprise of one more toss to someone who believes the estimate; may be ∞."""
        pairs = ((truth, estimate), (1 - truth, 1 - estimate))
        if any(p > 0 and q <= 0 for p, q in pairs):
            return math.inf
        return -sum(p * math.log(q) for p, q in pairs if p > 0)

    def held(self, x: float, y: float) -> dict[str, float]:
        """(a, b) of the prior whose mean is x and whose curve is y high there, as near as LOW and HIGH allow."""
        mean = min(max(x, 0.01), 0.99)
        low, high = LOW / min(mean, 1 - mean), HIGH / max(mean, 1 - mean)
        at = torch.tensor([mean])
        for _ in range(50):  # the curve at its mean rises with a + b
            middle = math.sqrt(low * high)
            below = float(Beta(mean * middle, (1 - mean) * middle).density(at)) < y
            low, high = (middle, high) if below else (low, middle)
        size = math.sqrt(low * high)
        return {"a": min(max(mean * size, LOW), HIGH), "b": min(max((1 - mean) * size, LOW), HIGH)}


@dataclass(frozen=True)
class Gaussian:
    """Data are drawn from N(μ, σ²) with σ known; μ has the prior N(m, τ²)."""

    m: float
    tau: float
    sigma: float

    @property
    def prior(self) -> Normal:
        return Normal(self.m, self.tau)

    def posterior(self, data: Sequence[float]) -> Normal:
        """Precisions add: 1/τ² + n/σ²; its mean lies between m and the mean of the data."""
        precision = 1 / self.tau**2 + len(data) / self.sigma**2
        mean = (self.m / self.tau**2 + math.fsum(data) / self.sigma**2) / precision
        return Normal(mean, precision**-0.5)

    def likelihood(self, data: Sequence[float]) -> Normal | None:
        """Of μ, as a curve of area 1; None before the first datum: it is the same everywhere."""
        return Normal(math.fsum(data) / len(data), self.sigma / len(data) ** 0.5) if data else None

    def mle(self, data: Sequence[float]) -> float | None:
        """The mean of the data; None before the first."""
        return math.fsum(data) / len(data) if data else None

    def map(self, data: Sequence[float]) -> float:
        return self.posterior(data).mean

    def surprise(self, estimate: float, truth: float) -> float:
        """The mean of −log N(x; estimate, σ²) over x from N(truth, σ²), in nats."""
        return 0.5 * math.log(2 * math.pi * self.sigma**2) + 0.5 + (estimate - truth) ** 2 / (2 * self.sigma**2)

    def held(self, x: float, y: float) -> dict[str, float]:
        """(m, τ) of the prior whose peak is at x and y high."""
        tau = 1 / (max(y, 1e-3) * math.sqrt(2 * math.pi))
        return {"prior_mean": min(max(x, -5.0), 5.0), "prior_sd": min(max(tau, 0.1), 10.0)}
