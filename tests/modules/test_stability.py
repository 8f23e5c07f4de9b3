"""Radii against the eigenvalues of the step's own matrix (NumPy), limits against where these cross 1."""

import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from models.modules.stability import BOUNDED, limit, radius


def matrix(name: str, bend: float, beta: float) -> np.ndarray:
    """(x, v) -> (x', v') in one step along a direction with ηλ = bend, where η = 1; torch.optim.SGD's own lines."""
    if name == "sgd":
        return np.array([[1 - bend]])
    v = np.array([bend, beta])  # v' = β v + λ x
    if name == "momentum":
        return np.array([[1, 0] - v, v])
    return np.array([[1 - bend, 0] - beta * v, v])  # Nesterov: x' = x − (λ x + β v')


@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.7, 0.9, 0.99])
def test_the_radius_is_the_spectral_radius_of_the_step(name: str, beta: float) -> None:
    rates, curvatures = np.linspace(0.01, 5, 60), np.array([0.3, 1.0])
    expected = [max(abs(np.linalg.eigvals(matrix(name, r * c, beta))).max() for c in curvatures) for r in rates]
    got = radius(name, torch.from_numpy(rates), torch.from_numpy(curvatures), beta)
    # near a double root an eigenvalue solver loses half of its digits
    np.testing.assert_allclose(got, expected, atol=3e-7)


@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("beta", [0.1, 0.7, 0.9])
@pytest.mark.parametrize("steepest", [1.0, 50.0])
def test_the_limit_is_where_the_radius_crosses_1(name: str, beta: float, steepest: float) -> None:
    crossing = brentq(lambda h: abs(np.linalg.eigvals(matrix(name, h, beta))).max() - 1, 1.05, 4.5, xtol=1e-12)
    assert limit(name, steepest, beta) == pytest.approx(crossing / steepest, rel=1e-9)


def test_the_adaptive_ones_have_none() -> None:
    with pytest.raises(KeyError, match="adam has no such radius"):
        radius("adam", torch.ones(1), torch.ones(1), 0.9)
