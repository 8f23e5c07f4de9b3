"""Linear regression: the closed form, and descent on the way to it.

Source: Gauss (1809), Theoria motus; Golub & Van Loan, Matrix Computations, 5.3; Robbins & Monro (1951) for SGD.
"""

from typing import Literal  # noqa: I001

import torch
from torch import Tensor

from models.core import (
    Bars, Challenge, Curves, Axis, DatasetRef, Equation, Field, Finished, Handle, Lab, LabConfig, Line, Metric, Metrics,
    NumberColumn, OwnPoints, Point, PointMove, Preset, Refused, Solution, Summary, Table, Text, Trail, action, live,
    probe, setting, view,
)  # fmt: skip
from models.data import diabetes, own, regression
from models.modules import descent, least_squares, linear_views, regression_views
from models.modules.features import BASES, Basis
from models.modules.regression_sample import RegressionSample, weight_names

ONE_INPUT = [name for name in regression.WORDS if name != "diabetes, all ten"]
TOY = ["line", "wave", "outlier", "one place"]


class LinearRegression(Lab):
    """Walk down the bowl of the squared residuals, or jump to its lowest point by a formula."""

    title = "Linear regression"
    metrics = [Metric("excess", "Loss above the closed form", better="low")]
    max_steps, steps_per_second, evaluate_every = 3_000, 5, 1

    # fmt: off
    class Config(LabConfig):
        data: regression.Name = setting("line", group="Data", label="Data set", options=regression.WORDS,
                                        help="The points, and what is to be predicted of them.")
        measurement: diabetes.Measurement = setting("bmi", group="Data", when={"data": ["diabetes"]}, label="Across",
                                                    options=diabetes.LABELS, help="The patients' measurement to use.")
        table: DatasetRef | None = own.table(when={"data": ["table"]})
        inputs: list[NumberColumn] = own.inputs(most=30, when={"data": ["table"]})
        target: NumberColumn | None = own.target(when={"data": ["table"]})
        n: int = setting(12, ge=1, le=200, group="Data", label="Points", when={"data": TOY},
                         help="With fewer points than weights the closed form is no longer the only answer.")
        noise: float = setting(0.7, ge=0, le=2, step=0.1, group="Data", when={"data": TOY}, unit="units of y",
                               help="How far chance moves y from the truth (standard deviation).")
        points: OwnPoints = live([], group="Data", advanced=True, when={"data": [*TOY, "yours"]},
                                 help="Points painted on the plane join the data.")
        features: Basis = setting("x", label="Feature map φ", options=BASES, when={"data": ONE_INPUT},
                                  help="What is weighted and added up: linear in the weights, whatever φ does to x.")
        size: int = setting(5, ge=1, le=15, label="Features",
                            when={"features": ["polynomial", "RBF", "Fourier"], "data": ONE_INPUT},
                            help="How many powers, bumps or waves there are.")
        bias: Literal["b", "x₀ = 1", "none"] = setting(
            "b", help="A number b beside w, the weight of a constant feature x₀ = 1, or a line through the origin.")
        standardise: bool = setting(
            False, help="Each feature minus its mean, over its spread: then all directions are about equally steep.")
        method: Literal["gradient descent", "mini-batch", "SGD"] = setting(
            "gradient descent", group="Training", help="Whether a step looks at all points, at some, or at one.")
        batch_size: int = setting(4, ge=1, le=100, group="Training", when={"method": ["mini-batch"]},
                                  help="How many points a step looks at.")
        learning_rate: float = live(0.05, ge=1e-7, le=10, scale="log", group="Training", label="Rate η",
                                    help="How far a step goes; above 2/λmax it overshoots further every time.")
        decay: bool = live(False, group="Training", label="Let the rate fall", when={"method": ["mini-batch", "SGD"]},
                           help="η/(1 + t/50): only a falling rate lets the trembling die out.")
        start: Literal["far off", "zero"] = setting("far off", group="Training", help="Where descent begins.")

        def chosen(self) -> own.Choice | None:
            """The table, where one is used; raises InvalidConfig."""
            return own.choose(self, classes=False) if self.data == "table" else None

        def names(self) -> list[str]:
            return weight_names(self.data, self.features, self.size, bias=self.bias != "none", table=self.chosen())

        def summary(self) -> Summary:
            if problems := own.problems(self, classes=False) if self.data == "table" else []:
                return Summary(problems=problems)
            return linear_views.summary(len(self.names()))

    presets = [
        Preset("Down to the formula", "Residual squares shrink, the path reaches the cross."),
        Preset("One point at a time", "SGD: every point pulls its own way.", method="SGD", n=30, learning_rate=0.02),
        Preset("… with a falling rate", "The trembling dies out.", method="SGD", n=30, decay=True, learning_rate=0.05),
        Preset("Break it: rate too high", "Just above 2/λmax every step overshoots.", learning_rate=0.36),
        Preset("Diabetes, raw units", "Body mass index in kg/m²: a valley so narrow that descent crawls.",
               data="diabetes", learning_rate=0.001, start="zero"),
        Preset("… standardised", "The same data, the same closed form, a round bowl.",
               data="diabetes", standardise=True, start="zero"),
        Preset("Diabetes, all ten", "Ten measurements at once: predicted against true.",
               data="diabetes, all ten", standardise=True, learning_rate=0.1, start="zero"),
        Preset("A wave from bumps", "A line of features, not of x.", data="wave", n=30, noise=0.3, features="RBF",
               size=8, learning_rate=0.2, start="zero"),
        Preset("Break it: rank lost", "Nine powers through five points: a whole line of best answers.",
               data="wave", n=5, features="polynomial", size=9, learning_rate=0.2, start="zero"),
        Preset("Break it: all at one x", "No spread in x, so no slope is better than another.", data="one place"),
        Preset("Squares fear the far", "One point far off turns the whole line.", data="outlier"),
        Preset("Break it: no bias", "Forced through the origin.", bias="none"),
    ]
    challenges = [
        Challenge("thirty-steps", "Diabetes by body mass index: within 1e-6 of the closed form's loss in 30 steps.",
                  fixed={"data": "diabetes", "measurement": "bmi", "features": "x", "method": "gradient descent"},
                  passed=lambda lab, metrics: metrics["excess"] <= 1e-6 and lab.count <= 30 and not lab.touched,
                  solution=Solution({"standardise": True, "learning_rate": 0.4, "bias": "b"}, 30)),
        Challenge("bend-without-bending", "Follow the wave with a test loss below 0.16, the noise being 0.3.",
                  fixed={"data": "wave", "n": 30, "noise": 0.3, "points": []}, fresh=True,
                  passed=lambda lab, metrics: metrics["test_loss"] < 0.16,
                  solution=Solution({"features": "RBF", "size": 8, "learning_rate": 0.3, "start": "zero"}, 1_000)),
        Challenge("one-point", "Drag a single point so far that the closed-form line falls instead of rising.",
                  fixed={"data": "line", "n": 8, "features": "x", "bias": "b", "points": []},
                  passed=lambda lab, metrics: float(lab.best[0]) < 0 and lab.moved <= 1,
                  solution=Solution({}, 5, [(0, "move_point", {"index": 2, "x": 4, "y": -4})])),
    ]
    # fmt: on

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.sample = RegressionSample(
            config.data, generator, n=config.n, noise=config.noise, measurement=config.measurement,
            features=config.features, size=config.size, standardise=config.standardise, bias=config.bias != "none",
            table=config.chosen(),
        )  # fmt: skip
        self.sample.add_own(config.points)
        self.theta = torch.zeros(len(config.names()), dtype=torch.float64)  # (F,)
        if config.start == "far off" and self.sample.straight:
            self.theta = self.sample.weights_of(-1.0, -2.0) if self.sample.given else self.theta
        self.count, self.touched, self.handled = 0, False, []
        self.path, self.excesses = Trail("theta", limit=400), Trail("step", "excess", limit=400)
        self.begin()

    def begin(self) -> None:
        """Descent starts from where the weights are; the closed form is solved anew for these data."""
        sample = self.sample
        known = len(sample.y) > 0
        self.best = least_squares.solve(sample.x, sample.y) if known else torch.zeros_like(self.theta)
        self.before, self.slope, self.chosen = self.theta, None, None
        self.steps_per_epoch = max(1, -(-len(sample.y) // self.batch))
        self.examples_per_step = self.batch
        self.path.clear()
        self.path.add(self.theta)
        self.excesses.clear()
        self.first = self.theta

    @property
    def batch(self) -> int:
        """How many points a step looks at."""
        size = {"gradient descent": len(self.sample.y), "mini-batch": self.config.batch_size, "SGD": 1}
        return max(1, min(size[self.config.method], len(self.sample.y)))

    @property
    def moved(self) -> int:
        """How many points have been dragged."""
        return len(self.handled)

    @property
    def rate(self) -> float:
        """The rate of the next step."""
        falls = self.config.decay and self.config.method != "gradient descent"
        return self.config.learning_rate / (1 + self.count / 50 if falls else 1)

    def parameter_count(self) -> int:
        return len(self.theta)

    def step(self) -> Metrics:
        """θ ← θ − η ∇L on all points, on a random batch, or on one random point."""
        x, y = self.sample.x, self.sample.y
        if not len(y):
            raise Finished("There are no points yet: paint some on the plane.")
        chosen = None
        if self.config.method != "gradient descent":
            chosen = torch.randperm(len(y))[: self.batch]
            x, y = x[chosen], y[chosen]
        slope = least_squares.gradient(x, y, self.theta)
        if chosen is None and float(slope.norm()) <= 1e-9 * (1 + float(y.abs().max())):
            raise Finished(f"The slope is 0: after {self.count} steps descent is where the formula is.")
        self.before, self.slope, self.chosen = self.theta, slope, chosen
        self.theta = self.theta - self.rate * slope
        self.count += 1
        self.path.add(self.theta)
        return {}

    def evaluate(self) -> Metrics:
        sample = self.sample
        found: Metrics = {}
        if len(sample.y):
            loss = least_squares.loss(sample.x, sample.y, self.theta)
            found = {"train_loss": loss, "excess": self.excess()}
        if len(sample.test_y):
            found["test_loss"] = least_squares.loss(sample.test_x, sample.test_y, self.theta)
        return found

    def evaluated(self, metrics: Metrics) -> None:
        if "excess" in metrics:
            self.excesses.add(self.count, metrics["excess"])

    def excess(self) -> float:
        """L(θ) − L* = ‖X(θ − θ*)‖²/N, which does not cancel near 0."""
        return float((self.sample.x @ (self.theta - self.best)).square().mean())

    def fresh(self) -> Metrics:
        """The test loss on new points of a toy set."""
        if self.config.data not in TOY:
            return self.evaluate()
        _, rows = regression.draw(self.config.data, 1, self.config.noise, "bmi", torch.default_generator)
        return {"test_loss": least_squares.loss(self.sample.design(rows[:, :-1]), rows[:, -1], self.theta)}

    def gradients(self) -> list[Tensor]:
        return [] if self.slope is None else [self.slope]

    def tuned(self, before: Config) -> None:
        if self.config.points != before.points:
            self.sample.add_own(self.config.points)
            self.begin()

    # ------------------------------------------------------------------ what is changed by hand

    @action("Move a point")
    def move_point(self, to: PointMove) -> None:
        """The point goes elsewhere; the weights stay, the closed form follows."""
        if not self.sample.flat:
            raise Refused("Here a place is a prediction, not a measurement: it cannot be moved by hand.")
        if to.index >= len(self.sample.rows):
            raise Refused(f"There is no point {to.index}: the points are 0 to {len(self.sample.rows) - 1}.")
        x0, x1, y0, y1 = self.sample.box
        self.sample.move(to.index, min(max(to.x, x0), x1), min(max(to.y, y0), y1))
        self.handled = sorted({*self.handled, to.index})
        self.begin()

    @action("Move the line")
    def move_line(self, to: Handle) -> None:
        """An end of the line, or the place on the loss, goes elsewhere: descent starts again from there."""
        if to.id == "here" and len(self.theta) == 2:
            self.theta = torch.tensor([to.x, to.y], dtype=torch.float64)
        else:
            self.theta = self.held_by(to)
        self.touched = True
        self.begin()

    def held_by(self, to: Handle) -> Tensor:
        """The weights of the line through the dragged end and the other one."""
        there = {end["id"]: end for end in regression_views.ends(self.sample, self.theta)}
        if to.id not in there:
            raise Refused(f"There is no handle {to.id!r} here.")
        other = there["right" if to.id == "left" else "left"]
        if abs(to.x - other["x"]) < 0.02 * (self.sample.box[1] - self.sample.box[0]):
            raise Refused("The ends stand one above the other: y = w x + b cannot be a vertical line.")
        slope = (to.y - other["y"]) / (to.x - other["x"])
        return self.sample.weights_of(slope, to.y - slope * to.x)

    @probe("Predict")
    def predict(self, at: Point) -> Bars:
        """Descent's prediction at this x, the closed form's, and the place's own height."""
        if not self.sample.flat:
            raise Refused("With ten inputs a place in this picture is no patient.")
        phi = self.sample.design(torch.tensor([[at.x]], dtype=torch.float64))[0]
        values = torch.stack([phi @ self.theta, phi @ self.best, torch.tensor(at.y).double()])
        label, unit = self.sample.target
        return Bars(labels=["descent", "closed form", "here"], values=regression_views.bounded(values), signed=True,
                    y=Axis(label, unit))  # fmt: skip

    # ------------------------------------------------------------------ what is shown

    @view("The line and its squares", stage=True, ask="predict", edit=("move_point", "move_line", "points"))
    def line(self) -> Field:
        """The prediction among the points, the square on each residual, and the closed form, dashed."""
        best = regression_views.curve("best", "closed form", self.sample, self.best, style="dashed", colour="mark")
        now = regression_views.curve("now", "descent", self.sample, self.theta, colour="train")
        return regression_views.plane(
            self.sample, self.theta, best + now, boxes=regression_views.squares(self.sample, self.theta),
            handles=regression_views.ends(self.sample, self.theta), mark=self.seen,
            alt="The points, the prediction and the closed form",
        )  # fmt: skip

    @property
    def seen(self) -> int | None:
        """The one point that this step looked at."""
        return int(self.chosen[0]) if self.chosen is not None and len(self.chosen) == 1 else None

    @view("The loss over the weights", stage=True, edit="move_line")
    def bowl(self) -> Field:
        """The loss over w and b (or over the flattest and steepest direction), descent's path, and the closed form."""
        symbols = descent.Stride(
            self.sample.names, self.theta, self.theta, None, 0, self.sample.x, self.sample.y
        ).symbols
        bowl = regression_views.Bowl(self.sample.x, self.sample.y, self.best, symbols)
        return bowl.picture(bowl.window(self.first), self.path.column("theta"), grab=len(self.theta) == 2)

    @view("This step")
    def this_step(self) -> Equation:
        """The gradient and the update of the last step in numbers."""
        return descent.told(
            descent.Stride(
                self.sample.names, self.before, self.theta, self.slope, self.rate, self.sample.x, self.sample.y,
                self.chosen,
            )
        )  # fmt: skip

    @view("Where it stands")
    def standing(self) -> Text:
        """The loss beside the least there can be, what the rate may be, and what the closed form is worth here."""
        if not len(self.sample.y):
            return Text.of("There are no points yet: paint some on the plane, and play.")
        noisy = self.config.method != "gradient descent"
        return Text.of(
            descent.words_of_loss(self.sample, self.theta, self.best),
            *descent.prospects(self.sample.x, self.rate, noisy=noisy),
            *descent.words_of_rank(self.sample.x),
            *descent.words_of_bias(self.sample, self.best),
        )

    @view("The closed form, three ways")
    def formulas(self) -> Table:
        """QR, the normal equations and the pseudo-inverse on these data."""
        return descent.formulas(self.sample.x, self.sample.y)

    @view("Above the closed form")
    def above(self) -> Curves:
        """How far the loss is above the least there can be: a straight line on this axis is a geometric fall."""
        steps, excess = (self.excesses.column(name) for name in ("step", "excess"))
        line = Line(id="excess", label="L(θ) − L*", x=steps, y=excess.clamp(1e-12, 1e12))
        return Curves(lines=[line], x=Axis("step", lo=0), y=Axis("L(θ) − L*", log=True))

    @view("Weights")
    def weights(self) -> Bars:
        """The weights of descent beside those of the closed form."""
        symbols = ["bias" if name == "1" else name for name in self.sample.names]
        values = regression_views.bounded(torch.stack([self.theta, self.best]))
        return Bars(labels=symbols, values=values, series=["descent", "closed form"], signed=True)

    @view("Feature by feature", shown=False)
    def pieces(self) -> Curves:
        """Each feature times its weight, and their sum."""
        if not self.sample.flat:
            return Curves(x=Axis("x"), y=Axis("y"))
        return regression_views.pieces(self.sample, self.theta)
