"""A model of one number that falls towards a target."""

import torch

from models.core import (
    Bars,
    Challenge,
    Curves,
    Finished,
    Handle,
    Lab,
    LabConfig,
    Line,
    Metric,
    Metrics,
    Point,
    Preset,
    Refused,
    Summary,
    action,
    live,
    probe,
    setting,
    view,
)


class Toy(Lab):
    """A number falls towards its target."""

    title = "Toy"
    metrics = [Metric("distance", "Distance")]
    max_steps = 100_000
    steps_per_epoch = 10
    presets = [Preset("Fast", rate=0.5)]
    challenges = [
        Challenge("near", "Come near.", passed=lambda lab, metrics: metrics["test_loss"] < 1, solution={"rate": 0.5})
    ]

    class Config(LabConfig):
        size: int = setting(4, ge=1, le=1_000_000_000, help="How many numbers.")
        start: float = setting(10.0, ge=-100, le=100, help="Where it begins.")
        rate: float = live(0.01, gt=0, le=10, help="How fast it falls.")
        batch_size: int = live(10, ge=1, le=100_000, help="Examples in a batch.")
        layers: list[int] = setting([4], max_length=8, help="Units of each layer.")
        crash_at: int = setting(0, ge=0, help="The step that raises.")
        finish_at: int = setting(0, ge=0, help="The step at which there is nothing left to do.")

        def summary(self) -> Summary:
            problems = [{"field": "start", "message": "Thirteen is impossible."}] if self.start == 13 else []
            return Summary([], self.size, 4 * self.size, problems)

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.x = torch.full((config.size,), config.start)
        self.noise = torch.rand(config.size, generator=generator)
        self.made = 0

    def step(self) -> Metrics:
        self.made += 1
        if self.config.crash_at and self.made >= self.config.crash_at:
            raise ValueError(f"crashed as asked at step {self.made}")
        if self.config.finish_at and self.made >= self.config.finish_at:
            self.made -= 1
            raise Finished("Nothing is left to do.")
        self.x = self.x - self.config.rate * self.x + 0.001 * torch.randn(len(self.x))
        return {"train_loss": float(self.x.square().mean()), "distance": float(self.x.abs().max())}

    def evaluate(self) -> Metrics:
        return {"test_loss": float(self.x.square().mean())}

    @view("Values", stage=True, ask="ask", edit="put")
    def values(self) -> Bars:
        """The numbers."""
        return Bars(labels=[str(i) for i in range(min(100, len(self.x)))], values=self.x[:100].clone())

    @view("Line", shown=False)
    def line(self) -> Curves:
        some = self.x[:9].clone()
        return Curves(lines=[Line(id="x", label="x", x=torch.arange(len(some)).float(), y=some)])

    @view("Big", shown=False)
    def big(self) -> Bars:
        return Bars(labels=[], values=self.x.clone())

    @probe("Ask")
    def ask(self, at: Point) -> Bars:
        if at.x > 50:
            raise Refused("x is at most 50.")
        return Bars(labels=["sum"], values=torch.tensor([at.x + at.y]))

    @probe("Trip")
    def trip(self) -> Bars:
        raise KeyError("a fault of the lab")

    @action("Put")
    def put(self, to: Handle) -> None:
        if not -100 <= to.x <= 100:
            raise Refused(f"x is −100 to 100, not {to.x:g}.")
        self.x = torch.full_like(self.x, to.x)
