"""Units made dead, saturated, constant or equal by hand are named; healthy ones are not."""

import torch

from models.modules import health, mlp

X = torch.randn(40, 2, generator=torch.Generator().manual_seed(0))


def net_of(activation: str) -> mlp.MLP:
    net = mlp.MLP(2, [(3, activation)], 1)
    net.initialise_("xavier", 1.0, torch.Generator().manual_seed(1))
    return net


def test_a_relu_below_zero_everywhere_is_dead_and_a_tanh_is_not() -> None:
    relu, tanh = net_of("relu"), net_of("tanh")
    relu.layers[0].bias[1] = -100.0
    tanh.layers[0].both[1] = 0.0

    assert [note.split(":")[0] for note in health.notes(relu, X)[0]] == ["", "dead", ""]
    assert [note.split(":")[0] for note in health.notes(tanh, X)[0]] == ["", "constant", ""]


def test_a_unit_at_the_ends_of_its_range_is_saturated() -> None:
    for activation in ("tanh", "sigmoid"):
        net = net_of(activation)
        net.layers[0].weights[2] *= 1e4
        assert [note.split(" ")[0] for note in health.notes(net, X)[0]] == ["", "", "saturated"]


def test_equal_units_are_twins() -> None:
    net = net_of("tanh")
    assert health.twins(net) == []
    net.initialise_("zeros", 1.0, torch.Generator())
    assert health.twins(net) == [1]
