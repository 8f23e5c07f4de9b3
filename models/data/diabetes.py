"""442 diabetes patients: ten measurements each, in their units, and how far the disease had gone a year later.

    rows = diabetes.load()          # (442, 11) float64: the ten measurements, then the progression

The files come inside scikit-learn, which is found but not imported.
Source: Efron, Hastie, Johnstone & Tibshirani (2004), Annals of Statistics 32; scikit-learn (BSD-3).
"""

import gzip
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

__all__ = ["LABELS", "MEASUREMENTS", "TARGET", "Measurement", "load"]

Measurement = Literal["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
MEASUREMENTS: dict[Measurement, tuple[str, str]] = {
    "age": ("age", "years"),
    "sex": ("sex", "1 or 2"),
    "bmi": ("body mass index", "kg/m²"),
    "bp": ("mean blood pressure", "mmHg"),
    "s1": ("total cholesterol", "mg/dl"),
    "s2": ("LDL", "mg/dl"),
    "s3": ("HDL", "mg/dl"),
    "s4": ("cholesterol / HDL", ""),
    "s5": ("log triglycerides", "log mg/dl"),
    "s6": ("blood sugar", "mg/dl"),
}
"""(label, unit) of each measurement, in the order of the columns."""
TARGET = ("disease progression after a year", "score")
LABELS: dict[Measurement, str] = {
    name: f"{label} ({unit})" if unit else label for name, (label, unit) in MEASUREMENTS.items()
}


def load() -> Float[Tensor, "442 11"]:
    """Every patient's ten measurements and the progression, a score of 25 to 346."""
    spec = find_spec("sklearn")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("The data are in the package 'scikit-learn', which is not installed.")
    folder = Path(spec.submodule_search_locations[0], "datasets", "data")
    columns = [_numbers(folder / f"diabetes_{part}.csv.gz") for part in ("data_raw", "target")]
    return torch.cat(columns, dim=1)


def _numbers(path: Path) -> Float[Tensor, "N D"]:
    with gzip.open(path, "rt", encoding="ascii") as file:
        return torch.tensor([[float(word) for word in line.split()] for line in file], dtype=torch.float64)
