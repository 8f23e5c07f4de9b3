"""442 diabetes patients: ten measurements each, in their units, and how far the disease had gone a year later.

rows = diabetes.load()          # (442, 11) float64: the ten measurements, then the progression

Source: Efron, Hastie, Johnstone & Tibshirani (2004), Annals of Statistics 32; the table is that of `tables`.
"""

from typing import Literal, cast

import torch
from jaxtyping import Float
from torch import Tensor

from models.data import tables

__all__ = ["LABELS", "MEASUREMENTS", "TARGET", "Measurement", "load"]

Measurement = Literal["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
MEASUREMENTS: dict[Measurement, tuple[str, str]] = {
    cast(Measurement, name): (about.label, about.unit)
    for name, about in tables.TABLES["diabetes"].measurements.items()
}  # fmt: skip
"""(label, unit) of each measurement, in the order of the columns."""
TARGET = ("disease progression after a year", "score")
"""A score of 25 to 346, without a unit of its own."""
LABELS: dict[Measurement, str] = {
    name: f"{label} ({unit})" if unit else label for name, (label, unit) in MEASUREMENTS.items()
}


def load() -> Float[Tensor, "442 11"]:
    """Every patient's ten measurements and the progression."""
    return torch.stack([column.as_numbers() for column in tables.read("diabetes").columns], dim=1)
