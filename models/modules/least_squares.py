"""Least squares: the ways to its closed form, its bowl-shaped loss, and what becomes of it under a penalty.

Throughout X (N, F) is the design matrix (a column a feature, the bias among them as a column of ones), y (N,) the
targets, θ (F,) the weights; all in float64. The loss is the mean of the squared residuals,
    L(θ) = ‖Xθ − y‖² / N,   ∇L = 2Xᵀ(Xθ − y) / N,   ∇²L = H = 2XᵀX / N,
which has the same minimum as their sum. Source: Golub & Van Loan, Matrix Computations, 5.2-5.5; Hastie, Tibshirani &
Friedman, The Elements of Statistical Learning, 3.2-3.4.
"""

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = [
    "curvature", "gradient", "lasso", "loss", "normal_equations", "pseudo_inverse", "qr", "rank", "ridge", "solve",
]  # fmt: skip

Matrix = Float[Tensor, "N F"]
Vector = Float[Tensor, " F"]
Targets = Float[Tensor, " N"]


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


def ridge(x: Matrix, y: Targets, penalties: Vector) -> Vector:
    """argmin ‖Xθ − y‖² + Σⱼ penaltyⱼ θⱼ²  =  (XᵀX + diag(penalties))⁻¹Xᵀy. A bias has the penalty 0.

    Solved as least squares with a row √penaltyⱼ eⱼ and the target 0 below X for each weight: QR does not square the
    condition number as XᵀX would.
    """
    rows = torch.cat([x, torch.diag(penalties.sqrt())])
    return solve(rows, torch.cat([y, torch.zeros_like(penalties)]))


def lasso(x: Matrix, y: Targets, penalties: Vector, start: Vector) -> Vector:
    """argmin ‖Xθ − y‖² + Σⱼ penaltyⱼ |θⱼ|, exactly, by feature-sign search (Lee et al. 2007) from `start`.

    A set of weights is free to move, each on its side of 0; among these the minimum is a linear system. Weights that
    would cross 0 on the way leave the set; then the one at 0 that the residuals pull hardest at joins it, if they pull
    harder than half its penalty. A bias has the penalty 0 and is always free. Finite, as the loss falls every time.
    """
    half, theta = penalties / 2, torch.where(penalties > 0, start, start.nan_to_num())
    free = (theta != 0) | (half == 0)
    sides = theta.sign() * (half > 0)  # (F,)
    for _ in range(20 * len(theta)):
        theta, free, sides, whole = _towards(x, y, half, theta, free, sides)
        pull = x.T @ (y - x @ theta)  # (F,): what the residuals say to each weight
        eager = torch.where(free, 0.0, pull.abs() - half * (1 + 1e-10) - 1e-12 * x.abs().amax(0))
        if not whole:
            continue
        if float(eager.max()) <= 0:
            break
        j = int(eager.argmax())
        free, sides = free.clone(), sides.clone()
        free[j], sides[j] = True, pull[j].sign()
    return theta


def _towards(
    x: Matrix, y: Targets, half: Vector, theta: Vector, free: Tensor, sides: Vector
) -> tuple[Vector, Tensor, Vector, bool]:
    """From θ as far towards the minimum of the free weights as the loss falls; the weights that reach 0 are not free.

    On the free columns A with sides s it is AᵀAθ = Aᵀy − s·half: with A = QR, Rθ = Qᵀy − R⁻ᵀ(s·half). Returns θ, who
    is free, the sides, and whether the minimum itself was reached.
    """
    a = x[:, free]
    if dependent := rank(a) < a.shape[1]:  # a trace of ridge makes the free weights one of many minima
        a = torch.cat([a, 1e-6 * torch.eye(a.shape[1], dtype=a.dtype)])
    q, r = torch.linalg.qr(a)
    targets = torch.cat([y, torch.zeros(a.shape[1], dtype=y.dtype)]) if dependent else y
    push = torch.linalg.solve_triangular(r.T, (sides * half)[free][:, None], upper=False)
    goal = torch.zeros_like(theta)
    goal[free] = torch.linalg.solve_triangular(r, (q.T @ targets)[:, None] - push, upper=True)[:, 0]
    way = goal - theta
    at = torch.where((half > 0) & (theta * goal < 0), theta / (theta - goal), 1.0)  # (F,): when each crosses 0
    stops = torch.cat([at, torch.ones_like(at[:1])]).unique()
    places = theta + stops[:, None] * way  # (S, F)
    cost = (places @ x.T - y).square().sum(1) + places.abs() @ (2 * half)
    k = int(cost.argmin())
    found = torch.where((at <= stops[k]) & (at < 1), 0.0, places[k])
    found = torch.where((half > 0) & (sides * found < 0), 0.0, found) if k == len(stops) - 1 else found
    kept = (found != 0) | (half == 0)
    return found, kept, found.sign() * (half > 0), bool((kept == free).all())
