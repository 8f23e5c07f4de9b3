"""How fast an optimiser shrinks the error along one direction of a quadratic, and the rate at which it no longer does.

On f = ½ λ x² a step is linear, so that what is left after t steps falls (or grows) like ρᵗ; ρ is the largest root of
the step's characteristic polynomial in absolute value. Full batch, constant rate η, momentum β as torch.optim has it:

    gradient descent   z − (1 − ηλ)                              limit η < 2/λ
    heavy ball         z² − (1 + β − ηλ) z + β                   limit η < 2(1 + β)/λ
    Nesterov           z² − (1 + β)(1 − ηλ) z + β (1 − ηλ)       limit η < (2 + 2β)/((1 + 2β) λ)

Sources: Polyak (1964), USSR Comput. Math. Math. Phys. 4; O'Donoghue & Candès (2015), Found. Comput. Math. 15; the
limits follow from the Schur–Cohn conditions |b| < 1, |a| < 1 + b on z² − a z + b.
"""

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["BOUNDED", "limit", "radius"]

BOUNDED = ("sgd", "momentum", "nesterov")
"""The optimisers that have such a limit; the adaptive ones divide by the gradient's own size and have none."""


def radius(
    name: str, rate: Float[Tensor, " R"], curvatures: Float[Tensor, " K"], momentum: float
) -> Float[Tensor, " R"]:
    """ρ of the slowest of some directions of curvature λ, at each rate η: below 1 it converges."""
    bend = rate[:, None].double() * curvatures.double()  # (R, K): ηλ
    if name == "sgd":
        return (1 - bend).abs().amax(1)
    if name == "momentum":
        a, b = 1 + momentum - bend, torch.full_like(bend, momentum)
    elif name == "nesterov":
        a, b = (1 + momentum) * (1 - bend), momentum * (1 - bend)
    else:
        raise KeyError(f"{name} has no such radius: {', '.join(BOUNDED)} have.")
    spread = a * a - 4 * b
    real = (a.abs() + spread.clamp(min=0).sqrt()) / 2  # two real roots: the one further from 0
    return torch.where(spread >= 0, real, b.abs().sqrt()).amax(1)


def limit(name: str, steepest: float, momentum: float) -> float:
    """The rate above which it diverges along a direction of curvature `steepest` > 0."""
    factor = {"sgd": 2.0, "momentum": 2 * (1 + momentum), "nesterov": (2 + 2 * momentum) / (1 + 2 * momentum)}[name]
    return factor / steepest
