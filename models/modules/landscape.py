"""The loss around the present weights, seen in a plane.

Source: Li, Xu, Taylor, Studer & Goldstein (2018), "Visualizing the loss landscape of neural nets", §4: two random
directions, each unit's part scaled to the length of that unit's own weights (filter normalisation), biases and batch
norm left alone, so that the picture does not depend on how the weights happen to be scaled.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from models.modules.losses import Loss
from models.modules.mlp import MLP

__all__ = ["filter_normalised", "loss_around", "project", "scores_of_many"]


def filter_normalised(net: MLP, direction: Float[Tensor, " P"]) -> Float[Tensor, " P"]:
    """d_ij ← d_ij ‖w_i‖/‖d_i‖ for each unit i with incoming weights w_i; 0 for biases and batch norm."""
    scaled = torch.zeros_like(net.theta)
    start = 0
    for layer in net.layers:
        size = layer.both.numel()
        part = direction[start : start + size].view_as(layer.both)[:, :-1]
        length = layer.weights.norm(dim=1, keepdim=True) / part.norm(dim=1, keepdim=True).clamp_min(1e-12)
        scaled[start : start + size].view_as(layer.both)[:, :-1] = part * length
        start += size
    return scaled


def scores_of_many(net: MLP, thetas: Float[Tensor, "M P"], x: Float[Tensor, "N D"]) -> Float[Tensor, "M K N"]:
    """Scores of the points under M settings of all parameters at once."""
    h, start = x.t().expand(len(thetas), -1, -1), 0
    norms = sum(layer.both.numel() for layer in net.layers)
    for layer in net.layers:
        size, units = layer.both.numel(), len(layer.bias)
        both = thetas[:, start : start + size].view(-1, *layer.both.shape)
        start += size
        h = torch.baddbmm(both[:, :, -1:], both[:, :, :-1], h)  # (M, units, N)
        if layer.norm:
            gamma, beta = thetas[:, norms : norms + 2 * units].view(-1, 2, units, 1).unbind(1)
            mean, variance = layer.norm.running[:, :, None]
            h = (h - mean) * (gamma / (variance + layer.norm.epsilon).sqrt()) + beta
            norms += 2 * units
        h = layer.activation.value(h)
    return h


def loss_around(
    net: MLP,
    directions: Float[Tensor, "2 P"],
    x: Float[Tensor, "N D"],
    y: Float[Tensor, "K N"],
    loss: Loss,
    *,
    resolution: int,
    reach: float = 1.0,
) -> Float[Tensor, "R R"]:
    """L(θ + a δ + b η) for a, b from −reach to reach: row 0 is the lowest b."""
    steps = torch.linspace(-reach, reach, resolution, dtype=net.theta.dtype)
    b, a = torch.meshgrid(steps, steps, indexing="ij")
    places = torch.stack([a.reshape(-1), b.reshape(-1)], 1)  # (R², 2)
    z = scores_of_many(net, net.theta + places @ directions, x)
    return loss.values(z, y).mean(1).view(resolution, resolution)


def project(differences: Float[Tensor, "T P"], directions: Float[Tensor, "2 P"]) -> Float[Tensor, "T 2"]:
    """The nearest (a, b) of each difference from the present weights: least squares on the two directions."""
    gram = directions @ directions.t()
    if float(torch.det(gram)) < 1e-20:
        return differences.new_zeros(len(differences), 2)
    return torch.linalg.solve(gram, directions @ differences.t()).t()
