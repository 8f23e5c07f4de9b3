"""The perceptron: a linear classifier that learns from its mistakes, one at a time.

Source: Rosenblatt (1958), Psychological Review 65; at most (R/γ)² mistakes: Novikoff (1962).
"""

from typing import Literal  # noqa: I001

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from models.core import (
    Bars, Challenge, Curves, Equation, Field, Finished, Lab, LabConfig, Metric, Metrics, OwnPoints, Point,
    PointMove, Points, Preset, Refused, Solution, Summary, Table, Text, Trail, action, live, probe, setting, view,
)  # fmt: skip
from models.data import halves, plane
from models.modules import linear_views, margin
from models.modules.features import TERMS, Map, polynomial
from models.modules.recurrence import Recurrence


class Perceptron(Lab):
    """Pick a point, predict its sign, and move w only when the sign is wrong: by the point itself."""

    title, metrics = "Perceptron", [Metric("mistakes", "Mistakes", better="low")]
    max_steps, steps_per_second, evaluate_every, examples_per_step = 2_000, 1, 1, 1

    # fmt: off
    class Config(LabConfig):
        data: halves.Name = setting("separable", group="Data", label="Data set", options=halves.WORDS,
                                    help="The points to be told apart.")
        n: int = setting(16, ge=2, le=200, group="Data", label="Points", help="A few can be followed one by one.",
                         when={"data": ["separable", "gaussians", "xor", "circle", "moons"]})
        margin: float = setting(0.5, ge=0, le=2, group="Data", label="Free strip", unit="units of x", step=0.05,
                                when={"data": ["separable"]}, help="How far the points keep from the true line.")
        noise: float = setting(0.0, ge=0, le=0.5, group="Data", help="With enough of it the classes overlap.",
                               step=0.05, when={"data": ["gaussians", "xor-points", "xor", "circle", "moons"]})
        wrong_labels: int = setting(0, ge=0, le=5, group="Data", help="So many points carry the other class's label.")
        points: OwnPoints = live([], group="Data", advanced=True, help="Points painted on the plane join the data.")
        features: Map = setting("x", label="Feature map φ", help="What is seen of x, beside the 1 of the bias.")
        order: Literal["cyclic", "random"] = live("cyclic", group="Training", help="Which point is looked at next.")
        stride: Literal["point", "mistake"] = live("point", group="Training", help="How far a step goes.")

        def summary(self) -> Summary:
            return linear_views.summary(len(TERMS[self.features]) + 1)

    presets = [
        Preset("One mistake at a time", "It moves only when wrong, by the point it missed."),
        Preset("XOR never settles", "No line splits the four corners: w walks in a loop.", data="xor-points"),
        Preset("… unless x₁x₂ is a feature", "Its sign is the class.", data="xor-points", features="x, x₁x₂"),
        Preset("… and squares do not help", "They are the same in all corners.", data="xor-points", features="x, x²"),
        Preset("A hair's breadth", "A tiny γ: it settles, after many mistakes.", margin=0.02, n=100, stride="mistake"),
        Preset("Overlapping classes", "No line can be right about all of them.", data="gaussians", n=60, noise=0.3),
        Preset("One wrong label", "A single point keeps it going for ever.", wrong_labels=1),
        Preset("A ring by squares", "A plane in φ is a curve in x.", data="circle", n=60, features="x, x²"),
    ]
    challenges = [
        Challenge("rescue-xor", "Classify XOR's four points, and 1,000 fresh ones near them, without adding a layer.",
                  fixed={"data": "xor-points", "noise": 0, "points": []}, fresh=True, solution={"features": "x, x₁x₂"},
                  passed=lambda lab, metrics: metrics["train_accuracy"] == metrics["test_accuracy"] == 1),
        Challenge("why-squares-do-not", "Squares do not rescue XOR: let w be caught in a cycle. What do they add?",
                  fixed={"data": "xor-points", "noise": 0, "points": []}, solution={"features": "x, x²"},
                  passed=lambda lab, metrics: lab.config.features == "x, x²" and lab.cycle > 0),
        Challenge("heal", "One label is wrong. Drag that point to where its label is right, and let w settle.",
                  fixed={"data": "separable", "wrong_labels": 1, "features": "x", "points": []},
                  passed=lambda lab, metrics: metrics["train_accuracy"] == 1,
                  solution=Solution({}, 400, [(0, "move_point", {"index": 0, "x": 0, "y": 0})])),
    ]
    # fmt: on

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.given, self.test = halves.draw(config.data, config.n, config.noise, config.margin, generator)
        self.given[: config.wrong_labels, 2] = 1 - self.given[: config.wrong_labels, 2]
        self.w = torch.zeros(len(TERMS[config.features]) + 1, dtype=torch.float64)  # (F,)
        self.seen = self.mistakes = 0
        self.counts, self.path, self.updates = Trail("seen", "mistakes"), Trail("w"), []
        self.counts.add(0, 0)
        self.path.add(self.w)
        self.learn_from(torch.cat([self.given, torch.tensor(config.points).reshape(-1, 3)]))

    def learn_from(self, points: Float[Tensor, "N 3"]) -> None:
        """Take these points as the training set, with all that follows from them, and begin a pass."""
        self.x = (points[:, :2].double() * 1024).round() / 1024  # sums on a grid are exact: w can return bit for bit
        self.y = torch.where(points[:, 2] > 0, 1.0, -1.0)  # (N,)
        self.z = self.y[:, None] * self.phi(self.x)  # (N, F): the signed features y φ(x)
        self.gamma, _ = margin.hard_margin(self.z)
        self.allowed = self.mistakes + margin.mistakes_at_most(self.z, self.w)
        self.steps_per_epoch = max(1, len(self.z))
        self.proof = None if self.gamma else margin.certificate(self.z)
        self.place = self.clean = self.cycle = 0  # the next point; right in a row; the period of w in passes
        self.last, self.before, self.recurrence = None, self.w, Recurrence(self.w)  # the last look, and w before it

    def phi(self, x: Float[Tensor, "N 2"]) -> Float[Tensor, "N F"]:
        """The features of each point, ending in the constant 1 whose weight is the bias."""
        return polynomial(x, self.config.features)

    def parameter_count(self) -> int:
        return len(self.w)

    def missed(self) -> Bool[Tensor, " N"]:
        """Which training points are wrong: sign(0) is neither class, so a score of 0 is a mistake too."""
        return self.z @ self.w <= 0

    def step(self) -> Metrics:
        """One stride: the next point, or points until one is missed."""
        if self.clean >= len(self.z) and not self.missed().any():
            done = f"No mistake in a whole pass: {len(self.z)} points right, after {self.mistakes} mistakes."
            raise Finished(done if len(self.z) else "There are no points yet: paint some of both classes.")
        any(self.look() for _ in range(1 if self.config.stride == "point" else len(self.z)))  # up to the first mistake
        self.counts.add(self.seen, self.mistakes)
        return {"mistakes": self.mistakes}

    def look(self) -> bool:
        """Look at one point: w ← w + y φ(x) if y wᵀφ(x) ≤ 0, else nothing. Whether it was a mistake."""
        cyclic, size = self.config.order == "cyclic", len(self.z)
        n = self.last = self.place if cyclic else int(torch.randint(size, ()))
        self.before = self.w
        wrong = float(self.z[n] @ self.w) <= 0
        if wrong:
            self.w = self.w + self.z[n]
            self.path.add(self.w)
            self.updates = [(self.seen + 1, n, self.before, self.w), *self.updates[:7]]
        self.seen, self.mistakes, self.clean = self.seen + 1, self.mistakes + wrong, 0 if wrong else self.clean + 1
        self.phase = "missed" if wrong else "right"
        self.place = (n + 1) % size
        if cyclic and self.place == 0 and self.clean < size:  # the same w at the same place: from here all repeats
            self.cycle = self.recurrence.see(self.w) or self.cycle
        return wrong

    def evaluate(self) -> Metrics:
        train = {"train_accuracy": 1 - self.missed().double().mean()} if len(self.z) else {}
        return train | self.fresh(self.test) if len(self.test) else train

    def fresh(self, points: Float[Tensor, "N 3"] | None = None) -> Metrics:
        """Accuracy on points that were never learned from; by default new ones near XOR's corners."""
        points = halves.near_xor(torch.default_generator) if points is None else points
        right = (self.phi(points[:, :2]) @ self.w) * (2 * points[:, 2] - 1) > 0
        return {"test_accuracy": right.double().mean()}

    def tuned(self, before: Config) -> None:
        if self.config.points != before.points:
            self.learn_from(torch.cat([self.given, torch.tensor(self.config.points).reshape(-1, 3)]))
        elif self.config.order != before.order:
            self.learn_from(torch.column_stack([self.x, self.y]))

    @action("Move a point")
    def move_point(self, to: PointMove) -> None:
        """The point goes elsewhere, w stays, and the count of mistakes goes on."""
        if to.index >= len(self.x):
            raise Refused(f"There is no point {to.index}: the points are 0 to {len(self.x) - 1}.")
        points = torch.column_stack([self.x, self.y])
        points[to.index, :2] = torch.tensor([to.x, to.y]).clamp(*plane.BOX[:2])
        self.given = points[: len(self.given)]
        self.learn_from(points)

    @probe("Classify a point")
    def classify(self, at: Point) -> Bars:
        """The score of a place, term by term; its sign is the class."""
        place = self.phi(torch.tensor([[at.x, at.y]]))[0]
        return linear_views.terms(TERMS[self.config.features], place, self.w)

    @view("Decision boundary", stage=True, ask="classify", edit=("move_point", "points"))
    def boundary(self) -> Field:
        """sign(wᵀφ(x)) over the plane, the point just looked at, and the arrow that it added to w."""
        return linear_views.boundary(
            lambda x, w: self.phi(x) @ w, self.before, self.w, plane.BOX, linear=self.config.features == "x",
            points=self.x, y=self.y, last=self.last, wrong=self.missed(),
        )  # fmt: skip

    @view("This update")
    def update(self) -> Equation:
        """The last look in numbers: the score, the prediction, and what becomes of w."""
        return linear_views.update(self.before, self.w, self.z, self.y, self.last)

    @view("Where it stands")
    def standing(self) -> Text:
        """What is known about these points, and where w is."""
        if not (size := len(self.z)):
            return Text.of("There are no points yet: paint some of both classes on the plane, and play.")
        wrong = int(self.missed().sum())
        now = f"On the wrong side: {wrong} of {size} points." if wrong else "No point is wrong: w stays as it is."
        if not self.w.any():
            now = "w = 0: every score is 0, which is neither +1 nor −1, so the next look is a mistake."
        loop = f"A cycle: every {self.cycle * size} points w is the same at the same place in the order, for ever."
        return Text.of(margin.explain(self.z, self.gamma, self.proof), *([(loop, "bad")] if self.cycle else []), now)

    @view("Mistakes against (R/γ)²")
    def mistakes_and_bound(self) -> Curves:
        """Mistakes so far, and the most there can be, in whatever order the points come."""
        return linear_views.mistakes(self.counts.column("seen"), self.counts.column("mistakes"), self.allowed)

    @view("The path of w")
    def path_of_w(self) -> Points:
        """The first two weights after each mistake; the ring is where w is now."""
        return linear_views.path(self.path.column("w"))

    @view("Last updates")
    def last_updates(self) -> Table:
        """The newest mistakes, and what each did to w."""
        return linear_views.updates(self.updates)
