"""The metrics of the steps of one turn: kept as they come, made numbers once a turn."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from models.core.clock import record_every
from models.core.lab import Metrics

Columns = dict[str, list[float]]
WATCHED = ("loss", "gradient_norm")


class Ledger:
    """Recorded rows waiting to be sent, oldest first, and the last losses for when training diverges."""

    def __init__(self, newest: int = -1) -> None:
        """`newest` is the last step whose row has been taken already."""
        self.steps: list[int] = []
        self.rows: list[Metrics] = []
        self.times: list[float] = []  # the training clock, in seconds
        self.every, self.bound = 1, 10_000
        self.newest = newest
        self.losses: list[float] = []
        self.last_finite = max(0, newest)

    def __len__(self) -> int:
        return len(self.steps)

    def open_at(self, step: int) -> bool:
        """Whether more metrics of a step can still be merged: its row is waiting here, or there is none yet."""
        return self.newest != step or bool(self.rows)

    def hand_over(self, earlier: Ledger) -> None:
        """Gives the rows that nobody has taken yet to the ledger of an earlier step, as far as they lie before it."""
        count = sum(step <= earlier.newest for step in self.steps)
        earlier.steps, earlier.rows, earlier.times = self.steps[:count], self.rows[:count], self.times[:count]

    def add(self, step: int, metrics: Metrics, time_s: float) -> None:
        """One step's metrics and when it was made, kept if the step is a recorded one."""
        if step > self.bound:
            self.every = record_every(step)
            self.bound = 10_000 * self.every
        if step % self.every == 0:
            self.steps.append(step)
            self.rows.append(metrics)
            self.times.append(time_s)
            self.newest = step

    def merge(self, step: int, metrics: Metrics, time_s: float) -> dict[str, float]:
        """More metrics of the newest step; the whole row as numbers."""
        if self.newest != step or not self.rows:
            self.steps.append(step)
            self.rows.append({})
            self.times.append(time_s)
            self.newest = step
        row = {name: float(value) for name, value in {**self.rows[-1], **metrics}.items()}
        self.rows[-1] = dict(row)
        return row

    def take(self, hold: bool) -> tuple[Columns, list[float], dict[str, Any] | None]:
        """(columns, times, problem): the rows so far, but the newest if `hold`, up to the first that is not finite,
        when they were made, and what then happened. No two trainings share the times, so they stand apart.
        """
        count = len(self.steps) - (1 if hold and self.steps else 0)
        if count <= 0:
            return {}, [], None
        steps, rows, times = self.steps[:count], self.rows[:count], self.times[:count]
        self.steps, self.rows, self.times = self.steps[count:], self.rows[count:], self.times[count:]
        names = list(dict.fromkeys(name for row in rows for name in row))
        columns = {name: _numbers([row.get(name, math.nan) for row in rows]) for name in names}
        bad = _first_bad(columns, rows)
        problem = None
        if bad is not None:
            problem = self._diverged(steps, columns, bad)
            steps, columns = steps[:bad], {name: column[:bad] for name, column in columns.items()}
        if steps:
            self.last_finite = steps[-1]
            self.losses = [*self.losses, *(v for v in columns.get("train_loss", []) if math.isfinite(v))][-5:]
        return ({"step": [float(s) for s in steps], **columns} if steps else {}), times[: len(steps)], problem

    def _diverged(self, steps: list[int], columns: Columns, bad: int) -> dict[str, Any]:
        name = next(n for n in columns if _watched(n) and not math.isfinite(columns[n][bad]))
        losses = [*self.losses, *(v for v in columns.get("train_loss", [])[:bad] if math.isfinite(v))][-5:]
        last = steps[bad - 1] if bad else self.last_finite
        norms = [v for v in columns.get("gradient_norm", [])[:bad] if math.isfinite(v)]
        path = ", ".join(f"{loss:.3g}" for loss in losses)
        message = (
            f"Training diverged: {name.replace('_', ' ')} is not a finite number at step {steps[bad]:,}; "
            f"step {last:,} was the last finite one." + (f" The last losses were {path}." if path else "")
        )
        hint = "Reset with a smaller learning rate, or clip the gradient."
        details = {"losses": losses, "last_finite_step": last, **({"gradient_norm": norms[-1]} if norms else {})}
        return {"kind": "diverged", "step": last, "message": message, "hint": hint, "details": details}


def _watched(name: str) -> bool:
    return any(part in name for part in WATCHED)


def _first_bad(columns: Columns, rows: list[Metrics]) -> int | None:
    """The first row in which a loss or gradient norm was reported and is not finite."""
    bad = [
        i
        for name, column in columns.items()
        if _watched(name)
        for i, v in enumerate(column)
        if not math.isfinite(v) and name in rows[i]
    ]
    return min(bad, default=None)


def _numbers(values: list[float | Tensor]) -> list[float]:
    """A column as Python numbers; tensors are fetched together."""
    if all(isinstance(value, Tensor) for value in values):
        numbers: list[float] = torch.stack([torch.as_tensor(v).reshape(()) for v in values]).double().tolist()
        return numbers
    return [float(value) for value in values]
