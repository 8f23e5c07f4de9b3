"""Heights, gradients and Hessians against autograd, SciPy, and the minima that the literature gives."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize, rosen, rosen_der, rosen_hess

from models.modules.surfaces import LABELS, Surface, named


def every() -> list[Surface]:
    return [named(name, kappa=50.0, tilt=30.0) for name in LABELS]


each = pytest.mark.parametrize("surface", every(), ids=list(LABELS))


def places(surface: Surface, n: int = 40) -> torch.Tensor:
    x0, x1, y0, y1 = surface.box
    share = torch.rand(n, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return torch.tensor([x0, y0]) + share * torch.tensor([x1 - x0, y1 - y0])


@each
def test_gradient_and_hessian_are_those_of_autograd(surface: Surface) -> None:
    for x in places(surface):
        height = lambda p: surface.height(p[None])[0]
        gradient = torch.autograd.functional.jacobian(height, x)
        hessian = torch.autograd.functional.hessian(height, x)
        torch.testing.assert_close(surface.gradient(x[None])[0], gradient, rtol=1e-11, atol=1e-11)  # float64 rounding
        torch.testing.assert_close(surface.hessian(x[None])[0], hessian, rtol=1e-11, atol=1e-11)


@each
def test_minima_are_minima_of_height_0(surface: Surface) -> None:
    minima = torch.tensor(surface.minima, dtype=torch.float64)
    assert surface.height(minima).abs().max() < 1e-20
    assert surface.gradient(minima).abs().max() < 1e-9
    assert surface.eigenvalues(minima).min() > 0


@each
def test_scipy_finds_no_other_minimum(surface: Surface) -> None:
    x0, x1, y0, y1 = surface.box
    height = lambda p: float(surface.height(torch.from_numpy(np.asarray(p))[None]))
    for x in places(surface, 8):
        found = minimize(height, x.numpy(), bounds=[(x0, x1), (y0, y1)], method="L-BFGS-B", tol=1e-14)
        if found.fun > 1e-3:
            continue  # stopped on Beale's plain, or at the edge
        nearest = surface.nearest_minimum(torch.from_numpy(found.x))
        np.testing.assert_allclose(found.x, nearest.numpy(), atol=2e-3)  # where finite differences let it stop


def test_rosenbrock_is_scipys() -> None:
    surface = named("rosenbrock", kappa=1.0, tilt=0.0)
    for x in places(surface, 10):
        assert float(surface.height(x[None])) == pytest.approx(rosen(x.numpy()))
        np.testing.assert_allclose(surface.gradient(x[None])[0], rosen_der(x.numpy()), rtol=1e-12, atol=1e-10)
        np.testing.assert_allclose(surface.hessian(x[None])[0], rosen_hess(x.numpy()), rtol=1e-12)


@pytest.mark.parametrize("tilt", [0.0, 17.0, 45.0, 90.0])
def test_a_turned_bowl_keeps_its_curvatures(tilt: float) -> None:
    bowl = named("bowl", kappa=73.0, tilt=tilt)
    np.testing.assert_allclose(bowl.eigenvalues(torch.ones(1, 2, dtype=torch.float64))[0], [1, 73], rtol=1e-12)
    flat = torch.tensor([[np.cos(np.radians(tilt)), np.sin(np.radians(tilt))]])  # the axis of curvature 1
    assert float(bowl.height(flat)) == pytest.approx(0.5)
