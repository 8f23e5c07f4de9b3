"""Each optimiser, written out on a flat vector, walks exactly where torch.optim's walks."""

import pytest
import torch

from models.modules.optimizers import OPTIMIZERS

TORCH = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.8, nesterov=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.05),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.05),
    "adam": lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.999)),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.05, betas=(0.8, 0.999), weight_decay=0.1),
}


def slope(theta):
    """The gradient of a bumpy bowl: no two coordinates alike."""
    scale = torch.linspace(0.1, 3, len(theta), dtype=theta.dtype)
    return scale * theta + torch.sin(3 * theta)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_hundred_steps_end_where_torch_optim_ends(name):
    start = torch.randn(20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    theta, gradient = start.clone(), torch.zeros(20, dtype=torch.float64)
    written = OPTIMIZERS[name](theta, gradient, momentum=0.8, decay=0.1)
    leaf = start.clone().requires_grad_()
    theirs = TORCH[name]([leaf])

    for _ in range(200):
        gradient.copy_(slope(theta))
        written.step(0.05)
        leaf.grad = slope(leaf.detach())
        theirs.step()

    torch.testing.assert_close(theta, leaf.detach(), rtol=1e-10, atol=1e-12)  # float64 rounding over 200 steps


def test_adamw_spares_what_its_decay_spares():
    theta, decay = torch.ones(4), torch.tensor([0.0, 0.1, 0.0, 0.1])
    written = OPTIMIZERS["adamw"](theta, torch.zeros(4), decay=decay)

    written.step(0.5)

    torch.testing.assert_close(theta, torch.tensor([1.0, 0.95, 1.0, 0.95]))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_restored_optimiser_goes_on_bit_for_bit(name):
    theta, gradient = torch.linspace(-1, 1, 5), torch.zeros(5)
    one = OPTIMIZERS[name](theta, gradient)
    for _ in range(3):
        gradient.copy_(slope(theta))
        one.step(0.1)
    copy, its_gradient = theta.clone(), torch.zeros(5)
    other = OPTIMIZERS[name](copy, its_gradient)
    other.load_state_dict(one.state_dict())

    for vector, grad, optimizer in ((theta, gradient, one), (copy, its_gradient, other)):
        grad.copy_(slope(vector))
        optimizer.step(0.1)

    assert torch.equal(theta, copy)
