"""Which units of a network do nothing any more, and why: dead, saturated, constant, or twins of one another."""

from jaxtyping import Float
from torch import Tensor

from models.modules.activations import Activation
from models.modules.mlp import MLP

__all__ = ["SATURATED", "SHARE", "notes", "twins"]

SATURATED = 0.02
"""How near to the end of its range a unit counts as saturated, in halves of it: tanh′ is then under 4 % of its most."""
SHARE = 0.95
"""A unit is called saturated when it is so on this share of the points."""


def notes(net: MLP, x: Float[Tensor, "N D"]) -> list[list[str]]:
    """For each hidden layer one note a unit: "" where it is well, else what is wrong with it on these points."""
    found = []
    for layer, h in zip(net.layers, net.activations(x)[:-1], strict=False):
        found.append([_note(layer.activation, row) for row in h])
    return found


def _note(activation: Activation, h: Float[Tensor, " N"]) -> str:
    low, high = activation.low, activation.high
    if not len(h):
        return ""
    if activation.dies and bool((h == 0).all()):
        return f"dead: 0 on all {len(h)} points, so no gradient passes"
    if low is not None and high is not None:
        near = SATURATED * (high - low) / 2
        share = float(((h - low < near) | (high - h < near)).float().mean())
        if share >= SHARE:
            return f"saturated on {share:.0%} of the points: its slope there is nearly 0"
    if float(h.max() - h.min()) < 1e-3 * max(1.0, float(h.abs().max())):
        return f"constant: {float(h[0]):.3g} on every point"
    return ""


def twins(net: MLP) -> list[int]:
    """The hidden layers (from 1) whose units all have the same incoming weights: by symmetry they stay the same."""
    return [
        index
        for index, layer in enumerate(net.layers[:-1], 1)
        if len(layer.bias) > 1 and bool((layer.both == layer.both[:1]).all())
    ]
