"""Posteriors against scipy.stats, and against prior × likelihood integrated by quadrature."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from models.modules.conjugate import Beta, Coin, Gaussian, Normal

INSIDE = torch.linspace(0.01, 0.99, 99)


@pytest.mark.parametrize(("a", "b"), [(1, 1), (2, 2), (0.5, 0.5), (5, 2), (40, 2), (0.5, 3)])
def test_beta_is_scipys(a: float, b: float) -> None:
    ours, theirs = Beta(a, b), stats.beta(a, b)
    np.testing.assert_allclose(ours.density(INSIDE), theirs.pdf(INSIDE.double()), rtol=1e-10)
    assert ours.mean == pytest.approx(theirs.mean())
    assert ours.sd == pytest.approx(theirs.std())


@pytest.mark.parametrize(
    ("a", "b", "mode"),
    [(5, 2, 0.8), (2, 2, 0.5), (1, 3, 0.0), (3, 1, 1.0), (0.5, 3, 0.0), (0.5, 1, 0.0), (3, 0.5, 1.0), (1, 0.5, 1.0),
     (1, 1, None), (0.5, 0.5, None)],
)  # fmt: skip
def test_the_mode_of_beta_and_where_there_is_none(a: float, b: float, mode: float | None) -> None:
    assert Beta(a, b).mode == mode
    if mode is not None:
        grid = np.linspace(1e-6, 1 - 1e-6, 20_001)
        assert grid[stats.beta(a, b).pdf(grid).argmax()] == pytest.approx(mode, abs=1e-4)


@pytest.mark.parametrize("data", [[], [1.0, 1.0, 1.0], [1.0, 0.0, 0.0, 1.0, 0.0]])
@pytest.mark.parametrize(("a", "b"), [(1, 1), (2, 2), (4, 7.5)])
def test_the_coins_posterior_is_prior_times_likelihood(data: list[float], a: float, b: float) -> None:
    joint = lambda t: stats.beta(a, b).pdf(t) * math.prod(t if x else 1 - t for x in data)
    evidence, _ = integrate.quad(joint, 0, 1)
    expected = [joint(t) / evidence for t in INSIDE.tolist()]
    np.testing.assert_allclose(Coin(a, b).posterior(data).density(INSIDE), expected, rtol=1e-5)  # float32 places
    heads = sum(data)
    likelihood = Coin(a, b).likelihood(data)
    np.testing.assert_allclose(
        likelihood.density(INSIDE), stats.beta(1 + heads, 1 + len(data) - heads).pdf(INSIDE.double()), rtol=1e-10
    )


@pytest.mark.parametrize("data", [[], [2.0], [0.3, -1.2, 4.0, 0.1]])
def test_the_gaussians_posterior_is_prior_times_likelihood(data: list[float]) -> None:
    question = Gaussian(m=-1.0, tau=0.5, sigma=1.3)
    joint = lambda m: stats.norm(-1.0, 0.5).pdf(m) * math.prod(stats.norm(m, 1.3).pdf(x) for x in data)
    evidence, _ = integrate.quad(joint, -8, 8, epsabs=1e-14)
    places = torch.linspace(-3, 3, 31)
    expected = [joint(m) / evidence for m in places.tolist()]
    np.testing.assert_allclose(question.posterior(data).density(places), expected, rtol=1e-5, atol=1e-12)
    assert question.map(data) == pytest.approx(integrate.quad(lambda m: m * joint(m), -8, 8)[0] / evidence)


def test_before_any_datum_there_is_no_mle() -> None:
    assert Coin(2, 2).mle([]) is None
    assert Gaussian(0, 1, 1).mle([]) is None
    assert Gaussian(0, 1, 1).likelihood([]) is None
    assert Coin(1, 1).map([]) is None


@pytest.mark.parametrize("n", [10, 100, 1000, 10_000])
def test_map_goes_to_mle_as_data_come(n: int) -> None:
    data = [float(k % 10 < 3) for k in range(n)]
    coin = Coin(8, 3)
    assert abs(coin.map(data) - coin.mle(data)) <= (8 + 3) / n
    measured = [math.sin(k) for k in range(n)]
    gaussian = Gaussian(2.0, 0.5, 1.0)
    assert abs(gaussian.map(measured) - gaussian.mle(measured)) <= 4 * 3 / n  # (σ/τ)² |m − x̄| / n, |x̄| ≤ 1


@pytest.mark.parametrize("mean", [0.02, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("height", [1.5, 4.0, 7.0])
def test_the_held_prior_has_that_mean_and_height(mean: float, height: float) -> None:
    prior = Coin(**Coin(2, 2).held(mean, height)).prior
    bounds = sorted(float(Beta(mean * s, (1 - mean) * s).density(torch.tensor([mean])))
                    for s in (0.1 / min(mean, 1 - mean), 100 / max(mean, 1 - mean)))  # fmt: skip
    assert prior.mean == pytest.approx(mean, rel=1e-3)
    expected = min(max(height, bounds[0]), bounds[1])
    assert float(prior.density(torch.tensor([mean]))) == pytest.approx(expected, rel=1e-3)


def test_the_held_gaussian_has_that_peak() -> None:
    held = Gaussian(0, 1, 1).held(1.5, 0.8)
    assert stats.norm(held["prior_mean"], held["prior_sd"]).pdf(1.5) == pytest.approx(0.8)
    assert Gaussian(0, 1, 1).held(9.0, 0.0) == {"prior_mean": 5.0, "prior_sd": 10.0}


def test_surprise_is_the_cross_entropy() -> None:
    coin = Coin(1, 1)
    assert coin.surprise(0.25, 0.5) == pytest.approx(
        stats.entropy([0.5, 0.5]) + stats.entropy([0.5, 0.5], [0.25, 0.75])
    )
    assert coin.surprise(1.0, 0.5) == math.inf
    assert coin.surprise(1.0, 1.0) == 0
    mean = integrate.quad(lambda x: -stats.norm(0.3, 2).logpdf(x) * stats.norm(1, 2).pdf(x), -20, 20)[0]
    assert Gaussian(0, 1, 2).surprise(0.3, 1.0) == pytest.approx(mean)


def test_normal_is_scipys() -> None:
    x = torch.linspace(-3, 3, 13)
    np.testing.assert_allclose(Normal(0.4, 0.7).density(x), stats.norm(0.4, 0.7).pdf(x.double()), rtol=1e-12)
    assert Normal(0.4, 0.7).top == pytest.approx(stats.norm(0.4, 0.7).pdf(0.4))
