"""Universal approximation: what one hidden layer can draw on a line, unit by unit, and what depth adds.

Source: Cybenko (1989), Mathematics of Control, Signals and Systems 2; Leshno et al. (1993), Neural Networks 6.
"""

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import (
    Challenge,
    Curves,
    Equation,
    Field,
    Finished,
    Handle,
    Lab,
    LabConfig,
    Metric,
    Metrics,
    OwnPath,
    Preset,
    Refused,
    Solution,
    Summary,
    Text,
    Trail,
    action,
    live,
    setting,
    view,
)  # fmt: skip
from models.data.functions import LABELS, Function, Name
from models.modules import hinges, line_views
from models.modules.hinges import GRID, Placement, Unit
from models.modules.optimizers import OPTIMIZERS

TRAIN = torch.linspace(-1, 1, 201, dtype=torch.float64)
FIRST = 2
STEEPNESS = 8.0
MODES = {"grow": "one unit more a step, by formula", "train": "train a layer", "depth": "one layer more a step"}


class UniversalApproximation(Lab):
    """A function of one number, and the sum of hidden units that comes near to it."""

    title = "Universal approximation"
    metrics = [
        Metric("sup_error", "Largest error max |f̂ − f|", better="low"), Metric("width", "Hidden units"),
        Metric("pieces", "Straight pieces", better="high"),
    ]  # fmt: skip
    max_steps, steps_per_second, evaluate_every = 600, 2, 1

    # fmt: off
    class Config(LabConfig):
        mode: Literal["grow", "train", "depth"] = setting("grow", label="How", options=MODES,
                                                          help="By formula, by training, or by depth.")
        target: Name = setting("sine", options=LABELS, label="Function", group="Data", when={"mode": ["grow", "train"]},
                               help="What is to be approximated.")
        drawn: OwnPath = setting([], label="Your own curve", group="Data", advanced=True,
                                 help="A curve drawn by hand stands in for the function.")
        width: int = setting(16, ge=2, le=64, label="Hidden units", when={"mode": ["grow", "train"]},
                             help="How many units the layer has, or grows to.")
        unit: Unit = setting("relu", options={"relu": "ReLU", "sigmoid": "sigmoid"}, label="Units",
                             when={"mode": ["grow", "train"]}, help="Hinges, or smooth steps.")
        placement: Placement = setting("equal", label="Knots", when={"mode": ["grow"]}, help="Where the sum may bend.",
                                       options={"equal": "equally far apart", "curvature": "closer where it bends"})
        layers: int = setting(6, ge=2, le=8, label="Layers", when={"mode": ["depth"]}, help="Each has two units.")
        learning_rate: float = live(0.02, gt=0, le=1, scale="log", group="Training", when={"mode": ["train"]},
                                    label="Learning rate", help="Adam's step.")
        updates: int = live(25, ge=1, le=200, group="Training", when={"mode": ["train"]}, label="Updates a step",
                            help="How far a step goes.")

        def summary(self) -> Summary:
            if self.mode == "depth":
                rows = [{"layer": f"hidden {k + 1}", "shape": "2", "parameters": 4 if k == 0 else 6}
                        for k in range(self.layers)] + [{"layer": "output", "shape": "1", "parameters": 3}]
            else:
                rows = [{"layer": "hidden", "shape": str(self.width), "parameters": 2 * self.width},
                        {"layer": "output", "shape": "1", "parameters": self.width + 1}]
            return Summary(rows=rows, parameters=sum(row["parameters"] for row in rows))

    presets = [
        Preset("Each ReLU adds one bend", "A sine from 2 hinges to 16."),
        Preset("Smooth steps", "Sigmoids climb it like a stair.", unit="sigmoid"),
        Preset("Break it: a jump", "The error falls nowhere near 0: the sum is continuous.", target="jump", width=64),
        Preset("Where it bends", "The same number of knots, closer where they are needed.", target="spike",
               placement="curvature"),
        Preset("Trained", "The knots wander to where they are useful.", mode="train", target="spike", width=12),
        Preset("Break it: two units", "Too few bends for two hills and a valley.", mode="train", width=2),
        Preset("Depth", "Every layer folds: pieces double, units only add up.", mode="depth"),
    ]
    challenges = [
        Challenge("twelve", "A slope with a spike: a largest error of at most 0.05 with at most 12 units.",
                  fixed={"target": "spike", "drawn": [], "width": 12},
                  passed=lambda lab, metrics: metrics["sup_error"] <= 0.05 and metrics["width"] <= 12,
                  solution=Solution({"placement": "curvature"}, 12)),
        Challenge("pieces", "Write a function of more than 60 straight pieces with at most 12 hidden units.",
                  passed=lambda lab, metrics: metrics.get("pieces.deep", 0) > 60 and metrics["width"] <= 12,
                  solution=Solution({"mode": "depth"}, 5)),
        Challenge("smooth", "Halve the error of sixteen equally spaced hinges on the hill, with sixteen hinges.",
                  fixed={"target": "hill", "drawn": [], "width": 16, "unit": "relu"},
                  passed=lambda lab, metrics: metrics["sup_error"] <= 0.014,
                  solution=Solution({"placement": "curvature"}, 20)),
    ]
    # fmt: on

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.width = {"grow": FIRST, "train": config.width, "depth": 2}[config.mode]
        self.by_hand = False
        self.history = Trail("width", "error", limit=500)
        if config.mode == "train":
            self.begin_training(generator)
        else:
            self.place(hinges.knots(self.target(), self.width, config.placement))
        self.remember()

    def begin_training(self, generator: torch.Generator) -> None:
        """θ = (w, b, v, c): knots anywhere, slopes of either sign, small outputs."""
        width = self.config.width
        w = torch.randn(width, generator=generator, dtype=torch.float64) * (1 if self.config.unit == "relu" else 6)
        at = torch.rand(width, generator=generator, dtype=torch.float64) * 2 - 1
        v = torch.randn(width, generator=generator, dtype=torch.float64) / width**0.5
        self.theta = torch.cat([w, -w * at, v, torch.zeros(1, dtype=torch.float64)])  # (3W + 1,)
        self.gradient = torch.zeros_like(self.theta)
        self.optimiser = OPTIMIZERS["adam"](self.theta, self.gradient, momentum=0.9)

    def target(self) -> Function:
        """The function; in depth mode the folded one, of which only the network knows."""
        return Function(self.config.target, self.config.drawn)

    def truth(self, x: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        """What the page compares with: the function, or the deep network's teeth."""
        return hinges.tent(x, self.width // 2) if self.config.mode == "depth" else self.target()(x)

    def place(self, ends: Float[Tensor, " E"]) -> None:
        """The layer follows from its knots by formula."""
        self.ends, self.width = ends.tolist(), len(ends) - 1

    @property
    def unit(self) -> Unit:
        """What the units are; teeth are made of hinges."""
        return "relu" if self.config.mode == "depth" else self.config.unit

    def knots_placed(self) -> Float[Tensor, " E"]:
        """The ends of the intervals of a layer that is built by formula."""
        return torch.tensor(self.ends, dtype=torch.float64)

    def parts(self) -> tuple[Tensor, Tensor, Tensor, float]:
        """(w, b, v, c) of the hidden layer and its sum."""
        if self.config.mode == "train":
            w, b, v = self.theta[:-1].reshape(3, -1)
            return w, b, v, float(self.theta[-1])
        return hinges.interpolate(self.truth, self.knots_placed(), self.unit, STEEPNESS)

    def fit(self, x: Float[Tensor, " N"]) -> Float[Tensor, " N"]:
        """What the layer says."""
        return hinges.layer_sum(x, *self.parts(), self.unit)

    def error(self) -> float:
        """max |f̂ − f| over [−1, 1]."""
        jumps = [] if self.config.mode == "depth" else self.target().jumps
        return hinges.sup_error(self.truth, jumps, self.fit)

    def remember(self) -> None:
        """The width and the error that goes with it."""
        self.history.add(self.width, self.error())

    def parameter_count(self) -> int:
        if self.config.mode == "depth":
            return 6 * self.config.layers + 1
        return 3 * self.config.width + 1

    def gradients(self) -> list[Tensor]:
        return [self.gradient] if self.config.mode == "train" else []

    def step(self) -> Metrics:
        """One unit more, one layer more, or some updates."""
        if self.config.mode == "train":
            return self.train()
        if self.config.mode == "depth":
            if self.width >= 2 * self.config.layers:
                deep = f"{self.config.layers} layers of 2 units draw {2**self.config.layers} straight pieces"
                raise Finished(f"{deep}; one layer of {self.width} units has at most {self.width + 1}.")
            self.width += 2
            self.place(hinges.knots(self.truth, self.width, "equal"))
        else:
            if self.width >= self.config.width:
                raise Finished(f"{self.width} units: the largest error is {self.error():.3g}.")
            self.place(self.with_one_more())
        self.remember()
        return {}

    def with_one_more(self) -> Tensor:
        """The knots with one interval more: all placed anew, or where a hand has moved one, the worst is split."""
        if not self.by_hand:
            return hinges.knots(self.target(), self.width + 1, self.config.placement)
        where = float(GRID[(self.fit(GRID) - self.target()(GRID)).abs().argmax()])
        ends = self.knots_placed()
        if float((ends - where).abs().min()) <= 1e-3:
            widest = int(ends.diff().argmax())
            where = float(ends[widest : widest + 2].mean())
        return torch.cat([ends, torch.tensor([where], dtype=torch.float64)]).sort().values

    def train(self) -> Metrics:
        """Adam on the mean squared error over 201 places, the gradient written out."""
        y, loss = self.target()(TRAIN), torch.zeros(())
        for _ in range(self.config.updates):
            w, b, v = self.theta[:-1].reshape(3, -1)
            z = TRAIN[:, None] * w + b  # (N, W)
            h = z.relu() if self.unit == "relu" else z.sigmoid()
            e = h @ v + self.theta[-1] - y  # (N,)
            loss = e.square().mean()
            d = (2 / len(e)) * e  # ∂loss/∂f̂
            slope = (z > 0).double() if self.unit == "relu" else h * (1 - h)
            dz = d[:, None] * v * slope  # (N, W)
            self.gradient.copy_(torch.cat([TRAIN @ dz, dz.sum(0), d @ h, d.sum()[None]]))
            self.optimiser.step(self.config.learning_rate)
        self.remember()
        return {"train_loss": loss}

    def evaluate(self) -> Metrics:
        between = (GRID[1:] + GRID[:-1]) / 2  # places that are never trained on
        wide = self.fit(between) - self.truth(between)
        at = self.fit(TRAIN) - self.truth(TRAIN)
        metrics: Metrics = {
            "train_loss": at.square().mean(), "test_loss": wide.square().mean(), "sup_error": self.error(),
            "width": self.width,
        }  # fmt: skip
        if self.unit == "relu":
            metrics["pieces"] = len(hinges.pieces(self.knots())) - 1
        if self.config.mode == "depth":
            metrics["pieces.deep"] = 2 ** (self.width // 2)
        return metrics

    def knots(self) -> Float[Tensor, " W"]:
        """Where each unit bends (a sigmoid: where it climbs): −b/w."""
        w, b, _, _ = self.parts()
        return -b / torch.where(w.abs() < 1e-9, 1e-9, w)

    @action("Move a knot")
    def move_knot(self, to: Handle) -> None:
        """A bend of the layer goes elsewhere; its height follows from the function."""
        if self.config.mode != "grow":
            raise Refused("Knots can be moved where the layer is built by formula: choose “one unit more a step”.")
        if not to.id.isdigit() or not 0 < int(to.id) < self.width:
            raise Refused(f"There is no knot {to.id}: those that can move are 1 to {self.width - 1}.")
        ends = self.knots_placed()
        ends[int(to.id)] = min(max(to.x, -0.999), 0.999)
        if float(ends.sort().values.diff().min()) < 1e-3:
            raise Refused("Two knots would stand on each other.", "Leave at least 0.001 between them.")
        self.by_hand = True
        self.place(ends.sort().values)
        self.remember()

    # ------------------------------------------------------------------ views

    @view("The function and the sum", stage=True, edit="move_knot")
    def sum_of_units(self) -> Field:
        """The function dashed, and the sum; each piece has the colour of the unit that bent it."""
        knots = self.knots_placed() if self.config.mode == "grow" else None
        return line_views.bends(self.truth, self.fit, self.knots(), self.unit, knots)

    @view("What each unit adds", stage=True)
    def terms(self) -> Curves:
        """Every unit's own piece of the sum, v g(wx + b), in the colour that it has there."""
        return line_views.terms(*self.parts(), self.unit)

    @view("Error against width")
    def error_and_width(self) -> Curves:
        """The largest error for every width so far; both axes are logarithmic, so a power is a straight line."""
        error = self.history.column("error")
        if self.config.mode == "train":
            return line_views.error_by_time(error)
        slope = (
            {"relu": -2, "sigmoid": -1}[self.unit] if not self.target().jumps and self.config.mode == "grow" else None
        )
        return line_views.error_by_width(self.history.column("width"), error, slope)

    @view("Where it is wrong")
    def residual(self) -> Curves:
        """f̂(x) − f(x), and how far it goes."""
        return line_views.residual(GRID[::4], (self.fit(GRID) - self.truth(GRID))[::4], self.error())

    @view("The newest unit")
    def newest(self) -> Equation:
        """The unit with the rightmost bend, in numbers."""
        return line_views.unit(*self.parts(), self.unit)

    @view("What this says")
    def standing(self) -> Text:
        """In a sentence."""
        error, width = self.error(), self.width
        if self.config.mode == "depth":
            deep = 2 ** (width // 2)
            return Text.of(
                f"{width // 2} layers of 2 units: {deep} straight pieces.",
                (
                    f"One layer with the same {width} units: at most {width + 1} pieces, and an error of {error:.2f}.",
                    "warn",
                ),
            )
        jumps = self.target().jumps
        if jumps:
            least = max(abs(right - left) for _, left, right in jumps) / 2
            return Text.of(
                (f"f jumps, the sum cannot: the largest error stays at least {least:g}, half the jump.", "warn")
            )
        lines = [f"{width} units, largest error {error:.3g}."]
        if self.config.mode == "grow" and self.unit == "relu" and not self.by_hand:
            lines.append("Twice as many hinges, a quarter of the error: it falls with 1/width² where f is smooth.")
        if not math.isfinite(error):
            lines = ["The weights have left all bounds: take a smaller learning rate."]
        return Text.of(*lines)

    @view("Draw the function", edit="drawn")
    def drawing(self) -> Curves:
        """Draw over it: the layer then learns your curve."""
        return line_views.drawing(GRID[::20], self.truth(GRID[::20]))
