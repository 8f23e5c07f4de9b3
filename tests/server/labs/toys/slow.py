"""A lab whose steps are long."""

import time

import torch

from models.core import Lab, LabConfig, Metrics, Text, setting, view


class Slow(Lab):
    """Each step takes its time."""

    title = "Slow"
    max_steps = 1_000

    class Config(LabConfig):
        seconds: float = setting(0.2, ge=0, le=60, help="Time a step takes.")
        build: float = setting(0.0, ge=0, le=60, help="Time it takes to build.")
        megabytes: int = setting(0, ge=0, le=100_000, help="Memory a step takes.")

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        time.sleep(config.build)
        self.x = torch.zeros(1)

    def step(self) -> Metrics:
        time.sleep(self.config.seconds)
        if self.config.megabytes:
            torch.zeros(self.config.megabytes << 18)
        return {"train_loss": 1.0}

    @view("Words", stage=True)
    def words(self) -> Text:
        return Text(lines=[])
