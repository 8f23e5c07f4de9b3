"""A feed-forward network whose forward and backward pass are written out from the equations.

    z⁽ˡ⁾ = W⁽ˡ⁾ h⁽ˡ⁻¹⁾ + b⁽ˡ⁾,  h⁽ˡ⁾ = g(z⁽ˡ⁾)                                forward, h⁽⁰⁾ = x
    δ⁽ˡ⁾ = ∂L/∂z⁽ˡ⁾ = (W⁽ˡ⁺¹⁾ᵀ δ⁽ˡ⁺¹⁾) ⊙ g′(z⁽ˡ⁾)                            backward, from δ of the loss
    ∂L/∂W⁽ˡ⁾ = δ⁽ˡ⁾ h⁽ˡ⁻¹⁾ᵀ,  ∂L/∂b⁽ˡ⁾ = Σ over the batch of δ⁽ˡ⁾

As on the slides a point is a *column*: h is (units, batch). A row of ones below h makes the bias the last column of
[W b], so that a layer is one product forward and two backward. All parameters are views of one flat vector θ and all
gradients of another, and a training pass writes into buffers made once: at these sizes nearly all of PyTorch's time
goes into making tensors and recording them. Source: Bishop (2006), §5.3; batch norm: Ioffe & Szegedy (2015),
algorithm 1; dropout: Srivastava et al. (2014), in the inverted form.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from models.modules.activations import ACTIVATIONS, Activation
from models.modules.losses import Loss

__all__ = ["LABELS", "MLP", "Initialisation", "Layer", "count", "with_ones"]

Initialisation = Literal["xavier", "he", "lecun", "normal", "zeros"]
LABELS = {
    "xavier": "Xavier: for tanh", "he": "He: for ReLU", "lecun": "LeCun", "normal": "N(0, 1)", "zeros": "all zero",
}  # fmt: skip


def with_ones(x: Float[Tensor, "N D"]) -> Float[Tensor, "N D+1"]:
    """Points with the constant input 1 that the bias multiplies."""
    return torch.cat([x, x.new_ones(len(x), 1)], 1)


def count(widths: Sequence[int], *, batch_norm: bool) -> list[dict[str, Any]]:
    """{layer, shape, parameters} of each layer of a network from inputs to outputs, without building it."""
    rows: list[dict[str, Any]] = []
    for index, (into, out) in enumerate(itertools.pairwise(widths), 1):
        last = index == len(widths) - 1
        norm = 2 * out if batch_norm and not last else 0
        shape = f"{out} × ({into} + 1)" + (f" + 2 × {out}" if norm else "")
        rows.append(
            {"layer": "output" if last else f"layer {index}", "shape": shape, "parameters": out * (into + 1) + norm}
        )
    return rows


class BatchNorm:
    """ẑ = (z − mean)/√(variance + ε) over the batch, then γ ẑ + β; outside training with running averages."""

    epsilon, share = 1e-5, 0.1

    def __init__(self, gamma: Tensor, beta: Tensor, gamma_gradient: Tensor, beta_gradient: Tensor) -> None:
        self.gamma, self.beta, self.gamma_gradient, self.beta_gradient = gamma, beta, gamma_gradient, beta_gradient
        self.running = torch.stack([torch.zeros_like(gamma), torch.ones_like(gamma)])  # mean and variance (2, U)

    def train_(self, z: Float[Tensor, "U B"]) -> None:
        """Normalises the batch in place and moves the running averages a tenth of the way."""
        size = z.shape[1]
        mean, variance = z.mean(1), z.var(1, correction=0)
        unbiased = variance * (size / max(size - 1, 1))
        self.running.lerp_(torch.stack([mean, unbiased]), self.share)
        self.inverse = (variance + self.epsilon).rsqrt_()[:, None]  # (U, 1)
        self.hat = (z - mean[:, None]).mul_(self.inverse)  # ẑ (U, B)
        torch.addcmul(self.beta[:, None], self.gamma[:, None], self.hat, out=z)

    def backward_(self, d: Float[Tensor, "U B"]) -> None:
        """∂L/∂(γẑ + β) becomes ∂L/∂z in place: the mean and the variance depend on every point of the batch."""
        torch.sum(d * self.hat, 1, out=self.gamma_gradient)
        torch.sum(d, 1, out=self.beta_gradient)
        d.mul_(self.gamma[:, None])
        means = d.mean(1, keepdim=True) + self.hat * (d * self.hat).mean(1, keepdim=True)
        d.sub_(means).mul_(self.inverse)

    def value(self, z: Float[Tensor, "U B"]) -> Float[Tensor, "U B"]:
        """With the running averages: what the network does outside training."""
        mean, variance = self.running[:, :, None]
        return (z - mean) * (self.gamma[:, None] / (variance + self.epsilon).sqrt()) + self.beta[:, None]


class Layer:
    """Views into θ and ∇ of one layer: weights (out, in), bias (out,), both = [W b] (out, in + 1)."""

    def __init__(self, both: Tensor, gradient: Tensor, activation: Activation, norm: BatchNorm | None) -> None:
        self.both, self.gradient, self.activation, self.norm = both, gradient, activation, norm
        self.weights, self.bias = both[:, :-1], both[:, -1]
        self.weights_gradient, self.bias_gradient = gradient[:, :-1], gradient[:, -1]
        self.transposed = self.weights.t()  # (in, out)

    def preactivation(self, h: Float[Tensor, "D B"]) -> Float[Tensor, "U B"]:
        """z = W h + b, batch-normalised if the layer is."""
        z = torch.addmm(self.bias[:, None], self.weights, h)
        return self.norm.value(z) if self.norm else z


class MLP:
    """inputs → layers of (units, activation name) → outputs (linear scores: the loss knows what they mean).

    theta, gradient: (P,) all parameters and ∂L/∂θ of the last pass; is_weight: (P,) 1 for weights, 0 for biases, γ, β:
    what L1 and L2 shrink. dropout: the share of each hidden layer's units silenced in a training pass.
    """

    def __init__(
        self,
        inputs: int,
        layers: Sequence[tuple[int, str]],
        outputs: int,
        *,
        batch_norm: bool = False,
        dropout: float = 0.0,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        widths = [inputs, *(units for units, _ in layers), outputs]
        names = [*(name for _, name in layers), "linear"]
        shapes = [(out, into + 1) for into, out in itertools.pairwise(widths)]
        sizes = [math.prod(shape) for shape in shapes] + [2 * units for units, _ in layers] * batch_norm
        self.theta = torch.zeros(sum(sizes), device=device, dtype=dtype)
        self.gradient = torch.zeros_like(self.theta)
        self.is_weight = torch.zeros_like(self.theta)
        values, gradients, flags = (v.split(sizes) for v in (self.theta, self.gradient, self.is_weight))
        self.layers: list[Layer] = []
        for index, (shape, name) in enumerate(zip(shapes, names, strict=True)):
            flags[index].view(shape)[:, :-1] = 1
            norm = None
            if batch_norm and index < len(layers):
                place = len(shapes) + index
                norm = BatchNorm(*values[place].view(2, -1), *gradients[place].view(2, -1))
                norm.gamma.fill_(1)
            self.layers.append(Layer(values[index].view(shape), gradients[index].view(shape), ACTIVATIONS[name], norm))
        self.dropout = dropout
        self.buffers: dict[int, Buffers] = {}

    def initialise_(self, scheme: Initialisation, scale: float, generator: torch.Generator) -> None:
        """Draws every weight around 0 with the scheme's spread (see SPREAD), times `scale`; biases are 0."""
        for layer in self.layers:
            into, out = layer.weights.shape[1], layer.weights.shape[0]
            noise = torch.randn(layer.weights.shape, generator=generator, dtype=self.theta.dtype)
            layer.weights.copy_(noise * (scale * SPREAD[scheme](into, out)))
            layer.bias.zero_()

    def drop(self, share: float) -> None:
        """From now on silence this share of the hidden units in each training pass."""
        if share != self.dropout:
            self.dropout = share
            self.buffers.clear()

    # ------------------------------------------------------------------ training: in place

    def train_(
        self, x: Float[Tensor, "B E"], y: Float[Tensor, "K B"], loss: Loss, scores: Float[Tensor, "K B"]
    ) -> None:
        """One pass forward and back over a batch (rows ending in 1): z into `scores`, ∂L/∂θ into `gradient`."""
        work = self.buffers.get(len(x)) or self.make_buffers(len(x))
        into = x.t()  # (D + 1, B), last row ones
        for layer, w in work.hidden:
            torch.mm(layer.both, into, out=w.z)  # z = W h + b
            if layer.norm:
                layer.norm.train_(w.z)
            if layer.activation.apply:
                layer.activation.apply(w.z, w.h)  # h = g(z)
            if w.mask is not None:
                w.mask.bernoulli_(1 - self.dropout).div_(1 - self.dropout)
                torch.mul(w.h, w.mask, out=w.kept)
            into = w.ones  # h above a row of ones
        above = self.layers[-1]
        torch.mm(above.both, into, out=scores)

        delta = work.delta
        loss.delta(scores, y, delta)  # δ = ∂L/∂z
        for layer, w in work.backward:
            torch.mm(delta, w.rows, out=above.gradient)  # ∂L/∂[W b] = δ hᵀ
            torch.mm(above.transposed, delta, out=w.d)  # ∂L/∂h = Wᵀ δ
            delta, above = w.d, layer
            if w.mask is not None:
                delta.mul_(w.mask)
            if layer.activation.backward:
                layer.activation.backward(delta, w.given)  # δ = ∂L/∂h ⊙ g′(z)
            if layer.norm:
                layer.norm.backward_(delta)
        torch.mm(delta, x, out=above.gradient)

    def penalise_(self, l1: float, l2: float, longest: float) -> None:
        """Adds the gradient of λ₁‖w‖₁ + ½λ₂‖w‖² (not of biases), then cuts it to a greatest length (0: none)."""
        if l2:
            self.gradient.addcmul_(self.theta, self.is_weight, value=l2)
        if l1:
            self.gradient.addcmul_(self.theta.sign(), self.is_weight, value=l1)
        if longest:
            self.gradient.mul_((longest / (self.gradient.norm() + 1e-6)).clamp_max_(1.0))

    def make_buffers(self, size: int) -> "Buffers":
        """The buffers of a pass over `size` points, kept for the next batch of that size."""
        self.buffers[size] = Buffers(self, size)
        return self.buffers[size]

    # ------------------------------------------------------------------ looking: new tensors, nothing changes

    def __call__(self, x: Float[Tensor, "N D"]) -> Float[Tensor, "K N"]:
        """Scores of points, without dropout and with batch norm's running averages."""
        return self.activations(x)[-1]

    def activations(self, x: Float[Tensor, "N D"]) -> list[Tensor]:
        """h of every layer (units, N), the output's scores last."""
        h, found = x.t(), []
        for layer in self.layers:
            h = layer.activation.value(layer.preactivation(h))
            found.append(h)
        return found

    def state_dict(self) -> dict[str, Tensor]:
        norms = {f"running.{i}": layer.norm.running for i, layer in enumerate(self.layers) if layer.norm}
        return {"theta": self.theta, "gradient": self.gradient, **norms}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        for name, tensor in self.state_dict().items():
            tensor.copy_(state[name])


class Work:
    """One hidden layer's buffers for one batch size. Where nothing needs them apart, z, h and kept are one."""

    def __init__(self, units: int, size: int, layer: Layer, dropout: bool, like: Tensor) -> None:
        self.ones = like.new_ones(units + 1, size)
        self.rows = self.ones.t()  # (size, units + 1)
        self.kept = self.ones[:-1]  # what the next layer reads (units, size)
        self.h = like.new_empty(units, size) if dropout else self.kept
        self.mask = like.new_empty(units, size) if dropout else None
        self.z = like.new_empty(units, size) if layer.activation.keeps_z else self.h
        self.given = self.z if layer.activation.keeps_z else self.h  # what g′ is written with
        self.d = like.new_empty(units, size)


class Buffers:
    """Everything that a training pass over batches of one size writes into."""

    def __init__(self, net: MLP, size: int) -> None:
        hidden = net.layers[:-1]
        work = [Work(len(layer.bias), size, layer, net.dropout > 0, net.theta) for layer in hidden]
        self.hidden = list(zip(hidden, work, strict=True))
        self.backward = self.hidden[::-1]
        self.delta = net.theta.new_empty(len(net.layers[-1].bias), size)


SPREAD = {
    "xavier": lambda into, out: math.sqrt(2 / (into + out)),  # Glorot & Bengio (2010), eq. 12: for tanh
    "he": lambda into, out: math.sqrt(2 / into),  # He et al. (2015), eq. 10: for ReLU, which loses half
    "lecun": lambda into, out: math.sqrt(1 / into),  # LeCun et al. (1998), §4.6: keeps the variance of h
    "normal": lambda into, out: 1.0,  # the same for every layer: too much for wide ones
    "zeros": lambda into, out: 0.0,  # all units of a layer stay the same for ever
}
"""Standard deviation of a weight between `into` and `out` units."""
