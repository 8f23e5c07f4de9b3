"""A number that falls towards zero, until something goes wrong where and how the config says."""

import time

import torch

from models.core import Bars, Lab, LabConfig, Metrics, Summary, live, setting, view

FOREVER = 1 << 60


class Faulty(Lab):
    """Trains, or fails as asked."""

    title = "Faulty"
    max_steps = 10_000_000
    steps_per_epoch = 10

    class Config(LabConfig):
        where: str = setting("nowhere", help="build, step or view.")
        how: str = setting("sleep", help="sleep, spin (and let no other thread run), raise or allocate.")
        at: int = setting(5, ge=0, help="The step from which on it goes wrong.")
        until: int = setting(FOREVER, ge=0, help="The step up to which it does.")
        size: int = setting(4, ge=1, le=100_000_000_000, help="How many numbers.")
        told: bool = setting(True, help="Whether the estimate is honest.")
        rate: float = live(0.01, gt=0, le=1, help="How fast it falls.")

        def summary(self) -> Summary:
            return Summary([], self.size if self.told else 4, 4 * self.size if self.told else 16, [])

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.made = 0
        self.go_wrong("build")
        self.x = torch.full((config.size,), 10.0)

    def step(self) -> Metrics:
        self.made += 1
        self.go_wrong("step")
        self.x = self.x - self.config.rate * self.x + 0.001 * torch.randn(len(self.x))
        return {"train_loss": float(self.x.square().mean()), "distance": float(self.x.abs().max())}

    def evaluate(self) -> Metrics:
        return {"test_loss": float(self.x.square().mean())}

    @view("Values", stage=True)
    def values(self) -> Bars:
        """The numbers, which go wrong."""
        self.go_wrong("view")
        return self.plain()

    @view("Plain")
    def plain(self) -> Bars:
        """The numbers, which do not."""
        return Bars(labels=[str(i) for i in range(min(9, len(self.x)))], values=self.x[:9].clone())

    def go_wrong(self, where: str) -> None:
        """Never comes back, raises or takes much memory, if it is asked for here and now."""
        if where != self.config.where or (where != "build" and not self.config.at <= self.made < self.config.until):
            return
        match self.config.how:
            case "sleep":
                time.sleep(FOREVER >> 30)
            case "spin":
                sum(range(FOREVER))
            case "allocate":
                torch.ones(1 << 31).sum()
            case _:
                raise ValueError(f"gone wrong as asked after step {self.made}")
