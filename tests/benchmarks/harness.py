"""What the benchmarks share: a figure with its target, medians, ratios within one run, the table."""

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass
class Figure:
    """One measured number beside its target; `note` says how it was come by."""

    name: str
    value: float
    sense: Literal["<=", ">="]
    target: float
    unit: str = ""
    note: str = ""

    @property
    def reached(self) -> bool:
        return self.value <= self.target if self.sense == "<=" else self.value >= self.target

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "reached": self.reached}


def timed(call: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def median_of(times: int, call: Callable[[], float]) -> float:
    """The median of what `call` returns."""
    return statistics.median(call() for _ in range(times))


def ratio(first: Callable[[], float], second: Callable[[], float], rounds: int = 7) -> float:
    """Median of first/second, taken in turns (first, second, second, first …) so that a drift hits both."""
    pairs = []
    for index in range(rounds):
        if index % 2:
            below = second()
            above = first()
        else:
            above = first()
            below = second()
        pairs.append(above / below)
    return statistics.median(pairs)


def number(value: float) -> str:
    """Three digits, as a person writes them."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def table(figures: Iterable[Figure]) -> str:
    """The figures as aligned columns."""
    rows: list[Sequence[str]] = [("", "figure", "target", "", "how")]
    for f in figures:
        sign = "≤" if f.sense == "<=" else "≥"
        target = f"{sign} {number(f.target)} {f.unit}".rstrip()
        rows.append((f.name, f"{number(f.value)} {f.unit}".rstrip(), target, "ok" if f.reached else "MISSED", f.note))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
