"""Estimation: what data say, what was believed before, and the two together.

Source: Murphy (2022), Probabilistic Machine Learning, ch. 4 and 5; Bayes (1763), Phil. Trans. 53.
"""

from typing import Literal  # noqa: I001

import math

import torch

from models.core import (
    Bars, Cell, Challenge, Curves, Equation, Field, Handle, Item, Lab, LabConfig, Matrix, Metric, Metrics, Number,
    Point, PointMove, Preset, Refused, Solution, Table, Text, action, live, probe, setting, view,
)  # fmt: skip
from models.core import Column
from models.modules import belief_views, information
from models.modules.conjugate import HIGH, LOW, Coin, Gaussian

COIN, GAUSSIAN = {"question": ["coin"]}, {"question": ["Gaussian"]}
MOST = 500


class Estimation(Lab):
    """Data arrive one by one: likelihood, prior, and the posterior between them."""

    title = "Estimation"
    metrics = [
        Metric("error.mle", "Distance from the truth", better="low"),
        Metric("error.map", "Distance from the truth", better="low"),
    ]
    max_steps, steps_per_second, evaluate_every = MOST, 1, 1

    # fmt: off
    class Config(LabConfig):
        question: Literal["coin", "Gaussian"] = setting("coin", group="Data", help="What is to be estimated: how often "
                                                        "a coin shows heads, or where a Gaussian is centred.")
        truth: float = setting(0.5, ge=0, le=1, step=0.05, group="Data", label="True θ", when=COIN,
                               help="The probability of heads that the data come from.")
        begins: Literal["heads, heads, heads", "by chance"] = setting(
            "heads, heads, heads", group="Data", label="First tosses", when=COIN,
            help="What a fair coin does first in one of eight classrooms, or whatever comes.")
        centre: float = setting(1.0, ge=-3, le=3, step=0.1, group="Data", label="True μ", when=GAUSSIAN,
                                help="The centre of the Gaussian that the data come from.")
        sigma: float = setting(1.0, ge=0.1, le=3, step=0.1, group="Data", label="Noise σ", when=GAUSSIAN,
                               help="The standard deviation of a datum, which is taken as known.")
        a: float = live(2.0, ge=LOW, le=HIGH, scale="log", label="Prior a", when=COIN,
                        help="Heads that are believed in beforehand, plus 1.")
        b: float = live(2.0, ge=LOW, le=HIGH, scale="log", label="Prior b", when=COIN,
                        help="Tails that are believed in beforehand, plus 1.")
        prior_mean: float = live(-1.0, ge=-5, le=5, step=0.1, label="Prior mean m", when=GAUSSIAN,
                                 help="Where the centre is believed to be beforehand.")
        prior_sd: float = live(0.5, ge=0.1, le=10, scale="log", label="Prior spread τ", when=GAUSSIAN,
                               help="How far from m the centre may well be: the larger, the flatter the prior.")

    presets = [
        Preset("Heads, heads, heads", "MLE says always heads; the prior says wait."),
        Preset("A flat prior", "a = b = 1: the posterior is the likelihood, and MAP is MLE.", a=1.0, b=1.0),
        Preset("A firm belief", "a = b = 40: three tosses hardly move it.", a=40.0, b=40.0),
        Preset("Break it: a wrong belief", "Sure of heads, and tails come: data win, but late.",
               a=40.0, b=2.0, truth=0.2, begins="by chance"),
        Preset("Break it: a prior without a top", "a = b = ½ is highest at both ends: after HHH, MAP is 1 as well.",
               a=0.5, b=0.5),
        Preset("A Gaussian", "Every datum pulls the posterior from the prior towards the mean.", question="Gaussian"),
        Preset("A Gaussian, flat prior", "τ = 10: the mean of the data, and nothing else.",
               question="Gaussian", prior_sd=10.0),
    ]
    challenges = [
        Challenge("two-thirds", "Heads, heads, heads: choose a = b so that MAP is 2/3 after the third toss.",
                  fixed={"question": "coin", "begins": "heads, heads, heads"},
                  passed=lambda lab, metrics: lab.three_heads_with_equal_prior() and abs(lab.map - 2 / 3) < 0.005,
                  solution=Solution({"a": 4.0, "b": 4.0}, steps=3)),
        Challenge("base-rate", "A test that is right for 99 % of the ill and for 99 % of the healthy: type a table in "
                  "which, even so, less than 10 % of those who test positive are ill.",
                  passed=lambda lab, metrics: lab.good_test_bad_news(),
                  solution=Solution({}, 2, [(0, "set_count", {"row": 0, "column": 0, "value": 99}),
                                            (0, "set_count", {"row": 0, "column": 1, "value": 1}),
                                            (0, "set_count", {"row": 1, "column": 0, "value": 1_000}),
                                            (0, "set_count", {"row": 1, "column": 1, "value": 99_000})])),
        Challenge("one-way-street", "Drag p and q so that KL(p‖q) is finite and at least 1 bit while KL(q‖p) is below "
                  "½ bit.",
                  passed=lambda lab, metrics: lab.one_way(),
                  solution=Solution({}, 2, [(0, "drag_bar", {"index": 0, "value": 0.8}),
                                            (0, "drag_bar", {"index": 4, "value": 0.9985})])),
    ]
    # fmt: on

    def __init__(self, config: Config, device: torch.device, generator: torch.Generator) -> None:
        self.data: list[float] = []
        self.counts = torch.tensor([[9.0, 1.0], [89.0, 901.0]])  # (2, 2): ill or healthy, test + or −
        self.p = torch.tensor([0.5, 0.25, 0.125, 0.125], dtype=torch.float64)
        self.q = torch.full((4,), 0.25, dtype=torch.float64)

    @property
    def belief(self) -> Coin | Gaussian:
        """The question with the prior as it is now."""
        config = self.config
        if config.question == "coin":
            return Coin(config.a, config.b)
        return Gaussian(config.prior_mean, config.prior_sd, config.sigma)

    @property
    def truth(self) -> float:
        return float(self.config.truth if self.config.question == "coin" else self.config.centre)

    @property
    def map(self) -> float:
        """The MAP estimate; NaN where the posterior has no single highest place."""
        found = self.belief.map(self.data)
        return math.nan if found is None else found

    def step(self) -> Metrics:
        """One datum arrives."""
        coin, n = self.config.question == "coin", len(self.data)
        if coin:
            chance = float(torch.rand(())) < self.config.truth
            datum = float(chance or (n < 3 and self.config.begins == "heads, heads, heads"))
        else:
            datum = self.config.centre + self.config.sigma * float(torch.randn(()))
        self.data = [*self.data, datum]
        self.phase = ("heads" if datum else "tails") if coin else ""
        return self.evaluate()

    def evaluate(self) -> Metrics:
        """Each estimate's distance from the truth, and its surprise at the data and, on average, at a new datum."""
        belief, found = self.belief, {}
        for name, value in (("mle", belief.mle(self.data)), ("map", belief.map(self.data))):
            if value is None or not self.data:
                continue
            losses = {"train_loss": self.seen_surprise(value), "test_loss": belief.surprise(value, self.truth)}
            found |= {f"{key}.{name}": loss for key, loss in losses.items() if math.isfinite(loss)}
            found[f"error.{name}"] = abs(value - self.truth)
        return found

    def seen_surprise(self, estimate: float) -> float:
        """−log p(datum | estimate), averaged over the data, in nats."""
        if self.config.question == "coin":
            return self.belief.surprise(estimate, sum(self.data) / len(self.data))
        away = sum((x - estimate) ** 2 for x in self.data) / len(self.data)
        sigma = self.config.sigma
        return 0.5 * math.log(2 * math.pi * sigma**2) + away / (2 * sigma**2)

    # ------------------------------------------------------------------ challenges

    def three_heads_with_equal_prior(self) -> bool:
        return self.data == [1.0, 1.0, 1.0] and abs(self.config.a - self.config.b) < 0.01

    def good_test_bad_news(self) -> bool:
        (tp, fn), (fp, tn) = self.counts.tolist()
        return tp > 0 and tp >= 0.99 * (tp + fn) and tn >= 0.99 * (fp + tn) and tp < 0.1 * (tp + fp)

    def one_way(self) -> bool:
        there, back = information.divergence(self.p, self.q), information.divergence(self.q, self.p)
        return 1 <= there < math.inf and back < 0.5

    # ------------------------------------------------------------------ changes by hand

    @action("Drag the prior")
    def drag_prior(self, to: Handle) -> dict[str, float]:
        """Across: where the prior is centred; up: how sure it is."""
        if to.id != "prior":
            raise Refused(f"There is no handle {to.id!r}: only the prior can be dragged.")
        return self.belief.held(to.x, to.y)

    @action("Move a datum")
    def move_datum(self, to: PointMove) -> None:
        """A toss turned over, or a measurement moved."""
        if to.index >= len(self.data):
            raise Refused(f"There is no datum {to.index}: there are {len(self.data)} so far.")
        value = float(to.x > 0.5) if self.config.question == "coin" else min(max(to.x, -5.0), 5.0)
        self.data = [*self.data[: to.index], value, *self.data[to.index + 1 :]]

    @action("Give a datum")
    def give_datum(self, number: Number) -> None:
        """Toss a coin of your own: 1 for heads, 0 for tails. Of a Gaussian: any number from −5 to 5."""
        if len(self.data) >= MOST:
            raise Refused(f"There are {MOST} data already.")
        if self.config.question == "coin" and number.value not in (0, 1):
            raise Refused(f"A toss is 1 (heads) or 0 (tails), not {number.value:g}.")
        if not -5 <= number.value <= 5:
            raise Refused(f"A datum lies between −5 and 5, not at {number.value:g}.")
        self.data = [*self.data, float(number.value)]

    @action("Type a count")
    def set_count(self, cell: Cell) -> None:
        """How many people stand in a cell of the table."""
        if cell.row > 1 or cell.column > 1:
            raise Refused("The table has two rows and two columns.")
        if cell.value is None or not 0 <= cell.value <= 1e6:
            raise Refused("A count lies between 0 and 1,000,000.")
        self.counts[cell.row, cell.column] = round(cell.value)

    @action("Drag a bar")
    def drag_bar(self, bar: Item) -> None:
        """One outcome's probability; the others share the rest as before."""
        size = len(self.p)
        if bar.index >= 2 * size or bar.value is None:
            raise Refused(f"There are {2 * size} bars, and each takes a value from 0 to 1.")
        mine = self.p if bar.index < size else self.q
        mine.copy_(information.with_share(mine, bar.index % size, bar.value))

    # ------------------------------------------------------------------ what is shown

    @probe("Densities here")
    def densities(self, at: Point) -> Table:
        """Prior, likelihood and posterior at one value."""
        belief, x = self.belief, torch.tensor([at.x])
        if self.config.question == "coin":
            x = x.clamp(0.001, 0.999)
        curves = {"prior": belief.prior, "likelihood, area 1": belief.likelihood(self.data),
                  "posterior": belief.posterior(self.data)}  # fmt: skip
        rows = [[name, f"{float(curve.density(x)):.4f}" if curve else "flat"] for name, curve in curves.items()]
        return Table(columns=[Column(f"at {float(x):.3f}".replace("-", "−")), Column("density")], rows=rows)

    @view("What is believed", stage=True, ask="densities", edit=("drag_prior", "move_datum"))
    def curves(self) -> Field:
        """Prior, likelihood and posterior, their tops, and the data as dots that can be dragged."""
        return belief_views.belief(self.belief, self.data, self.truth)

    @view("This datum")
    def update(self) -> Equation:
        """Both estimates and the posterior, with their numbers."""
        return belief_views.rule(self.belief, self.data)

    @view("In words")
    def story(self) -> Text:
        """What maximum likelihood says, and what the prior makes of it."""
        return Text.of(*belief_views.sentences(self.belief, self.data, self.truth))

    @view("Estimates over the data")
    def estimates(self) -> Curves:
        """MLE and MAP after each datum, under the prior as it is now, and the posterior's mean ± its spread."""
        return belief_views.estimates(self.belief, self.data, self.truth)

    @view("Bayes' rule: the people", edit="set_count")
    def two_way(self) -> Matrix:
        """1,000 people, by illness and by what a test says. Type another count."""
        return belief_views.two_way(self.counts)

    @view("Bayes' rule: the numbers")
    def bayes(self) -> Equation:
        """How likely somebody who tests positive is ill."""
        return belief_views.bayes(self.counts)

    @view("Two distributions", edit="drag_bar")
    def distributions(self) -> Bars:
        """What is true and what is believed of four outcomes. Drag a bar: the others make room."""
        return belief_views.distributions(self.p, self.q)

    @view("Entropy and divergence")
    def bits(self) -> Equation:
        """How surprising p is, to one who knows it and to one who believes q."""
        return belief_views.bits(self.p, self.q)
