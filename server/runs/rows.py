"""Metrics as columns: equal-length arrays by name, `step` among them; NaN where a step has no value.

`time_s` is the training clock: seconds spent running, without pauses and drawing. It alone is not repeatable, and NaN
in rows of before there was one.
"""

import io
import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

Columns = dict[str, NDArray[Any]]
AXES = ("step", "time_s")


class BadRows(ValueError):
    """Bytes that are no columns."""


def decode(data: bytes) -> Columns:
    """Columns from safetensors bytes, checked: one length, one dimension, a `step` column."""
    try:
        columns: Columns = load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise BadRows(str(error)) from None
    if "step" not in columns or any(
        column.shape != columns["step"].shape or column.ndim != 1 for column in columns.values()
    ):
        raise BadRows("metrics are columns of one length, step among them")
    return {name: columns.pop(name) for name in AXES if name in columns} | columns


def encode(columns: Columns) -> bytes:
    """Columns as safetensors bytes."""
    return save(columns)


def join(parts: Iterable[Columns]) -> Columns:
    """Columns one below the other; a column that a part lacks is NaN there."""
    parts = [part for part in parts if len(part["step"])]
    if len(parts) == 1:
        return parts[0]
    names = list(dict.fromkeys(name for part in parts for name in part))
    if not parts:
        return {"step": np.zeros(0, np.int64)}
    return {
        name: np.concatenate([part[name] if name in part else np.full(len(part["step"]), math.nan) for part in parts])
        for name in names
    }


def between(columns: Columns, after: float, to: float = math.inf) -> Columns:
    """The rows with after < step ≤ to."""
    steps = columns["step"]
    lo, hi = np.searchsorted(steps, after, side="right"), np.searchsorted(steps, to, side="right")
    return {name: column[lo:hi] for name, column in columns.items()}


def thin(columns: Columns, points: int) -> Columns:
    """About `points` rows: of every bucket of steps the least and the greatest value of each metric, and the ends."""
    count = len(columns["step"])
    metrics = [column for name, column in columns.items() if name not in AXES]
    if count <= points or not metrics:
        return columns
    buckets = max(1, points // (2 * len(metrics)))
    edges = np.linspace(0, count, buckets + 1).astype(np.int64)
    keep = {0, count - 1}
    for lo, hi in pairwise(edges):
        for column in metrics:
            part = column[lo:hi]
            known = np.flatnonzero(np.isfinite(part))
            if len(known):
                keep.add(int(lo + known[np.argmin(part[known])]))
                keep.add(int(lo + known[np.argmax(part[known])]))
    rows = np.array(sorted(keep))
    return {name: column[rows] for name, column in columns.items()}


def as_json(columns: Columns) -> dict[str, list[float | int | None]]:
    """Lists for JSON: None where a value is not finite."""
    lists: dict[str, list[float | int | None]] = {}
    for name, column in columns.items():
        values = column.tolist()
        whole = column.dtype.kind in "iu" or bool(np.isfinite(column).all())
        lists[name] = values if whole else [value if math.isfinite(value) else None for value in values]
    return lists


def as_csv(columns: Columns) -> str:
    """A header and one line a row; empty where a value is not finite."""
    out = io.StringIO()
    out.write(",".join(quoted(name) for name in columns) + "\r\n")
    for row in zip(*as_json(columns).values(), strict=True):
        out.write(",".join("" if value is None else repr(value) for value in row) + "\r\n")
    return out.getvalue()


def quoted(name: str) -> str:
    """A column's name, safe in CSV and in a spreadsheet (no formula)."""
    name = f"'{name}" if name[:1] in "=+-@" else name
    return '"' + name.replace('"', '""') + '"' if any(c in name for c in ',"\n\r') else name
