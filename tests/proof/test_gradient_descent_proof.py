"""What the syllabus promises of the optimisers, at full size."""

import numpy as np
import pytest
import torch

from models.core.session import Session
from models.labs.recap.gradient_descent import GradientDescent
from models.modules.stability import limit
from tests.core.drive import forward

pytestmark = pytest.mark.proof


def heights(steps: int, **config: object) -> dict[str, float]:
    session = Session(GradientDescent, config)
    forward(session, steps)
    return session.lab.evaluate()


@pytest.mark.parametrize("tilt", [0.0, 37.0])
@pytest.mark.parametrize("kappa", [1.0, 50.0, 1000.0])
@pytest.mark.parametrize("beta", [0.3, 0.7, 0.9])
@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov"])
def test_the_limits_on_the_quadratic(name: str, beta: float, kappa: float, tilt: float) -> None:
    """The steepest direction alone decides: its part of the error shrinks below the limit and grows above it."""
    most = limit(name, 1.0, beta)
    steep = torch.tensor([-np.sin(np.radians(tilt)), np.cos(np.radians(tilt))])
    for share in (0.99, 1.01):
        session = Session(GradientDescent, {"walkers": [name], "rate": most * share, "momentum": beta, "kappa": kappa,
                                            "tilt": tilt})  # fmt: skip
        forward(session, 500)
        part = (session.lab.race.path(name) @ steep).abs()
        n = len(part) // 4
        assert (part[-n:].max() > part[:n].max()) == (share > 1)


@pytest.mark.parametrize("kappa", [10.0, 50.0, 200.0])
def test_the_best_rates_leave_what_the_theory_says(kappa: float) -> None:
    root = kappa**0.5
    best = {"sgd": (2 * kappa / (kappa + 1), 0.0, (kappa - 1) / (kappa + 1)),
            "momentum": (4 * kappa / (root + 1) ** 2, ((root - 1) / (root + 1)) ** 2, (root - 1) / (root + 1)),
            }  # fmt: skip
    for name, (rate, beta, rho) in best.items():
        session = Session(GradientDescent, {"walkers": [name], "rate": rate, "momentum": beta, "kappa": kappa})
        forward(session, 400)
        errors = session.lab.race.path(name).norm(dim=1).log()
        begin, end = len(errors) // 2, len(errors) - 1
        slope = float(errors[end] - errors[begin]) / (end - begin)
        # two equal roots of the heavy ball leave t ρᵗ: its slope is log ρ + about 1/t
        assert slope == pytest.approx(np.log(rho), abs=0.002 if name == "sgd" else 2.5 / begin)


def test_the_turned_bowl_troubles_the_adaptive_ones_and_not_momentum() -> None:
    walkers = ["momentum", "adagrad", "adam"]
    straight, turned = heights(150, walkers=walkers), heights(150, walkers=walkers, tilt=45.0)
    assert turned["f.momentum"] < 1e-12
    assert turned["f.adam"] > 1e6 * straight["f.adam"]


@pytest.mark.parametrize("seed", range(3))
def test_noise_keeps_a_constant_rate_moving_and_a_falling_one_settles(seed: int) -> None:
    ends = {}
    for schedule in ("constant", "1/t"):
        config = {"walkers": ["sgd"], "kappa": 10.0, "noise": 5.0, "rate": 1.0, "schedule": schedule, "span": 20}
        session = Session(GradientDescent, config, seed=seed, max_steps=1_000)
        rows = forward(session, 1_000)["f.sgd"]
        ends[schedule] = sum(rows[-200:]) / 200
    # AR(1) in each direction: E f = Σ λ/2 · η² σ²/(1 − (1 − ηλ)²), with η = 0.1: 0.66 + 1.25
    assert ends["constant"] == pytest.approx(0.5 * 0.25 * (1 / 0.19 + 10), rel=0.5)  # 200 correlated samples
    assert ends["1/t"] < ends["constant"] / 5
