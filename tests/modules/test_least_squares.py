"""Least squares against NumPy, SciPy and scikit-learn."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.linear_model import Lasso, LinearRegression, Ridge

from models.modules import least_squares


def problem(n: int = 20, size: int = 4, seed: int = 0, correlated: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """X (n, size + 1) with a last column of ones, and y."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, size, generator=generator, dtype=torch.float64)
    x = x + correlated * x[:, :1]
    y = x @ torch.arange(size).double() + 3 + torch.randn(n, generator=generator, dtype=torch.float64)
    return torch.cat([x, torch.ones(n, 1, dtype=torch.float64)], dim=1), y


def penalties(value: float, size: int) -> torch.Tensor:
    return torch.tensor([value] * (size - 1) + [0.0], dtype=torch.float64)


def lasso(x: torch.Tensor, y: torch.Tensor, strength: float) -> torch.Tensor:
    path = least_squares.lasso_path(x, y, bias=True)
    return least_squares.along(path, torch.tensor([strength], dtype=torch.float64))[0]


@pytest.mark.parametrize("way", [least_squares.qr, least_squares.normal_equations, least_squares.pseudo_inverse])
def test_three_ways_are_scikit_learns_answer(way) -> None:
    x, y = problem()
    theirs = LinearRegression().fit(x[:, :-1].numpy(), y.numpy())
    theta = way(x, y)
    np.testing.assert_allclose(theta[:-1].numpy(), theirs.coef_, atol=1e-12)
    assert float(theta[-1]) == pytest.approx(theirs.intercept_, abs=1e-12)


def test_where_rank_is_lost_it_is_the_shortest_of_the_best() -> None:
    x, y = problem(n=3, size=6)
    theirs, _, rank, _ = np.linalg.lstsq(x.numpy(), y.numpy(), rcond=None)
    assert least_squares.rank(x) == rank == 3
    np.testing.assert_allclose(least_squares.solve(x, y).numpy(), theirs, atol=1e-12)
    doubled = torch.cat([x[:, :2], x[:, :1]], dim=1)
    assert least_squares.rank(doubled) == 2
    theta = least_squares.solve(doubled, y)
    assert float(theta[0]) == pytest.approx(float(theta[2]))  # two equal columns share evenly


def test_gradient_and_curvature_are_those_of_the_loss() -> None:
    x, y = problem()
    theta = torch.randn(5, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)
    (slope,) = torch.autograd.grad(((x @ theta - y) ** 2).sum() / len(y), theta)
    hessian = torch.autograd.functional.hessian(lambda t: ((x @ t - y) ** 2).sum() / len(y), theta.detach())
    torch.testing.assert_close(least_squares.gradient(x, y, theta.detach()), slope)
    values, vectors = least_squares.curvature(x)
    torch.testing.assert_close(vectors @ torch.diag(values) @ vectors.T, hessian)


@pytest.mark.parametrize("strength", [1e-6, 0.1, 3.0, 1e4])
@pytest.mark.parametrize("n", [20, 3])
def test_ridge_is_scikit_learns_with_the_bias_left_free(strength: float, n: int) -> None:
    x, y = problem(n=n)
    theirs = Ridge(alpha=strength, solver="svd").fit(x[:, :-1].numpy(), y.numpy())
    theta = least_squares.ridge(x, y, penalties(strength, 5))
    np.testing.assert_allclose(theta[:-1].numpy(), theirs.coef_, atol=1e-9)
    assert float(theta[-1]) == pytest.approx(theirs.intercept_, abs=1e-9)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("n", [20, 3])
def test_the_path_of_ridge_is_ridge_at_every_strength(n: int, bias: bool) -> None:
    x, y = problem(n=n)
    x = x if bias else x[:, :-1]
    strengths = torch.tensor([1e-3, 0.5, 40.0], dtype=torch.float64)
    for strength, theta in zip(strengths, least_squares.ridge_path(x, y, strengths, bias=bias), strict=True):
        weighed = torch.full((x.shape[1],), float(strength)).double()
        weighed[4:] = 0.0
        torch.testing.assert_close(theta, least_squares.ridge(x, y, weighed), atol=1e-8, rtol=1e-8)


def test_the_triangle_squares_to_the_penalised_gram_matrix() -> None:
    x, _ = problem()
    r = least_squares.triangle(x, penalties(2.0, 5))
    torch.testing.assert_close(r.T @ r, x.T @ x + torch.diag(penalties(2.0, 5)))
    assert least_squares.triangle(x[:3], penalties(0.0, 5)) is None


@pytest.mark.parametrize("strength", [0.01, 1.0, 10.0, 100.0, 1e4])
@pytest.mark.parametrize("correlated", [0.0, 3.0])
@pytest.mark.parametrize("seed", range(5))
def test_lasso_is_scikit_learns(strength: float, correlated: float, seed: int) -> None:
    x, y = problem(size=6, seed=seed, correlated=correlated)
    alpha = strength / 2 / len(y)  # scikit-learn's loss is ‖·‖²/2N + α‖w‖₁
    theirs = Lasso(alpha=alpha, tol=1e-14, max_iter=1_000_000).fit(x[:, :-1].numpy(), y.numpy())
    theta = lasso(x, y, strength)
    np.testing.assert_allclose(theta[:-1].numpy(), theirs.coef_, atol=1e-7)
    assert (theta[:-1] != 0).tolist() == (theirs.coef_ != 0).tolist()


def test_lasso_with_more_weights_than_points_is_no_worse_than_scipys() -> None:
    x, y = problem(n=4, size=8)
    theta = lasso(x, y, 0.5)

    def cost(parts: np.ndarray) -> float:  # w = up − down, both ≥ 0: smooth, so that a general solver can do it
        w = np.append(parts[:8] - parts[8:16], parts[16])
        return float(((x.numpy() @ w - y.numpy()) ** 2).sum() + 0.5 * parts[:16].sum())

    bounds = [(0, None)] * 16 + [(None, None)]
    options = {"maxiter": 50_000, "maxfun": 10**7, "ftol": 1e-15, "gtol": 1e-10}
    theirs = minimize(cost, np.zeros(17), bounds=bounds, method="L-BFGS-B", options=options).fun
    ours = float((x @ theta - y).square().sum() + 0.5 * theta[:-1].abs().sum())
    assert ours <= theirs + 1e-6
    assert int((theta[:-1] != 0).sum()) <= 4
