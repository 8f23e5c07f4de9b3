"""Gradient descent and its descendants, racing down surfaces of two variables.

The updates are in models/modules/optimizers.py, the surfaces in surfaces.py, the limits of the rate in stability.py.
"""

from typing import Literal  # noqa: I001

import torch
from torch import Tensor

from models.core import (
    Challenge, Choices, Curves, Equation, Field, Finished, Handle, Lab, LabConfig, Metric, Metrics, Point, Preset,
    Refused, Solution, Summary, Surface, Table, Text, action, live, probe, setting, view,
)  # fmt: skip
from models.modules import race_views, schedules, stability, surfaces
from models.modules.optimizers import LABELS
from models.modules.race import Race

Walker = Literal["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"]
ALL: list[Walker] = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"]
ADAPTIVE: list[Walker] = ["adagrad", "rmsprop", "adam"]
SETTLED = 1e-12


class GradientDescent(Lab):
    """Six ways to walk downhill, from one place, side by side."""

    title = "Gradient descent"
    metrics = [Metric(f"f.{name}", "Height f(x)", better="low", log=True) for name in ALL]
    max_steps, steps_per_second, evaluate_every = 1_000, 4, 1

    # fmt: off
    class Config(LabConfig):
        surface: surfaces.Name = setting("bowl", options=surfaces.LABELS, help="What is walked down.")
        kappa: float = live(50.0, ge=1, le=1000, scale="log", label="Condition number κ", when={"surface": ["bowl"]},
                            help="How much steeper the steepest direction is than the flattest: L/μ, with μ = 1.")
        tilt: float = live(0.0, ge=0, le=90, step=1, unit="°", label="Turned by", when={"surface": ["bowl"]},
                           help="Turns the bowl against the axes, which the adaptive methods care for.")
        walkers: list[Walker] = setting(["sgd", "momentum", "adam"], min_length=1, max_length=6, group="Training",
                                        label="Who walks", help="Each begins at the same place.")
        unit: Literal["1/L", "absolute"] = live("1/L", group="Training", label="Rate counted in",
                                                help="1/L: what steepness allows. L: largest curvature at the minimum.")
        rate: float = live(1.9, ge=0.0001, le=10, scale="log", group="Training", label="Learning rate η",
                           help="How far a step goes along the gradient: SGD, momentum and Nesterov.")
        momentum: float = live(0.7, ge=0, le=0.99, step=0.01, group="Training", label="Momentum β",
                               help="How much of the last step stays (Adam: β₁).")
        adaptive_rate: float = live(0.2, ge=0.0001, le=10, scale="log", group="Training", label="Adaptive rate η",
                                    help="AdaGrad, RMSProp and Adam: about how far a step goes, in units of x.")
        noise: float = live(0.0, ge=0, le=20, step=0.01, group="Training", label="Gradient noise",
                            help="The spread of the chance in each coordinate of the gradient, the same for all.")
        schedule: schedules.Name = live("constant", group="Training", options=schedules.LABELS, advanced=True,
                                        help="How the rates fall over the steps.")
        span: int = live(50, ge=1, le=1000, scale="log", unit="steps", group="Training", label="Falls over",
                         advanced=True, when={"schedule": [name for name in schedules.LABELS if name != "constant"]},
                         help="Then the rate is half, or zero with cosine.")

        def summary(self) -> Summary:
            n = len(self.walkers)
            twice = [{"field": "walkers", "message": "A walker is named twice."}] if len(set(self.walkers)) < n else []
            row = {"layer": "x", "shape": f"{n} × 2", "parameters": 2 * n}
            return Summary([row], 2 * n, 16 * n, twice)

    presets = [
        Preset("Zigzag and glide", "The steepest direction limits the speed of all."),
        Preset("Break it: above 2/L", "Gradient descent leaves; momentum bears the same rate.", rate=2.1),
        Preset("A round bowl", "κ = 1 and η = 1/L: downhill is where the minimum is, one step.", kappa=1.0, rate=1.0),
        Preset("All six", "Each has its own way into the same valley.", walkers=ALL, rate=1.2),
        Preset("The bowl turned", "The adaptive ones scale x₁ and x₂, and the valley follows neither.",
               tilt=45.0, walkers=["momentum", *ADAPTIVE]),
        Preset("On the ridge", "Exactly on the ridge no gradient points off it.",
               surface="saddle", walkers=["sgd", "momentum", "adam"], rate=0.4, adaptive_rate=0.05),
        Preset("… until chance pushes", "A little noise, and the saddle lets go of them.",
               surface="saddle", walkers=["sgd", "momentum", "adam"], rate=0.4, adaptive_rate=0.05, noise=0.05),
        Preset("Rosenbrock's valley", "Down into the valley at once, along it hardly.", surface="rosenbrock",
               walkers=["sgd", "momentum", "nesterov", "adam"], rate=0.5, momentum=0.9),
        Preset("Four minima", "From one place to different minima.", surface="himmelblau", walkers=ALL, rate=1.0,
               momentum=0.8, adaptive_rate=0.5),
        Preset("Beale's plain", "Cliffs that throw, a plain that hardly slopes.", surface="beale",
               walkers=["sgd", "momentum", "nesterov", "adam"], rate=0.02, momentum=0.9),
        Preset("Noise never settles", "A constant rate keeps jumping at the bottom.", kappa=10.0, noise=5.0, rate=1.0),
        Preset("… a falling rate does", "1/t: the steps shrink, but their sum does not end.",
               kappa=10.0, noise=5.0, rate=1.0, schedule="1/t", span=20),
    ]
    challenges = [
        Challenge("eighty-steps", "A turned bowl, κ = 100: bring any walker below f = 10⁻⁶ within 80 steps of the "
                  "given start.", fixed={"surface": "bowl", "kappa": 100.0, "tilt": 30.0, "noise": 0.0},
                  passed=lambda lab, metrics: lab.at_home and any(0 < n <= 80 for n in lab.race.arrived),
                  solution=Solution({"rate": 3.3, "momentum": 0.67}, steps=80)),
        Challenge("only-momentum", "κ = 50: choose η and β so that gradient descent leaves for good and momentum "
                  "comes below 10⁻⁶.", fixed={"surface": "bowl", "kappa": 50.0, "noise": 0.0},
                  passed=lambda lab, metrics: lab.lost("sgd") and metrics["f.momentum"] < 1e-6,
                  solution=Solution({"rate": 2.4}, steps=150)),
        Challenge("off-the-ridge", "The saddle, from the given start on its ridge: get gradient descent below 0.01.",
                  fixed={"surface": "saddle"},
                  passed=lambda lab, metrics: lab.at_home and metrics["f.sgd"] < 0.01,
                  solution=Solution({"rate": 0.4, "noise": 0.05}, steps=200)),
    ]
    # fmt: on

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.start = torch.tensor(self.ground.start, dtype=torch.float64)  # (2,)
        box = self.ground.box
        self.race = Race(config.walkers, self.start, reach=100 * max(abs(edge) for edge in box))
        self.curvatures = self.ground.eigenvalues(self.ground.nearest_minimum(self.start)[None])[0]  # (2,): μ, L

    @property
    def ground(self) -> surfaces.Surface:
        """The surface under them."""
        return surfaces.named(self.config.surface, kappa=self.config.kappa, tilt=self.config.tilt)

    def begin(self, start: Tensor) -> None:
        """All walk again, from `start` (2,)."""
        self.start = start
        self.curvatures = self.ground.eigenvalues(self.ground.nearest_minimum(start)[None])[0]
        self.race.begin(start)

    def tuned(self, before: Config) -> None:
        """Rates act on the way; on another bowl the walk begins again, for the paths lie on the surface shown."""
        if (self.config.kappa, self.config.tilt) != (before.kappa, before.tilt):
            self.begin(self.start)

    def rates(self) -> race_views.Rules:
        """The rates of the step that comes next, and what limits them."""
        config, (flattest, steepest) = self.config, self.curvatures.tolist()
        first = config.rate / steepest if config.unit == "1/L" else config.rate
        now, adaptive = (
            schedules.rate(config.schedule, rate, self.race.count, config.span)
            for rate in (first, config.adaptive_rate)
        )
        return race_views.Rules(now, adaptive, config.momentum, flattest, steepest)

    def step(self) -> Metrics:
        """One step of each: gradient, noise, and its own rule."""
        race, config, rules = self.race, self.config, self.rates()
        still = [h for h, gone in zip(race_views.heights(self.ground, race), race.gone, strict=True) if not gone]
        if not any(height > SETTLED for height in still):
            raise Finished(f"All have arrived (f ≤ {SETTLED:g}) or left for good, after {race.count} steps.")
        gradient = self.ground.gradient(race.x)
        if config.noise:
            gradient = gradient + config.noise * torch.randn(2, dtype=torch.float64)
        rates = [rules.rate if name in stability.BOUNDED else rules.adaptive for name in race.names]
        race.step(gradient, rates, config.momentum)
        found = self.evaluate()
        race.note(list(found.values()))
        return found

    def evaluate(self) -> Metrics:
        """How high each stands."""
        return {f"f.{n}": h for n, h in zip(self.race.names, race_views.heights(self.ground, self.race), strict=True)}

    def gradients(self) -> dict[str, list[Tensor]]:
        return {name: [row] for name, row in zip(self.race.names, self.race.gradient, strict=True)}

    def parameter_count(self) -> int:
        return self.race.x.numel()

    @property
    def at_home(self) -> bool:
        """Whether they began where the surface has them begin."""
        return self.start.tolist() == list(self.ground.start)

    def lost(self, name: str) -> bool:
        """Whether a walker has left for good."""
        return name in self.race.names and bool(self.race.gone[self.race.names.index(name)])

    @action("Move the start")
    def move_start(self, to: Handle) -> None:
        """All walk again from another place."""
        if to.id != "start":
            raise Refused(f"There is no handle {to.id!r}: only the start can be dragged.")
        x0, x1, y0, y1 = self.ground.box
        self.begin(torch.tensor([min(max(to.x, x0), x1), min(max(to.y, y0), y1)], dtype=torch.float64))

    @probe("Slope and curvature here")
    def slope(self, at: Point) -> tuple[Equation, Table]:
        """The gradient at a place, and how strongly the surface bends there."""
        return race_views.place(self.ground, torch.tensor([at.x, at.y]))

    @view("The race", stage=True, ask="slope", edit="move_start")
    def paths(self) -> Field:
        """The surface from above, each contour √10 times as high as the one inside, and who walked where."""
        return race_views.field(self.ground, self.race, self.start)

    @view("η against its limit")
    def limits(self) -> Curves:
        """What is left of the error after a step, in the slowest direction near the minimum, for every rate."""
        return race_views.limits(self.race, self.rates())

    @view("This step")
    def update(self) -> Choices[Equation]:
        """The last step of a walker in numbers."""
        last = self.rates()
        return Choices.of({LABELS[name]: race_views.step(self.race, name, last) for name in self.race.names})

    @view("What is happening")
    def story(self) -> Text:
        """The rate and its limits in words, and who has left."""
        return Text.of(*race_views.sentences(self.ground, self.race, self.rates()))

    @view("Where they stand")
    def standing(self) -> Table:
        """Place and height of each walker, and the step at which it came below 10⁻⁶."""
        return race_views.standing(self.ground, self.race)

    @view("The surface in space", shown=False)
    def relief(self) -> Surface:
        """log₁₀ f as a landscape, and the paths on it; opened, it can be turned."""
        return race_views.relief(self.ground, self.race)
