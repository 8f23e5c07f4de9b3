"""The Gaussian posterior against direct inversion, sampling, and SciPy's densities."""

import math

import numpy as np
import torch
from scipy.stats import multivariate_normal, norm

from models.modules import least_squares, posterior
from tests.modules.test_least_squares import penalties, problem


def belief(strength: float = 2.0, sigma: float = 0.7) -> tuple[posterior.Posterior, torch.Tensor]:
    """A posterior, and its covariance by plain inversion."""
    x, y = problem(n=8, size=3)
    weighed = penalties(strength, 4)
    mean, r = least_squares.ridge(x, y, weighed), least_squares.triangle(x, weighed)
    return posterior.Posterior(mean, r, sigma), sigma**2 * torch.linalg.inv(x.T @ x + torch.diag(weighed))


def test_its_peak_is_where_likelihood_times_prior_is_greatest() -> None:
    x, y = problem(n=8, size=3)
    now, _ = belief(strength=2.0, sigma=0.7)
    tau = 0.7 / math.sqrt(2.0)

    def log_density(theta: np.ndarray) -> float:
        likelihood = norm(x.numpy() @ theta, 0.7).logpdf(y.numpy()).sum()
        return float(likelihood + norm(0, tau).logpdf(theta[:-1]).sum())

    peak = log_density(now.mean.numpy())
    for step in np.vstack([np.eye(4), -np.eye(4)]) * 1e-3:
        assert log_density(now.mean.numpy() + step) < peak


def test_spread_deviation_and_lines_are_those_of_the_covariance() -> None:
    now, covariance = belief()
    phi = torch.randn(5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = (0.7**2 + ((phi @ covariance) * phi).sum(1)).sqrt()
    torch.testing.assert_close(now.spread(phi), expected)
    assert math.isclose(now.deviation(1), math.sqrt(float(covariance[1, 1])), rel_tol=1e-12)
    z = torch.randn(20_000, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    drawn = now.lines(z)
    scale = float(covariance.diagonal().max())
    torch.testing.assert_close(torch.cov(drawn.T), covariance, atol=0.05 * scale, rtol=0)  # 20,000 draws: 1 %


def test_an_open_direction_has_no_lines_and_no_band() -> None:
    open_ = posterior.Posterior(torch.zeros(3).double(), None, 1.0)
    assert open_.lines(torch.randn(4, 3).double()).shape == (0, 3)
    assert open_.spread(torch.randn(4, 3).double()) is None
    assert open_.deviation(0) == math.inf


def test_the_likelihood_is_scipys_and_the_squares_follow_from_it() -> None:
    residuals = torch.tensor([0.5, -1.0, 0.25, 2.0], dtype=torch.float64)
    theirs = multivariate_normal(np.zeros(4), 0.6**2).logpdf(residuals.numpy())
    assert math.isclose(posterior.log_likelihood(residuals, 0.6), theirs, rel_tol=1e-12)
    constant = -4 * 0.6**2 * math.log(2 * math.pi * 0.6**2)
    assert math.isclose(-2 * 0.6**2 * theirs + constant, float(residuals.square().sum()), rel_tol=1e-12)
    assert math.isclose(float(posterior.agreement(residuals, 0.6)[1]["sse"]), 5.3125, abs_tol=6e-4)


def test_the_bells_stand_where_they_should_and_the_priors_width_is_held() -> None:
    field = posterior.bells("u", 2.0, (3.0, 0.5), (2.5, 0.4), 8.0, flat=False)
    peaks = {line.id: float(line.x[line.y.argmax()]) for line in field.lines}
    assert abs(peaks["prior"]) < 0.04
    assert abs(peaks["likelihood"] - 3) < 0.04
    assert abs(peaks["posterior"] - 2.5) < 0.04
    (handle,) = field.handles
    assert handle["x"] == 2.0
    assert math.isclose(handle["y"], math.exp(-0.5))
    assert posterior.bells("u", 1e9, (3.0, math.inf), (0.0, 1.0), 8.0, flat=True).handles == []
