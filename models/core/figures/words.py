"""Equations with live numbers, tables and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from models.core.figures.figure import Figure, chart, default
from models.core.mathml import mathml


@dataclass(kw_only=True)
class EquationLine:
    """One line of LaTeX and the same as MathML."""

    latex: str
    mathml: str
    note: str = ""


@dataclass(kw_only=True)
class Equation(Figure):
    r"""LaTeX with live numbers: `\slot{w1}` in a line is filled by values["w1"]. The MathML of a line is made once."""

    lines: list[EquationLine] = default(list)
    values: dict[str, float | int | str] = default(dict)

    @classmethod
    def of(
        cls, lines: Sequence[str | tuple[str, str]], values: dict[str, float | int | str] | None = None, **fields: Any
    ) -> Equation:
        """Lines of LaTeX, each with an optional note, and the numbers of their slots."""
        pairs = [(line, "") if isinstance(line, str) else line for line in lines]
        return cls(
            lines=[EquationLine(latex=tex, mathml=mathml(tex), note=note) for tex, note in pairs],
            values=values or {},
            **fields,
        )


@dataclass
class Column:
    """A column of a table; digits after the point, None for text and whole numbers."""

    label: str
    unit: str = ""
    digits: int | None = None


Cell = str | int | float | bool | None


@dataclass(kw_only=True)
class Table(Figure):
    """Rows of text and numbers; `mark` is the row that is lit."""

    columns: list[Column] = default(list)
    rows: list[list[Cell]] = default(list)
    caption: str = ""
    mark: int | None = None

    def to_plotly(self) -> dict[str, Any]:
        cells = [list(column) for column in zip(*self.rows, strict=True)]
        trace = {"type": "table", "header": {"values": [c.label for c in self.columns]}, "cells": {"values": cells}}
        return chart([trace], self.title)


@dataclass
class TextLine:
    """A sentence and its tone."""

    text: str
    tone: Literal["plain", "good", "warn", "bad"] = "plain"


@dataclass(kw_only=True)
class Text(Figure):
    """Sentences about the model as it is now."""

    lines: list[TextLine] = default(list)

    @classmethod
    def of(cls, *lines: str | tuple[str, str], **fields: Any) -> Text:
        """Sentences, or (sentence, tone) pairs."""
        return cls(lines=[TextLine(line) if isinstance(line, str) else TextLine(*line) for line in lines], **fields)  # type: ignore[arg-type]
