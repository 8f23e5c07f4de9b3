"""The margin against scipy's and scikit-learn's solvers, and against margins known in closed form."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import nnls
from sklearn.svm import SVC

from models.modules import margin


def signed_features(seed: int, n: int = 30, gap: float = 0.2) -> torch.Tensor:
    """Signed features (N, 3) of points on both sides of a random line, none nearer than `gap`."""
    chance = np.random.default_rng(seed)
    normal = chance.normal(size=2)
    normal /= np.linalg.norm(normal)
    x = chance.uniform(-5, 5, size=(20 * n, 2))
    distance = x @ normal + chance.uniform(-1, 1)
    keep = np.abs(distance) >= gap
    x, y = x[keep][:n], np.sign(distance[keep][:n])
    return torch.from_numpy(y[:, None] * np.c_[x, np.ones(len(x))])


def margin_by_svm(signed: torch.Tensor) -> float:
    """γ by libsvm: the signed features and their mirror images are two classes, best split through the origin."""
    both = np.r_[signed.numpy(), -signed.numpy()]
    machine = SVC(C=1e10, kernel="linear", tol=1e-8).fit(both, np.r_[np.ones(len(signed)), -np.ones(len(signed))])
    return float(1 / np.linalg.norm(machine.coef_))


@pytest.mark.parametrize("seed", range(20))
def test_margin_is_that_of_a_support_vector_machine(seed: int) -> None:
    signed = signed_features(seed)
    gamma, u = margin.hard_margin(signed)
    assert gamma == pytest.approx(margin_by_svm(signed), rel=1e-4)  # libsvm stops at its tolerance
    assert float(u.norm()) == pytest.approx(1, abs=1e-12)
    assert float((signed @ u).min()) == pytest.approx(gamma, rel=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_nonnegative_least_squares_is_scipys(seed: int) -> None:
    chance = np.random.default_rng(seed)
    matrix, target = chance.normal(size=(6, 15)), chance.normal(size=6)
    ours = margin.nonnegative_least_squares(torch.from_numpy(matrix), torch.from_numpy(target)).numpy()
    _, residual = nnls(matrix, target)
    assert np.linalg.norm(matrix @ ours - target) == pytest.approx(residual, abs=1e-9)
    assert (ours >= 0).all()


def test_two_opposite_points_have_the_margin_of_their_distance() -> None:
    signed = torch.tensor([[2.0, 0.0, 1.0], [2.0, 0.0, -1.0]])  # x = 2 is +1, x = −2 is −1: the line x₁ = 0 is best
    gamma, u = margin.hard_margin(signed)
    assert gamma == pytest.approx(2)
    torch.testing.assert_close(u, torch.tensor([1.0, 0.0, 0.0], dtype=torch.float64))
    assert margin.certificate(signed) is None


def test_a_tiny_margin_is_still_a_margin() -> None:
    signed = torch.tensor([[0.0, 1e-5, 1.0], [5.0, 1e-5, 1.0], [0.0, 1e-5, -1.0], [-5.0, 1e-5, -1.0], [3.0, 4.0, 1.0]])
    gamma, u = margin.hard_margin(signed)
    assert gamma == pytest.approx(1e-5, rel=1e-3)
    assert bool((signed.double() @ u > 0).all())


def test_xor_has_no_margin_and_the_program_says_why() -> None:
    corners = torch.tensor([[-1.0, -1.0, 1.0], [-1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, -1.0, 1.0]])
    signed = corners * torch.tensor([[1.0], [-1.0], [1.0], [-1.0]])
    gamma, u = margin.hard_margin(signed)
    assert gamma == 0
    assert not u.any()
    shares = margin.certificate(signed)
    assert shares is not None
    torch.testing.assert_close(shares, torch.full((4,), 0.25, dtype=torch.float64))
    assert margin.mistakes_at_most(signed, torch.zeros(3)) == math.inf


@pytest.mark.parametrize("seed", range(20))
def test_margin_and_program_agree_whether_anything_separates(seed: int) -> None:
    signed = signed_features(seed, n=12)
    if seed % 2:
        signed[seed % 12] *= -1  # one wrong label
    gamma, _ = margin.hard_margin(signed)
    shares = margin.certificate(signed)
    assert (gamma > 0) == (shares is None)
    if shares is not None:
        assert float(shares.sum()) == pytest.approx(1)
        assert float((shares @ signed).norm()) < 1e-6


@pytest.mark.parametrize("seed", range(20))
def test_no_perceptron_makes_more_mistakes_than_it_may_from_anywhere(seed: int) -> None:
    signed = signed_features(seed)
    torch.manual_seed(seed)
    for start in (torch.zeros(3, dtype=torch.float64), 20 * torch.randn(3, dtype=torch.float64)):
        w, mistakes = start.clone(), 0
        while bool((signed @ w <= 0).any()):
            for z in signed:
                if z @ w <= 0:
                    w, mistakes = w + z, mistakes + 1
        assert mistakes <= margin.mistakes_at_most(signed, start)


def test_from_zero_the_most_mistakes_are_novikoffs() -> None:
    signed = signed_features(3)
    gamma, _ = margin.hard_margin(signed)
    radius = float(signed.norm(dim=1).max())
    assert margin.mistakes_at_most(signed, torch.zeros(3)) == pytest.approx((radius / gamma) ** 2)


def test_no_points_have_no_margin_and_no_mistakes() -> None:
    nothing = torch.empty(0, 3)
    assert margin.hard_margin(nothing)[0] == 0
    assert margin.certificate(nothing) is None
    assert margin.mistakes_at_most(nothing, torch.zeros(3)) == 0
