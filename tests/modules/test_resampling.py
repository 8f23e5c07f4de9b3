"""Refits and what is made of them, against NumPy and scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold

from models.modules import resampling
from models.modules.resampling import Tally


def test_chebyshev_polynomials_span_all_polynomials_of_the_degree() -> None:
    u = torch.linspace(-1, 1, 30, dtype=torch.float64)
    y = 3 * u**5 - 2 * u**2 + 0.5
    phi = resampling.chebyshev(u, 5)
    torch.testing.assert_close(phi @ resampling.fit(phi, y), y)
    np.testing.assert_allclose(phi[:, 2].numpy(), 2 * u.numpy() ** 2 - 1)


def test_a_fit_is_numpys_polynomial_the_shortest_of_many_or_ridge() -> None:
    generator = torch.Generator().manual_seed(0)
    u = torch.linspace(-1, 1, 12, dtype=torch.float64)
    y = torch.randn(12, generator=generator, dtype=torch.float64)
    phi = resampling.chebyshev(u, 4)
    theirs = np.polynomial.Chebyshev.fit(u.numpy(), y.numpy(), 4, domain=[-1, 1]).coef
    np.testing.assert_allclose(resampling.fit(phi, y).numpy(), theirs, atol=1e-12)
    wide = torch.randn(12, 40, generator=generator, dtype=torch.float64)
    np.testing.assert_allclose(resampling.fit(wide, y).numpy(), np.linalg.pinv(wide.numpy()) @ y.numpy(), atol=1e-10)
    penalised = Ridge(alpha=0.3, fit_intercept=False, solver="svd").fit(wide.numpy(), y.numpy()).coef_
    np.testing.assert_allclose(resampling.fit(wide, y, 0.3).numpy(), penalised, atol=1e-10)


@pytest.mark.parametrize(("n", "k"), [(10, 5), (11, 4), (7, 7), (3, 5)])
def test_folds_share_out_every_row_once_and_as_scikit_learns_in_size(n: int, k: int) -> None:
    order = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    parts = resampling.folds(n, k, order)
    assert sorted(torch.cat(parts).tolist()) == list(range(n))
    theirs = [len(test) for _, test in KFold(min(n, k)).split(np.zeros(n))]
    assert sorted(map(len, parts)) == sorted(theirs)


@pytest.mark.parametrize("n", [1, 5, 20, 200])
def test_widths_hold_n_and_reach_past_it(n: int) -> None:
    assert n in resampling.widths(n)
    assert max(resampling.widths(n)) == 8 * n
    assert min(resampling.widths(n)) >= 1


def test_a_tally_is_numpys_mean_and_variance_and_bias_is_corrected() -> None:
    generator = torch.Generator().manual_seed(0)
    tally, truth = Tally([1, 2], 5), torch.arange(5).double()
    made = truth + 0.5 + torch.randn(9, 5, generator=generator, dtype=torch.float64)
    for i, predicted in enumerate(made):
        tally.add(1, (0.1, 0.2, float(i)), predicted)
    bias, variance = tally.decomposed(truth)[1].tolist()
    assert variance == pytest.approx(float(np.var(made.numpy(), axis=0, ddof=1).mean()))
    naive = float(((made.mean(0) - truth) ** 2).mean())
    assert bias == pytest.approx(naive - variance / 9)
    assert bool(tally.decomposed(truth)[0].isnan().all())
    assert tally.means()[1].tolist() == pytest.approx([0.1, 0.2, 4.0])
    even = np.arange(0, 9, 2)
    mean, error = tally.measured(0)[1].tolist()
    assert mean == pytest.approx(even.mean())
    assert error == pytest.approx(even.std(ddof=1) / len(even) ** 0.5)
    half = np.var(made.numpy()[1::2], axis=0, ddof=1).mean()
    assert float(tally.decomposed(truth, half=1)[1, 1]) == pytest.approx(float(half))
    assert tally.made(1) == 9


def test_the_corrected_bias_is_right_on_average() -> None:
    generator = torch.Generator().manual_seed(1)
    found = []
    for _ in range(400):
        tally = Tally([1], 4)
        for _ in range(4):
            tally.add(0, (0, 0, 0), 0.5 + torch.randn(4, generator=generator, dtype=torch.float64))
        found.append(tally.decomposed(torch.zeros(4).double())[0].tolist())
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / 20
    assert abs(mean[0] - 0.25) < 4 * error[0]
    assert abs(mean[1] - 1.0) < 4 * error[1]
