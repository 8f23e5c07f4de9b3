"""Logistic regression: a probability for every place, learned by the pull of each point.

Source: Cox (1958), Journal of the Royal Statistical Society B 20; Hastie, Tibshirani & Friedman, The Elements of
Statistical Learning, 4.4.
"""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import (
    Bars,
    Challenge,
    ClassColumn,
    Curves,
    DatasetRef,
    Equation,
    Field,
    Finished,
    Lab,
    LabConfig,
    Metric,
    Metrics,
    NumberColumn,
    OwnPoints,
    Point,
    PointMove,
    Preset,
    Refused,
    Solution,
    Summary,
    Surface,
    Text,
    Trail,
    action,
    live,
    probe,
    setting,
    view,
)  # fmt: skip
from models.data import own, plane, two_classes
from models.data.two_classes import TwoClasses
from models.modules import logistic, logistic_views, margin
from models.modules.features import TERMS, Map, polynomial

PLANE = [name for name in two_classes.WORDS if name != "table"]
DRAWN = [name for name in PLANE if name != "yours"]
TABLE = {"data": ["table"]}
LONGEST = 1e4


class LogisticRegression(Lab):
    """The score becomes a probability, and every point pulls by how far it is from its label."""

    title = "Logistic regression"
    metrics = [
        Metric("calibration_error", "Calibration error", better="low"), Metric("norm", "Length of w: ‖w‖"),
    ]  # fmt: skip
    max_steps, steps_per_second, examples_per_step = 3_000, 10, 1

    # fmt: off
    class Config(LabConfig):
        data: two_classes.Name = setting("moons", group="Data", label="Data set", options=two_classes.WORDS,
                                         help="The points to be told apart.")
        n: int = setting(40, ge=2, le=400, group="Data", label="Points", when={"data": DRAWN},
                         help="With few points the sheet follows single ones.")
        noise: float = setting(0.2, ge=0, le=0.5, step=0.05, group="Data",
                               when={"data": ["moons", "gaussians", "circle", "xor"]}, help="Then nobody can be sure.")
        points: OwnPoints = live([], group="Data", advanced=True, when={"data": PLANE},
                                 help="Points painted on the plane join the data.")
        table: DatasetRef = setting("breast-cancer", group="Data", label="Table", when=TABLE,
                                    help="A table of your own (CSV), or one that comes with the course.")
        inputs: list[NumberColumn] = own.inputs(most=100, when=TABLE)
        target: ClassColumn | None = own.target(when=TABLE)
        features: Map = setting("x", label="Feature map φ", when={"data": PLANE},
                                help="The sheet is straight in φ, whatever it looks like over x.")
        penalty: float = setting(0.0, ge=0, le=100, step=0.01, label="Penalty λ",
                                 help="λ‖w‖² is added to the loss: w stays short, and p away from 0 and 1.")
        method: Literal["SGD", "gradient descent"] = setting("SGD", group="Training",
                                                             help="One point at a time, or all of them.")
        learning_rate: float = live(0.1, gt=0, le=10, scale="log", group="Training", label="Rate η",
                                    help="How far a pull moves w.")
        stride: Literal["point", "pass"] = live("point", group="Training", label="A step is", when={"method": ["SGD"]},
                                                options={"point": "one point", "pass": "all points once"},
                                                help="How far a step goes.")

        def names(self) -> list[str]:
            """What each weight but the bias belongs to."""
            if self.data != "table":
                return TERMS[self.features]
            return own.choose(self, classes=True).labels

        def summary(self) -> Summary:
            problems = own.problems(self, classes=True) if self.data == "table" else []
            count = 0 if problems else len(self.names()) + 1
            if 0 < count < 3:
                problems = [{"field": "inputs", "message": "The sheet lies over two columns: choose at least two."}]
            rows = [{"layer": "w, and the bias", "shape": str(count), "parameters": count}]
            return Summary(rows=rows, parameters=count, problems=problems)

    presets = [
        Preset("The sheet tilts", "Every point pulls; the arrows shorten."),
        Preset("A curved edge", "Squares and products of x bend it.", features="x, x², x₁x₂", n=100),
        Preset("Break it: separable, no penalty", "‖w‖ grows without end: certainty has no maximum.", data="separable",
               method="gradient descent", learning_rate=5.0),
        Preset("… with a penalty", "It settles, and stays modest.", data="separable", penalty=0.5,
               method="gradient descent", learning_rate=1.0),
        Preset("Breast cancer", "Thirty measurements of cell nuclei.", data="table", penalty=1.0, stride="pass",
               learning_rate=0.02),
        Preset("Break it: too large a rate", "Each point throws the sheet over.", learning_rate=8.0),
        Preset("Overlapping", "Where they mix, it is flat.", data="gaussians", noise=0.5, n=200, stride="pass"),
    ]
    challenges = [
        Challenge("sure-and-right", "Breast cancer: at least 0.97 right on the test, and a calibration error of at "
                  "most 0.05.", fixed={"data": "table", "table": "breast-cancer", "inputs": [], "target": None},
                  passed=lambda lab, metrics: metrics["test_accuracy"] >= 0.97 and metrics["calibration_error"] <= 0.05,
                  solution=Solution({"penalty": 1.0, "stride": "pass", "learning_rate": 0.02}, 60)),
        Challenge("bend", "The circle: a test loss below 0.1, with a sheet that is straight in φ.", fresh=True,
                  fixed={"data": "circle", "noise": 0.1}, passed=lambda lab, metrics: metrics["test_loss"] < 0.1,
                  solution=Solution({"n": 200, "features": "x, x²", "method": "gradient descent"}, 1_500)),
        Challenge("modest", "Separable points: keep ‖w‖ below 1.5 for 200 passes, with every training point right.",
                  fixed={"data": "separable", "n": 40, "points": []},
                  passed=lambda lab, metrics: (lab.passes >= 200 and metrics["norm"] < 1.5
                                               and metrics["train_accuracy"] == 1),
                  solution=Solution({"penalty": 1.0, "method": "gradient descent", "learning_rate": 0.3}, 260)),
    ]
    # fmt: on

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.sample = TwoClasses(config, generator)
        self.names = config.names()
        width = len(self.names) + 1
        self.w, self.by_newton, self.by_perceptron = (torch.zeros(width, dtype=torch.float64) for _ in range(3))
        self.seen = self.passes = self.place = 0
        self.lengths = Trail("seen", "sgd", "newton")
        self.learn_from(*self.sample.with_own(config.points))

    def learn_from(self, x: Float[Tensor, "N D"], y: Float[Tensor, " N"]) -> None:
        """Take these rows as the training set; the weights stay."""
        self.places, self.y = x, y
        self.x = self.design(x)
        self.separable = len(y) > 0 and margin.certificate((2 * y - 1)[:, None] * self.x) is None
        self.order: Tensor = torch.randperm(len(y))
        self.place, self.last = 0, None
        self.before = self.w
        self.steps_per_epoch = max(1, len(y)) if self.single else 1
        self.examples_per_step = 1 if self.single else len(y)
        self.lengths.clear()
        self.lengths.add(self.seen, 0.0, 0.0)

    @property
    def single(self) -> bool:
        """Whether a step looks at one point."""
        return self.config.method == "SGD" and self.config.stride == "point"

    def design(self, x: Float[Tensor, "N D"]) -> Float[Tensor, "N F"]:
        """The features of each row, ending in the 1 of the bias."""
        if self.config.data != "table":
            return polynomial(x, self.config.features)
        return torch.column_stack([x, torch.ones(len(x), dtype=torch.float64)])

    def over(self, x: Float[Tensor, "N 2"], w: Tensor) -> Float[Tensor, " N"]:
        """Scores over the plane of the pictures: of a table, its first two columns with all others at their means."""
        rest = torch.zeros(len(x), len(self.names) - 2, dtype=torch.float64)
        return self.design(torch.column_stack([x.double(), rest]) if self.config.data == "table" else x) @ w

    def parameter_count(self) -> int:
        return len(self.w)

    def gradients(self) -> list[Tensor]:
        return [self.slope(self.w)] if len(self.y) else []

    def slope(self, w: Tensor) -> Tensor:
        """∇J/N: of the mean loss, with its share of the penalty."""
        return logistic.gradient(self.x, self.y, w, self.config.penalty) / len(self.y)

    def step(self) -> Metrics:
        """One point, or all of them: w ← w − η ∇. A pass later Newton's method makes a step too."""
        if not len(self.y):
            raise Finished("There are no points yet: paint some of both classes.")
        if float(self.w.norm()) > LONGEST:
            raise Finished(f"‖w‖ is beyond {LONGEST:,.0f}: the classes can be separated, and w would grow for ever.")
        self.before = self.w
        if self.config.method == "SGD":
            for _ in range(1 if self.single else len(self.y)):
                self.look()
        else:
            self.last = None
            self.w = self.w - self.config.learning_rate * self.slope(self.w)
            for n in range(len(self.y)):
                self.perceive(n)
            self.passed(len(self.y))
        if not self.single or self.place == 0:
            self.lengths.add(self.seen, float(self.w[:-1].norm()), float(self.by_newton[:-1].norm()))
        return {}

    def look(self) -> None:
        """SGD at the next point, in an order that is drawn anew for every pass."""
        n = int(self.order[self.place])
        pull = torch.sigmoid(self.x[n] @ self.w) - self.y[n]
        shrink = 2 * self.config.penalty / len(self.y) * self.w
        shrink[-1] = 0
        self.before, self.last = self.w, n
        self.w = self.w - self.config.learning_rate * (pull * self.x[n] + shrink)
        self.perceive(n)
        self.place += 1
        self.seen += 1
        if self.place == len(self.y):
            self.order, self.place = torch.randperm(len(self.y)), 0
            self.passed(0)

    def perceive(self, n: int) -> None:
        """The perceptron looks at the same point."""
        sign = 2 * self.y[n] - 1
        if float(sign * (self.x[n] @ self.by_perceptron)) <= 0:
            self.by_perceptron = self.by_perceptron + sign * self.x[n]

    def passed(self, looked: int) -> None:
        """The end of a pass: Newton's turn."""
        self.seen, self.passes = self.seen + looked, self.passes + 1
        if float(self.by_newton.norm()) < LONGEST:
            self.by_newton = logistic.newton(self.x, self.y, self.by_newton, self.config.penalty)

    def evaluate(self) -> Metrics:
        metrics: Metrics = {"norm": self.w[:-1].norm()}
        if len(self.y):
            metrics |= {
                "train_loss": logistic.log_losses(self.x, self.y, self.w).mean(),
                "train_loss.newton": logistic.log_losses(self.x, self.y, self.by_newton).mean(),
                "train_accuracy": ((self.x @ self.w > 0) == (self.y > 0)).double().mean(),
            }
        return metrics | self.tested(self.sample.test_x, self.sample.test_y)

    def tested(self, x: Float[Tensor, "M D"], y: Float[Tensor, " M"]) -> Metrics:
        """Loss, accuracy and calibration on rows that were not learned from; the perceptron's accuracy beside it."""
        if not len(y):
            return {}
        rows = self.design(x)
        found = logistic.reliability(torch.sigmoid(rows @ self.w), y)
        return {
            "test_loss": logistic.log_losses(rows, y, self.w).mean(),
            "test_accuracy": ((rows @ self.w > 0) == (y > 0)).double().mean(),
            "test_accuracy.perceptron": ((rows @ self.by_perceptron > 0) == (y > 0)).double().mean(),
            "calibration_error": found.error,
        }

    def fresh(self) -> Metrics:
        return self.tested(*self.sample.fresh(self.config, torch.default_generator))

    def tuned(self, before: Config) -> None:
        if self.config.points != before.points:
            self.learn_from(*self.sample.with_own(self.config.points))
        self.steps_per_epoch = max(1, len(self.y)) if self.single else 1
        self.examples_per_step = 1 if self.single else len(self.y)

    @action("Move a point")
    def move_point(self, to: PointMove) -> None:
        """The point goes elsewhere, w stays."""
        if self.config.data == "table":
            raise Refused("These points are measurements: they stay where they are.")
        if to.index >= len(self.y):
            raise Refused(f"There is no point {to.index}: the points are 0 to {len(self.y) - 1}.")
        places = self.places.clone()
        places[to.index] = torch.tensor([to.x, to.y], dtype=torch.float64).clamp(*plane.BOX[:2])
        given = len(self.sample.y)
        if to.index < given:
            self.sample.x = places[:given]
        self.learn_from(places, self.y)

    @probe("How sure here?")
    def classify(self, at: Point) -> Bars:
        """The score of a place, term by term, and the probability that it becomes."""
        place = torch.tensor([[at.x, at.y]], dtype=torch.float64)
        if self.config.data == "table":
            place = torch.cat([place, torch.zeros(1, len(self.names) - 2, dtype=torch.float64)], 1)
        few = min(8, len(self.names))
        features = self.design(place)[0]
        names = self.names if len(self.names) <= few else self.names[:few]
        kept = features if len(self.names) <= few else torch.cat([features[:few], features[-1:]])
        w = self.w if len(self.names) <= few else torch.cat([self.w[:few], self.w[-1:]])
        return logistic_views.terms(names, kept, w, self.sample.classes)

    # ------------------------------------------------------------------ views

    @view("The sheet and the points that pull", stage=True)
    def sheet(self) -> Surface:
        """P(y = 1) over the plane. From the sheet to each point goes its pull y − p."""
        return logistic_views.sheet(
            self.over, self.w, self.sample.box, self.sample.axes[:2], self.places[:, :2], self.y,
            torch.sigmoid(self.x @ self.w), self.sample.classes,
        )  # fmt: skip

    @view("From above", stage=True, ask="classify", edit=("move_point", "points"))
    def above(self) -> Field:
        """The same sheet as a map; dashed, the lines of Newton's weights and of the perceptron's."""
        return logistic_views.plane(
            self.over, {"sgd": self.w, "newton": self.by_newton, "perceptron": self.by_perceptron}, self.sample.box,
            linear=self.config.data == "table" or self.config.features == "x", axes=self.sample.axes,
            points=self.places[:, :2], y=self.y, classes=self.sample.classes, last=self.last,
            wrong=(self.x @ self.w > 0) != (self.y > 0),
        )  # fmt: skip

    @view("This update")
    def update(self) -> Equation:
        """The last point in numbers: its score, its probability, its pull, and what becomes of w."""
        if self.last is None:
            return logistic_views.rule()
        decay = self.config.penalty
        return logistic_views.update(
            self.before, self.w, self.x[self.last], float(self.y[self.last]), self.config.learning_rate, decay,
            self.last, self.names,
        )  # fmt: skip

    @view("Does it keep its word?")
    def calibration(self) -> Curves:
        """Of the test points to which it gave 0.7, are seven in ten really 1?"""
        rows = self.design(self.sample.test_x)
        return logistic_views.calibration(logistic.reliability(torch.sigmoid(rows @ self.w), self.sample.test_y))

    @view("Every point on the S-curve")
    def scores(self) -> Field:
        """The score of each point, and the probability that it becomes."""
        return logistic_views.scores(self.x @ self.w, self.y, self.sample.classes)

    @view("How long w is")
    def lengths_of_w(self) -> Curves:
        """On separable points without a penalty it grows for ever."""
        columns = {name: self.lengths.column(name) for name in ("sgd", "newton")}
        return logistic_views.norms(self.lengths.column("seen"), columns)

    @view("What is known of these points")
    def standing(self) -> Text:
        """Whether a line can separate them, and what that means for w."""
        if not len(self.y):
            return Text.of("There are no points yet: paint some of both classes on the plane, and play.")
        if not 0 < float(self.y.mean()) < 1:
            return Text.of(
                ("All points are of one class: p → 1 everywhere fits best, and w has no finite best value.", "warn")
            )
        said = "A plane in φ separates them" if self.separable else "No plane in φ separates them"
        then = (
            ": without a penalty the likelihood has no maximum, ‖w‖ grows without end."
            if self.separable
            else ": there is one best w."
        )
        if self.separable and self.config.penalty:
            then = f": only the penalty, λ = {self.config.penalty:g}, keeps w short."
        return Text.of(
            (
                f"{said} (a linear program decides){then}",
                "warn" if self.separable and not self.config.penalty else "plain",
            ),
            *self.sample.notes,
        )
