"""A feed-forward network in the plane, built by hand and watched while it learns.

The network, its backward pass and the optimisers are written out in models/modules. What TensorFlow Playground
(Smilkov et al. 2017) made visible is visible here, and every number behind it.
"""

import math
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from models.core import (
    Axis, Bars, Challenge, Choices, Column, Equation, Field, Finished, Histograms, Lab, LabConfig, Matrix, Metric, Metrics,
    Network, OwnPoints, Point, PointMove, Points, Preset, Refused, Summary, Surface, Table, Text, Trail, UnitAt, Weight,
    action, live, probe, setting, view,
)  # fmt: skip
from models.data import plane, tables
from models.modules import activations, batches, commentary, losses, mlp, optimizers, portraits, schedules
from models.modules.plane_features import Feature, features

TABLES, OWN = ["penguins", "iris"], "yours"
MANY = ["circle", "gaussians", "spiral", OWN]
VALUES = sorted(plane.REGRESSION)
DATA = {
    "circle": "circle", "xor": "XOR, filled quadrants", "xor-blobs": "XOR, four blobs", "xor-points": "XOR, the four points",
    "gaussians": "Gaussians", "spiral": "spiral", "moons": "moons", "separable": "two sides of a line",
    "plane": "a slope (regression)", "multi-gaussian": "hills and hollows (regression)",
    "penguins": "penguins", "iris": "irises", OWN: "only your own points",
}  # fmt: skip


class Hidden(BaseModel):
    """A hidden layer."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    units: int = setting(4, ge=1, le=64, help="How many units the layer has.")
    activation: activations.Name = setting("tanh", help="The bend g of its units.", options=activations.LABELS)


def hidden(text: str) -> list[dict[str, object]]:
    """Layers in short: "8 tanh, 4 relu"."""
    return [{"units": int(units), "activation": name} for units, name in (part.split() for part in text.split(","))]


class Mlp(Lab):
    """Units draw lines; the next layer makes shapes."""

    title = "Multilayer perceptron"
    metrics = [Metric("batch_loss", "Loss on the batch", better="low")]
    max_steps, steps_per_second = 100_000, 750

    class Config(LabConfig):
        data: Literal[
            "circle", "xor", "xor-blobs", "xor-points", "gaussians", "spiral", "moons", "separable", "plane",
            "multi-gaussian", "penguins", "iris", "yours",
        ] = setting("circle", help="The points to learn from.", group="Data", options=DATA)  # fmt: skip
        classes: int = setting(
            2,
            ge=2,
            le=8,
            help="How many classes there are: the rings, arms or bells.",
            group="Data",
            when={"data": MANY},
        )
        penguin_x: tables.PenguinMeasurement = setting(
            "bill_length", label="Across", help="The measurement across.", group="Data", when={"data": ["penguins"]}
        )
        penguin_y: tables.PenguinMeasurement = setting(
            "flipper_length", label="Up", help="The measurement upwards.", group="Data", when={"data": ["penguins"]}
        )
        iris_x: tables.IrisMeasurement = setting(
            "petal_length", label="Across", help="The measurement across.", group="Data", when={"data": ["iris"]}
        )
        iris_y: tables.IrisMeasurement = setting(
            "petal_width", label="Up", help="The measurement upwards.", group="Data", when={"data": ["iris"]}
        )
        standardise: bool = setting(
            True, help="Measurements minus their mean, over their spread: without it large units drown the rest.",
            group="Data", when={"data": TABLES},
        )  # fmt: skip
        noise: float = setting(
            0.0, ge=0, le=0.5, step=0.05, help="How much chance blurs the shapes: 0.5 hides most of them.", group="Data",
            when={"data": [name for name in DATA if name not in (*TABLES, OWN, "separable")]},
        )  # fmt: skip
        samples: int = setting(
            500, ge=10, le=2000, help="Points drawn, for training and test together.", group="Data",
            when={"data": [name for name in DATA if name not in (*TABLES, OWN, "xor-points")]},
        )  # fmt: skip
        train_share: float = setting(
            0.5, ge=0.1, le=0.9, step=0.05, help="The share of the points that is learned from; the rest is the test.",
            group="Data", when={"data": [name for name in DATA if name not in (OWN, "xor-points")]},
        )  # fmt: skip
        points: OwnPoints = live(
            [], label="Your points", help="Points you draw: they join the training set.", group="Data"
        )

        features: list[Feature] = setting(
            ["x₁", "x₂"],
            min_length=1,
            max_length=7,
            label="Input features",
            help="What the first layer sees of a point.",
        )
        layers: list[Hidden] = setting(
            [Hidden(units=4, activation="tanh")], max_length=8, label="Hidden layers",
            help="Each layer bends what the one before it drew; with none, the network is a linear model.",
        )  # fmt: skip
        batch_norm: bool = setting(
            False, advanced=True, help="Every unit's z is centred and scaled over the batch before its bend."
        )
        dropout: float = live(
            0.0,
            ge=0,
            le=0.9,
            step=0.05,
            advanced=True,
            help="The share of hidden units silenced at random in each step.",
        )
        initialisation: mlp.Initialisation = setting(
            "xavier", advanced=True, help="How widely the first weights are spread: by how many units they join.",
            options={"xavier": "Xavier (for tanh)", "he": "He (for ReLU)", "lecun": "LeCun", "normal": "N(0, 1)", "zeros": "all zero"},
        )  # fmt: skip
        spread: float = setting(
            1.0,
            ge=0.01,
            le=100,
            scale="log",
            advanced=True,
            label="Weights ×",
            help="The first weights are multiplied by this.",
        )

        loss: losses.Name = setting(
            "cross-entropy", help="What is made small: how surprising the true classes are, or another measure of error.",
            group="Training", when={"data": [name for name in DATA if name not in VALUES]},
        )  # fmt: skip
        value_loss: losses.RegressionName = setting(
            "squared error",
            label="Loss",
            help="What is made small of the differences.",
            group="Training",
            when={"data": VALUES},
        )
        optimiser: optimizers.Name = setting(
            "sgd", help="How a step is made from the gradient.", group="Training", options=optimizers.LABELS
        )
        learning_rate: float = live(
            0.1, ge=1e-5, le=100, scale="log", help="How far a step goes along the gradient.", group="Training"
        )
        schedule: schedules.Name = live(
            "constant", help="How the rate falls over the epochs.", group="Training", options=schedules.LABELS
        )
        schedule_epochs: int = live(
            50, ge=1, le=10_000, scale="log", label="Falls over", unit="epochs", help="After so many epochs the rate is half, or zero with cosine.",
            group="Training", when={"schedule": [name for name in schedules.LABELS if name != "constant"]},
        )  # fmt: skip
        momentum: float = live(
            0.9, ge=0, le=0.999, help="How much of the last step is kept (Adam: β₁).", group="Training",
            when={"optimiser": ["momentum", "nesterov", "adam", "adamw"]},
        )  # fmt: skip
        batch_size: int = setting(
            10, ge=1, le=1000, scale="log", help="How many points a step looks at.", group="Training"
        )
        l1: float = live(
            0.0,
            ge=0,
            le=1,
            step=0.001,
            advanced=True,
            label="L1",
            help="Pulls every weight towards 0 by the same amount.",
            group="Training",
        )
        l2: float = live(
            0.0,
            ge=0,
            le=10,
            step=0.001,
            advanced=True,
            label="L2",
            help="Pulls every weight towards 0 in proportion (½λ‖w‖²).",
            group="Training",
        )
        clip: float = live(
            0.0,
            ge=0,
            le=100,
            advanced=True,
            label="Clip the gradient at",
            help="A longer gradient is shortened to this length; 0: never.",
            group="Training",
        )
        patience: int = setting(
            0, ge=0, le=1000, unit="epochs", advanced=True, label="Stop early after", help="Epochs without a better test loss before it stops and goes back to the best; 0: never.", group="Training",
        )  # fmt: skip

        @property
        def regression(self) -> bool:
            return self.data in plane.REGRESSION

        @property
        def kinds(self) -> int:
            """The number of classes that the data have."""
            return 3 if self.data in TABLES else self.classes if self.data in MANY else 2

        @property
        def outputs(self) -> int:
            return 1 if self.regression or self.kinds == 2 else self.kinds

        @property
        def measurements(self) -> tuple[str, str]:
            return (self.penguin_x, self.penguin_y) if self.data == "penguins" else (self.iris_x, self.iris_y)

        def summary(self) -> Summary:
            widths = [len(self.features), *(layer.units for layer in self.layers), self.outputs]
            rows = []
            for index, (into, out) in enumerate(zip(widths, widths[1:], strict=False), 1):
                last = index == len(widths) - 1
                norm = 2 * out if self.batch_norm and not last else 0
                rows.append(
                    {
                        "layer": "output" if last else f"layer {index}",
                        "shape": f"{out} × ({into} + 1)",
                        "parameters": out * (into + 1) + norm,
                    }
                )
            problems = []

            def impossible(field: str, message: str) -> None:
                problems.append({"field": field, "message": message})

            if len(set(self.features)) < len(self.features):
                impossible("features", "A feature is named twice: each can be given once.")
            if self.data in TABLES and self.measurements[0] == self.measurements[1]:
                impossible(
                    "penguin_y" if self.data == "penguins" else "iris_y",
                    "Both axes show the same measurement: choose two.",
                )
            if self.batch_norm and self.batch_size == 1:
                impossible(
                    "batch_norm", "One point has no spread to be scaled by: batch norm needs batches of 2 or more."
                )
            parameters = sum(row["parameters"] for row in rows)
            return Summary(rows=rows, parameters=parameters, bytes=4 * 4 * parameters, problems=problems)

    presets = [
        Preset("XOR: four points, two units", "The problem that no single line solves, with the fewest units that do.",
               data="xor-points", layers=hidden("2 tanh"), learning_rate=0.3, batch_size=4),
        Preset("Spiral with 32–32 ReLU", "Two layers of many small pieces wind along the arms.",
               data="spiral", layers=hidden("32 relu, 32 relu"), initialisation="he", optimiser="adam", learning_rate=0.01),
        Preset("Five classes at once", "One score a class, softmax over all of them.",
               data="gaussians", classes=5, noise=0.1, layers=hidden("8 tanh")),
        Preset("Penguins", "Three species from bill and flipper, in millimetres.", data="penguins", layers=hidden("6 tanh")),
        Preset("Hills and hollows", "A regression: the network bends a sheet over six bumps.",
               data="multi-gaussian", layers=hidden("8 tanh, 8 tanh"), optimiser="adam", learning_rate=0.01),
        Preset("Break it: no hidden layer on XOR", "A line cannot part opposite corners, however long it learns.", data="xor", layers=[]),
        Preset("Break it: linear bends", "Three layers with g(z) = z are one linear map: one straight line.",
               layers=hidden("8 linear, 8 linear, 8 linear"), learning_rate=0.01),
        Preset("Break it: the rate is too high", "Every step overshoots the valley; the loss runs away.",
               layers=hidden("8 relu, 8 relu"), initialisation="he", learning_rate=10.0),
        Preset("Break it: dead ReLUs", "A few huge steps push units below 0 on every point: they never come back.",
               layers=hidden("8 relu, 8 relu"), learning_rate=1.0),
        Preset("Break it: saturated sigmoids", "Weights 30 times too large: every unit sits where its slope is 0.",
               layers=hidden("6 sigmoid, 6 sigmoid"), spread=30.0),
        Preset("Break it: raw units", "Grams beside millimetres, not standardised: mass drowns the bill.",
               data="penguins", penguin_y="body_mass", standardise=False, layers=hidden("6 tanh")),
        Preset("Break it: all weights zero", "All units are the same, and stay the same for ever.", initialisation="zeros"),
        Preset("Break it: learned by heart", "Few points, much noise, many units: the border goes round single points.",
               data="gaussians", noise=0.4, samples=60, layers=hidden("32 relu, 32 relu"), initialisation="he", optimiser="adam",
               learning_rate=0.01),
    ]  # fmt: skip
    challenges = [
        Challenge(
            "xor-with-two-units", "Put all four XOR points on their side with one hidden layer of at most 2 units.",
            fixed={"data": "xor-points", "noise": 0.0, "features": ["x₁", "x₂"], "points": []},
            passed=lambda lab, metrics: metrics["train_accuracy"] == 1 and [h.units <= 2 for h in lab.config.layers] == [True],
            solution={"layers": hidden("2 tanh"), "learning_rate": 0.3, "batch_size": 4},
        ),
        Challenge(
            "spiral-with-twelve", "Reach 98 % on fresh points of the spiral with at most 12 hidden units in all.",
            fixed={"data": "spiral", "classes": 2, "noise": 0.0, "samples": 500, "train_share": 0.5, "points": []},
            passed=lambda lab, metrics: metrics["test_accuracy"] >= 0.98 and sum(h.units for h in lab.config.layers) <= 12,
            solution={},
            fresh=True,
        ),
    ]  # fmt: skip

    # ------------------------------------------------------------------ what is built

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.generator = generator
        x, y = self._draw(config.samples)
        self.box = tables.box(x) if config.data in TABLES else plane.BOX
        all_learned = config.data in ("xor-points", OWN)  # nothing to hold out
        self.given = len(x) if all_learned else max(1, round(config.train_share * len(x)))
        self.own = 0  # own points among the training points
        raw = config.data not in TABLES or not config.standardise
        self.centre = torch.zeros(2) if raw else x[: self.given].mean(0)
        self.scale = torch.ones(2) if raw else x[: self.given].std(0)
        self.batches = batches.Batches(config.batch_size, generator)
        self._place(x, y)

        shape = [(layer.units, layer.activation) for layer in config.layers]
        self.net = mlp.MLP(len(config.features), shape, config.outputs, batch_norm=config.batch_norm, device=device)
        self.net.initialise_(config.initialisation, config.spread, generator)
        self.optimizer = optimizers.OPTIMIZERS[config.optimiser](self.net.theta, self.net.gradient)
        self.directions = torch.randn(2, len(self.net.theta), generator=generator)  # of the loss landscape
        self.walk = Trail("loss", "theta", limit=max(8, min(200, 400_000 // len(self.net.theta))))
        self.history = Trail("step", "train_loss", "test_loss", limit=400)
        self.count, self.waited, self.stopped = 0, 0, ""
        self.best_loss, self.best = math.inf, {}
        self.latest: dict[str, float] = {}

    def _draw(self, n: int) -> tuple[Tensor, Tensor]:
        """New points (N, 2) in the units of the plane and their classes or values (N,)."""
        config = self.config
        if config.data == OWN:
            return torch.empty(0, 2), torch.empty(0)
        if config.data in TABLES:
            x, y = tables.load(config.data, *config.measurements)
            order = torch.randperm(len(x), generator=self.generator)
            return x[order], y[order].float()
        x, y = plane.load(config.data, n=n, noise=config.noise, classes=config.kinds, generator=self.generator)
        return x, y.float()

    def _place(self, x: Tensor, y: Tensor) -> None:
        """Puts the config's own points between the training points and the test points."""
        own = [point for point in self.config.points if point[2] < self.config.kinds]
        drawn = torch.tensor(own, dtype=torch.float32).reshape(-1, 3)
        value = 2 * drawn[:, 2] - 1 if self.config.regression else drawn[:, 2]
        before, after = slice(0, self.given), slice(self.given + self.own, None)
        self.places = torch.cat([x[before], drawn[:, :2], x[after]])  # (N, 2): training, own, test
        self.truth = torch.cat([y[before], value, y[after]])  # (N,)
        self.own = len(own)
        self.inputs = mlp.with_ones(self.phi(self.places))  # (N, D + 1)
        classes = self.truth.long()
        self.targets = (
            torch.eye(self.config.outputs)[classes].t() if self.config.outputs > 1 else self.truth[None]
        )  # (K, N)
        self.targets = self.targets.contiguous()
        self.batches.changed(number=True)

    def phi(self, x: Tensor) -> Tensor:
        """The input features (N, D) of places (N, 2) in the units of the plane."""
        return features((x - self.centre) / self.scale, self.config.features)

    @property
    def learned(self) -> int:
        """How many points are trained on: they come first."""
        return self.given + self.own

    @property
    def steps_per_epoch(self) -> int:
        return max(1, math.ceil(self.learned / self.config.batch_size))

    @property
    def examples_per_step(self) -> int:
        return min(self.learned, self.config.batch_size)

    @property
    def objective(self) -> losses.Loss:
        config = self.config
        return losses.named(config.value_loss if config.regression else config.loss, config.outputs, config.regression)

    @property
    def rate(self) -> float:
        """The learning rate of this epoch."""
        config = self.config
        return schedules.rate(config.schedule, config.learning_rate, self.batches.epoch, config.schedule_epochs)

    # ------------------------------------------------------------------ training

    def step(self) -> Metrics:
        """One batch: forward, backward, and a step of the optimiser."""
        return self.steps(1)[0]

    def steps(self, n: int) -> list[Metrics]:
        """n steps, equal to n times step() bit for bit; the batches' losses are counted together at the end."""
        if self.stopped or not self.learned:
            raise Finished(self.stopped or "There are no points to learn from: draw some on the plane.")
        net, optimizer, loss, train = self.net, self.optimizer, self.objective, self.learned
        net.drop(self.config.dropout)
        optimizer.momentum = self.config.momentum
        optimizer.decay = self.config.l2 * net.is_weight if self.config.optimiser == "adamw" else 0.0
        penalised = self.config.l1 or self.config.l2 or self.config.clip
        rows: list[Metrics] = []
        while len(rows) < n:
            epoch = self.batches.current(self.inputs[:train], self.targets[:, :train])
            rate, first = self.rate, self.batches.place
            parts = epoch.parts[first : first + n - len(rows)]
            for x, y, scores in parts:
                net.train_(x, y, loss, scores)
                if penalised:
                    self._penalise()
                optimizer.step(rate)
            self.batches.place += len(parts)
            # over the whole epoch every time: a number must not depend on how many steps were asked for at once
            means = epoch.means(loss.values(epoch.scores, epoch.y))[first : first + len(parts)]
            rows += [{"batch_loss": value} for value in means.tolist()]
        self.count += n
        return rows

    def _penalise(self) -> None:
        """The gradient of λ₁‖w‖₁ + ½λ₂‖w‖², then the gradient cut to its greatest length."""
        config, gradient, theta, weights = self.config, self.net.gradient, self.net.theta, self.net.is_weight
        if config.l2 and config.optimiser != "adamw":  # AdamW shrinks the weights itself
            gradient.addcmul_(theta, weights, value=config.l2)
        if config.l1:
            gradient.addcmul_(theta.sign(), weights, value=config.l1)
        if config.clip:
            gradient.mul_((config.clip / (gradient.norm() + 1e-6)).clamp_max(1.0))

    def gradients(self) -> list[Tensor]:
        return [self.net.gradient]

    def tuned(self, before: Config) -> None:
        if self.config.points != before.points:
            self._place(self.places, self.truth)

    # ------------------------------------------------------------------ evaluation

    def evaluate(self) -> Metrics:
        """Loss and accuracy on all training points and on all test points, without dropout."""
        found: Metrics = {}
        for name, part in (("train", slice(0, self.learned)), ("test", slice(self.learned, None))):
            if len(self.inputs[part]):
                found |= self._measure(name, self.inputs[part, :-1], self.targets[:, part])
        return found

    def _measure(self, name: str, x: Tensor, y: Tensor) -> Metrics:
        z = self.net(x)
        found: Metrics = {f"{name}_loss": self.objective.values(z, y).mean()}
        if not self.config.regression:
            found[f"{name}_accuracy"] = (self._decide(z) == self._decide(y - 0.5)).float().mean()
        return found

    @staticmethod
    def _decide(z: Tensor) -> Tensor:
        """The class of each point (N,) from scores (K, N): the sign of one score, the greatest of several."""
        return (z[0] > 0).long() if len(z) == 1 else z.argmax(0)

    def fresh(self) -> Metrics:
        """The test metrics on 4,000 new points; tables have no new ones."""
        if self.config.data in (*TABLES, OWN, "xor-points"):
            return self.evaluate()
        x, y = self._draw(4_000)
        targets = torch.eye(self.config.outputs)[y.long()].t() if self.config.outputs > 1 else y[None]
        return self._measure("test", self.phi(x), targets)

    def evaluated(self, metrics: Metrics) -> None:
        """Remembers the way here, and stops early when the test loss has not fallen for `patience` epochs."""
        self.latest = {name: float(value) for name, value in metrics.items()}
        if "train_loss" not in metrics:
            return
        test = self.latest.get("test_loss", math.nan)
        self.history.add(self.count, self.latest["train_loss"], test)
        self.walk.add(self.latest["train_loss"], self.net.theta)
        if not self.config.patience or math.isnan(test):
            return
        if test < self.best_loss:
            self.best_loss, self.waited = test, 0
            self.best = {name: value.clone() for name, value in self.net.state_dict().items()}
        else:
            self.waited += 1
        if self.waited >= self.config.patience:
            self.net.load_state_dict(self.best)
            self.stopped = f"The test loss has not fallen below {self.best_loss:.4g} for {self.waited} epochs: back to the weights that gave it."

    # ------------------------------------------------------------------ what is shown

    @property
    def class_names(self) -> list[str]:
        config = self.config
        if config.data in TABLES:
            return list(tables.TABLES[config.data].classes)
        return ["−1", "+1"] if config.regression else [f"class {k}" for k in range(config.kinds)]

    def _axes(self) -> tuple[Axis, Axis]:
        x0, x1, y0, y1 = self.box
        names = [("x₁", ""), ("x₂", "")]
        if self.config.data in TABLES:
            all_of = tables.TABLES[self.config.data].measurements
            names = [(all_of[name].label, all_of[name].unit) for name in self.config.measurements]
        return Axis(*names[0], lo=x0, hi=x1), Axis(*names[1], lo=y0, hi=y1)

    def _shown(self, z: Tensor) -> Tensor:
        """Scores (K, N) as drawn, −1 to 1: 2p − 1 of a class, a hinge's score or a regression's value as it is."""
        if self.config.regression or self.config.loss == "hinge":
            return z.clamp(-1, 1)
        return 2 * (torch.sigmoid(z) if len(z) == 1 else torch.softmax(z, 0)) - 1

    def _field(self, picture: dict[str, object]) -> Field:
        """A map of the plane under all the points."""
        x, y = self._axes()
        points = {"targets": self.truth} if self.config.regression else {"labels": self.truth.to(torch.uint8)}
        held = torch.arange(len(self.places)) >= self.learned
        return Field(
            box=self.box,
            x=x,
            y=y,
            points=self.places,
            held=held.to(torch.uint8),
            class_names=self.class_names,
            **points,
            **picture,
        )

    @view("What the network says", stage=True, ask="explain", edit=("move_point", "points"))
    def decision(self) -> Field:
        """The output at every place: the colour of the winning class, paper where it is undecided. Hollow points are the test."""
        z = self.net(self.phi(Field.lattice(self.box)))
        picture: dict[str, object] = {"draws": True}
        if len(z) == 1:
            label = (
                "value"
                if self.config.regression
                else "score"
                if self.config.loss == "hinge"
                else "p(class 1) − p(class 0)"
            )
            picture |= {"values": self._shown(z).view(100, 100), "lo": -1.0, "hi": 1.0, "value_label": label}
            if not self.config.regression:
                picture["contours"] = [0.0]
        else:
            sure = (losses.probabilities(z).amax(0) * len(z) - 1) / (len(z) - 1)
            picture |= {"classes": z.argmax(0).view(100, 100).to(torch.uint8), "strength": sure.view(100, 100)}
        if not self.config.regression and len(self.inputs):
            picture["wrong"] = (self._decide(self.net(self.inputs[:, :-1])) != self.truth).to(torch.uint8)
        return self._field(picture)

    @view("The network", stage=True, ask="unit_map", edit="set_weight")
    def network(self) -> Network:
        """Every unit with its own map of the plane, every weight: type one while it trains. Click + and − to build."""
        outputs = ["output"] if self.config.outputs == 1 else self.class_names
        names = [layer.activation for layer in self.config.layers]
        x = self.inputs[: self.learned, :-1]
        return portraits.network(self.net, names, self.config.features, outputs, self.phi, self.box, x, self._shown)

    @view("What is happening")
    def story(self) -> Text:
        """The state of the network in words and numbers."""
        counts = torch.bincount(self.truth[: self.learned].long().clamp_min(0)) if self.learned else torch.zeros(1)
        chance = None if self.config.regression or not self.learned else float(counts.max()) / self.learned
        names = [layer.activation for layer in self.config.layers]
        now = commentary.Situation(
            self.net, names, self.inputs[: self.learned, :-1], self.history, self.latest, self.rate, self.count, chance
        )
        return Text.of(*commentary.sentences(now))

    @view("The plane as each layer sees it")
    def warped(self) -> Choices[Points]:
        """The grid that a layer has bent: the next layer can only cut it with straight lines."""
        labels = None if self.config.regression else self.truth.to(torch.uint8)
        return Choices.of(portraits.warped(self.net, self.phi, self.box, self.places, labels, self.class_names))

    @view("Loss around the weights")
    def landscape(self) -> Surface:
        """The training loss over two random directions from where the weights are (Li et al. 2018), and the way here."""
        x, y = self.inputs[: self.learned, :-1], self.targets[:, : self.learned]
        return portraits.loss_surface(self.net, self.directions, x, y, self.objective, self.walk)

    @view("Activations", shown=False)
    def activations(self) -> Histograms:
        """What the units of each layer answer to the training points."""
        names = [layer.activation for layer in self.config.layers]
        return portraits.activation_histograms(self.net, names, self.inputs[: self.learned, :-1])

    @view("Gradients", shown=False)
    def gradient_sizes(self) -> Histograms:
        """How large the last step's gradient was, layer by layer."""
        return portraits.gradient_histograms(self.net)

    @view("Confusion", shown=False)
    def confusion(self) -> Matrix:
        """True classes against decisions, on the test points (or, where there are none, the training points)."""
        part = slice(self.learned, None) if len(self.inputs) > self.learned else slice(0, None)
        z, truth = self.net(self.inputs[part, :-1]), self.truth[part]
        names = self.class_names
        decided = self._decide(z)
        if self.config.regression:  # values in five bins
            names = ["−1 to −0.6", "to −0.2", "to 0.2", "to 0.6", "to 1"]
            decided, truth = (((v + 1) * 2.5).long().clamp(0, 4) for v in (z[0], truth))
        counts = torch.bincount(truth.long() * len(names) + decided, minlength=len(names) ** 2)
        table = counts.view(len(names), len(names)).float()
        return Matrix(values=table, rows=names, columns=names, x=Axis("decided"), y=Axis("true"), counts=True, digits=0)

    # ------------------------------------------------------------------ what is asked and changed

    @probe("Explain a place")
    def explain(self, at: Point) -> tuple[Bars, Table]:
        """What the network says of this place, and every unit's number on the way there."""
        x = self.phi(torch.tensor([[at.x, at.y]]))
        found = self.net.activations(x)
        z = found[-1]
        bars = (
            Bars(labels=["output"], values=z[:, 0], signed=True, colours="sign", y=Axis("output"))
            if self.config.regression
            else Bars(
                labels=self.class_names,
                values=losses.probabilities(z)[:, 0],
                colours="class",
                y=Axis("probability", lo=0.0, hi=1.0),
            )
        )
        rows: list[list[str | float]] = [
            [name, "", float(value)] for name, value in zip(self.config.features, x[0], strict=True)
        ]
        h = x.t()
        for index, layer in enumerate(self.net.layers, 1):
            pre, h = layer.preactivation(h), found[index - 1]
            where = "output" if index == len(self.net.layers) else f"layer {index}"
            rows += [
                [f"{where}, unit {i}", float(a), float(b)]
                for i, (a, b) in enumerate(zip(pre[:, 0], h[:, 0], strict=True), 1)
            ]
        columns = [Column("unit"), Column("z = w·h + b", digits=3), Column("h = g(z)", digits=3)]
        return bars, Table(columns=columns, rows=rows[:60], caption="The first 60 units." if len(rows) > 60 else "")

    @probe("A unit, large")
    def unit_map(self, at: UnitAt) -> tuple[Field, Equation] | tuple[Field]:
        """One unit's own map of the plane at full size, and its equation with its numbers."""
        names = [layer.activation for layer in self.config.layers]
        if at.layer > len(self.net.layers):
            raise Refused(
                f"There is no layer {at.layer}: the inputs are layer 0, the output is layer {len(self.net.layers)}."
            )
        x = self.phi(Field.lattice(self.box))
        found = self.net.activations(x)
        h = x.t() if at.layer == 0 else self._shown(found[-1]) if at.layer == len(found) else found[at.layer - 1]
        if at.unit >= len(h):
            raise Refused(f"There is no unit {at.unit} in layer {at.layer}: they are 0 to {len(h) - 1}.")
        name = "linear" if at.layer == 0 else "tanh" if at.layer == len(found) else names[at.layer - 1]
        lo, hi = portraits.reach(name, h[at.unit])
        label = f"unit {at.unit + 1} of layer {at.layer}"
        large = self._field(
            {"values": h[at.unit].clamp(lo, hi).view(100, 100), "lo": lo, "hi": hi, "value_label": label}
        )
        if at.layer == 0:
            return (large,)
        return large, portraits.unit_equation(self.net, at.layer, at.unit, names, self.config.features)

    @action("Set a weight")
    def set_weight(self, to: Weight) -> None:
        """A weight (or, without a source, a bias) typed by hand; training goes on from it."""
        if to.layer > len(self.net.layers):
            raise Refused(
                f"There is no layer {to.layer}: they are 1 to {len(self.net.layers)}, the last is the output."
            )
        layer = self.net.layers[to.layer - 1]
        targets, sources = layer.weights.shape
        if to.target >= targets or (to.source or 0) >= sources:
            raise Refused(f"Layer {to.layer} has units 0 to {targets - 1}, with weights from units 0 to {sources - 1}.")
        layer.both[to.target, -1 if to.source is None else to.source] = to.value

    @action("Move a point")
    def move_point(self, to: PointMove) -> None:
        """A point dragged elsewhere: its class stays, the network has to follow."""
        if to.index >= len(self.places):
            raise Refused(f"There is no point {to.index}: they are 0 to {len(self.places) - 1}.")
        self.places[to.index] = torch.tensor([to.x, to.y])
        self.inputs[to.index, :-1] = self.phi(self.places[to.index : to.index + 1])[0]
        self.batches.changed()
