"""A picture as a sum of outer products, cut off after k of them.

A_k = Σ_{i ≤ k} σᵢ uᵢ vᵢᵀ is the nearest matrix of rank k: Eckart & Young (1936), Psychometrika 1.
"""

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["Compression"]


class Compression:
    """The singular value decomposition of a picture (R, C); errors[k] is that of rank k, as a share of the picture."""

    def __init__(self, picture: Float[Tensor, "R C"]) -> None:
        self.picture = picture
        self.u, self.sigma, self.vh = torch.linalg.svd(picture, full_matrices=False)
        left = self.sigma.square().flip(0).cumsum(0).flip(0)  # (K,): Σ_{i ≥ k} σᵢ²
        self.errors = torch.cat([left, left.new_zeros(1)]).sqrt() / left[0].sqrt()  # (K + 1,), in the Frobenius norm

    @property
    def full(self) -> int:
        """The greatest rank there can be."""
        return len(self.sigma)

    def at(self, k: int) -> Float[Tensor, "R C"]:
        """The nearest picture of rank k."""
        return (self.u[:, :k] * self.sigma[:k]) @ self.vh[:k]

    def numbers(self, k: int) -> int:
        """How many must be kept for rank k: k columns, k rows, k scales."""
        return k * (sum(self.picture.shape) + 1)

    def least(self, error: float) -> int:
        """The smallest rank whose error is at most that."""
        return int((self.errors <= error).nonzero()[0, 0])

    def state_dict(self) -> dict[str, Tensor]:
        return {"picture": self.picture}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Nothing: the picture is never changed."""
