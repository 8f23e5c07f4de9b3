"""Least squares: the ways to its closed form, its bowl-shaped loss, and what becomes of it under a penalty.

Throughout X (N, F) is the design matrix (a column a feature, the bias among them as a column of ones), y (N,) the
targets, θ (F,) the weights; all in float64. The loss is the mean of the squared residuals,
    L(θ) = ‖Xθ − y‖² / N,   ∇L = 2Xᵀ(Xθ − y) / N,   ∇²L = H = 2XᵀX / N,
which has the same minimum as their sum. Source: Golub & Van Loan, Matrix Computations, 5.2-5.5; Hastie, Tibshirani &
Friedman, The Elements of Statistical Learning, 3.2-3.4.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

__all__ = [
    "along",
    "curvature",
    "gradient",
    "lasso_path",
    "loss",
    "normal_equations",
    "pseudo_inverse",
    "qr",
    "rank",
    "ridge",
    "ridge_path",
    "solve",
    "triangle",
]  # fmt: skip

Matrix = Float[Tensor, "N F"]
Vector = Float[Tensor, " F"]
Targets = Float[Tensor, " N"]
Array = np.ndarray[Any, np.dtype[np.float64]]


def loss(x: Matrix, y: Targets, theta: Vector) -> Float[Tensor, ""]:
    """The mean squared residual; NaN without rows."""
    return (x @ theta - y).square().mean()


def gradient(x: Matrix, y: Targets, theta: Vector) -> Vector:
    """∇L(θ) = 2Xᵀ(Xθ − y)/N."""
    return 2 / len(x) * (x.T @ (x @ theta - y))


def curvature(x: Matrix) -> tuple[Vector, Float[Tensor, "F F"]]:
    """Eigenvalues of H = 2XᵀX/N, ascending and none below 0, and its eigenvectors as columns."""
    values, vectors = torch.linalg.eigh(2 / max(1, len(x)) * (x.T @ x))
    return values.clamp_min(0), vectors


def rank(x: Matrix) -> int:
    """How many columns are independent, up to rounding: singular values above σ₁ · max(N, F) · 2⁻⁵²."""
    return int(torch.linalg.matrix_rank(x)) if x.numel() else 0


def qr(x: Matrix, y: Targets) -> Vector:
    """θ from X = QR, Rθ = Qᵀy. Needs independent columns."""
    q, r = torch.linalg.qr(x)
    return torch.linalg.solve_triangular(r, (q.T @ y)[:, None], upper=True)[:, 0]


def normal_equations(x: Matrix, y: Targets) -> Vector:
    """θ from XᵀX θ = Xᵀy, which squares the condition number. Needs independent columns."""
    return torch.linalg.solve(x.T @ x, x.T @ y)


def pseudo_inverse(x: Matrix, y: Targets) -> Vector:
    """θ = X⁺y: among all that make the loss smallest, the shortest."""
    return torch.linalg.pinv(x) @ y


def solve(x: Matrix, y: Targets) -> Vector:
    """The θ of least loss: by QR, or by the pseudo-inverse where columns depend on each other or rows are too few."""
    return qr(x, y) if rank(x) == x.shape[1] else pseudo_inverse(x, y)


def triangle(x: Matrix, penalties: Vector) -> Float[Tensor, "F F"] | None:
    """The upper triangular R with RᵀR = XᵀX + diag(penalties); None where that has no inverse."""
    rows = torch.cat([x, torch.diag(penalties.sqrt())])
    return torch.linalg.qr(rows)[1] if rank(rows) == rows.shape[1] else None


def ridge(x: Matrix, y: Targets, penalties: Vector) -> Vector:
    """argmin ‖Xθ − y‖² + Σⱼ penaltyⱼ θⱼ²  =  (XᵀX + diag(penalties))⁻¹Xᵀy. A bias has the penalty 0.

    Solved as least squares with a row √penaltyⱼ eⱼ and the target 0 below X for each weight: QR does not square the
    condition number as XᵀX would.
    """
    rows = torch.cat([x, torch.diag(penalties.sqrt())])
    return solve(rows, torch.cat([y, torch.zeros_like(penalties)]))


def ridge_path(x: Matrix, y: Targets, strengths: Float[Tensor, " K"], *, bias: bool) -> Float[Tensor, "K F"]:
    """The ridge weights at each strength λ > 0, from one singular value decomposition; with `bias` the last is free.

    On centred columns UΣVᵀ they are w = V (Σ² + λ)⁻¹ Σ Uᵀ y, and b = ȳ − wᵀx̄.
    """
    size = x.shape[1] - bias
    middle, height = (x[:, :size].mean(0), y.mean()) if bias else (torch.zeros(size).to(x), torch.zeros(()).to(x))
    u, s, vt = torch.linalg.svd(x[:, :size] - middle, full_matrices=False)
    shares = s / (s.square() + strengths[:, None]) * (u.T @ (y - height))  # (K, min(N, size))
    w = shares @ vt  # (K, size)
    return torch.cat([w, (height - w @ middle)[:, None]], dim=1) if bias else w


def lasso_path(x: Matrix, y: Targets, *, bias: bool) -> tuple[Float[Tensor, " K"], Float[Tensor, "K F"]]:
    """All minima of ‖Xθ − y‖² + λ Σ|θⱼ|, from the λ at which every weight is 0 down: (λ, θ) at the knots.

    Between two knots θ is linear in λ. With `bias` the last column is left free. Homotopy (Osborne et al. 2000): with
    the weights A on their sides s the minimum is θ_A = a − ½λ d, X_AᵀX_A (a, d) = (X_Aᵀy, s); it holds until a weight
    reaches 0, or until the residuals pull at one outside as hard as ½λ. It ends at a 10⁻¹⁰th of where it began, or
    where rounding would spoil it.
    """
    full, targets = x.numpy(), y.numpy()
    size = full.shape[1] - bias
    inputs, aims = full[:, :size], targets
    if bias:  # a free bias is the same as centred columns
        inputs, aims = inputs - inputs.mean(0), targets - targets.mean()
    pull = inputs.T @ aims
    half = float(np.abs(pull).max(initial=0.0))
    knots, weights = [2 * half], [np.zeros(size)]
    floor, active, sides = 1e-10 * half, list[int](), list[float]()
    if half > 0:
        active.append(int(np.abs(pull).argmax()))
        sides.append(float(np.sign(pull[active[0]])))
    for _ in range(50 * size):
        if not active or half <= floor:
            break
        half, found = _next_knot(inputs, aims, active, sides, half, floor)
        pull = inputs.T @ (aims - inputs @ found)
        astray = np.where(found == 0, np.abs(pull) - half, np.abs(pull - half * np.sign(found)))
        if astray.max() > 1e-6 * half + 1e-12 * knots[0]:
            break  # rounding has spoilt it: so far down the columns are too alike
        knots.append(2 * half)
        weights.append(found)
    thetas = np.stack(weights)  # (K, size)
    if bias:
        thetas = np.column_stack([thetas, targets.mean() - thetas @ full[:, :size].mean(0)])
    return torch.from_numpy(np.array(knots)), torch.from_numpy(thetas)


def _next_knot(
    x: Array, y: Array, active: list[int], sides: list[float], half: float, floor: float
) -> tuple[float, Array]:
    """The next lower ½λ at which the active set changes, which it then does, and the weights there."""
    q, r = np.linalg.qr(x[:, active])
    a = np.linalg.solve(r, q.T @ y)
    d = np.linalg.solve(r, np.linalg.solve(r.T, np.array(sides)))
    rest = [j for j in range(x.shape[1]) if j not in active]
    u, v = x[:, rest].T @ (y - x[:, active] @ a), x[:, rest].T @ (x[:, active] @ d)
    with np.errstate(divide="ignore", invalid="ignore"):
        joins, leaves = np.stack([u / (1 - v), -u / (1 + v)]), a / d
    below = half * (1 - 1e-9)
    joins = np.where((joins > floor) & (joins < below), joins, 0.0)  # (2, rest)
    leaves = np.where((leaves > floor) & (leaves < below), leaves, 0.0)
    if len(active) >= np.linalg.matrix_rank(x):
        joins[:] = 0.0
    reached = max(floor, joins.max(initial=0.0), leaves.max(initial=0.0))
    found = np.zeros(x.shape[1])
    found[active] = a - reached * d
    if reached > floor and leaves.max(initial=0.0) == reached:
        k = int(leaves.argmax())
        found[active[k]] = 0.0
        del active[k], sides[k]
    elif reached > floor:
        way, k = divmod(int(joins.argmax()), len(rest))
        active.append(rest[k])
        sides.append(1.0 if way == 0 else -1.0)
    return reached, found


def along(
    path: tuple[Float[Tensor, " K"], Float[Tensor, "K F"]], strengths: Float[Tensor, " M"]
) -> Float[Tensor, "M F"]:
    """The lasso's minima at some λ, read off its path; below the path's end its last one."""
    knots, thetas = path
    after = (knots > strengths[:, None]).sum(1)  # (M,): the first knot at or below each λ
    low, high = after.clamp(max=len(knots) - 1), (after - 1).clamp(min=0)
    gap = knots[high] - knots[low]
    share = torch.where(gap > 0, (strengths - knots[low]) / gap, 0.0).clamp(0, 1)[:, None]
    return thetas[low] + share * (thetas[high] - thetas[low])
