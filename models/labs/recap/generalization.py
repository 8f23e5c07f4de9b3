"""Generalization: one refit a step, on a new sample, a fold or with one more feature, and what its error is made of.

Source: Geman, Bienenstock & Doursat (1992), Neural Computation 4; Stone (1974), JRSS B 36; Belkin et al. (2019), PNAS
116.
"""

from typing import Literal  # noqa: I001

import torch
from torch import Tensor

from models.core import (
    Axis, Challenge, Curves, DatasetRef, Equation, Field, Finished, Lab, LabConfig, Line, Matrix, Metric, Metrics,
    NumberColumn, OwnPoints,
    PointMove, Preset, Refused, Solution, Summary, Text, action, live, setting, view,
)  # fmt: skip
from models.data import own, regression
from models.modules import error_charts, resampling
from models.modules.resampling import Tally
from models.modules.vectors import numeral

MOST, PLACES, SIDES, FAN = 14, 200, 10, 12
"""The highest degree; places at which predictions are compared; inputs in double descent; refits shown together."""

BELOW = "; no square is below 0, but its estimate from few refits can be (their scatter is taken off)"


class Generalization(Lab):
    """Fit again and again: the training error only falls, the test error turns."""

    title = "Generalization"
    metrics = [Metric("validation_loss", "Validation loss", better="low"), Metric("setting", "Degree, or features")]
    max_steps, steps_per_second, evaluate_every = 5_000, 8, 1

    # fmt: off
    class Config(LabConfig):
        experiment: Literal["degrees", "k-fold", "double descent"] = setting(
            "degrees", group="Experiment", help="Many samples for polynomials of degree 1 to 14; one sample cut into "
                                                "folds; or ever more random features, past the number of points.")
        refits: int = setting(8, ge=2, le=50, group="Experiment", label="Refits at each",
                              when={"experiment": ["degrees", "double descent"]},
                              help="In a round each degree (each number of features) is tried on so many samples.")
        hold: int = live(0, ge=0, le=MOST, group="Experiment", label="Stay at degree", when={"experiment": ["degrees"]},
                         help="0: sweep over all of them.")
        folds: int = setting(5, ge=2, le=200, group="Experiment", label="Folds k", when={"experiment": ["k-fold"]},
                             help="Each fold is held out once; k = n leaves one point out at a time.")
        ridge: float = setting(0.1, ge=0, le=10, group="Experiment", label="Ridge λ",
                               when={"experiment": ["double descent"]}, help="A little of it flattens the peak.")
        truth: Literal["wave", "line", "table", "yours"] = setting(
            "wave", group="Data", options={"wave": "a wave", "line": "a line", "table": "a table: who knows",
                                           "yours": "only your own points"},
            when={"experiment": ["degrees", "k-fold"]}, help="What the points scatter around.")
        table: DatasetRef | None = own.table(when={"truth": ["table"]})
        inputs: list[NumberColumn] = own.inputs(most=1, when={"truth": ["table"]})
        target: NumberColumn | None = own.target(when={"truth": ["table"]})
        n: int = setting(20, ge=1, le=200, group="Data", label="Points", help="How many points a fit learns from.")
        noise: float = setting(0.5, ge=0, le=2, step=0.1, group="Data", unit="units of y",
                               help="How far chance moves y: no fit can predict it.")
        points: OwnPoints = live([], group="Data", advanced=True, when={"experiment": ["k-fold"]},
                                 help="Points painted on the plane join those that are cut into folds.")

        @property
        def known(self) -> bool:
            """Whether the truth is known, so that new points can be drawn from it."""
            return self.experiment == "double descent" or self.truth in ("wave", "line")

        def summary(self) -> Summary:
            problems = []
            if self.experiment == "k-fold" and self.known and self.folds > self.n:
                text = f"{self.n} {'point' if self.n == 1 else 'points'} cannot be cut into {self.folds} folds: "
                problems.append({"field": "folds", "message": text + "k = n leaves one out at a time."})
            if self.experiment == "degrees" and not self.known:
                text = "These points are a single sample: it can be cut into folds, not drawn anew. Choose k-fold."
                problems.append({"field": "experiment", "message": text})
            if self.experiment == "k-fold" and self.truth == "table":
                problems += own.problems(self, classes=False, exactly=1)
            return Summary(problems=problems)

    presets = [
        Preset("Degree 1 to 14", "Training error only falls; test error turns."),
        Preset("Five folds", "Every point is held out once.", experiment="k-fold", n=30),
        Preset("Leave one out", "k = n: as many fits as points.", experiment="k-fold", n=20, folds=20),
        Preset("Double descent", "Past as many features as points the error falls again.",
               experiment="double descent", ridge=0.0),
        Preset("… tamed by ridge", "A little penalty, and the peak is gone.", experiment="double descent"),
        Preset("More data instead", "200 points: even degree 14 behaves.", n=200),
        Preset("Break it: more weights than points", "Six points: from degree 6 on any curve fits them all.", n=6),
        Preset("Break it: noise for a teacher", "The higher the degree, the better it learns what is not there.",
               truth="line", noise=1.5),
    ]
    challenges = [
        Challenge("peak-at-n", "Put the peak of the double descent at p = n, at least five times as high as the end.",
                  fixed={"experiment": "double descent", "n": 20, "noise": 0.5},
                  passed=lambda lab, metrics: lab.peak() == lab.config.n and lab.peak_height() >= 5,
                  solution=Solution({"ridge": 0.0, "refits": 20}, 25)),
        Challenge("tame-fourteen", "Keep degree 14, and bring the test error within a quarter of the noise's 0.25.",
                  fixed={"experiment": "degrees", "truth": "wave", "noise": 0.5, "hold": MOST},
                  passed=lambda lab, metrics: lab.tally.made(MOST - 1) >= 20 and lab.mean_test(MOST - 1) <= 1.25 * 0.25,
                  solution=Solution({"n": 200}, 40)),
    ]
    # fmt: on

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        wide = config.experiment == "double descent"
        self.u = torch.linspace(-1, 1, PLACES, dtype=torch.float64)
        self.test_x = torch.randn(PLACES, SIDES, generator=generator, dtype=torch.float64) if wide else self.u[:, None]
        self.target = self.truth_at(self.test_x)  # (T,)
        self.given, self.box, self.names = (
            torch.empty(0, 2, dtype=torch.float64),
            regression.BOX,
            [("x", ""), ("y", "")],
        )
        if config.experiment == "k-fold" and config.truth == "table":
            chosen = own.choose(config, classes=False, exactly=1)
            self.given = torch.column_stack([chosen.x, chosen.y])
            self.box, self.names = regression.box(self.given), [*chosen.inputs, chosen.target]
        elif config.experiment == "k-fold" and config.known:
            self.given = torch.stack(self.draw(config.n)[:2], dim=1)
        self.rows = self.given
        self.take_own()
        self.begin()

    def take_own(self) -> None:
        """Puts the user's points behind the given ones."""
        own = torch.tensor(self.config.points, dtype=torch.float64).reshape(-1, 3)[:, :2]
        self.rows = torch.cat([self.given, own]) if self.config.experiment == "k-fold" else self.given

    def begin(self) -> None:
        """Nothing has been fitted yet."""
        wide = self.config.experiment == "double descent"
        self.settings = resampling.widths(self.config.n) if wide else list(range(1, MOST + 1))
        self.tally = Tally(self.settings, PLACES)
        self.order = torch.randperm(len(self.rows))
        self.count = self.k = 0
        self.samples: list[tuple[Tensor, ...]] = []  # of this round
        self.held_out = torch.full((len(self.settings), self.every), torch.nan, dtype=torch.float64)  # newest errors
        self.fan = torch.empty(0, PLACES, dtype=torch.float64)  # the newest predictions of setting k
        self.shown, self.held = torch.empty(0, 2, dtype=torch.float64), torch.empty(0, dtype=torch.long)

    @property
    def every(self) -> int:
        """How many steps each setting has in a round."""
        if self.config.experiment == "k-fold":
            return max(1, min(self.config.folds, len(self.rows)))
        return 1 if self.config.experiment == "double descent" else self.config.refits

    def truth_at(self, x: Tensor) -> Tensor:
        """The noiseless y: a wave or a line over the only input; with several, 1.5 times the first."""
        if self.config.experiment == "double descent":
            return 1.5 * x[:, 0]
        return regression.truth("line" if self.config.truth == "line" else "wave", regression.REACH * x[:, 0])

    def draw(self, n: int) -> tuple[Tensor, Tensor, Tensor]:
        """A new sample: u (N,) in −1…1, one in each of n equal pieces, or x₁ of several normal inputs; y; inputs."""
        if self.config.experiment == "double descent":
            inputs = torch.randn(n, SIDES, dtype=torch.float64)
        else:
            share = (torch.arange(n) + torch.rand(n, dtype=torch.float64)) / n
            inputs = (2 * share - 1)[:, None]
        y = self.truth_at(inputs) + self.config.noise * torch.randn(n, dtype=torch.float64)
        return (inputs[:, 0] if inputs.shape[1] > 1 else regression.REACH * inputs[:, 0]), y, inputs

    def parameter_count(self) -> int:
        return 0

    def step(self) -> Metrics:
        """One refit; with random features, one number of them on several samples."""
        k, part = divmod(self.count, self.every)
        if self.config.experiment == "degrees":
            k = self.config.hold - 1 if self.config.hold else k % len(self.settings)
        elif len(self.rows) < 2 and self.config.experiment == "k-fold":
            raise Finished(
                f"There {'is one point' if len(self.rows) else 'are no points'}: none can be held out. Paint some."
            )
        elif k >= len(self.settings):
            raise Finished(self.conclusion())
        if k != self.k:
            self.fan = self.fan[:0]
        self.k = k
        for _ in range(self.config.refits if self.config.experiment == "double descent" else 1):
            errors = self.fold(part) if self.config.experiment == "k-fold" else self.refit(part)
        self.held_out[k, part] = errors[1]
        self.count += 1
        found: Metrics = {"train_loss": errors[0], "validation_loss": errors[1], "setting": float(self.settings[k])}
        return found | {"test_loss": errors[2]} if self.config.known else found

    def refit(self, part: int) -> tuple[float, float, float]:
        """Setting k on a sample, with a validation and a test sample of its own.

        In a round every degree has the same samples, so that their errors can be compared; the next round draws anew.
        """
        fresh = self.k == 0 or self.config.hold or part >= len(self.samples)
        x, y, inputs, other_y, others = self.drawn() if fresh else self.samples[part]
        if self.config.experiment == "degrees":
            self.samples = [*self.samples[:part], (x, y, inputs, other_y, others), *self.samples[part + 1 :]]
        phi = self.features([inputs, others, self.test_x])
        theta = resampling.fit(phi[0], y, self.config.ridge if self.config.experiment == "double descent" else 0.0)
        self.shown, self.held = torch.stack([x, y], dim=1), torch.zeros(len(x), dtype=torch.long)
        test_y = self.target + self.config.noise * torch.randn(PLACES, dtype=torch.float64)
        return self.keep(phi, theta, y, other_y, test_y)

    def drawn(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """A training sample and a validation sample of its size, or of 5 points."""
        _, other_y, others = self.draw(max(5, self.config.n))
        return *self.draw(self.config.n), other_y, others

    def fold(self, part: int) -> tuple[float, float, float]:
        """Setting k on all folds but one, which is its validation sample."""
        out = torch.zeros(len(self.rows), dtype=torch.bool)
        out[resampling.folds(len(self.rows), self.config.folds, self.order)[part]] = True
        low, high = self.range
        u, y = (2 * self.rows[:, :1] - low - high) / (high - low), self.rows[:, 1]
        phi = self.features([u[~out], u[out], self.test_x])
        self.shown, self.held = self.rows, out.long()
        test_y = self.target + self.config.noise * torch.randn(PLACES, dtype=torch.float64)
        return self.keep(phi, resampling.fit(phi[0], y[~out]), y[~out], y[out], test_y)

    @property
    def range(self) -> tuple[float, float]:
        """The x that become u = −1 and u = 1."""
        whole = tuple(self.box) != regression.BOX
        return (self.box[0], self.box[1]) if whole else (-regression.REACH, regression.REACH)

    def features(self, parts: list[Tensor]) -> list[Tensor]:
        """Powers up to the degree, or so many random features, of several sets of inputs alike."""
        setting = self.settings[self.k]
        if self.config.experiment == "double descent":
            directions = torch.randn(SIDES, setting, dtype=torch.float64) / SIDES**0.5
            return [resampling.relu_features(part, directions) for part in parts]
        return [resampling.chebyshev(part[:, 0], setting) for part in parts]

    def keep(
        self, phi: list[Tensor], theta: Tensor, y: Tensor, other_y: Tensor, test_y: Tensor
    ) -> tuple[float, float, float]:
        """The errors of a fit, added to those before."""
        predicted = phi[2] @ theta
        pairs = ((phi[0] @ theta, y), (phi[1] @ theta, other_y), (predicted, test_y))
        train, validation, test = (float((guess - truth).square().mean()) for guess, truth in pairs)
        self.tally.add(self.k, (train, validation, test), predicted)
        self.fan = torch.cat([self.fan, predicted[None]])[-FAN:]
        return train, validation, test

    def tuned(self, before: Config) -> None:
        if self.config.hold != before.hold:
            self.fan = self.fan[:0]
        if self.config.points != before.points and self.config.experiment == "k-fold":
            self.take_own()
            self.begin()

    @action("Move a point")
    def move_point(self, to: PointMove) -> None:
        """The point goes elsewhere, and the folds begin again."""
        if self.config.experiment != "k-fold":
            raise Refused("Every step draws a new sample: a point of this one will not be seen again. Choose k-fold.")
        if to.index >= len(self.rows):
            raise Refused(f"There is no point {to.index}: the points are 0 to {len(self.rows) - 1}.")
        (x0, x1), (y0, y1) = self.range, self.box[2:]
        self.rows = self.rows.clone()
        self.rows[to.index] = torch.tensor([min(max(to.x, x0), x1), min(max(to.y, y0), y1)], dtype=torch.float64)
        self.given = self.rows[: len(self.given)]
        self.begin()

    # ------------------------------------------------------------------ what is known by now

    def mean_test(self, k: int) -> float:
        """The mean test error of a setting."""
        return float(self.tally.means()[k, 2])

    def peak(self) -> int:
        """The setting with the highest mean test error, once all have been tried; 0 before."""
        tests = self.tally.means()[:, 2]
        return 0 if bool(tests.isnan().any()) else self.settings[int(tests.argmax())]

    def peak_height(self) -> float:
        """The highest mean test error over the last setting's."""
        tests = self.tally.means()[:, 2]
        return float(tests.max() / tests[-1])

    def conclusion(self) -> str:
        """What the whole round has shown."""
        _, validation, test = self.tally.means().unbind(1)
        if self.config.experiment == "double descent":
            end = f"and {numeral(float(test[-1]), 3)} at the end."
            return f"With n = {self.config.n} points the test error is highest at p = {self.peak()} features, {end}"
        best, k = int(validation.argmin()), self.every
        means = (
            f"{k} folds choose degree {self.settings[best]}: {numeral(float(validation[best]), 3)} on what was held out"
        )
        return means + (f", {numeral(float(test[best]), 3)} on new points." if self.config.known else ".")

    # ------------------------------------------------------------------ what is shown

    @property
    def word(self) -> str:
        """What is varied."""
        return "random features p" if self.config.experiment == "double descent" else "degree"

    @view("The refits", stage=True, edit=("move_point", "points"))
    def refits(self) -> Field:
        """The newest fit and those before it at this degree, their mean, and the truth."""
        wide = self.config.experiment == "double descent"
        low, high = self.range
        x, order = (low + (high - low) * (self.u + 1) / 2, slice(None))
        if wide:
            x, order = self.test_x[:, 0], self.test_x[:, 0].argsort()
        lines = (
            [self.line(f"refit-{i}", "", x, fit, order, "rule2") for i, fit in enumerate(self.fan[:-1])]
            if not wide
            else []
        )
        if len(self.fan) and self.config.experiment == "degrees":
            lines.append(
                self.line("mean", "mean of refits", x, self.tally.mean_prediction(self.k), order, "mark", "dashed")
            )
        if self.config.known:
            lines.append(self.line("truth", "truth", x, self.target, order, "good", "dotted"))
        if len(self.fan):
            lines.append(self.line("newest", "newest fit", x, self.fan[-1], order, "train"))
        points = self.shown if len(self.shown) else self.rows
        plain = tuple(self.box) == regression.BOX
        return Field(
            box=self.box, x=Axis("x₁ (of ten)") if wide else Axis(*self.names[0]), y=Axis(*self.names[1]), equal=plain,
            points=points, labels=torch.zeros(len(points), dtype=torch.long), class_names=["data"], lines=lines,
            held=self.held if len(self.shown) else None, draws=plain and self.config.experiment == "k-fold",
            alt=f"Fits with {self.word} {self.settings[self.k]} to several samples",
        )  # fmt: skip

    def line(
        self, id: str, label: str, x: Tensor, y: Tensor, order: Tensor | slice, colour: str,
        style: Literal["solid", "dashed", "dotted"] = "solid",
    ) -> Line:  # fmt: skip
        """A curve over x, kept where it can be drawn; predictions from ten inputs are points over the first."""
        scattered = self.config.experiment == "double descent" and id != "truth"
        return Line(id=id, label=label, x=x[order], y=y[order].clamp(-1e6, 1e6), colour=colour,
                    style="points" if scattered else style)  # fmt: skip

    @view("Training, validation, test", stage=True)
    def errors(self) -> Curves:
        """The mean squared errors of all refits by degree: what is learned from, what is chosen by, what is new."""
        means = self.tally.means()
        names = [
            ("train", "train"),
            ("held-out" if self.config.experiment == "k-fold" else "validation", "mark"),
            ("test", "test"),
        ]
        kept = [(i, *name) for i, name in enumerate(names) if i < 2 or self.config.known]
        lines = [
            self.by_setting(label, means[:, i], colour, "dashed" if i == 2 else "solid") for i, label, colour in kept
        ]
        return self.chart(lines)

    def by_setting(
        self, label: str, y: Tensor, colour: str, style: Literal["solid", "dashed", "points"] = "solid"
    ) -> Line:
        """A number of each setting as a line, where it is known."""
        return error_charts.by_setting(self.settings, label, y, colour, style)

    def chart(self, lines: list[Line]) -> Curves:
        """Errors over degree or features, with the noise and where n is; in a table's units they are as large as y."""
        wide, known = self.config.experiment == "double descent", self.config.known
        noise = {"axis": "y", "at": max(self.config.noise**2, error_charts.LEAST), "label": "noise σ²"}
        rules = [noise] * known + [{"axis": "x", "at": self.config.n, "label": "p = n"}] * wide
        scale = 1.0 if known or len(self.rows) < 2 else max(float(self.rows[:, 1].var()), 1e-6)
        return error_charts.chart(self.settings, self.k, lines, rules, word=self.word, scale=scale, wide=wide)

    @view("Bias² + variance + noise")
    def parts(self) -> Curves:
        """What the test error is made of: from one half of the refits the sum, from the other the measured error."""
        if self.config.experiment == "k-fold":
            return self.chart([])  # the folds share their points: they are no independent samples
        bias, variance = self.tally.decomposed(self.target).unbind(1)
        predicted = self.tally.decomposed(self.target, half=0).sum(1) + self.config.noise**2
        lines = [
            self.by_setting("sum + noise", predicted, "auto"), self.by_setting("bias²", bias, "auto"),
            self.by_setting("variance", variance, "auto"),
            self.by_setting("measured", self.tally.measured(1)[:, 0], "test", "points"),
        ]  # fmt: skip
        return self.chart(lines)

    @view("In numbers")
    def numbers(self) -> Equation:
        """The parts of the test error at this degree, or the mean over the folds."""
        k = self.k
        about = f"{self.word} {self.settings[k]}, {self.tally.made(k)} refits"
        if self.config.experiment == "k-fold":
            return error_charts.cross_validated(self.held_out[k], about)
        parts, measured = self.tally.decomposed(self.target, half=0)[k], self.tally.measured(1)[k]
        return error_charts.decomposed(parts, self.config.noise**2, measured, about)

    @view("Error of each refit")
    def table(self) -> Matrix:
        """The newest validation error by degree (row) and refit or fold (column), as a logarithm; empty: not yet."""
        rows = [str(each) for each in self.settings]
        logarithms = self.held_out.clamp_min(error_charts.LEAST).log10()
        return Matrix(values=logarithms, rows=rows, y=Axis(self.word), digits=1,
                      columns=[str(j + 1) for j in range(self.every)], signed=True,
                      x=Axis("fold" if self.config.experiment == "k-fold" else "refit"))  # fmt: skip

    @view("Where it stands")
    def standing(self) -> Text:
        """What has been found so far, and what a fit here can and cannot do."""
        lines: list[str | tuple[str, str]] = []
        means, weights = self.tally.means(), self.settings[self.k] + (self.config.experiment != "double descent")
        learned = int((self.held == 0).sum()) if len(self.shown) else len(self.rows) or self.config.n
        if self.config.experiment == "k-fold" and len(self.rows) < 2:
            return Text.of(
                f"{len(self.rows)} points: one cannot be learned from and held out at once. Paint some more."
            )
        tried = ~means[:, 1].isnan()
        if bool(tried.any()):
            best = {
                name: self.settings[int(means[:, i].nan_to_num(torch.inf).argmin())] for i, name in ((1, "v"), (2, "t"))
            }
            lines.append(f"Least so far: validation at {self.word} {best['v']}, test at {best['t']}.")
        if weights > learned:
            few = f"{weights} weights, {learned} {'point' if learned == 1 else 'points'}: "
            text = few + "many fits pass through all of them; the shortest is shown."
            lines.append((text, "warn"))
        if self.config.experiment == "k-fold":
            size = len(self.rows)
            loo = " (leave-one-out: each held-out error is that of a single point)" if self.every == size else ""
            lines.append(
                f"{self.every} folds of {size} points{loo}; the fits share points, so their errors are not independent."
            )
        if self.config.known:
            lines.append(f"No fit can come below the noise, σ² = {numeral(self.config.noise**2, 3)}, on new points.")
        return Text.of(*lines)
