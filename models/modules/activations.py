"""The activation functions g of a layer and their derivatives, in place.

Each derivative is written with what the forward pass has kept: h = g(z) where that is enough (tanh: 1 − h²), else z.
Sources: Goodfellow, Bengio & Courville (2016), §6.3; ELU: Clevert et al. (2016); GELU: Hendrycks & Gimpel (2016);
SiLU: Elfwing et al. (2018).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

__all__ = ["ACTIVATIONS", "LABELS", "Activation", "Name"]

Name = Literal["linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu"]
LABELS = {
    "linear": "linear", "sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU",
    "leaky_relu": "leaky ReLU", "elu": "ELU", "gelu": "GELU", "silu": "SiLU",
}  # fmt: skip
SLOPE = 0.01
"""Of leaky ReLU below zero."""

aten: Any = torch.ops.aten


@dataclass(frozen=True)
class Activation:
    """h = g(z), elementwise.

    value: z -> h, a new tensor.
    apply: (z, h) -> None, writes g(z) into h; z may be h itself unless keeps_z. None where g is the identity.
    backward: (d, kept) -> None, turns d = ∂L/∂h into ∂L/∂z = d · g′(z) in place; kept is z if keeps_z, else h.
    dies: where h is 0 its derivative is 0 too, so a unit that is 0 on every point stays so.
    low, high: the values that g comes near to and whose derivative is near 0: "saturated" (None: there is none).
    """

    value: Callable[[Tensor], Tensor]
    apply: Callable[[Tensor, Tensor], Any] | None = None
    backward: Callable[[Tensor, Tensor], Any] | None = None
    keeps_z: bool = False
    dies: bool = False
    low: float | None = None
    high: float | None = None


_tanh, _sigmoid, _threshold = (
    aten.tanh_backward.grad_input,
    aten.sigmoid_backward.grad_input,
    aten.threshold_backward.grad_input,
)

ACTIVATIONS: dict[str, Activation] = {
    # g(z) = z: without a bend between them, layers multiply out to one
    "linear": Activation(lambda z: z),
    # g(z) = 1/(1 + e⁻ᶻ), g′ = h(1 − h) ≤ ¼
    "sigmoid": Activation(
        torch.sigmoid,
        lambda z, h: torch.sigmoid(z, out=h),
        lambda d, h: _sigmoid(d, h, grad_input=d),
        low=0.0,
        high=1.0,
    ),
    # g(z) = (eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ), g′ = 1 − h² ≤ 1
    "tanh": Activation(
        torch.tanh, lambda z, h: torch.tanh(z, out=h), lambda d, h: _tanh(d, h, grad_input=d), low=-1.0, high=1.0
    ),
    # g(z) = max(0, z), g′ = 1 for z > 0, else 0 (0 at the kink, as everywhere in practice)
    "relu": Activation(
        torch.relu, lambda z, h: torch.clamp_min(z, 0, out=h), lambda d, h: _threshold(d, h, 0, grad_input=d), dies=True
    ),
    # g(z) = max(0.01 z, z), g′ = 1 or 0.01
    "leaky_relu": Activation(
        lambda z: F.leaky_relu(z, SLOPE),
        lambda z, h: aten.leaky_relu.out(z, SLOPE, out=h),
        lambda d, h: aten.leaky_relu_backward.grad_input(d, h, SLOPE, True, grad_input=d),
    ),
    # g(z) = z for z > 0, else eᶻ − 1, g′ = 1 or h + 1
    "elu": Activation(
        F.elu,
        lambda z, h: aten.elu.out(z, out=h),
        lambda d, h: aten.elu_backward.grad_input(d, 1, 1, 1, True, h, grad_input=d),
        low=-1.0,
    ),
    # g(z) = z Φ(z), g′ = Φ(z) + z φ(z), with the standard normal's distribution Φ and density φ
    "gelu": Activation(
        F.gelu,
        lambda z, h: aten.gelu.out(z, out=h),
        lambda d, z: aten.gelu_backward.grad_input(d, z, grad_input=d),
        keeps_z=True,
    ),
    # g(z) = z σ(z), g′ = σ(z)(1 + z(1 − σ(z)))
    "silu": Activation(
        F.silu,
        lambda z, h: aten.silu.out(z, out=h),
        lambda d, z: aten.silu_backward.grad_input(d, z, grad_input=d),
        keeps_z=True,
    ),
}
