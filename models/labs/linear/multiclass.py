"""Several classes: a plane for each, and the highest wins. Softmax, perceptron, one against the rest, and in pairs.

Source: Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 4.2 to 4.4; Crammer & Singer (2003),
JMLR 3; Hsu & Lin (2002), IEEE Transactions on Neural Networks 13.
"""

import math  # noqa: I001
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from models.core import (
    Bars, Challenge, ClassColumn, Curves, DatasetRef, Equation, Field, Finished, Images, Lab, LabConfig, Matrix,
    Metric, Metrics, NumberColumn, OwnPoints, Point, PointMove, Preset, Refused, Solution, Summary, Surface, Text,
    Trail, action, live, probe, setting, view,
)  # fmt: skip
from models.data import many_classes, own, plane
from models.data.many_classes import ManyClasses
from models.modules import multiclass, multiclass_views
from models.modules.features import TERMS, Map, polynomial
from models.modules.multiclass import Binary, Model

PLANE = [name for name in many_classes.WORDS if name != "table"]
DRAWN = [name for name in PLANE if name != "yours"]
TABLE = {"data": ["table"]}
COUNTS = {"point": 1, "batch": 16}
LONGEST = 1e4
LARGEST = 20_000
"""Of a Kesler matrix with more numbers the margin is not computed."""
DIGITS = {"data": "table", "table": "digits", "inputs": [], "target": None}


class Multiclass(Lab):
    """Every class has a plane; a point lifts that of its own class and presses down the others."""

    title = "Multi-class classification"
    metrics = [Metric("mistakes", "Mistakes", better="low"), Metric("norm", "Length of all weights: ‖W‖")]
    max_steps, steps_per_second, evaluate_every, examples_per_step = 3_000, 10, 5, 1

    # fmt: off
    class Config(LabConfig):
        data: many_classes.Name = setting("gaussians", group="Data", label="Data set", options=many_classes.WORDS,
                                          help="The points to be told apart.")
        classes: int = setting(4, ge=2, le=8, group="Data", label="Classes", when={"data": PLANE},
                               help="One plane for each.")
        n: int = setting(80, ge=1, le=600, group="Data", label="Points", when={"data": DRAWN},
                         help="Learned from; 1,000 others are the test.")
        noise: float = setting(0.1, ge=0, le=0.5, step=0.05, group="Data", when={"data": DRAWN},
                               help="With enough of it the classes overlap.")
        points: OwnPoints = live([], group="Data", advanced=True, when={"data": PLANE},
                                 help="Points painted on the ground join the data.")
        table: DatasetRef = setting("penguins", group="Data", label="Table", when=TABLE,
                                    help="A table of your own (CSV), or one that comes with the course.")
        inputs: list[NumberColumn] = own.inputs(most=200, when=TABLE)
        target: ClassColumn | None = own.target(when=TABLE)
        features: Map = setting("x", label="Feature map φ", when={"data": PLANE},
                                help="The planes are flat in φ, whatever they look like over x.")
        model: Model = setting("softmax", options=multiclass.WORDS, help="What a point does to the planes.")
        beside: Literal["none", "softmax", "perceptron", "one-vs-rest", "one-vs-one"] = setting(
            "none", options={"none": "nothing", **multiclass.WORDS}, label="Beside it",
            help="Another model learns from the same points; its test accuracy stands on the same chart.")
        binary: Binary = setting("logistic", label="A binary question is learned by",
                                 help="Only for one against the rest, and in pairs.")
        penalty: float = setting(0.0, ge=0, le=100, step=0.01, label="Penalty λ",
                                 help="λ‖W‖² is added to the loss: the planes stay gentle. The perceptron has none.")
        learning_rate: float = live(0.05, gt=0, le=10, scale="log", group="Training", label="Rate η",
                                    help="How far a pull moves a plane. The perceptron's is always 1.")
        stride: Literal["point", "batch", "all"] = live(
            "point", group="Training", label="A step looks at", help="How many points pull at once.",
            options={"point": "one point", "batch": "16 points", "all": "all points"})
        rule: Literal["true", "as printed"] = live(
            "true", group="Training", label="Update rule", when={"model": ["softmax"]},
            options={"true": "true", "as printed": "as the notes print it"},
            help="As the notes print it, the update is exactly zero.")

        def width(self) -> int:
            """The features of a row, the bias among them."""
            return 1 + (self._chosen().x.shape[1] if self.data == "table" else len(TERMS[self.features]))

        def _chosen(self) -> own.Choice:
            return own.choose(self, classes=True, most_classes=many_classes.MOST)

        def count(self) -> int:
            """How many classes there are."""
            return len(self._chosen().classes) if self.data == "table" else self.classes

        def summary(self) -> Summary:
            problems = []
            if self.data == "table":
                problems = own.problems(self, classes=True, most_classes=many_classes.MOST)
            if not problems and self.width() < 3:
                problems = [{"field": "inputs", "message": "The ground has two directions: choose at least two."}]
            if problems:
                return Summary(problems=problems)
            parts = {"W": self.model, "beside": self.beside}
            shapes = {name: (multiclass.rows(model, self.count()), self.width())
                      for name, model in parts.items() if model != "none"}
            rows = [{"layer": name, "shape": f"{m}×{f}", "parameters": m * f} for name, (m, f) in shapes.items()]
            numbers = sum(m * f for m, f in shapes.values())
            return Summary(rows, numbers, 8 * numbers)

    presets = [
        Preset("Four planes tilt", "Every point lifts its own plane and presses down the others."),
        Preset("Perceptron", "Only mistakes move planes: up the right one, down the highest other.",
               model="perceptron", n=40),
        Preset("Three on a line, one against the rest", "No line tells the middle from the rest: its plane is covered.",
               data="row", classes=3, n=60, model="one-vs-rest", binary="squared error", stride="all",
               learning_rate=0.2, beside="softmax"),
        Preset("… and softmax", "The same three clusters: the middle plane only has to be the highest there.",
               data="row", classes=3, n=60, stride="all", learning_rate=0.2),
        Preset("In pairs", "Six questions, and a vote.", model="one-vs-one", stride="batch"),
        Preset("Penguins", "Three species by bill and flipper, in millimetres.", data="table", table="penguins",
               inputs=["bill_length", "flipper_length"], stride="batch", learning_rate=0.2),
        Preset("Irises", "Four measurements; the ground is a cut through them.", data="table", table="iris",
               stride="batch", learning_rate=0.2),
        Preset("Digits", "Ten pictures of weights.", data="table", table="digits", stride="all", learning_rate=0.5,
               penalty=1.0),
        Preset("Break it: the update as printed", "It never moves.", rule="as printed"),
        Preset("Break it: too large a rate", "Each point throws the planes over.", learning_rate=10.0, noise=0.3),
        Preset("Rings by squares", "Flat in φ, bowls over x.", data="circle", classes=3, n=200, noise=0.0,
               features="x, x²", stride="all", learning_rate=0.1),
    ]
    challenges = [
        Challenge("three-on-a-line", "Three clusters on a line: at least 0.97 right on fresh points, while one against "
                  "the rest, learned beside it by squared errors from the same points, stays below 0.8.", fresh=True,
                  fixed={"data": "row", "classes": 3, "n": 60, "noise": 0.1, "points": [], "binary": "squared error"},
                  passed=lambda lab, metrics: (lab.config.beside == "one-vs-rest" and lab.passes >= 50
                                               and metrics["test_accuracy"] >= 0.97
                                               and metrics["test_accuracy.beside"] < 0.8),
                  solution=Solution({"beside": "one-vs-rest", "stride": "all", "learning_rate": 0.2}, 400)),
        Challenge("off-the-line", "One against the rest, three clusters on a line, all points in every step: drag "
                  "points until every one is on its own ground and stays there.",
                  fixed={"data": "row", "classes": 3, "n": 9, "noise": 0, "points": [], "model": "one-vs-rest",
                         "binary": "squared error", "features": "x"},
                  passed=lambda lab, metrics: (lab.config.stride == "all" and lab.passes >= 100
                                               and metrics["train_accuracy"] == 1),
                  solution=Solution({"stride": "all", "learning_rate": 0.1}, 400, [
                      (0, "move_point", {"index": n, "x": -1.5, "y": 3.5}) for n in (0, 2, 4, 6, 7)])),
        Challenge("ten-digits", "At least 0.95 of the test digits right.", fixed=DIGITS,
                  passed=lambda lab, metrics: metrics["test_accuracy"] >= 0.95,
                  solution=Solution({"stride": "all", "learning_rate": 0.5, "penalty": 1.0}, 300)),
    ]
    # fmt: on

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.sample = ManyClasses(config, generator)
        self.classes = len(self.sample.classes)
        self.w, self.by_other = (
            torch.zeros(multiclass.rows(model, self.classes) if model != "none" else 0, config.width()).double()
            for model in (config.model, config.beside)
        )
        self.seen = self.mistakes = self.passes = 0
        self.counts = Trail("seen", "mistakes")
        self.counts.add(0, 0)
        self.learn_from(*self.sample.with_own(config.points))

    def learn_from(self, x: Float[Tensor, "N D"], y: Int[Tensor, " N"]) -> None:
        """Take these rows as the training set, with what follows from them; the weights stay."""
        self.rows, self.y = x, y
        self.x = self.design(x)
        self.order: Tensor = torch.randperm(len(y))
        self.place = self.clean = 0  # the next in the order; right in a row
        self.last, self.scores_then, self.before = None, [], self.w
        self.gamma, self.allowed = math.nan, math.inf
        if self.config.model == "perceptron" and len(y) * (self.classes - 1) * self.w.numel() <= LARGEST:
            self.gamma, more = multiclass.mistakes_at_most(self.x, y, self.classes, self.w)
            self.allowed = self.mistakes + more
        self.pace()

    def pace(self) -> None:
        """How many points a step looks at, and how many steps a pass takes."""
        self.examples_per_step = min(COUNTS.get(self.config.stride, len(self.y)), max(1, len(self.y)))
        self.steps_per_epoch = max(1, math.ceil(len(self.y) / self.examples_per_step))

    def design(self, x: Float[Tensor, "N D"]) -> Float[Tensor, "N F"]:
        """The features of each row, ending in the 1 of the bias."""
        if self.sample.plane:
            return polynomial(x, self.config.features)
        return torch.column_stack([x, torch.ones(len(x), dtype=torch.float64)])

    def scores(self, places: Float[Tensor, "N 2"]) -> Float[Tensor, "N M"]:
        """W x at places of the picture."""
        return self.design(self.sample.lift(places)) @ self.w.T

    def heights(self, places: Float[Tensor, "N 2"]) -> Float[Tensor, "N K"]:
        """What the classes are compared by, over the picture."""
        return multiclass.height(self.scores(places), self.classes, self.config.model)

    def sure(self, places: Float[Tensor, "N 2"]) -> Float[Tensor, "N K"]:
        """How sure the model is of each class, over the picture."""
        return multiclass.probabilities(self.scores(places), self.classes, self.config.model, self.config.binary)

    def parameter_count(self) -> int:
        return self.w.numel() + self.by_other.numel()

    def gradients(self) -> list[Tensor]:
        if not len(self.y) or self.config.model == "perceptron":
            return []
        return [self.slope(self.w, self.config.model, torch.arange(len(self.y)))]

    def slope(self, w: Tensor, model: Model, rows: Int[Tensor, " B"]) -> Float[Tensor, "M F"]:
        """∇J/N as these rows estimate it: the mean of their losses, and the share of the penalty."""
        x, y = self.x[rows], self.y[rows]
        pulled = multiclass.pull(x @ w.T, y, self.classes, model, self.config.binary)
        shrink = 2 * self.config.penalty / len(self.y) * w
        shrink[:, -1] = 0
        return shrink - pulled.T @ x / len(rows)

    def step(self) -> Metrics:
        """The next points, in an order drawn anew for every pass: W ← W − η ∇, or the perceptron's mistakes."""
        if not len(self.y):
            raise Finished("There are no points yet: paint some of several classes, and play.")
        if self.config.model == "perceptron" and self.clean >= len(self.y):
            raise Finished(f"No mistake in a whole pass: {len(self.y)} points right, after {self.mistakes} mistakes.")
        if float(self.w.norm()) > LONGEST or float(self.by_other.norm()) > LONGEST:
            raise Finished(
                f"‖W‖ is beyond {LONGEST:,.0f}: the rate η is too large, or planes that fit perfectly grow for ever."
            )
        self.place = 0 if self.place >= len(self.y) else self.place
        rows = self.order[self.place : self.place + self.examples_per_step]
        self.look(rows)
        self.place += len(rows)
        self.seen += len(rows)
        self.counts.add(self.seen, self.mistakes)
        if self.place >= len(self.y):
            self.order, self.place, self.passes = torch.randperm(len(self.y)), 0, self.passes + 1
        return {"mistakes": self.mistakes}

    def look(self, rows: Int[Tensor, " B"]) -> None:
        """What these rows do to both models."""
        model, z = self.config.model, self.x[rows] @ self.w.T
        self.before = self.w
        self.last, self.scores_then = (int(rows[0]), z[0].tolist()) if self.config.stride == "point" else (None, [])
        if model == "perceptron":
            self.w, missed, self.clean = self.perceive(self.w, rows, self.clean)
            self.mistakes += missed
        else:
            self.mistakes += int((multiclass.decide(z, self.classes, model) != self.y[rows]).sum())
            self.w = self.descend(self.w, model, rows, printed=model == "softmax" and self.config.rule != "true")
        if self.config.beside == "perceptron":
            self.by_other, _, _ = self.perceive(self.by_other, rows, 0)
        elif self.config.beside != "none":
            self.by_other = self.descend(self.by_other, self.config.beside, rows)

    def descend(self, w: Tensor, model: Model, rows: Int[Tensor, " B"], *, printed: bool = False) -> Tensor:
        """W ← W − η ∇; or what the notes print."""
        if not printed:
            return w - self.config.learning_rate * self.slope(w, model, rows)
        x = self.x[rows]
        pulled = multiclass.printed(x @ w.T, self.y[rows], self.classes)
        return w + self.config.learning_rate * pulled.T @ x / len(rows)

    def perceive(self, w: Tensor, rows: Int[Tensor, " B"], clean: int) -> tuple[Tensor, int, int]:
        """The rows one after another; only mistakes move W. Also how many they were, and how many were right since."""
        missed = 0
        while len(rows):
            pulled = multiclass.pull(self.x[rows] @ w.T, self.y[rows], self.classes, "perceptron")
            wrong = pulled.any(1).nonzero()[:, 0]
            if not len(wrong):
                return w, missed, clean + len(rows)
            first = int(wrong[0])
            w = w + pulled[first, :, None] * self.x[rows[first]]
            rows, missed, clean = rows[first + 1 :], missed + 1, 0
        return w, missed, clean

    def evaluate(self) -> Metrics:
        metrics: Metrics = {"norm": self.w.norm()}
        if len(self.y):
            metrics |= self.judged(self.x, self.y, "train")
        return metrics | self.tested(self.sample.test_x, self.sample.test_y)

    def judged(self, x: Float[Tensor, "N F"], y: Int[Tensor, " N"], part: str) -> Metrics:
        """Loss and accuracy on some rows; a tie with the point's own class is not right."""
        z = x @ self.w.T
        return {
            f"{part}_loss": multiclass.losses(z, y, self.classes, self.config.model, self.config.binary).mean(),
            f"{part}_accuracy": 1 - self.wrong(z, y, self.config.model).double().mean(),
        }

    def wrong(self, z: Float[Tensor, "N M"], y: Int[Tensor, " N"], model: Model) -> Tensor:
        """Which points have another class as high as their own: (N,) of bool."""
        high = multiclass.height(z, self.classes, model)
        rival = multiclass.best_other(high, y)
        return (high.gather(1, rival[:, None]) >= high.gather(1, y[:, None]))[:, 0]

    def tested(self, x: Float[Tensor, "M D"], y: Int[Tensor, " M"]) -> Metrics:
        """The same on rows that were not learned from; the accuracy of the model beside it too."""
        if not len(y):
            return {}
        rows = self.design(x)
        metrics = self.judged(rows, y, "test")
        if self.config.beside != "none":
            right = 1 - self.wrong(rows @ self.by_other.T, y, self.config.beside).double().mean()
            metrics["test_accuracy.beside"] = right
        return metrics

    def fresh(self) -> Metrics:
        return self.tested(*self.sample.fresh(self.config, torch.default_generator))

    def tuned(self, before: Config) -> None:
        if self.config.points != before.points:
            self.learn_from(*self.sample.with_own(self.config.points))
        self.pace()

    @action("Move a point")
    def move_point(self, to: PointMove) -> None:
        """The point goes elsewhere, the planes stay."""
        if not self.sample.plane:
            raise Refused("These points are measurements: they stay where they are.")
        if to.index >= len(self.y):
            raise Refused(f"There is no point {to.index}: the points are 0 to {len(self.y) - 1}.")
        places = self.rows.clone()
        places[to.index] = torch.tensor([to.x, to.y], dtype=torch.float64).clamp(*plane.BOX[:2])
        given = len(self.sample.y)
        if to.index < given:
            self.sample.x = places[:given].clone()
        self.learn_from(places, self.y)

    @probe("Which plane is highest here?")
    def classify(self, at: Point) -> tuple[Bars, Bars]:
        """The height of every plane over a place, and how sure that makes the model."""
        place = torch.tensor([[at.x, at.y]], dtype=torch.float64)
        told = {"softmax": "P(class | x)", "one-vs-one": "Share of its pairs won"}.get(self.config.model, "Its own yes")
        return multiclass_views.sureness(self.heights(place)[0], self.sure(place)[0], self.sample.classes, told)

    # ------------------------------------------------------------------ views

    @view("The highest plane over every place", stage=True)
    def planes(self) -> Surface:
        """One plane a class; only the highest is seen, and it colours the ground. Points have their true colours."""
        return multiclass_views.planes(
            self.heights, self.sample.box, self.sample.axes, self.sample.place(self.rows), self.y, self.sample.classes,
            "votes" if self.config.model == "one-vs-one" else "highest score",
        )  # fmt: skip

    @view("The same from above", stage=True, ask="classify", edit=("move_point", "points"))
    def above(self) -> Field:
        """The winner of every place, deeper where it is surer. Dashed: where a binary question is undecided."""
        flat = not self.sample.plane or self.config.features == "x"
        return multiclass_views.ground(
            self.heights, self.sure, self.sample.box, self.sample.axes, self.sample.classes,
            points=self.sample.place(self.rows), y=self.y, last=self.last,
            wrong=self.wrong(self.x @ self.w.T, self.y, self.config.model),
            lines=multiclass_views.questions(self.scores, self.config.model, self.classes, self.sample.box, flat),
        )  # fmt: skip

    @view("This update")
    def update(self) -> Equation:
        """The last step in numbers: the scores of the point, its pulls, and what became of two planes."""
        look = None
        if self.last is not None:
            z, x, y = torch.tensor([self.scores_then]).double(), self.x[self.last], self.y[self.last]
            printed = self.config.model == "softmax" and self.config.rule != "true"
            pulled = multiclass.pull(z, y[None], self.classes, self.config.model, self.config.binary)
            pulled = multiclass.printed(z, y[None], self.classes) if printed else pulled
            look = (self.last, x, self.sample.classes[int(y)], z[0], pulled[0])
        return multiclass_views.update(
            self.config.model, self.before, self.w, self.names(), look, self.config.learning_rate,
            self.config.model == "softmax" and self.config.rule != "true",
        )  # fmt: skip

    def names(self) -> list[str]:
        """What each row of W is for."""
        classes = self.sample.classes
        if self.config.model != "one-vs-one":
            return classes
        return [f"{classes[b]}, not {classes[a]}" for a, b in multiclass.pairs(self.classes)]

    @view("What each class looks for")
    def weights(self) -> Images:
        """Of pictures, the weight of every pixel; else each plane from above, with its score by colour."""
        if self.sample.pixels:
            return multiclass_views.weights(self.w, self.sample.pixels, self.names())
        return multiclass_views.portraits(self.scores, self.sample.box, self.names())

    @view("What was taken for what")
    def confusion(self) -> Matrix:
        """Test points by their class (rows) and by what they were taken for (columns)."""
        held = len(self.sample.test_y) > 0
        rows, y = (self.design(self.sample.test_x), self.sample.test_y) if held else (self.x, self.y)
        guess = multiclass.decide(rows @ self.w.T, self.classes, self.config.model)
        return multiclass_views.confusion(y, guess, self.sample.classes)

    @view("Mistakes so far")
    def mistakes_so_far(self) -> Curves:
        """Points that were on wrong ground when they were looked at; for the perceptron, the most there can be."""
        seen, count = self.counts.column("seen"), self.counts.column("mistakes")
        return multiclass_views.mistakes(seen, count, self.allowed)

    @view("Where it stands")
    def standing(self) -> Text:
        """What is known of these points, and of this model."""
        if not len(self.y):
            return Text.of("There are no points yet: paint some of several classes on the ground, and play.")
        wrong = int(self.wrong(self.x @ self.w.T, self.y, self.config.model).sum())
        now = f"On the ground of another class: {wrong} of {len(self.y)} points."
        if not self.w.any():
            now = "W = 0: all planes lie at one height. A tie is no answer, so every point counts as wrong."
        lines: list[str | tuple[str, str]] = [now, *multiclass_views.about_data(self.rows, self.y, self.sample.classes)]
        if self.config.model == "softmax" and self.config.rule != "true":
            lines.append(("As printed the update adds η x − η Σ P(k | x) x = η x − η x = 0: W never moves.", "bad"))
        if self.config.model == "perceptron":
            lines.append(multiclass_views.about_margin(self.gamma, self.allowed))
        if len(self.sample.names) > 2:
            lines.append(f"The ground is a cut through {len(self.sample.names)} inputs, where they vary most.")
        return Text.of(*lines, *self.sample.notes)
