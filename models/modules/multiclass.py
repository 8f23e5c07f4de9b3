"""Four ways to tell K classes apart with planes: softmax, multiclass perceptron, one against the rest, in pairs.

X (N, F) ends in a column of ones, whose weight is the bias; y (N,) is 0 … K−1; W (M, F) has a row for each score: one a
class (M = K), or one a pair of classes (M = K(K−1)/2), which is for the later class of the pair. All but the perceptron
go down J(W) = Σₙ ℓ(W xₙ, yₙ) + λ ‖W without the biases‖², so scikit-learn's C is 1/(2λ). What a point does to W is its
*pull* (M,), minus the slope of its ℓ by its scores: W ← W + η pull xᵀ.

Sources: Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 4.2 and 4.4; Crammer & Singer (2003),
JMLR 3; Kesler's construction: Nilsson (1965), Learning Machines, and Duda & Hart (1973), 5.12; Hsu & Lin (2002), IEEE
Transactions on Neural Networks 13.
"""

import math
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from models.modules import margin

__all__ = [
    "WORDS", "Binary", "Model", "best_other", "decide", "height", "kesler", "losses", "mistakes_at_most", "pairs",
    "printed", "probabilities", "pull", "rows",
]  # fmt: skip

Model = Literal["softmax", "perceptron", "one-vs-rest", "one-vs-one"]
WORDS: dict[Model, str] = {
    "softmax": "softmax regression", "perceptron": "multiclass perceptron",
    "one-vs-rest": "one against the rest", "one-vs-one": "in pairs: one against one",
}  # fmt: skip
Binary = Literal["logistic", "squared error"]
Scores = Float[Tensor, "N M"]
Labels = Int[Tensor, " N"]


def pairs(classes: int) -> list[tuple[int, int]]:
    """All pairs (a, b) with a < b: the order of scikit-learn's estimators."""
    return [(a, b) for a in range(classes) for b in range(a + 1, classes)]


def rows(model: Model, classes: int) -> int:
    """M: how many scores there are."""
    return classes * (classes - 1) // 2 if model == "one-vs-one" else classes


def _binary(y: Labels, classes: int, model: Model) -> tuple[Scores, Scores]:
    """The targets, 0 or 1, of every binary question, and 1 where a point is asked it."""
    if model == "one-vs-rest":
        return F.one_hot(y, classes).double(), torch.ones(len(y), classes, dtype=torch.float64)
    first, second = torch.tensor(pairs(classes)).T  # (M,), (M,)
    later = (y[:, None] == second).double()
    return later, later + (y[:, None] == first).double()


def pull(z: Scores, y: Labels, classes: int, model: Model, binary: Binary = "logistic") -> Scores:
    """How much of each point is added to every row of W, from its scores z.

    Softmax: 1[k = y] − P(k | x). Binary questions: t − σ(z), or t − ½ − z with the squared error (targets ±½), and
    nothing from points that are in neither class. Perceptron: +1 for y and −1 for the best other class if that one
    reaches the score of y, which is a mistake; else nothing.
    """
    if model == "softmax":
        return F.one_hot(y, classes) - z.softmax(1)
    if model == "perceptron":
        rival = best_other(z, y)
        wrong = z.gather(1, rival[:, None]) >= z.gather(1, y[:, None])  # (N, 1)
        return wrong * (F.one_hot(y, classes) - F.one_hot(rival, classes)).double()
    target, asked = _binary(y, classes, model)
    return asked * (target - torch.sigmoid(z) if binary == "logistic" else target - 0.5 - z)


def printed(z: Scores, y: Labels, classes: int) -> Scores:
    """The pull of a rule that adds η x − η Σₖ P(k | x) x to the row of the point's own class: nothing, as ΣP = 1."""
    weights = (z - z.max(1, keepdim=True).values).exp()
    total = weights.sum(1) / weights.sum(1)  # ΣP = Σₖ (eᶻₖ / Σ eᶻ)
    return F.one_hot(y, classes) * (1 - total)[:, None]


def best_other(z: Scores, y: Labels) -> Labels:
    """The class with the highest score among those that are not the point's own."""
    return z.scatter(1, y[:, None], -math.inf).argmax(1)


def losses(z: Scores, y: Labels, classes: int, model: Model, binary: Binary = "logistic") -> Float[Tensor, " N"]:
    """ℓ of every point; the perceptron's is how far the best other score is above that of its class."""
    if model == "softmax":
        return F.cross_entropy(z, y, reduction="none")
    if model == "perceptron":
        others = z.scatter(1, y[:, None], -math.inf).max(1).values
        return (others - z.gather(1, y[:, None])[:, 0]).clamp_min(0)
    target, asked = _binary(y, classes, model)
    each = F.softplus(z) - target * z if binary == "logistic" else 0.5 * (target - 0.5 - z).square()
    return (asked * each).sum(1)


def height(z: Scores, classes: int, model: Model) -> Float[Tensor, "N K"]:
    """What the classes are compared by: their scores; in pairs, how many pairs each wins.

    Ties of votes go to the class whose scores add up to more: that sum, pressed into ±⅓, is added, as in scikit-learn.
    """
    if model != "one-vs-one":
        return z
    first, second = torch.tensor(pairs(classes)).T
    half = torch.full_like(z, 0.5)
    won = torch.heaviside(z, half)
    zero = torch.zeros(len(z), classes, dtype=z.dtype)
    votes = zero.index_add(1, second, won).index_add(1, first, 1 - won)
    sure = zero.index_add(1, second, z).index_add(1, first, -z)
    return votes + sure / (3 * (sure.abs() + 1))


def decide(z: Scores, classes: int, model: Model) -> Labels:
    """The class of every point: the highest."""
    return height(z, classes, model).argmax(1)


def probabilities(z: Scores, classes: int, model: Model, binary: Binary = "logistic") -> Float[Tensor, "N K"]:
    """How sure the model is of each class, 0…1: P of softmax; σ of each question (they need not add up to 1);
    the share of pairs won; of the perceptron and of squared errors, which know no probability, 1 for the highest.
    """
    if model == "softmax":
        return z.softmax(1)
    if model == "one-vs-one":
        return height(z, classes, model).clamp(0, classes - 1) / max(1, classes - 1)
    if model == "one-vs-rest" and binary == "logistic":
        return torch.sigmoid(z)
    return F.one_hot(z.argmax(1), classes).double()


def kesler(x: Float[Tensor, "N F"], y: Labels, classes: int) -> Float[Tensor, "R D"]:
    """One row for each point and each other class: +x in the place of its class, −x in that of the other, else 0.

    W is right about all points exactly when W, written as one vector, has a score above 0 at every row.
    """
    n, f = x.shape
    others = torch.arange(classes).repeat(n, 1)
    others = others[others != y[:, None]]  # (N·(K−1),)
    signs = (F.one_hot(y.repeat_interleave(classes - 1), classes) - F.one_hot(others, classes)).double()
    return (signs[:, :, None] * x.repeat_interleave(classes - 1, 0)[:, None]).reshape(n * (classes - 1), classes * f)


def mistakes_at_most(x: Float[Tensor, "N F"], y: Labels, classes: int, w: Float[Tensor, "K F"]) -> tuple[float, float]:
    """γ and the number of mistakes that the perceptron can still make from W: 2R²/γ² from W = 0, infinity if γ = 0.

    γ = max over ‖U‖ = 1 of the least (u_y − u_k)ᵀx; a row of Kesler's has the length √2 ‖x‖, hence the 2.
    """
    signed = kesler(x, y, classes)
    gamma, _ = margin.hard_margin(signed)
    return gamma, margin.mistakes_at_most(signed, w.reshape(-1)) if gamma else (math.inf if len(signed) else 0.0)
