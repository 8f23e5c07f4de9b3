"""What the syllabus promises of ridge and MAP, at full size."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm
from sklearn.linear_model import Ridge

from models.core.session import Session
from models.labs.linear.ridge_and_map import RidgeAndMap

pytestmark = pytest.mark.proof


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sigma", [0.3, 2.0, 55.0])
@pytest.mark.parametrize("tau", [0.01, 0.5, 20.0, 1_000.0])
def test_map_is_scikit_learns_ridge_at_the_ratio_of_the_variances_to_1e_8(seed: int, sigma: float, tau: float) -> None:
    config = {"data": "diabetes, all ten", "standardise": True, "sigma": sigma, "tau": tau}
    lab = Session(RidgeAndMap, config, seed=seed).lab
    theirs = Ridge(alpha=sigma**2 / tau**2, solver="svd").fit(lab.sample.x[:, :-1].numpy(), lab.sample.y.numpy())
    np.testing.assert_allclose(lab.theta.numpy(), [*theirs.coef_, theirs.intercept_], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_no_weights_are_more_probable_than_those_of_map(seed: int) -> None:
    sigma, tau = 0.5, 2.0
    lab = Session(RidgeAndMap, {"sigma": sigma, "tau": tau, "size": 4}, seed=seed).lab
    x, y = lab.sample.x.numpy(), lab.sample.y.numpy()

    def surprise(theta: np.ndarray) -> float:
        return -float(norm(x @ theta, sigma).logpdf(y).sum() + norm(0, tau).logpdf(theta[:-1]).sum())

    theirs = minimize(surprise, np.zeros(5), tol=1e-12)
    np.testing.assert_allclose(lab.theta.numpy(), theirs.x, atol=1e-4)  # BFGS with finite differences
    assert surprise(lab.theta.numpy()) <= theirs.fun + 1e-9
    squares = float(((y - x @ lab.theta.numpy()) ** 2).sum())
    likelihood = float(norm(x @ lab.theta.numpy(), sigma).logpdf(y).sum())
    constant = -len(y) * sigma**2 * math.log(2 * math.pi * sigma**2)
    assert squares == pytest.approx(-2 * sigma**2 * likelihood + constant, rel=1e-12)
