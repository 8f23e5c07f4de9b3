"""What a table is, wherever it comes from: columns of numbers and of classes, with names, units, source and licence."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

__all__ = ["MOST_CLASSES", "Column", "Table"]

MOST_CLASSES = 50
"""A column of words with more different ones is text; numbers that are whole can stand for at most so many classes."""


@dataclass(frozen=True)
class Column:
    """One column. What is missing is NaN among the numbers and −1 among the codes of classes.

    kind: "number" has values (N,) float64 in `unit`; "category" has codes (N,) int64 and the names of its classes;
    "text" has neither, and `why` says in words why it is no number; `sample` is its first cells.
    """

    name: str
    kind: str
    values: Float[Tensor, " N"] | Int[Tensor, " N"] | None = None
    label: str = ""
    unit: str = ""
    classes: tuple[str, ...] = ()
    why: str = ""
    sample: tuple[str, ...] = ()

    @property
    def missing(self) -> Bool[Tensor, " N"]:
        """Where nothing was measured."""
        values = self._values()
        return values.isnan() if values.is_floating_point() else values < 0

    def as_classes(self) -> tuple[Int[Tensor, " N"], tuple[str, ...]]:
        """Codes (N,), −1 where missing, and the names of the classes; whole numbers with few values are classes too.

        Raises ValueError saying why the column has no classes.
        """
        values = self._values()
        if self.kind == "category":
            return values, self.classes
        there = values[~self.missing].unique()
        if len(there) > MOST_CLASSES or bool((there != there.round()).any()):
            raise ValueError(f"Column {self.name!r} holds {len(there):,} different numbers: these are no classes.")
        codes = torch.searchsorted(there, values.nan_to_num())
        return torch.where(self.missing, -1, codes), tuple(f"{value:g}" for value in there.tolist())

    def as_numbers(self) -> Float[Tensor, " N"]:
        """The numbers, NaN where missing. Raises ValueError where they are words."""
        values = self._values()
        if self.kind != "number":
            raise ValueError(f"Column {self.name!r} holds words ({', '.join(self.classes[:4])} …): choose numbers.")
        return values

    def _values(self) -> Tensor:
        if self.values is None:
            raise ValueError(f"Column {self.name!r} is text: {self.why}")
        return self.values


@dataclass(frozen=True)
class Table:
    """Columns of equal length. `target` is the column that one usually predicts; notes say how the table was read."""

    name: str
    columns: tuple[Column, ...]
    target: str = ""
    source: str = ""
    licence: str = ""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return next((len(column.values) for column in self.columns if column.values is not None), 0)

    def __getitem__(self, name: str) -> Column:
        """The column of a name; raises KeyError naming those that there are."""
        for column in self.columns:
            if column.name == name:
                return column
        there = ", ".join(column.name for column in self.columns[:12])
        raise KeyError(f"There is no column {name!r} in {self.name}; there are {there}.")

    @property
    def usable(self) -> tuple[Column, ...]:
        """All columns but those of text."""
        return tuple(column for column in self.columns if column.kind != "text")
