"""Vectors as a reader sees them: in words, in LaTeX with live numbers, and as arrows added tip to tail."""

import math

from jaxtyping import Float
from torch import Tensor

from models.core import Arrow

__all__ = ["added", "column", "dot", "slots", "written"]


def written(vector: Float[Tensor, " D"], digits: int = 2) -> str:
    """(1.00, −2.50): with a true minus."""
    return "(" + ", ".join(f"{value:.{digits}f}".replace("-", "−") for value in vector.tolist()) + ")"


def slots(**vectors: Float[Tensor, " D"]) -> dict[str, float | int | str]:
    """The numbers for an equation's slots: w=… gives w0, w1, …"""
    return {f"{name}{i}": value for name, vector in vectors.items() for i, value in enumerate(vector.tolist())}


def column(name: str, size: int) -> str:
    """LaTeX of a column vector whose entries are the slots name0, name1, …"""
    return r"\begin{pmatrix}" + r"\\".join(rf"\slot{{{name}{i}}}" for i in range(size)) + r"\end{pmatrix}"


def dot(left: str, right: str, size: int) -> str:
    """LaTeX of a scalar product, product by product."""
    return " + ".join(rf"(\slot{{{left}{i}}})(\slot{{{right}{i}}})" for i in range(size))


def added(
    start: Float[Tensor, "2"], step: Float[Tensor, "2"], names: tuple[str, str, str], colour: str, reach: float
) -> list[Arrow]:
    """Arrows of start, of step at its tip, and of their sum, all from the origin and shrunk together to fit in `reach`.

    The shrinking goes by halves and is told in the label of the last, so that it seldom changes.
    """
    after = start + step
    longest = max(float(start.norm()), float(after.norm()))
    half = max(0, math.ceil(math.log2(longest / reach))) if longest else 0
    (x, y), (dx, dy), (u, v) = ((vector / 2**half).tolist() for vector in (start, step, after))
    arrows = (
        [Arrow("before", 0, 0, x, y, names[0], "ink2"), Arrow("step", x, y, dx, dy, names[1], colour)]
        if dx or dy
        else []
    )
    scale = f" (drawn 1 : {2**half})" if half else ""
    return [arrow for arrow in [*arrows, Arrow("after", 0, 0, u, v, names[2] + scale)] if arrow.dx or arrow.dy]
