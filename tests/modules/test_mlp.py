"""The written-out pass against autograd, float64 central differences and torch's own layers."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from models.modules import losses, mlp
from models.modules.activations import ACTIVATIONS

KINDS = [(name, outputs, False) for outputs in (1, 3) for name in ("cross-entropy", "squared error", "hinge")]
KINDS += [(name, 1, True) for name in ("squared error", "absolute error", "Huber")]
NAMES = list(ACTIVATIONS)


def problem(activation, outputs, regression, batch_norm, *, dtype=torch.float64, size=7, seed=0):
    generator = torch.Generator().manual_seed(seed)
    net = mlp.MLP(3, [(5, activation), (4, activation)], outputs, batch_norm=batch_norm, dtype=dtype)
    net.initialise_("xavier", 1.5, generator)
    net.theta.add_(0.1 * torch.randn(net.theta.shape, generator=generator, dtype=dtype))  # biases, γ and β too
    x = torch.randn(size, 3, generator=generator, dtype=dtype)
    if regression:
        y = torch.randn(1, size, generator=generator, dtype=dtype)
    elif outputs == 1:
        y = torch.randint(2, (1, size), generator=generator).to(dtype)
    else:
        y = F.one_hot(torch.randint(outputs, (size,), generator=generator), outputs).t().to(dtype).contiguous()
    return net, mlp.with_ones(x), y


def parameters_for_torch(net):
    """θ as torch's Linear and BatchNorm1d want it, as leaves that autograd follows."""
    theta = net.theta.clone().requires_grad_()
    parts, start = [], 0
    for layer in net.layers:
        size = layer.both.numel()
        parts.append(theta[start : start + size].view(layer.both.shape))
        start += size
    norms = []
    for layer in net.layers[:-1]:
        if layer.norm:
            norms.append(theta[start : start + 2 * len(layer.bias)].view(2, -1))
            start += 2 * len(layer.bias)
    return theta, parts, norms


G = {
    "linear": lambda z: z, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": F.relu,
    "leaky_relu": lambda z: F.leaky_relu(z, 0.01), "elu": F.elu, "gelu": F.gelu, "silu": F.silu,
}  # fmt: skip


def torch_scores(net, activation, x):
    """The same network from torch's own functions, rows as points: (B, K) and the leaf θ."""
    theta, parts, norms = parameters_for_torch(net)
    h = x[:, :-1]
    for index, part in enumerate(parts):
        h = F.linear(h, part[:, :-1], part[:, -1])
        if index < len(parts) - 1:
            if norms:
                h = F.batch_norm(h, None, None, *norms[index], training=True)
            h = G[activation](h)
    return h, theta


def torch_loss(name, z, y, regression):
    """torch's own loss of scores (B, K) and targets (K, B)."""
    if regression:
        known = {"squared error": lambda: F.mse_loss(z, y.t()) / 2, "absolute error": lambda: F.l1_loss(z, y.t())}
        return known.get(name, lambda: F.huber_loss(z, y.t(), delta=0.5))()
    if z.shape[1] == 1:
        if name == "cross-entropy":
            return F.binary_cross_entropy_with_logits(z, y.t())
        if name == "squared error":
            return F.mse_loss(torch.sigmoid(z), y.t()) / 2
        return torch.clamp(1 - z * (2 * y.t() - 1), min=0).mean()
    true = y.argmax(0)
    if name == "cross-entropy":
        return F.cross_entropy(z, true)
    if name == "squared error":
        return F.mse_loss(torch.softmax(z, 1), y.t(), reduction="sum") / 2 / len(z)
    others = z.masked_fill(y.t() > 0, -torch.inf).amax(1)
    return torch.clamp(1 + others - z.gather(1, true[:, None])[:, 0], min=0).mean()


def written_out(net, x, y, loss):
    scores = torch.empty_like(y)
    net.train_(x, y, loss, scores)
    return scores, net.gradient.clone()


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize(("loss", "outputs", "regression"), KINDS)
@pytest.mark.parametrize("activation", NAMES)
def test_scores_loss_and_gradient_equal_autograd(activation, loss, outputs, regression, batch_norm):
    net, x, y = problem(activation, outputs, regression, batch_norm)
    written = losses.named(loss, outputs, regression)

    scores, gradient = written_out(net, x, y, written)
    z, theta = torch_scores(net, activation, x)
    value = torch_loss(loss, z, y, regression)
    value.backward()

    # Same float64 arithmetic in another order: only rounding may differ.
    torch.testing.assert_close(scores, z.detach().t(), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(written.values(scores, y).mean(), value.detach(), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(gradient, theta.grad, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("loss", "outputs", "regression"), KINDS)
@pytest.mark.parametrize("activation", ["tanh", "gelu"])
def test_gradient_equals_autograd_in_single_precision(activation, loss, outputs, regression):
    net, x, y = problem(activation, outputs, regression, True, dtype=torch.float32)

    _, gradient = written_out(net, x, y, losses.named(loss, outputs, regression))
    z, theta = torch_scores(net, activation, x)
    torch_loss(loss, z, y, regression).backward()

    torch.testing.assert_close(gradient, theta.grad, rtol=1e-5, atol=1e-5)  # a few float32 roundings of numbers near 1


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize(("loss", "outputs", "regression"), KINDS)
@pytest.mark.parametrize("activation", NAMES)
def test_gradient_equals_central_differences(activation, loss, outputs, regression, batch_norm):
    net, x, y = problem(activation, outputs, regression, batch_norm)
    written, step = losses.named(loss, outputs, regression), 1e-6

    def value():
        scores = torch.empty_like(y)
        net.train_(x, y, written, scores)
        return float(written.values(scores, y).mean()), pattern(net, x, y, scores, loss)

    _, gradient = written_out(net, x, y, written)
    checked = 0
    places = range(0, len(net.theta), 3)  # every layer, weights and biases, γ and β
    for index in places:
        middle = float(net.theta[index])
        net.theta[index] = middle + step
        above, kinks_above = value()
        net.theta[index] = middle - step
        below, kinks_below = value()
        net.theta[index] = middle
        if not torch.equal(kinks_above, kinks_below):
            continue  # a kink (of ReLU, hinge, |e|) lies between the two: there is no derivative to compare with
        # The difference quotient errs by h²L‴/6 ≈ 1e-11 and by rounding, 1e-16/1e-6, times numbers up to some tens.
        assert gradient[index] == pytest.approx((above - below) / (2 * step), rel=1e-6, abs=2e-8)
        checked += 1
    assert checked > 0.8 * len(places)


def pattern(net, x, y, scores, loss):
    """On which side of every kink the points lie."""
    work = net.buffers[len(x)]
    sides = [(w.given > 0).flatten() for _, w in work.hidden]
    if loss == "hinge":
        wrong = scores.masked_fill(y > 0, -torch.inf) if len(scores) > 1 else scores
        sides += [(losses.named(loss, len(scores), False).values(scores, y) > 0).flatten(), wrong.argmax(0)]
    else:
        sides += [(scores > y).flatten(), ((scores - y).abs() > 0.5).flatten()]
    return torch.cat([side.long() for side in sides])


@pytest.mark.parametrize("name", NAMES)
def test_an_activation_looks_the_same_in_place_and_not(name):
    z = torch.linspace(-4, 4, 41)
    g, h = ACTIVATIONS[name], torch.empty(41)

    if g.apply:
        g.apply(z.clone(), h)
        torch.testing.assert_close(h, G[name](z), rtol=1e-6, atol=1e-6)  # float32
    torch.testing.assert_close(g.value(z), G[name](z), rtol=1e-6, atol=1e-6)


def test_batch_norm_follows_torch_through_training_and_outside_it():
    net, x, y = problem("tanh", 1, False, True, dtype=torch.float32)
    layer, norm = nn.Linear(3, 5), nn.BatchNorm1d(5)
    part = net.layers[0]
    with torch.no_grad():
        layer.weight.copy_(part.weights), layer.bias.copy_(part.bias)
        norm.weight.copy_(part.norm.gamma), norm.bias.copy_(part.norm.beta)

    for rows in (x, x[:4], x[2:7]):
        norm(layer(rows[:, :-1]))
        net.train_(rows, y[:, : len(rows)], losses.named("cross-entropy", 1, False), torch.empty(1, len(rows)))
    norm.eval()

    torch.testing.assert_close(part.norm.running, torch.stack([norm.running_mean, norm.running_var]))
    torch.testing.assert_close(part.preactivation(x[:, :-1].t()).t(), norm(layer(x[:, :-1])), rtol=1e-5, atol=1e-5)


def test_dropout_keeps_the_mean_and_masks_the_gradient():
    torch.manual_seed(0)
    net, x, y = problem("linear", 1, False, False, dtype=torch.float32, size=5)
    written, sum_, sums = losses.named("cross-entropy", 1, False), torch.zeros(1, 5), []
    full = net(x[:, :-1])
    net.drop(0.5)

    for _ in range(4000):
        scores = torch.empty(1, 5)
        net.train_(x, y, written, scores)
        sum_ += scores
        sums.append(scores)
    spread = torch.stack(sums).std(0) / 4000**0.5

    # Inverted dropout has the right mean where the network is linear: within four standard errors at each of 5 points.
    assert bool(((sum_ / 4000 - full).abs() < 4 * spread).all())
    # The gradient is that of the network with these very masks.
    masks = [w.mask for _, w in net.buffers[5].hidden]
    theta, parts, _ = parameters_for_torch(net)
    h = x[:, :-1]
    for part, mask in zip(parts, [*masks, torch.ones(1, 5)], strict=True):
        h = F.linear(h, part[:, :-1], part[:, -1]) * mask.t()
    torch_loss("cross-entropy", h, y, False).backward()
    torch.testing.assert_close(net.gradient, theta.grad, rtol=1e-5, atol=1e-6)  # float32


def test_the_weights_are_as_wide_as_their_scheme_says():
    net = mlp.MLP(64, [(64, "relu"), (32, "tanh")], 1)
    for scheme, spread in (("xavier", (2 / 96) ** 0.5), ("he", (2 / 64) ** 0.5), ("lecun", 0.125), ("normal", 1.0)):
        net.initialise_(scheme, 1.0, torch.Generator().manual_seed(0))
        # 2,048 numbers: the standard error of their spread is 1/√4096 = 1.6 %; four of them are 6 %.
        assert float(net.layers[1].weights.std()) == pytest.approx(spread, rel=0.06)
        assert not net.layers[1].bias.any()
    net.initialise_("zeros", 1.0, torch.Generator())
    assert not net.theta.any()


def test_parameters_are_counted_and_flagged():
    net = mlp.MLP(2, [(4, "tanh"), (3, "relu")], 1, batch_norm=True)

    assert len(net.theta) == 4 * 3 + 3 * 5 + 1 * 4 + 2 * 4 + 2 * 3
    assert int(net.is_weight.sum()) == 4 * 2 + 3 * 4 + 1 * 3


def test_a_state_goes_into_a_new_network():
    one, x, y = problem("gelu", 3, False, True)
    written_out(one, x, y, losses.named("cross-entropy", 3, False))
    other, *_ = problem("gelu", 3, False, True, seed=1)

    other.load_state_dict({name: value.clone() for name, value in one.state_dict().items()})

    assert torch.equal(one(x[:, :-1]), other(x[:, :-1]))
