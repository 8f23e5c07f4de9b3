"""The toy sets: the shapes they claim, chance from the generator alone, and the facts the labs lean on."""

import math
from typing import get_args

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from models.data import plane

NAMES = get_args(plane.Name)


def draw(name, seed=0, **settings):
    return plane.load(name, generator=torch.Generator().manual_seed(seed), **settings)


@pytest.mark.parametrize("name", NAMES)
def test_a_set_has_its_shape_type_and_place(name):
    x, y = draw(name, n=200)

    n = 4 if name == "xor-points" else 200
    assert x.shape == (n, 2)
    assert x.dtype == torch.float32
    assert y.shape == (n,)
    assert y.dtype == (torch.float32 if name in plane.REGRESSION else torch.int64)
    assert x.abs().max() <= plane.BOX[1]


@pytest.mark.parametrize("name", NAMES)
def test_all_chance_comes_from_the_generator(name):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, second, other = (draw(name, seed, n=50, noise=0.1) for seed in (7, 7, 8))

    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert name == "xor-points" or not torch.equal(first[0], other[0])


@pytest.mark.parametrize("name", [name for name in NAMES if plane.MOST_CLASSES.get(name) == 8])
@pytest.mark.parametrize("classes", [2, 3, 8])
def test_every_class_is_there_in_equal_number(name, classes):
    _, y = draw(name, n=240, classes=classes)

    assert y.bincount().tolist() == [240 // classes] * classes


@pytest.mark.parametrize("name", plane.MOST_CLASSES)
def test_a_class_too_many_is_refused_with_the_bound(name):
    with pytest.raises(ValueError, match=f"2 to {plane.MOST_CLASSES[name]} classes, not 9"):
        draw(name, classes=9)


def test_circle_is_told_apart_by_the_radius_alone():
    x, y = draw("circle", n=400)
    r = x.norm(dim=1)

    assert r[y == 0].max() < r[y == 1].min()


@pytest.mark.parametrize("name", ["xor", "xor-blobs", "xor-points"])
def test_xor_is_the_sign_of_the_product(name):
    x, y = draw(name, n=400)

    agreement = ((x[:, 0] * x[:, 1] > 0).long() == y).float().mean()
    assert agreement > (0.999 if name != "xor-blobs" else 0.99)


def test_the_four_points_of_xor_are_the_corners_of_a_square():
    x, y = draw("xor-points")

    assert sorted(zip(*x.T.tolist(), y.tolist(), strict=True)) == [(-3, -3, 1), (-3, 3, 0), (3, -3, 0), (3, 3, 1)]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("margin", [0.0, 0.5, 2.0])
def test_separable_is_certified_by_a_linear_program(seed, margin):
    x, y = draw("separable", seed, n=60, margin=margin)
    signs = (2 * y - 1).numpy()[:, None].astype(float)

    # Is there (w, b) with y(w·x + b) ≥ 1 for all? Feasibility decided by an independent solver.
    constraints = -signs * np.hstack([x.double().numpy(), np.ones((60, 1))])
    found = linprog(np.zeros(3), A_ub=constraints, b_ub=-np.ones(60), bounds=(None, None))
    assert found.status == 0
    # Opposite classes are at least twice the margin apart: the strip between them is free.
    assert torch.cdist(x[y == 0], x[y == 1]).min() >= 2 * margin - 1e-5  # float32 coordinates up to 5


def test_a_margin_without_room_is_refused():
    with pytest.raises(ValueError, match="between 0 and 3, not 4"):
        draw("separable", margin=4.0)


def test_spiral_arms_are_turned_against_each_other():
    x, y = draw("spiral", n=300, classes=3)
    r = x.norm(dim=1)
    angle = torch.atan2(x[:, 0], x[:, 1]) - 1.75 * 2 * math.pi * r / plane.RADIUS

    # Unwound by 1.75 turns over the radius, each arm is one ray; rays stand at 0°, 120°, 240°.
    error = torch.remainder(angle - 2 * math.pi * y / 3 + math.pi, 2 * math.pi) - math.pi
    assert error[r > 0.1].abs().max() < 1e-3  # float32 angles


def test_plane_and_multi_gaussian_are_the_heights_they_claim():
    x, y = draw("plane", n=300)
    torch.testing.assert_close(y, (x[:, 0] + x[:, 1]) / 12)

    x, y = draw("multi-gaussian", n=2000)
    near = lambda a, b: (x - torch.tensor([a, b])).norm(dim=1) < 0.4
    assert y[near(0.0, -2.5)].min() > 0.7
    assert y[near(0.0, 2.5)].max() < -0.7
    assert y[near(2.0, 0.0)].abs().max() < 0.05


def test_noise_blurs_the_border_and_leaves_the_middle():
    x, y = draw("circle", n=4000, noise=0.2)
    r = x.norm(dim=1)

    assert y[r < 0.5].float().mean() < 0.05
    assert y[r > 4.8].float().mean() > 0.95
    assert 0.1 < y[(r > 1.8) & (r < 2.1)].float().mean() < 0.6
