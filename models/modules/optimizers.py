"""Optimisers on one flat vector θ with its gradient g, written out; each equals torch.optim's of the same name.

    optimizer = OPTIMIZERS["adam"](theta, gradient, momentum=0.9)
    optimizer.step(rate)

Sources: momentum: Polyak (1964), Sutskever et al. (2013); AdaGrad: Duchi et al. (2011); RMSProp: Hinton (2012);
Adam: Kingma & Ba (2015), algorithm 1; AdamW: Loshchilov & Hutter (2019), algorithm 2.
"""

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["LABELS", "OPTIMIZERS", "Name", "Optimizer"]

Name = Literal["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"]
LABELS = {
    "sgd": "SGD", "momentum": "momentum", "nesterov": "Nesterov", "adagrad": "AdaGrad",
    "rmsprop": "RMSProp", "adam": "Adam", "adamw": "AdamW",
}  # fmt: skip


class Optimizer:
    """Plain gradient descent, θ ← θ − η g. The others keep memory of past gradients in `kept` vectors, zero at first.

    theta, gradient: (P,) vectors changed and read in place; momentum: μ, the share of the past that is kept (Adam: β₁);
    decay: AdamW's λ, a number or one for each parameter.
    """

    kept: tuple[str, ...] = ()

    def __init__(
        self,
        theta: Float[Tensor, " P"],
        gradient: Float[Tensor, " P"],
        momentum: float = 0.9,
        decay: float | Float[Tensor, " P"] = 0.0,
    ) -> None:
        self.theta, self.gradient, self.momentum, self.decay = theta, gradient, momentum, decay
        self.count = 0
        for name in self.kept:
            setattr(self, name, torch.zeros_like(theta))

    def step(self, rate: float) -> None:
        self.theta.add_(self.gradient, alpha=-rate)

    def state_dict(self) -> dict[str, Tensor | int]:
        return {name: getattr(self, name) for name in self.kept} | {"count": self.count}

    def load_state_dict(self, state: dict[str, Tensor | int]) -> None:
        for name in self.kept:
            getattr(self, name).copy_(state[name])
        self.count = int(state["count"])


class Momentum(Optimizer):
    """v ← μ v + g; θ ← θ − η v."""

    kept = ("v",)
    v: Tensor

    def step(self, rate: float) -> None:
        self.v.mul_(self.momentum).add_(self.gradient)
        self.theta.add_(self.v, alpha=-rate)


class Nesterov(Momentum):
    """v ← μ v + g; θ ← θ − η (g + μ v): the gradient where momentum is about to carry it."""

    def step(self, rate: float) -> None:
        self.v.mul_(self.momentum).add_(self.gradient)
        self.theta.add_(self.gradient, alpha=-rate).add_(self.v, alpha=-rate * self.momentum)


class AdaGrad(Optimizer):
    """s ← s + g²; θ ← θ − η g/(√s + ε), ε = 10⁻¹⁰: every parameter's own rate, which only falls."""

    kept = ("s",)
    s: Tensor

    def step(self, rate: float) -> None:
        self.s.addcmul_(self.gradient, self.gradient)
        self.theta.addcdiv_(self.gradient, self.s.sqrt().add_(1e-10), value=-rate)


class RMSProp(Optimizer):
    """s ← 0.99 s + 0.01 g²; θ ← θ − η g/(√s + ε), ε = 10⁻⁸: AdaGrad that forgets."""

    kept = ("s",)
    s: Tensor

    def step(self, rate: float) -> None:
        self.s.mul_(0.99).addcmul_(self.gradient, self.gradient, value=0.01)
        self.theta.addcdiv_(self.gradient, self.s.sqrt().add_(1e-8), value=-rate)


class Adam(Optimizer):
    """m ← β₁ m + (1 − β₁) g; s ← β₂ s + (1 − β₂) g²; θ ← θ − η m̂/(√ŝ + ε), β₂ = 0.999, ε = 10⁻⁸.

    m̂ = m/(1 − β₁ᵗ) and ŝ = s/(1 − β₂ᵗ) make up for the zeros that m and s began with.
    """

    kept = ("m", "s")
    m: Tensor
    s: Tensor

    def step(self, rate: float) -> None:
        self.count += 1
        self.m.lerp_(self.gradient, 1 - self.momentum)
        self.s.mul_(0.999).addcmul_(self.gradient, self.gradient, value=0.001)
        root = self.s.sqrt().mul_(1 / math.sqrt(1 - 0.999**self.count)).add_(1e-8)
        self.theta.addcdiv_(self.m, root, value=-rate / (1 - self.momentum**self.count))


class AdamW(Adam):
    """θ ← (1 − η λ) θ, then Adam: decay that √ŝ does not rescale."""

    def step(self, rate: float) -> None:
        if isinstance(self.decay, Tensor):
            self.theta.addcmul_(self.theta, self.decay, value=-rate)
        else:
            self.theta.mul_(1 - rate * self.decay)
        super().step(rate)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": Optimizer, "momentum": Momentum, "nesterov": Nesterov, "adagrad": AdaGrad,
    "rmsprop": RMSProp, "adam": Adam, "adamw": AdamW,
}  # fmt: skip
