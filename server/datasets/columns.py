"""Columns as they are gathered, cell by cell: 8 bytes a number and 2 a class, never the text itself."""

import math
import re
from array import array
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from server.problems import Problem

MOST_CLASSES, LONGEST_CLASS, LONGEST_CELL, SAMPLE = 50, 100, 10_000, 8
MISSING = frozenset({"", "na", "n/a", "#n/a", "<na>", "nan", "null", "none", "?"})
POINT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
COMMA = re.compile(r"[+-]?(?:[0-9]+,[0-9]*|,[0-9]+)(?:[eE][+-]?[0-9]+)?")
INFINITE = frozenset({"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"})


def unreadable(message: str, line: int, column: str = "") -> Problem:
    """422: what is wrong in which line and column."""
    where = f"line {line:,}, column {column!r}" if column else f"line {line:,}"
    return Problem(
        422,
        f"{where[0].upper()}{where[1:]}: {message}",
        kind="unreadable-table",
        field="file",
        line=line,
        column=column,
    )


@dataclass
class Signs:
    """Which decimal signs the file uses, each with the line where it came first."""

    comma_allowed: bool
    point: int = 0
    comma: int = 0

    def number(self, cell: str, line: int) -> float | None:
        """The number in a cell; None if it is none."""
        if POINT.fullmatch(cell):
            if not self.point and "." in cell:
                self.point = line
            return float(cell)
        if self.comma_allowed and COMMA.fullmatch(cell):
            self.comma = self.comma or line
            return float(cell.replace(",", "."))
        return None

    def check(self) -> None:
        """Raises the 422 for a file with both: 1.234 would have two meanings."""
        if self.comma and self.point:
            raise unreadable(
                f"numbers have a decimal comma here and a decimal point in line {self.point:,}. Use one of them.",
                self.comma,
            )


@dataclass
class Gathered:
    """One column of the file."""

    name: str
    signs: Signs
    numbers: "array[float] | None" = field(default_factory=lambda: array("d"))
    codes: "array[int] | None" = field(default_factory=lambda: array("h"))
    coded: dict[str, int] = field(default_factory=dict)
    sample: list[str] = field(default_factory=list)
    cells: int = 0
    missing: int = 0
    infinite: int = 0
    words: int = 0
    first_word: tuple[int, str] = (0, "")

    def add(self, cell: str, line: int) -> None:
        """The next cell."""
        if len(cell) > LONGEST_CELL:
            raise unreadable(
                f"the cell has {len(cell):,} characters; a cell has at most {LONGEST_CELL:,}.", line, self.name
            )
        cell = cell.strip()
        self.cells += 1
        if len(self.sample) < SAMPLE:
            self.sample.append(cell[:80])
        if cell.lower() in MISSING:
            self._keep(math.nan, -1)
            self.missing += 1
            return
        value = math.inf if cell.lower() in INFINITE else self.signs.number(cell, line)
        if value is None:
            self.words += 1
            if self.words == 1:
                self.first_word, self.numbers = (line, cell[:40]), None
        elif math.isinf(value):  # written so, or too large for a number of 64 bits
            self.infinite += 1
            self._keep(math.nan, -1)
            return
        self._keep(math.nan if value is None else value, self._code(cell))

    def _code(self, cell: str) -> int:
        if self.codes is None:
            return -1
        code = self.coded.setdefault(cell, len(self.coded))
        if len(self.coded) > MOST_CLASSES or len(cell) > LONGEST_CLASS:
            self.codes = None
            self.coded.clear()
        return code

    def _keep(self, number: float, code: int) -> None:
        if self.numbers is not None:
            self.numbers.append(number)
        if self.codes is not None:
            self.codes.append(code)

    @property
    def kind(self) -> str:
        """Numbers, if every cell is one or missing; else classes, if there are few; else text."""
        if self.numbers is not None and self.missing + self.infinite < self.cells:
            return "number"
        return "category" if self.codes is not None and self.coded else "text"

    def finished(self) -> tuple[dict[str, Any], NDArray[Any] | None]:
        """The column as it is described in the file's head, and its numbers or codes; classes in the order of words."""
        about: dict[str, Any] = {"name": self.name, "kind": self.kind}
        if self.kind == "number":
            return about, np.array(self.numbers, np.float64)
        if self.kind == "category":
            order = {old: new for new, old in enumerate(self.coded[word] for word in sorted(self.coded))}
            codes = np.array([-1 if code < 0 else order[code] for code in self.codes or ()], np.int16)
            return {**about, "classes": sorted(self.coded)}, codes
        line, word = self.first_word
        why = "every cell is empty."
        if self.words:
            why = f"{self.words:,} of its {self.cells:,} cells are no numbers, the first is {word!r} in line {line:,}."
        return {**about, "why": why, "sample": self.sample}, None

    def remarks(self) -> list[str]:
        """What to know of how it was read."""
        said = [f"{self.infinite:,} infinite values in {self.name!r} count as missing."] if self.infinite else []
        return [*said, f"Column {self.name!r} is text: {self.finished()[0]['why']}"] if self.kind == "text" else said
