"""Small labs that are as nasty as the contract allows: shared memory, every kind of attribute, chance in every step."""

from typing import Any, Literal

import torch

from models.core import (
    Bars,
    Challenge,
    Choices,
    Field,
    Finished,
    Item,
    Lab,
    LabConfig,
    Metrics,
    OwnPoints,
    Point,
    PointMove,
    Points,
    Refused,
    Solution,
    Trail,
    action,
    live,
    probe,
    setting,
    view,
)


class Toy(Lab):
    """A regression with Adam, with state of every kind."""

    title = "Toy"
    max_steps, steps_per_epoch, examples_per_step = 1_000, 10, 5
    challenges = [
        Challenge("far", "Train long enough.", passed=lambda lab, metrics: metrics["steps"] >= 20, fixed={"n": 20}),
        Challenge(
            "fresh", "Be lucky on fresh data.", passed=lambda lab, metrics: metrics["test_loss"] < -1,
            solution=Solution({}, steps=10), fresh=True,
        ),
    ]  # fmt: skip

    class Config(LabConfig):
        rate: float = live(0.1, gt=0, le=1, help="The learning rate.", group="Training", scale="log")
        n: int = setting(20, ge=1, le=1_000, help="How many points.", group="Data")
        kind: Literal["a", "b"] = setting("a", help="A choice.")
        points: OwnPoints = live([], help="Own points.")

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.x = torch.randn(config.n, 2, generator=generator)
        self.generator = generator
        self.own = torch.Generator().manual_seed(3)
        self.model = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Dropout(0.2))
        self.optimiser = torch.optim.Adam(self.model.parameters(), config.rate)
        self.flat = torch.zeros(10)
        self.parts = [self.flat[:5], (self.flat[5:], "text", None, 1.5)]
        self.same = self.sum = torch.zeros(2)
        self.table = {"a": torch.ones(2), 3: [1, 2, 3]}
        self.trail = Trail("step", "w", limit=10)
        self.done = 0

    def step(self) -> Metrics:
        if self.done >= 500:
            raise Finished("500 steps are enough.")
        rows = torch.randint(len(self.x), (5,), generator=self.generator)
        loss = (self.model(self.x[rows])[:, 0] - self.x[rows, 0]).square().mean()
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.flat[7] += torch.rand((), generator=self.own)
        self.sum = self.sum + loss.detach()  # no longer the memory of self.same
        self.done += 1
        self.trail.add(self.done, self.sum)
        return {"train_loss": loss.detach(), "steps": self.done}

    def evaluate(self) -> Metrics:
        return {"test_loss": float(self.model(torch.randn(50, 2)).square().mean())}

    def fresh(self) -> Metrics:
        return {"test_loss": 1.0}

    def tuned(self, before: LabConfig) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.rate

    @view("Map", stage=True, ask="ask", edit=("points", "move"))
    def map(self) -> Field:
        """The model over the plane."""
        return Field.over((-1, 1, -1, 1), lambda x: self.model(x)[:, 0], resolution=20, points=self.x)

    @view("Both", shown=False)
    def both(self) -> Choices[Points]:
        return Choices.of({"data": Points(points=self.x), "noise": Points(points=torch.randn(3, 2))})

    @probe("Ask")
    def ask(self, at: Point) -> Bars:
        return Bars(labels=["out"], values=self.model(torch.tensor([[at.x, at.y]]))[0])

    @action("Move")
    def move(self, to: PointMove) -> None:
        if to.index >= len(self.x):
            raise Refused(f"There is no point {to.index}.")
        self.x[to.index] = torch.tensor([to.x, to.y])

    @action("Turn the rate")
    def turn(self, to: Item) -> dict[str, Any]:
        return {"rate": to.value}


class Pair(Toy):
    """Two models of one run."""

    def gradients(self) -> dict[str, list[torch.Tensor]]:
        return {"one": [torch.tensor([3.0, 4.0])], "two": [torch.tensor([5.0]), torch.tensor([12.0])], "none": []}


class Diverging(Lab):
    """Its loss grows tenfold a step."""

    title = "Diverging"

    def __init__(self, config: LabConfig, device: torch.device, generator: torch.Generator) -> None:
        self.loss = torch.ones(())

    def step(self) -> Metrics:
        self.loss *= 10
        return {"train_loss": self.loss.clone()}


class Still(Lab):
    """Counts, and is never done."""

    title = "Still"
    max_steps = 10_000_000

    def __init__(self, config: LabConfig, device: torch.device, generator: torch.Generator) -> None:
        self.count = 0

    def step(self) -> Metrics:
        self.count += 1
        return {"train_loss": float(self.count)}

    @view("Count")
    def bars(self) -> Bars:
        return Bars(labels=["count"], values=torch.tensor([float(self.count)]))


class Peeking(Still):
    """A view that assigns."""

    @view("Bad")
    def bad(self) -> Bars:
        self.count = 0
        return Bars()


class Striding(Still):
    """Makes several steps in one call."""

    calls = 0

    def steps(self, n: int) -> list[Metrics]:
        if self.count >= 1_000:
            raise Finished("a thousand")
        type(self).calls += 1
        return [Still.step(self) for _ in range(n)]

    def step(self) -> Metrics:
        return self.steps(1)[0]
