"""What a figure needs of the past: rows of numbers by step, thinned as they grow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


class Trail:
    """Rows of named columns, at most `limit`: when full, every second row falls and from then on only every second is
    kept.

    The first and the newest row are always there. Part of a lab's state. A value is a number, or a 1-D tensor of one
    length per column.
    """

    def __init__(self, *columns: str, limit: int = 2_000) -> None:
        if limit < 4:
            raise ValueError(f"A trail keeps at least 4 rows, not {limit}.")
        self.columns, self.limit = columns, limit
        self.every, self.count = 1, 0
        self.rows: list[tuple[float | Tensor, ...]] = []
        self.newest: tuple[float | Tensor, ...] | None = None

    def add(self, *values: float | Tensor) -> None:
        """One row, in the order of the columns. Tensors are copied."""
        if len(values) != len(self.columns):
            raise ValueError(f"A row of {self.columns} has {len(self.columns)} values, not {len(values)}.")
        row = tuple(v.detach().clone() if isinstance(v, Tensor) else v for v in values)
        if self.count % self.every == 0:
            self.rows.append(row)
            self.newest = None
            if len(self.rows) > self.limit:
                self.rows = self.rows[::2]
                self.every *= 2
                self.newest = row if self.count % self.every else None
        else:
            self.newest = row
        self.count += 1

    def __len__(self) -> int:
        return len(self.rows) + (self.newest is not None)

    def clear(self) -> None:
        """Forget all rows."""
        self.rows, self.newest, self.every, self.count = [], None, 1, 0

    def column(self, name: str) -> Tensor:
        """(T,) float32 of numbers, (T, D) of tensors."""
        i = self.columns.index(name)
        rows = self.rows if self.newest is None else [*self.rows, self.newest]
        values = [row[i] for row in rows]
        if values and isinstance(values[0], Tensor):
            return torch.stack([v for v in values if isinstance(v, Tensor)])
        return torch.tensor([float(v) for v in values], dtype=torch.float32)

    def state_dict(self) -> dict[str, Any]:
        """The rows and where the thinning stands."""
        return {
            "every": self.every,
            "count": self.count,
            "rows": [list(r) for r in self.rows],
            "newest": list(self.newest) if self.newest else None,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Back to a saved state."""
        self.every, self.count = state["every"], state["count"]
        self.rows = [tuple(row) for row in state["rows"]]
        newest: Sequence[float | Tensor] | None = state["newest"]
        self.newest = tuple(newest) if newest else None
