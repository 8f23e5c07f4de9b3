"""Ridge regression as belief: the prior's width τ and the noise σ make the penalty λ = σ²/τ².

Source: Hoerl & Kennard (1970), Technometrics 12; Tibshirani (1996), JRSS B 58; Bishop (2006), sections 3.1.4 and 3.3.
"""

import math  # noqa: I001
from typing import Literal

import torch
from torch import Tensor

from models.core import (
    Axis, Bars, Challenge, Curves, DatasetRef, Equation, Field, Finished, Handle, Lab, LabConfig, Line, Metric, Metrics,
    NumberColumn, OwnPoints, Point, PointMove, Preset, Refused, Solution, Summary, Text, action, live, probe, setting,
    view,
)  # fmt: skip
from models.data import diabetes, own, regression
from models.modules import least_squares, linear_views, posterior, regression_views
from models.modules.features import BASES, Basis
from models.modules.regression_sample import RegressionSample, weight_names
from models.modules.vectors import numeral

ONE_INPUT = [name for name in regression.WORDS if name != "diabetes, all ten"]
TOY = ["line", "wave", "outlier", "one place"]
FALL, LEAST, LINES = 0.86, 0.01, 6
"""τ is multiplied by FALL at each step, until the weights are LEAST of what they are under a weak prior; so many lines
are drawn from the posterior."""
DASHES: tuple[Literal["solid", "dashed", "dotted"], ...] = ("solid", "dashed", "dotted")
"""Six colours are told apart; more lines are dashed, so that colour does not stand alone."""
STRENGTHS = torch.logspace(-7, 3, 61, dtype=torch.float64)
"""The λ at which paths are drawn."""


class RidgeAndMap(Lab):
    """Believe that weights are small, a little more at every step, and see what becomes of the curve."""

    title = "Ridge and MAP"
    metrics = [Metric("norm", "Length of the weights ‖w‖"), Metric("weights_left", "Weights that L1 leaves")]
    max_steps, steps_per_second, evaluate_every = 300, 5, 1

    # fmt: off
    class Config(LabConfig):
        data: regression.Name = setting("wave", group="Data", label="Data set", options=regression.WORDS,
                                        help="The points, and what is to be predicted of them.")
        measurement: diabetes.Measurement = setting("bmi", group="Data", when={"data": ["diabetes"]}, label="Across",
                                                    options=diabetes.LABELS, help="The patients' measurement to use.")
        table: DatasetRef | None = own.table(when={"data": ["table"]})
        inputs: list[NumberColumn] = own.inputs(most=30, when={"data": ["table"]})
        target: NumberColumn | None = own.target(when={"data": ["table"]})
        n: int = setting(12, ge=1, le=200, group="Data", label="Points", when={"data": TOY},
                         help="The fewer there are, the more the prior says.")
        noise: float = setting(0.5, ge=0, le=2, step=0.1, group="Data", when={"data": TOY}, unit="units of y",
                               help="How far chance really moves y (standard deviation).")
        points: OwnPoints = live([], group="Data", advanced=True, when={"data": [*TOY, "yours"]},
                                 help="Points painted on the plane join the data.")
        features: Basis = setting("polynomial", label="Feature map φ", options=BASES, when={"data": ONE_INPUT},
                                  help="What is weighted and added up.")
        size: int = setting(9, ge=1, le=15, label="Features",
                            when={"features": ["polynomial", "RBF", "Fourier"], "data": ONE_INPUT},
                            help="The degree of the polynomial, or how many bumps or waves there are.")
        standardise: bool = setting(False, help="Each feature minus its mean, over its spread: penalties want it.")
        prior: Literal["flat", "Gaussian", "Laplace"] = live(
            "Gaussian", group="Belief", help="Flat: maximum likelihood. Gaussian: ridge, L2. Laplace: lasso, L1.")
        tau: float = live(1000.0, ge=0.001, le=10_000, scale="log", group="Belief", label="Prior width τ",
                          help="How large weights are believed to be: from MLE (wide) to MAP (narrow).")
        sigma: float = live(0.5, ge=0.01, le=200, scale="log", group="Belief", label="Noise σ", unit="units of y",
                            help="How far the model believes that chance moves y.")
        step_does: Literal["τ falls", "lines are drawn"] = live(
            "τ falls", group="Belief", label="A step", help="Narrow the prior, or draw a line from the posterior.")

        def chosen(self) -> own.Choice | None:
            """The table, where one is used; raises InvalidConfig."""
            return own.choose(self, classes=False) if self.data == "table" else None

        def names(self) -> list[str]:
            return weight_names(self.data, self.features, self.size, bias=True, table=self.chosen())

        def summary(self) -> Summary:
            if problems := own.problems(self, classes=False) if self.data == "table" else []:
                return Summary(problems=problems)
            return linear_views.summary(len(self.names()))

    presets = [
        Preset("τ falls", "From maximum likelihood to a firm belief: a degree-9 curve calms."),
        Preset("Lines from the posterior", "At rest, a step draws one more line.", data="line", features="x", n=6,
               noise=0.7, sigma=0.7, tau=2.0, step_does="lines are drawn"),
        Preset("L1 switches off", "A Laplace prior: weights become exactly 0, one after the other.", prior="Laplace"),
        Preset("Diabetes: which of ten?", "L1 keeps the measurements that matter.", data="diabetes, all ten",
               standardise=True, prior="Laplace", sigma=55.0, tau=10_000.0),
        Preset("Diabetes: ridge", "Ten correlated measurements, shrunk together.", data="diabetes, all ten",
               standardise=True, sigma=55.0),
        Preset("Break it: more weights than points", "Flat prior, five points, ten weights: no single answer.", n=5,
               prior="flat"),
        Preset("… and a prior decides", "The same five points under a prior.", n=5),
        Preset("Break it: units not alike", "Unstandardised, the penalty hits what has large weights for its units.",
               data="diabetes, all ten", sigma=55.0),
        Preset("Break it: too sure of itself", "τ = 0.2: the data hardly count.", tau=0.2),
        Preset("Break it: noise believed away", "σ = 0.01: a curve through every point, and far too sure.", sigma=0.01),
    ]
    challenges = [
        Challenge("three-weights", "Diabetes, all ten measurements: find the L1 penalty that leaves exactly 3 weights.",
                  fixed={"data": "diabetes, all ten", "standardise": True},
                  passed=lambda lab, metrics: lab.config.prior == "Laplace" and metrics["weights_left"] == 3,
                  solution=Solution({"prior": "Laplace", "sigma": 55.0, "tau": 10_000.0}, 120)),
        Challenge("data-instead-of-belief", "With a flat prior, bring a degree-9 curve within 15 % of the noise: test "
                  "loss below 0.29 at σ = 0.5.", fresh=True,
                  fixed={"data": "wave", "noise": 0.5, "features": "polynomial", "size": 9, "prior": "flat"},
                  passed=lambda lab, metrics: metrics["test_loss"] < 0.29, solution=Solution({"n": 200}, 5)),
    ]
    # fmt: on

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.sample = RegressionSample(
            config.data, generator, n=config.n, noise=config.noise, measurement=config.measurement,
            features=config.features, size=config.size, standardise=config.standardise,
            table=config.chosen(),
        )  # fmt: skip
        self.sample.add_own(config.points)
        self.tau = config.tau
        self.z = torch.randn(LINES, len(config.names()), generator=generator, dtype=torch.float64)  # of the drawn lines
        self.begin()

    def begin(self) -> None:
        """What depends on the data alone: maximum likelihood and the path of L1."""
        sample = self.sample
        self.known = len(sample.y) > 0
        self.mle = self.modest = torch.zeros(len(sample.names), dtype=torch.float64)
        self.knots, self.l1_path = torch.zeros(1, dtype=torch.float64), self.mle[None]
        if self.known:
            self.mle = least_squares.solve(sample.x, sample.y)
            self.knots, self.l1_path = least_squares.lasso_path(sample.x, sample.y, bias=True)
            self.modest = least_squares.ridge(sample.x, sample.y, self.penalties(1e-3 * len(sample.y)))
        self.determined = least_squares.rank(sample.x) == len(self.mle)
        self.believe()

    def believe(self) -> None:
        """The weights under the present prior: ridge, lasso, or maximum likelihood."""
        self.ridge = self.mle
        if self.known:
            self.ridge = least_squares.ridge(self.sample.x, self.sample.y, self.penalties(self.strength("Gaussian")))
        at = torch.tensor([self.strength("Laplace")], dtype=torch.float64)
        self.lasso = least_squares.along((self.knots, self.l1_path), at)[0]
        self.theta = {"flat": self.mle, "Gaussian": self.ridge, "Laplace": self.lasso}[self.config.prior]

    def strength(self, prior: str) -> float:
        """λ: σ²/τ² for N(0, τ²); 2√2 σ²/τ for a Laplace prior with that standard deviation; 0 for a flat one."""
        square = self.config.sigma**2
        return {"flat": 0.0, "Gaussian": square / self.tau**2, "Laplace": 2 * math.sqrt(2) * square / self.tau}[prior]

    def penalties(self, strength: float) -> Tensor:
        """λ for every weight and 0 for the bias (F,)."""
        return torch.cat([torch.full((len(self.mle) - 1,), strength, dtype=torch.float64), torch.zeros(1).double()])

    def parameter_count(self) -> int:
        return len(self.theta)

    def posterior(self) -> posterior.Posterior:
        """What is believed of the weights under a flat or Gaussian prior; improper under the Laplace one, which has no
        closed form.
        """
        strength = self.strength("flat" if self.config.prior == "flat" else "Gaussian")
        r = least_squares.triangle(self.sample.x, self.penalties(strength)) if self.known else None
        return posterior.Posterior(self.theta, None if self.config.prior == "Laplace" else r, self.config.sigma)

    def step(self) -> Metrics:
        """τ falls by a seventh; or, at rest, one more line is drawn from the posterior."""
        if not self.known:
            raise Finished("There are no points yet: paint some on the plane.")
        if self.config.prior != "flat" and self.config.step_does == "τ falls":
            if float(self.theta[:-1].norm()) <= LEAST * float(self.modest[:-1].norm()):
                raise Finished(f"τ = {numeral(self.tau, 3)}: the weights are believed away. Widen τ, and play again.")
            self.tau *= FALL
            self.believe()
            return {}
        if self.posterior().r is None:
            raise Finished("No lines can be drawn: " + self.why_improper())
        self.z = torch.cat([self.z[1:], torch.randn(1, self.z.shape[1], dtype=torch.float64)])
        return {}

    def why_improper(self) -> str:
        """Why the posterior cannot be drawn from."""
        if self.config.prior == "Laplace":
            return "under a Laplace prior the posterior is no Gaussian. Its peak is drawn; its lines are not."
        return "under a flat prior these points leave a direction of the weights open."

    def evaluate(self) -> Metrics:
        sample, w = self.sample, self.theta[:-1]
        found: Metrics = {"norm": w.norm(), "weights_left": float((self.lasso[:-1] != 0).sum())}
        if self.known:
            found["train_loss"] = least_squares.loss(sample.x, sample.y, self.theta)
        if len(sample.test_y):
            found["test_loss"] = least_squares.loss(sample.test_x, sample.test_y, self.theta)
        return found

    def fresh(self) -> Metrics:
        """The test loss on new points of a toy set."""
        if self.config.data not in TOY:
            return self.evaluate()
        _, rows = regression.draw(self.config.data, 1, self.config.noise, "bmi", torch.default_generator)
        return {"test_loss": least_squares.loss(self.sample.design(rows[:, :-1]), rows[:, -1], self.theta)}

    def tuned(self, before: Config) -> None:
        if self.config.tau != before.tau:
            self.tau = self.config.tau
        if self.config.points != before.points:
            self.sample.add_own(self.config.points)
            self.begin()
        self.believe()

    # ------------------------------------------------------------------ what is changed by hand and asked

    @action("Move a point")
    def move_point(self, to: PointMove) -> None:
        """The point goes elsewhere, and the belief with it."""
        if not self.sample.flat:
            raise Refused("Here a place is a prediction, not a measurement: it cannot be moved by hand.")
        if to.index >= len(self.sample.rows):
            raise Refused(f"There is no point {to.index}: the points are 0 to {len(self.sample.rows) - 1}.")
        x0, x1, y0, y1 = self.sample.box
        self.sample.move(to.index, min(max(to.x, x0), x1), min(max(to.y, y0), y1))
        self.begin()

    @action("Set noise or prior")
    def hold(self, to: Handle) -> dict[str, float]:
        """The band's edge dragged sets σ, the prior's shoulder τ."""
        if to.id == "tau":
            return {"tau": min(max(abs(to.x), 0.001), 10_000.0)}
        if to.id != "sigma" or not self.sample.flat:
            raise Refused(f"There is no handle {to.id!r} here.")
        middle = float(self.sample.design(torch.tensor([[self.held_at]], dtype=torch.float64))[0] @ self.theta)
        return {"sigma": min(max(abs(to.y - middle), 0.01), 200.0)}

    @property
    def held_at(self) -> float:
        """The x at which the noise is held."""
        return 0.5 * (self.sample.box[0] + self.sample.box[1])

    @probe("Predict")
    def predict(self, at: Point) -> Text:
        """What is believed of a new y at this x."""
        if not self.sample.flat:
            raise Refused("With ten inputs a place in this picture is no patient.")
        phi = self.sample.design(torch.tensor([[at.x]], dtype=torch.float64))
        spread = self.posterior().spread(phi)
        middle = numeral(float(phi[0] @ self.theta), 3)
        doubt = "" if spread is None else f" ± {numeral(2 * float(spread[0]), 3)} (19 times of 20)"
        return Text.of(f"ŷ = {middle}{doubt}", f"maximum likelihood: {numeral(float(phi[0] @ self.mle), 3)}")

    # ------------------------------------------------------------------ what is shown

    @view("The curve and its doubt", stage=True, ask="predict", edit=("move_point", "hold", "points"))
    def curve(self) -> Field:
        """The most probable curve, the band in which new points are expected, lines from the posterior, the MLE."""
        sample, lines = self.sample, []
        if sample.flat:
            x, phi = regression_views.across(sample)
            belief = self.posterior()
            drawn = regression_views.bounded(belief.lines(self.z) @ phi.T)  # (S, T)
            lines = [Line(id=f"drawn-{i}", label="", x=x, y=y, colour="rule2") for i, y in enumerate(drawn)]
            mle, now = (regression_views.bounded(phi @ theta) for theta in (self.mle, self.theta))
            lines.append(Line(id="mle", label="MLE", x=x, y=mle, style="dashed", colour="mark"))
            spread = belief.spread(phi)
            band = (None, None) if spread is None else (now - 2 * spread, now + 2 * spread)
            edges = [None if edge is None else regression_views.bounded(edge) for edge in band]
            lines.append(Line(id="map", label="MAP", x=x, y=now, colour="train", lower=edges[0], upper=edges[1]))
        return regression_views.plane(
            sample,
            self.theta,
            lines,
            handles=self.grip(),
            alt=f"The curve at τ = {self.tau:.3g}, σ = {self.config.sigma}",
        )

    def grip(self) -> list[dict[str, float | str]]:
        """A handle one σ above the curve, where it stands inside the picture."""
        if not self.sample.flat:
            return []
        middle = self.sample.design(torch.tensor([[self.held_at]], dtype=torch.float64))[0] @ self.theta
        y = float(regression_views.bounded(middle)) + self.config.sigma
        low, high = self.sample.box[2:]
        return [{"id": "sigma", "x": self.held_at, "y": min(max(y, low), high), "label": "σ"}]

    @view("Weights as λ grows: L2", stage=True)
    def ridge_path(self) -> Curves:
        """Each weight under ridge, from hardly any penalty to a large one; the rule is where λ stands."""
        if not self.known:
            return Curves(x=Axis("λ", log=True), y=Axis("weight"))
        paths = least_squares.ridge_path(self.sample.x, self.sample.y, STRENGTHS, bias=True)
        return self.paths(STRENGTHS, paths, self.strength("Gaussian"))

    @view("Weights as λ grows: L1")
    def lasso_path(self) -> Curves:
        """Each weight under the lasso: they reach 0, and stay there."""
        if not self.known:
            return Curves(x=Axis("λ", log=True), y=Axis("weight"))
        at = float(self.knots[0]) * torch.logspace(-6, 0.3, 61, dtype=torch.float64)
        paths = least_squares.along((self.knots, self.l1_path), at)
        return self.paths(at, paths, self.strength("Laplace"))

    def paths(self, at: Tensor, thetas: Tensor, present: float) -> Curves:
        """Weights (K, F) over λ (K,), the bias left out."""
        lines = [
            Line(id=f"w{j}", label=name, x=at, y=regression_views.bounded(thetas[:, j]), style=DASHES[j // 6])
            for j, name in enumerate(self.sample.names[:-1])
        ]
        low, high = float(at[0]), float(at[-1])
        rule = [{"axis": "x", "at": min(max(present, low), high), "label": f"λ = {numeral(present, 3)}"}]
        return Curves(
            lines=lines,
            rules=rule,
            x=Axis("λ", lo=low, hi=high, log=True),
            y=Axis("weight", lo=-self.reach, hi=self.reach),
        )

    @property
    def reach(self) -> float:
        """How large weights are drawn: those under a weak prior (λ = N/1000), with room; wilder ones leave the view."""
        return 2.0 ** math.ceil(math.log2(max(1.2 * float(self.modest[:-1].abs().max()), 0.1)))

    @view("Prior × likelihood = posterior", edit="hold")
    def belief(self) -> Field:
        """One weight: where the prior wants it, where the data do, and what they agree on. Drag the prior's width."""
        if not self.known:
            return posterior.bells("u", self.tau, (0.0, math.inf), (0.0, self.tau), 1.0, flat=False)
        sigma, flat = self.config.sigma, self.config.prior == "flat"
        without = posterior.Posterior(self.mle, self.sharp(0.0), sigma)
        under = without if flat else posterior.Posterior(self.ridge, self.sharp(self.strength("Gaussian")), sigma)
        pair = ((float(each.mean[0]), each.deviation(0)) for each in (without, under))
        return posterior.bells(self.sample.names[0], self.tau, *pair, reach=self.reach, flat=flat)

    def sharp(self, strength: float) -> Tensor | None:
        """R of the posterior under a Gaussian prior of this λ."""
        return least_squares.triangle(self.sample.x, self.penalties(strength))

    @view("What is minimised")
    def minimised(self) -> Equation:
        """λ from σ and τ, squares plus penalty with their numbers, and the squares as a likelihood."""
        residuals = self.sample.y - self.sample.x @ self.theta
        prior = self.config.prior
        return posterior.objective(prior, self.strength(prior), residuals, self.theta[:-1], self.config.sigma, self.tau)

    @view("Where it stands")
    def standing(self) -> Text:
        """How far the belief has moved the weights, and what is wrong."""
        if not self.known:
            return Text.of("There are no points yet: paint some on the plane, and play.")
        now, wild = float(self.theta[:-1].norm()), float(self.mle[:-1].norm())
        lines: list[str | tuple[str, str]] = [
            f"The weights are {numeral(now, 3)} long; those of maximum likelihood {numeral(wild, 3)}."
        ]
        left, size = int((self.lasso[:-1] != 0).sum()), len(self.theta) - 1
        lines.append(
            f"At this τ the lasso leaves {left} of {size} weights; ridge leaves them all, and makes them small."
        )
        if not self.determined:
            few = f"{len(self.sample.y)} point{'s' * (len(self.sample.y) > 1)} cannot settle {size + 1} weights: "
            many = "XᵀX is singular. Shown is the shortest of many equally likely answers, and there is no posterior."
            settled = "the prior settles what they leave open."
            lines.append((few + (many if self.config.prior == "flat" else settled), "warn"))
        if self.config.prior == "Laplace":
            lines.append(
                "The band and the lines need a Gaussian posterior; under a Laplace prior only its peak is shown."
            )
        return Text.of(*lines)

    @view("Loss as λ grows")
    def losses(self) -> Curves:
        """Training and test loss of ridge against λ: the first only rises, the second has a valley."""
        if not self.known:
            return Curves(x=Axis("λ", log=True), y=Axis("loss"))
        thetas = least_squares.ridge_path(self.sample.x, self.sample.y, STRENGTHS, bias=True)
        sets = {"train": (self.sample.x, self.sample.y), "test": (self.sample.test_x, self.sample.test_y)}
        lines = [
            Line(id=name, label=name, x=STRENGTHS, y=(thetas @ x.T - y).square().mean(1), colour=name,
                 style="solid" if name == "train" else "dashed")
            for name, (x, y) in sets.items() if len(y)
        ]  # fmt: skip
        top = 1.1 * max(float(line.y[-1]) for line in lines)
        present = min(max(self.strength("Gaussian"), 1e-7), 1e3)
        return Curves(lines=lines, rules=[{"axis": "x", "at": present, "label": "λ"}], y=Axis("loss", lo=0, hi=top),
                      x=Axis("λ", lo=1e-7, hi=1e3, log=True))  # fmt: skip

    @view("Weights")
    def weights(self) -> Bars:
        """The weights of ridge beside those of the lasso, at this τ."""
        values = regression_views.bounded(torch.stack([self.ridge[:-1], self.lasso[:-1]]))
        return Bars(labels=self.sample.names[:-1], values=values, series=["ridge (L2)", "lasso (L1)"], signed=True)
