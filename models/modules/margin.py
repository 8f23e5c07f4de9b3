"""How far apart two classes are: the margin γ of a set of signed features, and what follows from it for the perceptron.

A *signed feature* is y φ(x), with y = ±1 and φ ending in the constant 1 of the bias. A weight vector w is right about a
point when its score y wᵀφ(x) is above 0, that is when w makes an acute angle with the point's signed feature. So
separating the classes means finding a w with all signed features on its side, and everything here is about the rows of
one matrix.

Source: Novikoff (1962), "On convergence proofs for perceptrons"; Gordan (1873) for the certificate;
Lawson and Hanson (1974), "Solving Least Squares Problems", chapter 23.
"""

import math

import torch
from jaxtyping import Float
from scipy.optimize import linprog  # a third of a second: once, in the process that runs begin from
from torch import Tensor

__all__ = ["certificate", "explain", "hard_margin", "mistakes_at_most", "nonnegative_least_squares"]

_TOUCHES = 1e-7
"""A margin below this share of R counts as none: the arithmetic cannot tell it from 0."""


def hard_margin(signed: Float[Tensor, "N D"]) -> tuple[float, Float[Tensor, " D"]]:
    """γ = max over ‖u‖ = 1 of minₙ uᵀ(yₙ φ(xₙ)), and that u; (0, 0) when no hyperplane through the origin separates.

    γ is the distance from the origin to the convex hull of the signed features, and u points at its nearest place p:
    minimise ‖Σ λₙ yₙ φ(xₙ)‖² over λ ≥ 0 with Σ λₙ = 1. Least squares with an extra row Σ λₙ ≈ 1 has the same minimiser
    up to its scale: s times p costs s²‖p‖² + (s − 1)², least where ‖p‖ is.
    """
    rows, columns = signed.shape
    if not rows:
        return 0.0, torch.zeros(columns, dtype=torch.float64)
    points = signed.double()
    radius = float(points.norm(dim=1).max())
    scaled = points / radius  # so that 1 is the natural size of everything below
    matrix = torch.cat([scaled.T, torch.ones(1, rows, dtype=torch.float64)])  # (D + 1, N)
    target = torch.zeros(columns + 1, dtype=torch.float64)
    target[-1] = 1
    share = nonnegative_least_squares(matrix, target)
    nearest = scaled.T @ (share / share.sum())  # (D,)
    length = float(nearest.norm())
    if length < _TOUCHES:
        return 0.0, torch.zeros_like(nearest)
    u = nearest / length
    gamma = float((scaled @ u).min()) * radius  # what u really leaves free, rounding included: never above the true γ
    return (gamma, u) if gamma > 0 else (0.0, torch.zeros_like(u))


def mistakes_at_most(signed: Float[Tensor, "N D"], w: Float[Tensor, " D"]) -> float:
    """How many mistakes a perceptron that starts at w can still make: (R/γ)² from w = 0, infinity when γ = 0.

    Novikoff's proof from any start: each mistake adds at least γ to uᵀw and at most R² to ‖w‖², so after k of them
    uᵀw + kγ ≤ √(‖w‖² + kR²), a quadratic in k.
    """
    gamma, u = hard_margin(signed)
    if gamma == 0:
        return math.inf if len(signed) else 0.0
    start = w.double()
    ahead, square = float(u @ start), float(start @ start)
    half = float(signed.double().norm(dim=1).max()) ** 2 / 2 - ahead * gamma
    room = half**2 + gamma**2 * (square - ahead**2)
    return max(0.0, (half + math.sqrt(max(room, 0.0))) / gamma**2)


def certificate(signed: Float[Tensor, "N D"]) -> Float[Tensor, " N"] | None:
    """A linear program's proof that nothing separates: λ ≥ 0 with Σ λₙ = 1 and Σ λₙ yₙ φ(xₙ) = 0; None if it has none.

    With such shares Σ λₙ (yₙ wᵀφ(xₙ)) = wᵀ0 = 0 for every w, so the scores cannot all be above 0. Gordan's theorem:
    either such shares exist, or a separating w does.
    """
    rows, columns = signed.shape
    if not rows:
        return None
    scaled = signed.double() / signed.double().norm(dim=1).max()
    equalities = torch.cat([scaled.T, torch.ones(1, rows, dtype=torch.float64)]).numpy()  # (D + 1, N)
    found = linprog([0.0] * rows, A_eq=equalities, b_eq=[0.0] * columns + [1.0], bounds=(0, None), method="highs")
    return torch.from_numpy(found.x) if found.status == 0 else None


def explain(signed: Float[Tensor, "N D"], gamma: float, proof: Float[Tensor, " N"] | None) -> tuple[str, str]:
    """What γ, or the certificate that there is none, says about the points: a sentence and its tone."""
    if gamma:
        radius = float(signed.norm(dim=1).max())
        most = (radius / gamma) ** 2
        text = f"Separable: R = {radius:.3g} and γ = {gamma:.3g}, so from w = 0 there are at most (R/γ)² = {most:,.1f} "
        return text + "mistakes, in whatever order the points come.", "good"
    shares = {n: share for n, share in enumerate([] if proof is None else proof.tolist()) if share > 1e-9}
    equal = max(shares.values(), default=0) - min(shares.values(), default=0) < 1e-6
    mix = "in equal parts" if equal else "in the parts " + ", ".join(f"{share:.2f}" for share in shares.values())
    points = f"of the points {', '.join(map(str, shares))}, {mix}," if len(shares) <= 6 else f"of {len(shares)} points"
    text = f"Not separable: a linear program finds that the features y φ(x) {points} cancel to 0. "
    return text + "So no w can have y wᵀφ(x) above 0 at all of them.", "warn"


def nonnegative_least_squares(matrix: Float[Tensor, "M N"], target: Float[Tensor, " M"]) -> Float[Tensor, " N"]:
    """The x ≥ 0 that minimises ‖matrix x − target‖, by Lawson and Hanson's active sets."""
    x = torch.zeros(matrix.shape[1], dtype=matrix.dtype)
    free = torch.zeros(len(x), dtype=torch.bool)  # the entries that may be above 0
    for _ in range(3 * len(x) + 10):
        pull = matrix.T @ (target - matrix @ x)  # (N,): how the error falls if an entry grows
        pull[free] = -math.inf
        best = int(pull.argmax())
        if pull[best] <= 1e-13:
            break
        free[best] = True
        while True:
            wanted = torch.zeros_like(x)
            wanted[free] = torch.linalg.lstsq(matrix[:, free], target[:, None], driver="gelsd").solution[:, 0]
            negative = free & (wanted <= 0)
            if not negative.any():
                break
            stride = (x[negative] / (x[negative] - wanted[negative])).min()  # as far towards it as x stays ≥ 0
            x = x + stride * (wanted - x)
            free &= x > 1e-15
            x[~free] = 0
        x = wanted
    return x
