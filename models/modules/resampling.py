"""Fits to many samples of one truth: what is kept of them, and what follows: bias², variance, noise.

Source: Geman, Bienenstock & Doursat (1992), Neural Computation 4 (bias and variance); Belkin et al. (2019), PNAS 116
(double descent); Stone (1974), JRSS B 36 (cross-validation).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["Tally", "chebyshev", "fit", "folds", "relu_features", "widths"]


def chebyshev(u: Float[Tensor, " N"], degree: int) -> Float[Tensor, "N F"]:
    """T₀ … T_degree at u in −1…1: they span the polynomials of that degree, and least squares can tell them apart."""
    return torch.from_numpy(np.polynomial.chebyshev.chebvander(u.double().numpy(), degree))


def relu_features(x: Float[Tensor, "N D"], directions: Float[Tensor, "D P"]) -> Float[Tensor, "N P"]:
    """max(0, xᵀaⱼ) for fixed random directions aⱼ, scaled so that their number does not matter."""
    return torch.relu(x @ directions) * (2 / directions.shape[1]) ** 0.5


def fit(phi: Float[Tensor, "N F"], y: Float[Tensor, " N"], ridge: float = 0.0) -> Float[Tensor, " F"]:
    """Least squares with a penalty; without one, and with more features than points, the shortest of the exact fits."""
    if ridge:
        phi = torch.cat([phi, ridge**0.5 * torch.eye(phi.shape[1], dtype=phi.dtype)])
        y = torch.cat([y, y.new_zeros(phi.shape[1])])
    return torch.linalg.lstsq(phi, y[:, None], driver="gelsd").solution[:, 0]


def folds(n: int, k: int, order: Int[Tensor, " N"]) -> list[Int[Tensor, " M"]]:
    """The rows of each of k folds, as equal in size as n allows, each row in exactly one."""
    return [order[part::k] for part in range(min(k, n))]


def widths(n: int) -> list[int]:
    """Numbers of features on both sides of n, n among them, up to 8n."""
    shares = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.35, 1.5, 2, 3, 4, 6, 8)
    return sorted({max(1, round(n * share)) for share in shares})


class Tally:
    """Sums over the refits of each of K settings, every other refit apart: so one half can predict the other.

    errors: train, validation and test error (mean squares); predictions at T places where the truth is known.
    """

    def __init__(self, settings: Sequence[int], places: int) -> None:
        self.settings = list(settings)
        self.count = torch.zeros(2, len(settings), dtype=torch.float64)
        self.errors = torch.zeros(2, len(settings), 3, dtype=torch.float64)
        self.squares = torch.zeros(2, len(settings), dtype=torch.float64)  # of the test errors
        self.sums = torch.zeros(2, len(settings), places, dtype=torch.float64)
        self.powers = torch.zeros(2, len(settings), places, dtype=torch.float64)

    def add(self, k: int, errors: tuple[float, float, float], predicted: Float[Tensor, " T"]) -> None:
        """One refit of setting k."""
        half = int(self.count[:, k].sum()) % 2
        self.count[half, k] += 1
        self.errors[half, k] += torch.tensor(errors, dtype=torch.float64)
        self.squares[half, k] += errors[2] ** 2
        self.sums[half, k] += predicted
        self.powers[half, k] += predicted.square()

    def made(self, k: int) -> int:
        """How many refits setting k has had."""
        return int(self.count[:, k].sum())

    def means(self) -> Float[Tensor, "K 3"]:
        """Mean train, validation and test error of each setting, NaN where there was no refit."""
        return self.errors.sum(0) / self.count.sum(0)[:, None]

    def mean_prediction(self, k: int) -> Float[Tensor, " T"]:
        """The mean of all predictions of a setting that has had a refit."""
        return self.sums[:, k].sum(0) / self.count[:, k].sum()

    def decomposed(self, truth: Float[Tensor, " T"], half: int | None = None) -> Float[Tensor, "K 2"]:
        """(bias², variance) of each setting, from all refits or from one half; NaN with fewer than two.

        Both are unbiased: the variance divides by m − 1, and bias² is (mean − truth)² less variance/m.
        """
        pick = slice(None) if half is None else slice(half, half + 1)
        count, sums, powers = (part[pick].sum(0) for part in (self.count, self.sums, self.powers))
        m = count[:, None]
        middle = sums / m
        variance = (powers - m * middle.square()) / (m - 1)
        bias = (middle - truth).square() - variance / m
        found = torch.stack([bias.mean(1), variance.mean(1)], dim=1)
        return torch.where(m > 1, found, torch.nan)

    def measured(self, half: int) -> Float[Tensor, "K 2"]:
        """(mean test error, its standard error) of one half of the refits; NaN with fewer than two."""
        m = self.count[half]
        mean = self.errors[half, :, 2] / m
        spread = ((self.squares[half] - m * mean.square()) / (m - 1)).clamp_min(0).sqrt() / m.sqrt()
        return torch.where(m[:, None] > 1, torch.stack([mean, spread], dim=1), torch.nan)

    def state_dict(self) -> dict[str, Any]:
        return dict(vars(self))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
