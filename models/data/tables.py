"""The tables that come with the course, in their units: penguins, irises, diabetes, tumours, digits of 8×8 pixels.

    tables.read("diabetes")                                              # a whole Table
    x, y = tables.load("penguins", "bill_length", "flipper_length")      # (342, 2) in mm, (342,) species 0, 1, 2

The files come inside Python packages, which are found but not imported: pandas alone would take a second.
"""

import csv
import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.data.table import Column, Table

__all__ = ["TABLES", "Embedded", "IrisMeasurement", "Measurement", "Name", "PenguinMeasurement", "box", "load", "read"]

Name = Literal["penguins", "iris"]
PenguinMeasurement = Literal["bill_length", "bill_depth", "flipper_length", "body_mass"]
IrisMeasurement = Literal["sepal_length", "sepal_width", "petal_length", "petal_width"]
MISSING = ("", "NA")


@dataclass(frozen=True)
class Measurement:
    """A column of the file: what it is called, its unit, its place in a row; `classes` where it is no number."""

    label: str
    unit: str
    column: int
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Embedded:
    """Where a table comes from, what one predicts, and its measurements.

    `classes` are those of the target in the order of their codes, empty where it is a number.
    """

    title: str
    package: str
    path: str
    target: Measurement
    measurements: dict[str, Measurement]
    source: str
    licence: str
    heading: int = 1  # lines before the data
    answers: str = ""  # another file, of what is to be predicted

    @property
    def classes(self) -> tuple[str, ...]:
        return self.target.classes


def _in_order(*named: tuple[str, str, str], first: int = 0) -> dict[str, Measurement]:
    """Measurements (name, label, unit) that stand beside each other."""
    return {name: Measurement(label, unit, first + at) for at, (name, label, unit) in enumerate(named)}


_NUCLEUS = (
    "radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points", "symmetry",
    "fractal dimension",
)  # fmt: skip
_TUMOUR = [f"{kind} {part}" for kind in ("mean", "error of", "worst") for part in _NUCLEUS]
_UCI = "UCI Machine Learning Repository; scikit-learn"

TABLES: dict[str, Embedded] = {
    "penguins": Embedded(
        "Palmer penguins",
        "palmerpenguins",
        "data/penguins.csv",
        Measurement("species", "", 0, ("Adelie", "Chinstrap", "Gentoo")),
        _in_order(
            ("bill_length", "bill length", "mm"), ("bill_depth", "bill depth", "mm"),
            ("flipper_length", "flipper length", "mm"), ("body_mass", "body mass", "g"), first=2,
        )
        | {
            "island": Measurement("island", "", 1, ("Biscoe", "Dream", "Torgersen")),
            "sex": Measurement("sex", "", 6, ("female", "male")),
        },
        "Gorman, Williams & Fraser (2014), PLoS ONE 9(3): e90081; palmerpenguins",
        "CC0 (data), MIT (package)",
    ),
    "iris": Embedded(
        "Irises",
        "sklearn",
        "datasets/data/iris.csv",
        Measurement("species", "", 4, ("setosa", "versicolor", "virginica")),
        _in_order(
            ("sepal_length", "sepal length", "cm"), ("sepal_width", "sepal width", "cm"),
            ("petal_length", "petal length", "cm"), ("petal_width", "petal width", "cm"),
        ),
        "Anderson (1936), Fisher (1936), Annals of Eugenics 7; scikit-learn",
        "BSD-3 (package)",
    ),
    # The source names no unit but that of age; the others follow from the ranges (s4 is s1 / s3, s5 a logarithm).
    "diabetes": Embedded(
        "Diabetes",
        "sklearn",
        "datasets/data/diabetes_data_raw.csv.gz",
        Measurement("disease progression after a year", "", 10),
        _in_order(
            ("age", "age", "years"), ("sex", "sex (1 or 2)", ""), ("bmi", "body mass index", "kg/m²"),
            ("bp", "mean blood pressure", "mmHg"), ("s1", "total cholesterol", "mg/dL"), ("s2", "LDL", "mg/dL"),
            ("s3", "HDL", "mg/dL"), ("s4", "cholesterol / HDL", ""), ("s5", "log of triglycerides", ""),
            ("s6", "blood sugar", "mg/dL"),
        ),
        "Efron, Hastie, Johnstone & Tibshirani (2004), Annals of Statistics 32(2); scikit-learn",
        "BSD-3 (package)",
        heading=0,
        answers="datasets/data/diabetes_target.csv.gz",
    ),
    "breast-cancer": Embedded(
        "Breast cancer",
        "sklearn",
        "datasets/data/breast_cancer.csv",
        Measurement("diagnosis", "", 30, ("malignant", "benign")),
        _in_order(*((name.replace(" ", "_"), name, "") for name in _TUMOUR)),
        f"Street, Wolberg & Mangasarian (1993), SPIE 1905; {_UCI}",
        "CC BY 4.0 (data), BSD-3 (package)",
    ),
    "digits": Embedded(
        "Digits, 8×8 pixels",
        "sklearn",
        "datasets/data/digits.csv.gz",
        Measurement("digit", "", 64, tuple("0123456789")),
        _in_order(*((f"pixel_{r}_{c}", f"pixel ({r}, {c})", "of 16") for r in range(8) for c in range(8))),
        f"Alpaydin & Kaynak (1998), Cybernetics and Systems 29; {_UCI}",
        "CC BY 4.0 (data), BSD-3 (package)",
        heading=0,
    ),
}  # fmt: skip


@cache
def read(name: str) -> Table:
    """The whole table, its target last: words as classes, all else as numbers, NaN where nothing was measured."""
    about = TABLES[name]
    rows = _rows(about)
    target = about.target.label.split()[-1] if about.classes else "progression"
    named = {**about.measurements, target: about.target}
    columns = tuple(_column(key, known, [row[known.column] for row in rows]) for key, known in named.items())
    return Table(about.title, columns, target, about.source, about.licence)


def load(name: Name, first: str, second: str) -> tuple[Float[Tensor, "N 2"], Int[Tensor, " N"]]:
    """The rows in which both measurements were taken: x (N, 2) in their units, y (N,) the species by number.

    Raises KeyError for a measurement that the table does not have.
    """
    table = read(name)
    x = torch.stack([table[first].as_numbers(), table[second].as_numbers()], 1)  # (N, 2)
    y, _ = table[table.target].as_classes()
    taken = ~x.isnan().any(1)
    return x[taken].float(), y[taken]


def box(x: Float[Tensor, "N 2"]) -> tuple[float, float, float, float]:
    """A box around points with a tenth of their range free on every side."""
    low, high = x.amin(0), x.amax(0)
    free = 0.1 * (high - low).clamp_min(1e-6)
    (x0, y0), (x1, y1) = (low - free).tolist(), (high + free).tolist()
    return x0, x1, y0, y1


def _column(name: str, about: Measurement, cells: Sequence[str]) -> Column:
    if about.classes:
        coded = {word: code for code, word in enumerate(about.classes)}
        codes = [-1 if cell in MISSING else coded[cell] if cell in coded else int(cell) for cell in cells]
        return Column(name, "category", torch.tensor(codes), about.label, "", about.classes)
    numbers = [float("nan") if cell in MISSING else float(cell) for cell in cells]
    return Column(name, "number", torch.tensor(numbers, dtype=torch.float64), about.label, about.unit)


def _rows(about: Embedded) -> list[list[str]]:
    rows = list(_cells(_path(about.package, about.path)))[about.heading :]
    if not about.answers:
        return rows
    return [[*row, *more] for row, more in zip(rows, _cells(_path(about.package, about.answers)), strict=True)]


def _cells(path: Path) -> Iterable[list[str]]:
    """The cells of a file: separated by commas, or by blanks."""
    text = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
    return csv.reader(text.splitlines()) if "," in text[:200] else (line.split() for line in text.splitlines())


def _path(package: str, path: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"The data are in the package {package!r}, which is not installed.")
    return Path(spec.submodule_search_locations[0], path)
