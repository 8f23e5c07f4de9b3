"""Universal approximation: the sum against NumPy, the error against theory, the gradient against autograd."""

import math

import numpy as np
import pytest
import torch

from models.core.errors import Refused
from models.core.session import Session
from models.data.functions import Function
from models.labs.neural.universal_approximation import UniversalApproximation
from models.modules import hinges
from tests.core.drive import forward

ROUNDING = 1e-9
"""Sums of up to 64 float64 terms of size 10 or less."""


def errors(target: str, widths: list[int], placement: str = "equal") -> list[float]:
    found = []
    for width in widths:
        session = Session(UniversalApproximation, {"target": target, "width": width, "placement": placement})
        forward(session, width)
        found.append(session.lab.error())
    return found


@pytest.mark.parametrize("target", ["sine", "hill", "spike", "kink"])
@pytest.mark.parametrize("placement", ["equal", "curvature"])
def test_a_sum_of_hinges_is_the_interpolating_line(target: str, placement: str) -> None:
    session = Session(UniversalApproximation, {"target": target, "placement": placement})
    forward(session, 20)
    f = Function(target)
    knots = hinges.knots(f, 16, placement)
    expected = np.interp(hinges.GRID.numpy(), knots.numpy(), f(knots).numpy())
    assert session.lab.fit(hinges.GRID).numpy() == pytest.approx(expected, abs=ROUNDING)


def test_the_error_on_a_smooth_function_falls_with_the_square_of_the_width() -> None:
    widths = [8, 12, 16, 24, 32, 48, 64]
    found = errors("sine", widths)
    slope, _ = np.polyfit(np.log(widths), np.log(found), 1)
    assert slope == pytest.approx(-2, abs=0.2)
    for width, error in zip(widths, found, strict=True):  # h²/8 max |f″|, up to where the grid and the crest fall
        assert error == pytest.approx((2 / width) ** 2 / 8 * math.pi**2, rel=0.1)


def test_knots_where_it_bends_are_better() -> None:
    for target in ("hill", "spike"):
        (equal,), (curved,) = errors(target, [16]), errors(target, [16], "curvature")
        assert curved < 0.5 * equal


@pytest.mark.parametrize(("target", "jump"), [("jump", 1.0), ("steps", 0.5)])
def test_at_a_jump_the_error_stays_at_least_half_of_it(target: str, jump: float) -> None:
    assert all(error >= jump / 2 for error in errors(target, [4, 16, 64]))
    trained = Session(UniversalApproximation, {"target": target, "mode": "train", "width": 32})
    forward(trained, 40)
    assert trained.lab.error() >= jump / 2


@pytest.mark.parametrize("unit", ["relu", "sigmoid"])
def test_the_gradient_is_autograds_and_the_step_adams(unit: str) -> None:
    session = Session(UniversalApproximation, {"mode": "train", "unit": unit, "width": 8, "updates": 1})
    lab = session.lab
    theta = lab.theta.clone().requires_grad_()
    optimiser = torch.optim.Adam([theta], lab.config.learning_rate)
    x = torch.linspace(-1, 1, 201, dtype=torch.float64)
    for _ in range(5):
        optimiser.zero_grad()
        w, b, v = theta[:-1].reshape(3, -1)
        g = torch.relu if unit == "relu" else torch.sigmoid
        loss = (g(x[:, None] * w + b) @ v + theta[-1] - torch.sin(math.pi * x)).square().mean()
        loss.backward()
        optimiser.step()
        lab.step()
        assert lab.gradient.numpy() == pytest.approx(theta.grad.numpy(), abs=1e-12)
        assert lab.theta.numpy() == pytest.approx(theta.detach().numpy(), abs=1e-9)


def test_layers_double_the_pieces_and_units_add_one_each() -> None:
    session = Session(UniversalApproximation, {"mode": "depth", "layers": 6})
    rows = forward(session, 10)
    assert session.status == "finished"
    assert rows["pieces.deep"][-1] == 64
    assert rows["pieces"][-1] <= 13
    x = torch.linspace(-0.9999, 1, 10_007, dtype=torch.float64)  # no crest or valley lies on the grid
    slopes = hinges.tent(x, 6).diff().sign()
    assert int((slopes[1:] != slopes[:-1]).sum()) + 1 == 64  # counted on the curve itself


def test_the_tent_is_two_relu_units_a_layer() -> None:
    network = torch.nn.Sequential(
        *(layer for _ in range(4) for layer in (torch.nn.Linear(1, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1)))
    ).double()
    with torch.no_grad():
        for k in range(4):
            network[3 * k].weight.copy_(torch.tensor([[1.0], [-1.0]]))
            network[3 * k].bias.zero_()
            network[3 * k + 2].weight.copy_(torch.tensor([[-2.0, -2.0]]))
            network[3 * k + 2].bias.fill_(1.0)
        x = torch.linspace(-1, 1, 101, dtype=torch.float64)
        assert hinges.tent(x, 4).numpy() == pytest.approx(network(x[:, None])[:, 0].numpy(), abs=ROUNDING)


def test_a_drawn_curve_is_the_function() -> None:
    drawn = [(-1.0, 0.5), (0.0, -0.5), (0.5, 1.0), (1.0, 0.0)]
    session = Session(UniversalApproximation, {"drawn": drawn, "width": 4})
    forward(session, 4)  # knots at −1, −½, 0, ½, 1: every bend of the drawing is one of them
    assert session.lab.error() == pytest.approx(0, abs=ROUNDING)


@pytest.mark.parametrize("drawn", [[], [(0.2, 0.3)], [(0.2, 0.3), (0.2, 0.9)]])
def test_a_drawing_of_one_place_is_none(drawn: list) -> None:
    session = Session(UniversalApproximation, {"drawn": drawn})
    assert session.lab.truth(torch.tensor([0.5], dtype=torch.float64))[0] == pytest.approx(1.0)


def test_a_knot_is_moved_and_growing_goes_on_around_it() -> None:
    session = Session(UniversalApproximation, {"target": "spike", "width": 12})
    forward(session, 4)
    session.act("move_knot", {"id": "3", "x": 0.35, "y": 0.0})
    assert 0.35 in session.lab.ends
    forward(session, 3)
    assert 0.35 in session.lab.ends
    assert session.lab.width == 9


@pytest.mark.parametrize("wrong", [{"id": "0"}, {"id": "99"}, {"id": "x"}, {"id": "1", "x": 0.0}])
def test_a_knot_that_cannot_move_is_refused(wrong: dict) -> None:
    session = Session(UniversalApproximation)
    forward(session, 2)
    before = list(session.lab.ends)
    with pytest.raises(Refused):
        session.act("move_knot", {"x": 0.0, "y": 0.0} | wrong)
    assert session.lab.ends == before


def test_trained_knots_find_the_spike() -> None:
    session = Session(UniversalApproximation, {"mode": "train", "target": "spike", "width": 12}, seed=1)
    rows = forward(session, 300)
    assert rows["test_loss"][-1] < 0.2 * rows["test_loss"][0]
