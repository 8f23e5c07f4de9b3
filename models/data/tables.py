"""Real measurements of penguins and irises, two at a time, in their units.

    table = tables.TABLES["penguins"]
    x, y = tables.load("penguins", "bill_length", "flipper_length")      # (342, 2) in mm, (342,) species 0, 1, 2

The files come inside Python packages, which are found but not imported: pandas alone would take a second.
"""

import csv
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["TABLES", "IrisMeasurement", "Measurement", "Name", "PenguinMeasurement", "Table", "box", "load"]

Name = Literal["penguins", "iris"]
PenguinMeasurement = Literal["bill_length", "bill_depth", "flipper_length", "body_mass"]
IrisMeasurement = Literal["sepal_length", "sepal_width", "petal_length", "petal_width"]


@dataclass(frozen=True)
class Measurement:
    """A column of the file: what it is called, its unit, and its place in a row."""

    label: str
    unit: str
    column: int


@dataclass(frozen=True)
class Table:
    """Where a table comes from, its classes and its measurements."""

    package: str
    path: str
    label_column: int
    classes: tuple[str, ...]
    measurements: dict[str, Measurement]
    source: str
    licence: str


TABLES: dict[str, Table] = {
    "penguins": Table(
        "palmerpenguins",
        "data/penguins.csv",
        0,
        ("Adelie", "Chinstrap", "Gentoo"),
        {
            "bill_length": Measurement("bill length", "mm", 2),
            "bill_depth": Measurement("bill depth", "mm", 3),
            "flipper_length": Measurement("flipper length", "mm", 4),
            "body_mass": Measurement("body mass", "g", 5),
        },
        "Gorman, Williams & Fraser (2014), PLoS ONE 9(3): e90081; palmerpenguins",
        "CC0 (data), MIT (package)",
    ),
    "iris": Table(
        "sklearn",
        "datasets/data/iris.csv",
        4,
        ("setosa", "versicolor", "virginica"),
        {
            "sepal_length": Measurement("sepal length", "cm", 0),
            "sepal_width": Measurement("sepal width", "cm", 1),
            "petal_length": Measurement("petal length", "cm", 2),
            "petal_width": Measurement("petal width", "cm", 3),
        },
        "Anderson (1936), Fisher (1936), Annals of Eugenics 7; scikit-learn",
        "BSD-3 (package)",
    ),
}


def load(name: Name, first: str, second: str) -> tuple[Float[Tensor, "N 2"], Int[Tensor, " N"]]:
    """The rows in which both measurements were taken: x (N, 2) in their units, y (N,) the species by number.

    Raises KeyError for a measurement that the table does not have.
    """
    table = TABLES[name]
    columns = [table.measurements[m].column for m in (first, second)]
    x: list[list[float]] = []
    y: list[int] = []
    for row in _rows(table):
        if all(row[c] not in ("", "NA") for c in columns):
            x.append([float(row[c]) for c in columns])
            label = row[table.label_column]
            y.append(int(label) if label.isdigit() else table.classes.index(label))
    return torch.tensor(x), torch.tensor(y)


def box(x: Float[Tensor, "N 2"]) -> tuple[float, float, float, float]:
    """A box around points with a tenth of their range free on every side."""
    low, high = x.amin(0), x.amax(0)
    free = 0.1 * (high - low).clamp_min(1e-6)
    (x0, y0), (x1, y1) = (low - free).tolist(), (high + free).tolist()
    return x0, x1, y0, y1


def _rows(table: Table) -> list[list[str]]:
    spec = find_spec(table.package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"The data are in the package {table.package!r}, which is not installed.")
    path = Path(spec.submodule_search_locations[0], table.path)
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]
