"""Counts the rows of a table."""

import torch

from models.core import ClassColumn, DatasetRef, Lab, LabConfig, Metrics, NumberColumn, Summary, Table, setting, view
from models.core.figures import Column
from models.data import own


class CountRows(Lab):
    """How many rows a table has."""

    title = "Rows of a table"
    max_steps = 10

    class Config(LabConfig):
        size: int = setting(3, ge=1, le=9, help="Rows while no table is chosen.")
        table: DatasetRef | None = own.table()
        inputs: list[NumberColumn] = own.inputs()
        target: ClassColumn | None = own.target()

        def summary(self) -> Summary:
            return Summary(problems=own.problems(self, classes=True) if self.table else [])

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.chosen = own.choose(config, classes=True) if config.table else None
        self.labels = self.chosen.labels if self.chosen else []
        self.rows = len(self.chosen.x) if self.chosen else config.size

    def step(self) -> Metrics:
        return {"rows": self.rows}

    @view("Inputs", stage=True)
    def names(self) -> Table:
        return Table(columns=[Column("input")], rows=[[label] for label in self.labels])
