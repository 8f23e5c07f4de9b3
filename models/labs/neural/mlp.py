"""A feed-forward network in the plane, built by hand and watched while it learns.

The pass forward and back is written out in models/modules/mlp.py, the optimisers in optimizers.py. What TensorFlow
Playground (Smilkov et al. 2017, arXiv:1708.03788) made visible is visible here, and every number behind it.
"""

import math
from typing import Any, get_args

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from models.core import (
    Bars,
    Challenge,
    Choices,
    ClassColumn,
    DatasetRef,
    Equation,
    Field,
    Finished,
    Histograms,
    Lab,
    LabConfig,
    Matrix,
    Metric,
    Metrics,
    Network,
    NumberColumn,
    OwnPoints,
    Point,
    PointMove,
    Points,
    Preset,
    Refused,
    Solution,
    Summary,
    Surface,
    Table,
    Text,
    Trail,
    UnitAt,
    Weight,
    action,
    live,
    probe,
    setting,
    view,
)
from models.data import own, tables
from models.modules import activations, batches, commentary, losses, mlp, optimizers, plane_sample, portraits, schedules
from models.modules.early_stopping import EarlyStopping
from models.modules.plane_features import Feature
from models.modules.plane_sample import MANY, OWN, TABLES, VALUES, Name, PlaneSample, decide


def all_but(*names: str) -> dict[str, list[Any]]:
    """Shown for every data set but these."""
    return {"data": [name for name in get_args(Name) if name not in names]}


TWO_OF_A_TABLE: dict[str, Any] = {"classes": True, "exactly": 2, "most_classes": 8}


class Hidden(BaseModel):
    """A hidden layer."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    units: int = setting(4, ge=1, le=64, help="How many units the layer has.")
    activation: activations.Name = setting("tanh", help="The bend g of its units.", options=activations.LABELS)


def hidden(text: str) -> list[dict[str, Any]]:
    """Layers in short: "8 tanh, 4 relu"."""
    return [{"units": int(units), "activation": name} for units, name in (part.split() for part in text.split(","))]


class Mlp(Lab):
    """Units draw lines; the next layer makes shapes."""

    title = "Multilayer perceptron"
    metrics = [Metric("batch_loss", "Loss on the batch", better="low"), Metric("learning_rate", "Learning rate")]
    max_steps, steps_per_second = 100_000, 500

    # fmt: off
    class Config(LabConfig):
        data: Name = setting("circle", group="Data", help="The points to learn from.", options=plane_sample.LABELS)
        classes: int = setting(
            2, ge=2, le=8, group="Data", when={"data": MANY}, help="How many rings, bells or arms there are.")
        penguin_x: tables.PenguinMeasurement = setting(
            "bill_length", group="Data", label="Across", when={"data": ["penguins"]}, help="The measurement across.")
        penguin_y: tables.PenguinMeasurement = setting(
            "flipper_length", group="Data", label="Up", when={"data": ["penguins"]}, help="The measurement upwards.")
        iris_x: tables.IrisMeasurement = setting(
            "petal_length", group="Data", label="Across", when={"data": ["iris"]}, help="The measurement across.")
        iris_y: tables.IrisMeasurement = setting(
            "petal_width", group="Data", label="Up", when={"data": ["iris"]}, help="The measurement upwards.")
        table: DatasetRef | None = own.table(when={"data": ["table"]})
        inputs: list[NumberColumn] = own.inputs(most=2, label="Across, up", when={"data": ["table"]})
        target: ClassColumn | None = own.target(label="Classes", when={"data": ["table"]})
        standardise: bool = setting(
            True, group="Data", when={"data": TABLES},
            help="Measurements minus their mean over their spread: else large units drown the rest.")
        noise: float = setting(
            0.0, ge=0, le=0.5, step=0.05, group="Data", when=all_but(*TABLES, OWN, "separable"),
            help="How much chance blurs the shapes.")
        samples: int = setting(
            500, ge=10, le=2000, step=10, group="Data", when=all_but(*TABLES, OWN, "xor-points"),
            help="Points drawn, for training and test together.")
        train_share: float = setting(
            0.5, ge=0.1, le=0.9, step=0.05, group="Data", when=all_but(OWN, "xor-points"),
            help="The share of the points that is learned from; the rest tests.")
        points: OwnPoints = live(
            [], group="Data", label="Your points", help="Points drawn by hand: they join the training points.")

        features: list[Feature] = setting(
            ["x₁", "x₂"], min_length=1, max_length=7, label="Input features",
            help="What the first layer sees of a point.")
        layers: list[Hidden] = setting(
            [Hidden()], max_length=8, label="Hidden layers",
            help="Each layer bends what the one before it drew; with none the network is linear.")
        batch_norm: bool = setting(
            False, advanced=True, help="Centre and scale every unit's z over the batch before its bend.")
        dropout: float = live(
            0.0, ge=0, le=0.9, step=0.05, advanced=True,
            help="The share of hidden units silenced at random in each step.")
        initialisation: mlp.Initialisation = setting(
            "xavier", advanced=True, options=mlp.LABELS,
            help="How widely the first weights are spread, by the units they join.")
        spread: float = setting(
            1.0, ge=0.01, le=100, scale="log", advanced=True, label="First weights ×",
            help="Makes the first weights larger or smaller.")

        loss: losses.Name = setting(
            "cross-entropy", group="Training", when=all_but(*VALUES),
            help="What is made small: how surprising the true classes are, say.")
        value_loss: losses.RegressionName = setting(
            "squared error", group="Training", label="Loss", when={"data": VALUES},
            help="What is made small of the differences.")
        optimiser: optimizers.Name = setting(
            "sgd", group="Training", options=optimizers.LABELS, help="How a gradient becomes a step.")
        learning_rate: float = live(
            0.05, ge=1e-5, le=100, scale="log", group="Training", help="How far a step goes along the gradient.")
        schedule: schedules.Name = live(
            "constant", group="Training", options=schedules.LABELS, help="How the rate falls over the epochs.")
        schedule_epochs: int = live(
            50, ge=1, le=10_000, scale="log", unit="epochs", group="Training", label="Falls over",
            when={"schedule": [name for name in schedules.LABELS if name != "constant"]},
            help="Then the rate is half, or zero with cosine.")
        momentum: float = live(
            0.9, ge=0, le=0.999, group="Training", when={"optimiser": ["momentum", "nesterov", "adam", "adamw"]},
            help="How much of the last step stays (Adam: β₁).")
        batch_size: int = setting(
            10, ge=1, le=1000, scale="log", group="Training", help="How many points a step looks at.")
        l1: float = live(
            0.0, ge=0, le=1, step=0.001, group="Training", advanced=True, label="L1",
            help="Pulls every weight to 0 by the same amount.")
        l2: float = live(
            0.0, ge=0, le=10, step=0.001, group="Training", advanced=True, label="L2",
            help="Pulls every weight to 0 in proportion (½λ‖w‖²).")
        clip: float = live(
            0.0, ge=0, le=100, group="Training", advanced=True, label="Clip gradients at",
            help="Longer gradients are cut to this length; 0: never.")
        patience: int = setting(
            0, ge=0, le=1000, unit="epochs", group="Training", advanced=True, label="Stop early after",
            help="So long without a better test loss ends it; 0: never.")

        def measured(self) -> own.Choice | None:
            """Two measurements and the classes of a table, where one is to be learned from."""
            if self.data == "table":
                return own.choose(self, **TWO_OF_A_TABLE)
            if self.data == "penguins":
                return own.take(self.data, [self.penguin_x, self.penguin_y], classes=True)
            return own.take(self.data, [self.iris_x, self.iris_y], classes=True) if self.data == "iris" else None

        def summary(self) -> Summary:
            problems = own.problems(self, **TWO_OF_A_TABLE) if self.data == "table" else []
            kinds = 3 if self.data in TABLES else self.classes if self.data in MANY else 2
            if self.data == "table" and not problems:
                kinds = len(own.choose(self, **TWO_OF_A_TABLE).classes)
            widths = [len(self.features), *(layer.units for layer in self.layers), 1 if kinds == 2 else kinds]
            rows = mlp.count(widths, batch_norm=self.batch_norm)
            if len(set(self.features)) < len(self.features):
                problems.append({"field": "features", "message": "A feature is named twice: each can be given once."})
            for name, chosen in (("penguin", self.data == "penguins"), ("iris", self.data == "iris")):
                if chosen and getattr(self, f"{name}_x") == getattr(self, f"{name}_y"):
                    message = "Both axes show the same measurement: choose another."
                    problems.append({"field": f"{name}_y", "message": message})
            if self.batch_norm and self.batch_size == 1:
                message = "A batch of 1 point has no spread to scale by: take batches of 2 or more."
                problems.append({"field": "batch_norm", "message": message})
            parameters = sum(row["parameters"] for row in rows)
            return Summary(rows=rows, parameters=parameters, bytes=16 * parameters, problems=problems)

    presets = [
        Preset("XOR: four points, two units", "What no single line can part, two lines can.",
               data="xor-points", layers=hidden("2 tanh"), spread=0.1, learning_rate=1.0, batch_size=4),
        Preset("Spiral with 32–32 ReLU", "Many small straight pieces wind along the arms.",
               data="spiral", layers=hidden("32 relu, 32 relu"), initialisation="he", optimiser="adam",
               learning_rate=0.005, schedule="1/t", schedule_epochs=100),
        Preset("Five classes at once", "One score a class, softmax over all five.",
               data="gaussians", classes=5, noise=0.1, layers=hidden("8 tanh")),
        Preset("Penguins", "Three species from bill and flipper, in millimetres.",
               data="penguins", layers=hidden("6 tanh")),
        Preset("Hills and hollows", "A regression: a sheet bends over six bumps.",
               data="multi-gaussian", layers=hidden("8 tanh, 8 tanh"), optimiser="adam", learning_rate=0.01),
        Preset("Break it: no hidden layer", "One line cannot part opposite corners, however long it learns.",
               data="xor", layers=[]),
        Preset("Break it: linear bends", "Four weight matrices, and still one straight line: they multiply out to one.",
               layers=hidden("8 linear, 8 linear, 8 linear"), learning_rate=0.01),
        Preset("Break it: rate too high", "Every step jumps over the valley, and farther each time.",
               data="multi-gaussian", layers=hidden("8 relu, 8 relu"), initialisation="he", learning_rate=3.0),
        Preset("Break it: dead ReLUs", "A few huge steps push units below 0 on every point: they never come back.",
               layers=hidden("8 relu, 8 relu"), initialisation="he", learning_rate=3.0),
        Preset("Break it: saturated sigmoids", "First weights 100 times too large: all slopes are nearly 0.",
               layers=hidden("6 sigmoid, 6 sigmoid"), spread=100.0),
        Preset("Break it: raw units", "Grams beside millimetres, not standardised: every unit saturates at once.",
               data="penguins", penguin_y="body_mass", standardise=False, layers=hidden("6 tanh")),
        Preset("Break it: all weights zero", "Units that start the same stay the same.", initialisation="zeros"),
        Preset("Break it: learned by heart", "Few points, much noise, many units: the border runs round single points.",
               data="gaussians", noise=0.4, samples=60, layers=hidden("32 relu, 32 relu"), initialisation="he",
               optimiser="adam", learning_rate=0.01),
    ]
    challenges = [
        Challenge(
            "xor-with-two-units", "Put the four points of XOR on their sides with one hidden layer of two units.",
            fixed={"data": "xor-points", "noise": 0.0, "features": ["x₁", "x₂"], "points": []},
            passed=lambda lab, metrics: metrics["train_accuracy"] == 1 and lab.widths in ([1], [2]),
            solution=Solution(
                {"layers": hidden("2 tanh"), "spread": 0.1, "learning_rate": 1.0, "batch_size": 4}, steps=500)),
        Challenge(
            "spiral-with-twelve", "Reach 98 % on fresh points of the spiral with at most 12 hidden units in all.",
            fixed={"data": "spiral", "classes": 2, "noise": 0.0, "samples": 500, "train_share": 0.5, "points": []},
            passed=lambda lab, metrics: metrics["test_accuracy"] >= 0.98 and sum(lab.widths) <= 12,
            solution=Solution(
                {"features": ["x₁", "x₂", "sin x₁", "sin x₂"], "layers": hidden("12 tanh"), "optimiser": "adam",
                 "learning_rate": 0.02, "schedule": "cosine", "schedule_epochs": 300}, steps=7_500),
            fresh=True),
        Challenge(
            "straight-circle", "Reach 97 % on fresh points of the circle with no hidden layer at all.",
            fixed={"data": "circle", "classes": 2, "noise": 0.0, "layers": [], "points": []},
            passed=lambda lab, metrics: metrics["test_accuracy"] >= 0.97,
            solution=Solution({"features": ["x₁²", "x₂²"]}, steps=2_500),
            fresh=True),
    ]
    # fmt: on

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.sample = PlaneSample(
            config.data,
            generator,
            n=config.samples,
            share=config.train_share,
            noise=config.noise,
            classes=config.classes,
            chosen=config.measured(),
            standardise=config.standardise,
            names=config.features,
        )
        self.sample.add_own(config.points)
        shape = [(layer.units, layer.activation) for layer in config.layers]
        self.net = mlp.MLP(
            len(config.features), shape, self.sample.outputs, batch_norm=config.batch_norm, device=device
        )
        self.net.initialise_(config.initialisation, config.spread, generator)
        self.optimizer = optimizers.OPTIMIZERS[config.optimiser](self.net.theta, self.net.gradient)
        self.batches = batches.Batches(config.batch_size, generator)
        self.stopping = EarlyStopping()
        self.count = 0  # steps made
        self.directions = torch.randn(2, len(self.net.theta), generator=generator)  # of the loss landscape
        self.walk = Trail("loss", "theta", limit=max(8, min(100, 400_000 // len(self.net.theta))))
        self.history = Trail(*commentary.HISTORY, limit=200)
        self.latest: dict[str, float] = {}

    # ------------------------------------------------------------------ training

    def step(self) -> Metrics:
        """One batch: forward, backward, and a step of the optimiser."""
        return self.steps(1)[0]

    @torch.inference_mode()  # autograd is not needed here, and its bookkeeping would cost a fifth of the time
    def steps(self, n: int) -> list[Metrics]:
        """n steps, the same as n times step() bit for bit; what they share is done once."""
        sample, net, optimizer, config, loss = self.sample, self.net, self.optimizer, self.config, self.objective
        if self.stopping.reason or not sample.learned:
            raise Finished(self.stopping.reason or "There is nothing to learn from: draw points on the plane.")
        net.drop(config.dropout)
        optimizer.momentum = config.momentum
        optimizer.decay = config.l2 * net.is_weight if config.optimiser == "adamw" else 0.0
        l2 = 0.0 if config.optimiser == "adamw" else config.l2  # AdamW shrinks the weights itself
        penalised = config.l1 or l2 or config.clip
        rows: list[Metrics] = []
        while len(rows) < n:
            epoch = self.batches.current(sample.inputs[: sample.learned], sample.targets[:, : sample.learned])
            rate, first = self.rate, self.batches.place
            parts = epoch.parts[first : first + n - len(rows)]
            for x, y, scores in parts:
                net.train_(
                    x, y, loss, scores
                )  # the gradient of the loss on this batch: an estimate of that on all points
                if penalised:
                    net.penalise_(config.l1, l2, config.clip)
                optimizer.step(rate)
            self.batches.place += len(parts)
            # counted over the whole epoch every time, so that a number cannot depend on how many steps were asked for
            means = epoch.means(loss.values(epoch.scores, epoch.y))[first : first + len(parts)]
            rows += [{"batch_loss": value} for value in means.tolist()]
        self.count += n
        return rows

    @property
    def objective(self) -> losses.Loss:
        """The loss as chosen, for as many scores as there are."""
        regression = self.sample.regression
        return losses.named(self.config.value_loss if regression else self.config.loss, self.sample.outputs, regression)

    @property
    def rate(self) -> float:
        """The learning rate of this epoch."""
        return schedules.rate(
            self.config.schedule, self.config.learning_rate, self.batches.epoch, self.config.schedule_epochs
        )

    @property
    def widths(self) -> list[int]:
        """The number of units of each hidden layer."""
        return [layer.units for layer in self.config.layers]

    @property
    def steps_per_epoch(self) -> int:
        return max(1, math.ceil(self.sample.learned / self.config.batch_size))

    @property
    def examples_per_step(self) -> int:
        return min(self.sample.learned, self.config.batch_size)

    def gradients(self) -> list[Tensor]:
        return [self.net.gradient]

    def parameter_count(self) -> int:
        return len(self.net.theta)

    def tuned(self, before: Config) -> None:
        if self.config.points != before.points:
            self.sample.add_own(self.config.points)
            self.batches.changed(number=True)

    # ------------------------------------------------------------------ evaluation

    def evaluate(self) -> Metrics:
        """Loss and accuracy on all training points and on all test points, nothing dropped out."""
        sample = self.sample
        found: Metrics = {} if self.config.schedule == "constant" else {"learning_rate": self.rate}
        if not sample.learned:
            return found
        names = ["train", "test"][: len(sample.parts)]
        return found | self._measure(names, sample.parts, sample.inputs[:, :-1], sample.targets, sample.truth)

    def fresh(self) -> Metrics:
        """The test metrics on 4,000 new points, where there is somewhere to draw them from."""
        if not self.sample.endless:
            return self.evaluate()
        places, truth = self.sample.draw(4_000)
        return self._measure(["test"], [4_000], self.sample.phi(places), self.sample.encoded(truth), truth)

    def _measure(self, names: list[str], sizes: list[int], x: Tensor, y: Tensor, truth: Tensor) -> Metrics:
        """Mean loss and accuracy of consecutive parts of some points."""
        z = self.net(x)
        values = self.objective.values(z, y).split(sizes)
        found: Metrics = {f"{name}_loss": part.mean() for name, part in zip(names, values, strict=True)}
        if not self.sample.regression:
            right = (decide(z) == truth).float().split(sizes)
            found |= {f"{name}_accuracy": part.mean() for name, part in zip(names, right, strict=True)}
        return found

    def evaluated(self, metrics: Metrics) -> None:
        """Notes the way here, and stops early when the test loss has not fallen for `patience` epochs."""
        self.latest = {name: float(value) for name, value in metrics.items()}
        train, test = (self.latest.get(name, math.nan) for name in ("train_loss", "test_loss"))
        self.history.add(self.count, train, test, self.latest.get("gradient_norm", 0.0), float(self.net.theta.norm()))
        self.walk.add(train, self.net.theta)
        if self.config.patience and not math.isnan(test):
            self.stopping.hear(test, self.net, self.config.patience)

    # ------------------------------------------------------------------ what is shown

    @property
    def look(self) -> portraits.Look:
        """What the pictures share: the network, its points, and how its scores are drawn."""
        names = [layer.activation for layer in self.config.layers]
        return portraits.Look(self.net, self.sample, names, raw=self.sample.regression or self.config.loss == "hinge")

    @view("What the network says", stage=True, ask="explain", edit=("move_point", "points"))
    def decision(self) -> Field:
        """The output at every place: paper where it is undecided, a line where it changes its mind."""
        return portraits.decision(self.look)

    @view("The network", stage=True, ask="unit_map", edit="set_weight")
    def network(self) -> Network:
        """Every unit with its own map of the plane, every weight. Type a weight while it trains; build with + and −."""
        return portraits.network(self.look)

    @view("What is happening")
    def story(self) -> Text:
        """The state of the network in words and numbers."""
        now = commentary.Situation(self.look, self.history, self.latest, self.rate, self.count)
        return Text.of(*commentary.sentences(now))

    @view("The plane as each layer sees it")
    def warped(self) -> Choices[Points]:
        """The grid as a layer has bent it: the next layer can cut it with straight lines only."""
        return Choices.of(portraits.warped(self.look))

    @view("Loss around the weights")
    def landscape(self) -> Surface:
        """The training loss along two random directions from the present weights (Li et al. 2018), and the way here."""
        return portraits.loss_surface(self.look, self.directions, self.objective, self.walk)

    @view("Activations", shown=False)
    def activations(self) -> Histograms:
        """What the units of each layer answer to the training points."""
        return portraits.activation_histograms(self.look)

    @view("Gradients", shown=False)
    def gradient_sizes(self) -> Histograms:
        """How large the last step's gradient was, layer by layer."""
        return portraits.gradient_histograms(self.net)

    @view("Confusion", shown=False)
    def confusion(self) -> Matrix:
        """True classes against decided ones, on the test points (on the training points where there are no others)."""
        return portraits.confusion(self.look)

    # ------------------------------------------------------------------ what is asked and changed

    @probe("Explain a place")
    def explain(self, at: Point) -> tuple[Bars, Table]:
        """What the network says of this place, and every unit's number on the way there."""
        return portraits.explanation(self.look, at.x, at.y)

    @probe("A unit, large")
    def unit_map(self, at: UnitAt) -> tuple[Field, Equation]:
        """One unit's own map of the plane at full size, and its equation with its numbers."""
        self._check(at.layer, at.unit)
        return portraits.unit(self.look, at.layer, at.unit)

    @action("Set a weight")
    def set_weight(self, to: Weight) -> None:
        """A weight (without a source: a bias) typed by hand; training goes on from there."""
        self._check(to.layer, to.target)
        if to.source is not None:
            self._check(to.layer - 1, to.source)
        self.net.layers[to.layer - 1].both[to.target, -1 if to.source is None else to.source] = to.value

    @action("Move a point")
    def move_point(self, to: PointMove) -> None:
        """A point goes elsewhere and keeps its class: the network has to follow."""
        if to.index >= len(self.sample.places):
            raise Refused(f"There is no point {to.index}: there are {len(self.sample.places)}, counted from 0.")
        self.sample.move(to.index, (to.x, to.y))
        self.batches.changed()

    def _check(self, layer: int, unit: int) -> None:
        """Raises Refused where there is no such unit."""
        widths = [len(self.config.features), *(len(part.bias) for part in self.net.layers)]
        if layer >= len(widths):
            raise Refused(f"There is no layer {layer}: 0 is the inputs, {len(widths) - 1} the output.")
        if unit >= widths[layer]:
            raise Refused(f"There is no unit {unit} in layer {layer}: it has {widths[layer]}, counted from 0.")
