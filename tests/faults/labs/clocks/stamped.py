"""A lab whose steps say when they were made."""

import time

import torch

from models.core import Bars, Lab, LabConfig, Metric, Metrics, setting, view


class Stamped(Lab):
    """A random walk; each step takes some of the processor's time and notes the machine's clock."""

    title = "Stamped"
    metrics = [Metric("made_at", "Made at", unit="s")]
    max_steps = 1_000_000
    steps_per_epoch = 1_000

    class Config(LabConfig):
        work_ms: float = setting(0.0, ge=0, le=1_000, help="Time of the processor that a step takes.")
        size: int = setting(16, ge=1, le=10_000_000, help="How many numbers walk.")

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.x = torch.zeros(config.size)

    def step(self) -> Metrics:
        until_s = time.process_time() + self.config.work_ms / 1e3
        while time.process_time() < until_s:
            pass
        self.x = self.x + torch.randn(len(self.x))
        return {"train_loss": float(self.x.square().mean()), "made_at": time.monotonic()}

    @view("Values", stage=True)
    def values(self) -> Bars:
        return Bars(labels=[str(i) for i in range(min(100, len(self.x)))], values=self.x[:100].clone())

    @view("All values", shown=False)
    def all_values(self) -> Bars:
        return Bars(labels=[], values=self.x.clone())
