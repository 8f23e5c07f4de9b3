"""One hidden layer on a line: hinges or sigmoids placed by formula, and how far their sum is from a function.

Sources: Cybenko (1989), Mathematics of Control, Signals and Systems 2; error of the interpolating line, |f″| h²/8: any
book on numerical analysis; optimal knots: de Boor (2001), A Practical Guide to Splines, chapter XII; depth: Telgarsky
(2016), Benefits of depth in neural networks.
"""

from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["GRID", "Placement", "Unit", "interpolate", "knots", "layer_sum", "pieces", "sup_error", "tent", "terms"]

Unit = Literal["relu", "sigmoid"]
Placement = Literal["equal", "curvature"]
Curve = Callable[[Float[Tensor, " N"]], Float[Tensor, " N"]]
GRID = torch.linspace(-1, 1, 2_001, dtype=torch.float64)


def terms(
    x: Float[Tensor, " N"], w: Float[Tensor, " W"], b: Float[Tensor, " W"], v: Float[Tensor, " W"], unit: Unit
) -> Float[Tensor, "N W"]:
    """What each hidden unit adds: v_k g(w_k x + b_k)."""
    z = x[:, None] * w + b  # (N, W)
    return v * (z.relu() if unit == "relu" else z.sigmoid())


def layer_sum(
    x: Float[Tensor, " N"], w: Float[Tensor, " W"], b: Float[Tensor, " W"], v: Float[Tensor, " W"], c: float, unit: Unit
) -> Float[Tensor, " N"]:
    """c + Σ v_k g(w_k x + b_k)."""
    return c + terms(x, w, b, v, unit).sum(1)


def knots(f: Curve, width: int, placement: Placement) -> Float[Tensor, " E"]:
    """The width + 1 ends of `width` intervals on [−1, 1]: equally long, or shorter where f bends more (∝ |f″|^−½)."""
    if placement == "equal":
        return torch.linspace(-1, 1, width + 1, dtype=torch.float64)
    y = f(GRID)
    bend = (y[2:] - 2 * y[1:-1] + y[:-2]).abs().sqrt()  # (N − 2,), in proportion to |f″|^½
    density = bend + 0.02 * bend.max() + 1e-9
    share = torch.cat([torch.zeros(1, dtype=torch.float64), density.cumsum(0) / density.sum()])
    at = torch.searchsorted(share, torch.linspace(0, 1, width + 1, dtype=torch.float64)[1:-1])
    inner = GRID[1:-1][(at - 1).clamp(0, len(GRID) - 3)]
    ends = torch.tensor([-1.0, 1.0], dtype=torch.float64)
    return torch.cat([ends[:1], inner, ends[1:]])


def interpolate(
    f: Curve, ends: Float[Tensor, " E"], unit: Unit, steepness: float
) -> tuple[Float[Tensor, " W"], Float[Tensor, " W"], Float[Tensor, " W"], float]:
    """(w, b, v, c) of a layer with one unit for each interval, without any training.

    ReLU: v_k is the change of slope at the knot t_k, so that the sum is the straight line from knot to knot. Sigmoid:
    each climbs f's rise over its interval, with `steepness` over the interval's length as its w. Knots must ascend.
    """
    y, length = f(ends), ends.diff().clamp(min=1e-9)
    if unit == "sigmoid":
        w = steepness / length
        return w, -w * (ends[:-1] + ends[1:]) / 2, y.diff(), float(y[0])
    slopes = y.diff() / length
    v = torch.cat([slopes[:1], slopes.diff()])
    return torch.ones_like(v), -ends[:-1], v, float(y[0])


def sup_error(f: Curve, jumps: list[tuple[float, float, float]], fit: Curve) -> float:
    """The largest |fit − f| over [−1, 1], on a grid of 2,001 places and on both sides of every jump."""
    worst = float((fit(GRID) - f(GRID)).abs().max())
    for x, left, right in jumps:
        there = float(fit(torch.tensor([x], dtype=torch.float64))[0])
        worst = max(worst, abs(there - left), abs(there - right))
    return worst


def tent(x: Float[Tensor, " N"], layers: int) -> Float[Tensor, " N"]:
    """The tent 1 − |x| on [−1, 1], stretched to it and folded again by every layer of two hinges: 2^layers straight
    pieces.
    """
    for _ in range(layers):
        x = 1 - 2 * x.relu() - 2 * (-x).relu()  # two units: 1 − 2|x|
    return x


def pieces(knots: Float[Tensor, " W"]) -> Float[Tensor, " P"]:
    """The ends of the straight pieces of a sum of hinges, within [−1, 1], ascending and different."""
    inside = knots[(knots > -1) & (knots < 1)].double()
    ends = torch.tensor([-1.0, 1.0], dtype=torch.float64)
    return torch.cat([ends, inside]).unique()
