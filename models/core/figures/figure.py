"""What every figure has: a title, a text alternative, and tensors that know how they travel.

A figure is a dataclass. What is a tensor in it travels as a raw buffer, packed as its field says (`packed`);
everything else travels as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor

Pack = Literal["u8", "f16", "f32", "i32", "index"]


def packed(how: Pack) -> Any:
    """A tensor field and how it travels: u8 is quantised between lo and hi, `index` is whole numbers 0–255 (classes,
    flags).
    """
    return field(default=None, metadata={"pack": how})


def default(make: Callable[[], Any]) -> Any:
    return field(default_factory=make)


@dataclass
class Axis:
    """A labelled axis; `lo` and `hi` fix its range, None lets the data decide once."""

    label: str = ""
    unit: str = ""
    lo: float | None = None
    hi: float | None = None
    log: bool = False

    def plotly(self) -> dict[str, Any]:
        """The axis in Plotly's words."""
        text = f"{self.label} ({self.unit})" if self.unit else self.label
        axis: dict[str, Any] = {"title": {"text": text}}
        if self.log:
            axis["type"] = "log"
        elif self.lo is not None and self.hi is not None:
            axis["range"] = [self.lo, self.hi]
        return axis


@dataclass(kw_only=True)
class Figure:
    """Base: a title (the view's when empty) and a one-line text alternative."""

    title: str = ""
    alt: str = ""

    @property
    def kind(self) -> str:
        """The same string in Python and in the browser."""
        return type(self).__name__

    def to_plotly(self) -> dict[str, Any]:
        """The same chart as Plotly's {data, layout}, for notebooks and for an opened figure."""
        return chart([], self.title)


def chart(data: Sequence[dict[str, Any]], title: str = "", **layout: Any) -> dict[str, Any]:
    """Plotly's JSON of some traces."""
    return {"data": list(data), "layout": {"title": {"text": title}, **layout}}


def listed(value: Tensor | None) -> Any:
    """A tensor as nested lists, with None where a number is not finite."""
    if value is None:
        return None
    if value.dtype.is_floating_point and not bool(torch.isfinite(value).all()):
        return [listed(row) for row in value] if value.ndim else None
    return value.tolist()
