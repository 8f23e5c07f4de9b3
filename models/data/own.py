"""Tables chosen on the page: the user's own CSV, or one that comes with the course. Both are the same Table.

Three fields and two calls make a lab take them (`models/README.md` says more):

    table: DatasetRef | None = own.table()
    inputs: list[NumberColumn] = own.inputs(most=2)
    target: ClassColumn | None = own.target()

    chosen = own.choose(config, classes=True)        # x (N, D), y (N,), names, units; raises InvalidConfig
    problems = own.problems(config, classes=True)    # the same, said in `Config.summary()`, beside the fields

The server keeps an uploaded table under $ORRERY_HOME/datasets, named by the first 16 digits of its SHA-256: so a config
with it means the same numbers for ever.
"""

import hashlib
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from safetensors import SafetensorError, safe_open
from torch import Generator, Tensor

from models.core.errors import InvalidConfig
from models.core.fields import setting
from models.data import tables
from models.data.table import Column, Table

__all__ = ["Choice", "choose", "describe", "folder", "inputs", "load", "problems", "table", "take", "target"]

LARGEST = 1e15
"""Numbers beyond it have squares that do not fit into float32."""
PREVIEW = 8
UNIT = re.compile(r"(.+?)\s*[\[(]([^\])]{1,12})[\])]$")


# ---------------------------------------------------------------- the fields


def table(**hints: Any) -> Any:
    """The field that names the table; none by default."""
    text = "A table of your own (CSV), or one that comes with the course."
    return setting(None, **{"group": "Data", "label": "Table", "help": text, **hints})


def inputs(*, most: int = 1_000, **hints: Any) -> Any:
    """The field of the columns to predict from; none named: the first `most` columns of numbers."""
    text = "The columns to predict from; none chosen: the first columns of numbers."
    return setting([], max_length=most, **{"group": "Data", "label": "Inputs", "help": text, **hints})


def target(**hints: Any) -> Any:
    """The field of the column to predict; none named: the one that the table is about, else the last that fits."""
    text = "The column to predict; none chosen: the last that fits."
    return setting(None, **{"group": "Data", "label": "To predict", "help": text, **hints})


# ---------------------------------------------------------------- from a config to numbers


@dataclass(frozen=True)
class Choice:
    """The rows of a table in which nothing chosen is missing.

    x: (N, D) in the columns' units. y: (N,) numbers, or codes of `classes`. inputs, target: (label, unit) of what is
    on each axis. dropped: how many rows miss something. notes: sentences to show beside the data.
    """

    x: Float[Tensor, "N D"]
    y: Float[Tensor, " N"] | Int[Tensor, " N"]
    inputs: tuple[tuple[str, str], ...]
    target: tuple[str, str]
    classes: tuple[str, ...]
    dropped: int
    notes: tuple[str, ...]
    title: str
    source: str
    licence: str

    @property
    def labels(self) -> list[str]:
        """The inputs by name and unit."""
        return [f"{label} ({unit})" if unit else label for label, unit in self.inputs]

    def split(self, share: float, generator: Generator) -> tuple[Int[Tensor, " T"], Int[Tensor, " M"]]:
        """Rows to learn from, a share of all of them, and rows to test on, at least one each; drawn at random."""
        order = torch.randperm(len(self.x), generator=generator)
        learned = min(max(1, round(share * len(order))), len(order) - 1)
        return order[:learned], order[learned:]

    def scale(self, rows: Int[Tensor, " T"] | None = None) -> tuple[Float[Tensor, " D"], Float[Tensor, " D"]]:
        """Mean and standard deviation (of the population; 1 where it is 0) of some rows, all by default."""
        x = self.x if rows is None else self.x[rows]
        deviation = x.std(0, correction=0)
        return x.mean(0), torch.where(deviation > 0, deviation, 1.0)

    def state_dict(self) -> dict[str, Any]:
        """Nothing: it is read again from the config."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to take over."""


def choose(config: Any, **wanted: Any) -> Choice:
    """What config.table, config.inputs and config.target name; `wanted` as for `take`."""
    if config.table is None:
        raise _wrong("table", "Choose a table, or upload one.")
    return take(config.table, config.inputs, config.target, **wanted)


def problems(config: Any, **wanted: Any) -> list[dict[str, Any]]:
    """What `choose` would refuse, for `Config.summary()`."""
    try:
        choose(config, **wanted)
    except InvalidConfig as error:
        return error.errors
    return []


def take(
    ref: str, inputs: Sequence[str] = (), target: str | None = None, *, classes: bool, exactly: int | None = None,
    least_rows: int = 4, most_classes: int = 50,
) -> Choice:  # fmt: skip
    """Columns of a table to predict from and one to predict, each chosen here where none is named.

    classes: whether the target has classes or numbers; exactly: how many inputs there have to be.
    Raises InvalidConfig naming the field and saying in a sentence what to do.
    """
    whole = load(ref)
    y_column = _target(whole, inputs, target, classes)
    columns = _inputs(whole, inputs, y_column, exactly)
    y_all, names = y_column.as_classes() if classes else (y_column.as_numbers(), ())
    x_all = torch.stack([column.as_numbers() for column in columns], 1)  # (N, D)
    there = ~(x_all.isnan().any(1) | y_column.missing)
    x, y, dropped = x_all[there], y_all[there], int((~there).sum())
    if len(x) < least_rows:
        missing = f" ({dropped:,} of {len(there):,} miss something)" if dropped else ""
        raise _wrong("table", f"Rows that can be used: {len(x):,}{missing}; at least {least_rows} are needed.")
    _bounded(x, columns, y, y_column)
    constant = [column.name for column, k in zip(columns, x.T, strict=True) if bool((k == k[0]).all())]
    if constant and (inputs or exactly or len(constant) == len(columns)):
        raise _wrong("inputs", f"Column {constant[0]!r} is the same in every row: it tells nothing. Leave it out.")
    varied = [at for at, column in enumerate(columns) if column.name not in constant]
    if classes:
        y, names = _present(y, names, y_column, most_classes)
    elif bool((y == y[0]).all()):
        raise _wrong("target", f"Column {y_column.name!r} is {float(y[0]):g} in every row: nothing to predict.")
    notes = (*whole.notes, *_remarks(len(x), len(varied), dropped, constant))
    axes = tuple((columns[at].label or columns[at].name, columns[at].unit) for at in varied)
    goal = (y_column.label or y_column.name, y_column.unit)
    return Choice(x[:, varied], y, axes, goal, names, dropped, notes, whole.name, whole.source, whole.licence)


def _target(whole: Table, inputs: Sequence[str], target: str | None, classes: bool) -> Column:
    if target is not None:
        column = _named(whole, target, "target")
        _fitting(column, classes, "target")
        return column
    fitting = [column for column in whole.columns if column.name not in inputs and not _misfit(column, classes)]
    if not fitting:
        raise _wrong("target", f"No column of {whole.name} has {'classes' if classes else 'numbers'} to predict.")
    return next((column for column in fitting if column.name == whole.target), fitting[-1])


def _inputs(whole: Table, inputs: Sequence[str], goal: Column, exactly: int | None) -> list[Column]:
    columns = [_named(whole, name, "inputs") for name in inputs]
    if not inputs:
        columns = [column for column in whole.columns if column.kind == "number" and column.name != goal.name]
        columns = [column for column in columns if _varies(column)][:exactly] if exactly else columns
    for column in columns:
        _fitting(column, False, "inputs")
    if goal.name in inputs:
        raise _wrong("inputs", f"Column {goal.name!r} is what is to be predicted: it cannot be an input too.")
    if len(set(inputs)) < len(inputs):
        raise _wrong("inputs", "A column is named twice.")
    if exactly and len(columns) != exactly:
        raise _wrong("inputs", f"Choose {exactly} columns of numbers, not {len(columns)}.")
    if not columns:
        raise _wrong("inputs", f"{whole.name} has no column of numbers beside {goal.name!r}.")
    return columns


def _named(whole: Table, name: str, field: str) -> Column:
    try:
        return whole[name]
    except KeyError as error:
        raise _wrong(field, str(error.args[0])) from None


def _varies(column: Column) -> bool:
    there = column.as_numbers()[~column.missing]
    return bool((there != there[:1]).any())


def _misfit(column: Column, classes: bool) -> str:
    try:
        column.as_classes() if classes else column.as_numbers()
    except ValueError as error:
        return str(error)
    return ""


def _fitting(column: Column, classes: bool, field: str) -> None:
    if why := _misfit(column, classes):
        raise _wrong(field, why)


def _bounded(x: Float[Tensor, "N D"], columns: Sequence[Column], y: Tensor, goal: Column) -> None:
    for column, largest in zip(columns, x.abs().amax(0).tolist(), strict=True):
        if largest > LARGEST:
            raise _wrong(
                "inputs", f"Column {column.name!r} reaches {largest:g}; at most {LARGEST:g} can be learned from."
            )
    if y.is_floating_point() and (largest := float(y.abs().max())) > LARGEST:
        raise _wrong("target", f"Column {goal.name!r} reaches {largest:g}; at most {LARGEST:g} can be predicted.")


def _present(y: Int[Tensor, " N"], names: Sequence[str], goal: Column, most: int) -> tuple[Tensor, tuple[str, ...]]:
    """Codes of only those classes that have rows."""
    there, codes = y.unique(return_inverse=True)
    if len(there) < 2:
        only = names[int(there[0])]
        raise _wrong(
            "target", f"Every row has the same class {only!r} in {goal.name!r}: there is nothing to tell apart."
        )
    if len(there) > most:
        raise _wrong("target", f"Column {goal.name!r} has {len(there)} classes; this lab tells at most {most} apart.")
    return codes, tuple(names[code] for code in there.tolist())


def _remarks(n: int, d: int, dropped: int, constant: Sequence[str]) -> list[str]:
    said = []
    if dropped:
        said.append(f"{dropped:,} rows are left out: a chosen value is missing in them.")
    if constant:
        said.append(f"Left out, because the same in every row: {', '.join(constant[:8])}.")
    if n <= d:
        said.append(f"{n:,} rows and {d:,} inputs: many weights fit the training rows exactly.")
    return said


def _wrong(field: str, message: str) -> InvalidConfig:
    return InvalidConfig([{"field": field, "message": message}])


# ---------------------------------------------------------------- from files to tables


def folder() -> Path:
    """Where own tables lie."""
    return Path(os.environ.get("ORRERY_HOME") or "~/.orrery").expanduser() / "datasets"


def load(ref: str) -> Table:
    """The table of an id or a name. Raises InvalidConfig for the field `table` if there is none."""
    if ref in tables.TABLES:
        return tables.read(ref)
    path = folder() / f"{ref}.safetensors"
    if not re.fullmatch(r"[0-9a-f]{16}", ref) or not path.is_file():
        there = ", ".join(tables.TABLES)
        hint = f"Upload it again, or choose another; with the course come {there}."
        raise _wrong("table", f"There is no table {ref!r} here: it was deleted, or never uploaded. {hint}")
    return _read(path)


def describe(ref: str) -> dict[str, Any]:
    """Columns, kinds, and the first rows of a table, as the server describes an uploaded one."""
    whole = load(ref)
    columns = [_described(column) for column in whole.columns]
    return {
        "id": ref, "name": whole.name, "rows": len(whole), "columns": columns, "target": whole.target,
        "source": whole.source, "licence": whole.licence, "notes": list(whole.notes),
        "first": [[_shown(column, row) for column in whole.columns] for row in range(min(PREVIEW, len(whole)))],
    }  # fmt: skip


def _described(column: Column) -> dict[str, Any]:
    missing = int(column.missing.sum()) if column.values is not None else 0
    fits = [kind for kind, classes in (("number", False), ("class", True)) if not _misfit(column, classes)]
    return {
        "name": column.name, "label": column.label or column.name, "kind": column.kind, "unit": column.unit,
        "classes": list(column.classes), "missing": missing, "fits": fits, "why": column.why,
    }  # fmt: skip


def _shown(column: Column, row: int) -> str | float | None:
    if column.values is None:
        return column.sample[row]
    value = column.values[row].item()
    if column.kind == "category":
        return column.classes[int(value)] if value >= 0 else None
    return None if value != value else float(value)


@lru_cache(maxsize=8)
def _read(path: Path) -> Table:
    """A file that the server has written; what is damaged does not have its name."""
    if hashlib.sha256(path.read_bytes()).hexdigest()[:16] != path.stem:
        raise _wrong("table", f"The file of table {path.stem!r} is damaged. Upload it again.")
    try:
        with safe_open(path, "pt") as file:
            about = json.loads(file.metadata()["table"])
            columns = tuple(_own(at, column, file) for at, column in enumerate(about["columns"]))
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise _wrong("table", f"The file of table {path.stem!r} is none ({error}). Upload it again.") from None
    return Table("your table", columns, notes=tuple(about["notes"]))


def _own(at: int, about: dict[str, Any], file: Any) -> Column:
    name, kind = about["name"], about["kind"]
    if kind == "text":
        return Column(name, kind, why=about["why"], sample=tuple(about["sample"]))
    match = UNIT.fullmatch(name)
    label, unit = match.groups() if match else (name, "")
    values = file.get_tensor(str(at))
    if kind == "category":
        return Column(name, kind, values.long(), name, "", tuple(about["classes"]))
    return Column(name, kind, values, label, unit)
