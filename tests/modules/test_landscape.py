"""The loss landscape: what it shows at a place is the loss of the network that stands there."""

import pytest
import torch

from models.modules import landscape, losses, mlp

LOSS = losses.named("cross-entropy", 1, False)


def made(batch_norm=False):
    generator = torch.Generator().manual_seed(0)
    net = mlp.MLP(2, [(5, "tanh"), (4, "gelu")], 1, batch_norm=batch_norm)
    net.initialise_("xavier", 1.0, generator)
    net.theta.add_(0.2 * torch.randn(len(net.theta), generator=generator))
    directions = torch.randn(2, len(net.theta), generator=generator)
    x, y = torch.randn(30, 2, generator=generator), torch.randint(2, (1, 30), generator=generator).float()
    return net, directions, x, y


@pytest.mark.parametrize("batch_norm", [False, True])
def test_every_place_is_the_loss_of_a_network_with_those_weights(batch_norm: bool) -> None:
    net, directions, x, y = made(batch_norm)
    surface = landscape.loss_around(net, directions, x, y, LOSS, resolution=5)
    here = net.theta.clone()

    for row, b in enumerate([-1, -0.5, 0, 0.5, 1]):
        for column, a in enumerate([-1, -0.5, 0, 0.5, 1]):
            net.theta.copy_(here + a * directions[0] + b * directions[1])
            torch.testing.assert_close(
                surface[row, column], LOSS.values(net(x), y).mean(), rtol=1e-4, atol=1e-5
            )  # float32


def test_each_units_part_is_as_long_as_its_weights_and_biases_stay() -> None:
    net, directions, *_ = made()
    scaled = landscape.filter_normalised(net, directions[0])
    start = 0
    for layer in net.layers:
        part = scaled[start : start + layer.both.numel()].view_as(layer.both)
        start += layer.both.numel()
        torch.testing.assert_close(part[:, :-1].norm(dim=1), layer.weights.norm(dim=1))
        assert not part[:, -1].any()


def test_a_place_in_the_plane_is_projected_onto_itself() -> None:
    net, directions, *_ = made()
    places = torch.tensor([[0.3, -0.2], [0.0, 1.0]])

    torch.testing.assert_close(landscape.project(places @ directions, directions), places, rtol=1e-4, atol=1e-5)
    assert landscape.project(torch.ones(1, len(net.theta)), torch.zeros(2, len(net.theta))).tolist() == [[0, 0]]
