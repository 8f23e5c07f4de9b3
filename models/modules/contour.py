"""Where a function of the plane is 0: its level line as straight pieces."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import Segment

__all__ = ["segments", "zero_line"]

Box = tuple[float, float, float, float]


def zero_line(
    function: Callable[[Float[Tensor, "N 2"]], Float[Tensor, " N"]], box: Box, cells: int = 48
) -> Float[Tensor, "S 4"]:
    """The pieces (x0, y0, x1, y1) of {x : function(x) = 0} in the box (x₁ from, to, x₂ from, to), by marching squares.

    The box is cut into cells × cells; in each the function is taken as linear along the edges. For a linear one,
    one cell is exact. Values of exactly 0 count as positive, so a function that is 0 everywhere has no line.
    """
    x0, x1, y0, y1 = box
    across, up = torch.linspace(x0, x1, cells + 1), torch.linspace(y0, y1, cells + 1)
    grid = torch.stack(torch.meshgrid(across, up, indexing="xy"), dim=2)  # (C + 1, C + 1, 2)
    values = function(grid.reshape(-1, 2)).reshape(cells + 1, cells + 1)
    corners = [(slice(0, -1), slice(0, -1)), (slice(0, -1), slice(1, None)), (slice(1, None), slice(1, None)),
               (slice(1, None), slice(0, -1))]  # fmt: skip
    crossings: list[Tensor] = []
    crossed: list[Tensor] = []
    for side in range(4):  # the four edges of every cell at once, anticlockwise from the lower one
        here, there = corners[side], corners[(side + 1) % 4]
        a, b = values[here], values[there]  # (C, C)
        share = torch.where(a == b, 0.5, a / (a - b)).clamp(0, 1).unsqueeze(2)
        crossings.append((grid[here] + share * (grid[there] - grid[here])).reshape(-1, 2))
        crossed.append(((a >= 0) != (b >= 0)).reshape(-1))
    places, hit = torch.stack(crossings, 1), torch.stack(crossed, 1)  # (C·C, 4, 2), (C·C, 4)
    pieces = [places[i][hit[i]].reshape(-1, 4) for i in hit.any(dim=1).nonzero()[:, 0].tolist()]  # 2 or 4 crossings
    return torch.cat(pieces) if pieces else torch.empty(0, 4)


def segments(
    name: str,
    function: Callable[[Float[Tensor, "N 2"]], Float[Tensor, " N"]],
    box: Box,
    *,
    linear: bool,
    dash: bool = False,
) -> list[Segment]:
    """The zero line as pieces to be drawn, the first of them labelled; a straight one is one piece."""
    pieces = zero_line(function, box, cells=1 if linear else 48).tolist()
    return [
        Segment(f"{name or 'line'}-{i}", *piece, label="" if i else name, dash=dash) for i, piece in enumerate(pieces)
    ]
