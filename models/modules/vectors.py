"""Numbers and vectors as a reader sees them: in words, in LaTeX with live numbers, as arrows added tip to tail."""

import math

from jaxtyping import Float
from torch import Tensor

from models.core import Arrow

__all__ = ["added", "column", "numeral", "slots", "written"]


def numeral(value: float, digits: int = 4) -> str:
    """A number with so many digits that count, a true minus, and a power of ten where it is very large or small."""
    mantissa, _, power = f"{value:#.{digits}g}".partition("e")
    raised = "".join("⁻" if sign == "-" else "⁰¹²³⁴⁵⁶⁷⁸⁹"[int(sign)] for sign in str(int(power or 0)))
    return mantissa.rstrip(".").replace("-", "−") + (f"·10{raised}" if power else "")


def written(vector: Float[Tensor, " D"], digits: int = 2) -> str:
    """(1.00, −2.50): with a true minus."""
    return "(" + ", ".join(f"{value:.{digits}f}".replace("-", "−") for value in vector.tolist()) + ")"


def slots(**vectors: Float[Tensor, " D"]) -> dict[str, float | int | str]:
    """The numbers for an equation's slots: w=… gives w0, w1, …"""
    return {f"{name}{i}": value for name, vector in vectors.items() for i, value in enumerate(vector.tolist())}


def column(name: str, size: int) -> str:
    """LaTeX of a column vector whose entries are the slots name0, name1, …"""
    return r"\begin{pmatrix}" + r"\\".join(rf"\slot{{{name}{i}}}" for i in range(size)) + r"\end{pmatrix}"


def added(before: Float[Tensor, "2"], step: Float[Tensor, "2"], plus: bool, reach: float) -> list[Arrow]:
    """w, what was added at its tip (a point x or −x, x itself beside it), and the sum, all from the origin.

    They are shrunk together to fit in `reach`, by halves, so that it seldom changes and the labels can say it.
    """
    after = before + step
    longest = max(float(before.norm()), float(after.norm()))
    halvings = max(0, math.ceil(math.log2(longest / reach))) if longest else 0
    share = ["", "½ ", "¼ ", "⅛ "][halvings] if halvings < 4 else f"1/{2**halvings} "
    (x, y), (dx, dy), (u, v) = ((vector / 2**halvings).tolist() for vector in (before, step, after))
    colour, sign = ("class1", "+") if plus else ("class0", "−")
    if not (dx or dy):
        arrows = [Arrow("after", 0, 0, u, v, f"{share}w")] if longest else []
    elif not (x or y):
        arrows = [Arrow("after", 0, 0, u, v, f"w′ = 0 {sign} {share}x", colour)]
    else:
        place = (step if plus else -step).tolist()
        arrows = [
            Arrow("point", 0, 0, *place, "x", colour),
            Arrow("before", 0, 0, x, y, f"{share}w", "ink2"),
            Arrow("step", x, y, dx, dy, "", colour),
            Arrow("sign", x + dx / 2, y + dy / 2, 0, 0, f"{sign} {share}x", colour),  # a label half way along the step
            Arrow("after", 0, 0, u, v, f"{share}w′"),
        ]
    return arrows
