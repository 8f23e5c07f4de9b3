"""Figures of what is believed: prior, likelihood and posterior; an estimate over time; a table of two causes; bits."""

import math
from collections import Counter
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import Axis, Bars, Curves, Equation, Field, Line, Matrix, Segment
from models.modules import information
from models.modules.conjugate import Coin, Gaussian
from models.modules.vectors import numeral

__all__ = ["bayes", "belief", "bits", "distributions", "estimates", "rule", "sentences", "two_way"]

PRIOR, LIKELIHOOD, POSTERIOR = "class2", "class5", "class1"
HEIGHTS = (0.5, 1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120, 200, 300)
"""The ends that the axis of densities may have, so that it seldom moves."""
OUTCOMES = ["A", "B", "C", "D"]

Question = Coin | Gaussian


def belief(question: Question, data: Sequence[float], truth: float) -> Field:
    """The three curves, the highest place of two of them, the data as dots, and the prior's handle."""
    coin = isinstance(question, Coin)
    x0, x1 = (0.0, 1.0) if coin else (-5.0, 5.0)
    prior, likelihood, posterior = question.prior, question.likelihood(data), question.posterior(data)
    at = torch.linspace(0.001, 0.999, 400) if coin else torch.linspace(x0, x1, 400)
    curves = [("prior", prior, PRIOR, "dashed"), ("likelihood, area 1", likelihood, LIKELIHOOD, "dotted"),
              ("posterior", posterior, POSTERIOR, "solid")]  # fmt: skip
    top = max(curve.top for _, curve, _, _ in curves if curve)
    end = next((h for h in HEIGHTS if h >= 1.05 * top and h >= (5 if coin else 1)), top)
    lines = [
        Line(id=name, label=name, x=at, y=curve.density(at).clamp(max=4 * end), style=style, colour=colour)
        for name, curve, colour, style in curves
        if curve
    ]
    middle = prior.mean
    box = (-0.04, 1.04, 0.0, float(end)) if coin else (x0, x1, 0.0, float(end))  # dots at 0 and 1 are whole
    return Field(
        box=box, x=Axis("θ, probability of heads" if coin else "μ"), y=Axis("density"),
        equal=False, lines=lines, segments=_marks(question, data, truth, float(end)),
        points=piles(data, 1.0 if coin else 0.1, float(end)), mark=len(data) - 1 if data else None,
        handles=[{"id": "prior", "x": middle, "y": float(prior.density(torch.tensor([middle]))), "label": "prior"}],
        alt=f"Prior {prior.written()}, posterior {posterior.written()} after {len(data)} data",
    )  # fmt: skip


def _marks(question: Question, data: Sequence[float], truth: float, end: float) -> list[Segment]:
    """The truth, and the two estimates at heights of their own, so that their names do not meet."""
    found = [Segment("truth", truth, 0.0, truth, 0.62 * end, label="truth", dash=True, colour="ink3")]
    for name, value, height, colour in (
        ("MLE", question.mle(data), 0.99, LIKELIHOOD),
        ("MAP", question.map(data), 0.85, POSTERIOR),
    ):
        if value is not None:
            label = f"{name} {value:.2f}".replace("-", "−")
            found.append(Segment(name, value, 0.0, value, height * end, label=label, colour=colour))
    return found


def piles(data: Sequence[float], width: float, end: float) -> Float[Tensor, "N 2"]:
    """One dot a datum; data that fall into one bin stand on each other."""
    seen: Counter[int] = Counter()
    rows: list[tuple[float, int]] = []
    for x in data:
        rows.append((x, seen[round(x / width)]))
        seen[round(x / width)] += 1
    tallest = max(seen.values(), default=0)
    step = 0.9 * end / max(22, tallest)
    return torch.tensor([[x, (k + 0.6) * step] for x, k in rows]).reshape(-1, 2)


def estimates(question: Question, data: Sequence[float], truth: float) -> Curves:
    """What each would have said after every datum, under the prior as it is now; the band is the posterior's spread."""
    known = list(range(len(data) + 1))
    mle, top, mean, sd = [], [], [], []
    for n in known:
        posterior, guess, high = question.posterior(data[:n]), question.mle(data[:n]), question.map(data[:n])
        mle.append(math.nan if guess is None else guess)
        top.append(math.nan if high is None else high)
        mean.append(posterior.mean)
        sd.append(posterior.sd)
    x, middle, spread = torch.tensor(known, dtype=torch.float32), torch.tensor(mean), torch.tensor(sd)
    lines = [
        Line(id="map", label="MAP", x=x, y=torch.tensor(top), colour=POSTERIOR,
             lower=middle - spread, upper=middle + spread),
        Line(id="mle", label="MLE", x=x, y=torch.tensor(mle), colour=LIKELIHOOD, style="dotted"),
    ]  # fmt: skip
    ends = (0.0, 1.0) if isinstance(question, Coin) else (-5.0, 5.0)
    return Curves(
        lines=lines, x=Axis("data", lo=0, hi=max(10, 10 * math.ceil(len(data) / 10))),
        y=Axis("θ" if isinstance(question, Coin) else "μ", lo=ends[0], hi=ends[1]),
        rules=[{"axis": "y", "at": truth, "label": "truth"}],
    )  # fmt: skip


# ---------------------------------------------------------------------- this datum, in numbers


def rule(question: Question, data: Sequence[float]) -> Equation:
    """Both estimates and the posterior with their numbers."""
    if isinstance(question, Coin):
        return _coin(question, data)
    return _gaussian(question, data)


def _coin(question: Coin, data: Sequence[float]) -> Equation:
    n, h = len(data), int(sum(data))
    posterior = question.posterior(data)
    lines: list[str | tuple[str, str]] = [
        (r"p(D \mid \theta) = \theta^{\slot{h}} (1 - \theta)^{\slot{t}}", "likelihood: a factor for every toss"),
        (r"\hat\theta_{\mathrm{MLE}} = \dfrac{h}{n} = \dfrac{\slot{h}}{\slot{n}} = \slot{mle}" if n
         else r"\hat\theta_{\mathrm{MLE}} = \dfrac{0}{0}", "the share of heads" if n else "no toss, no estimate"),
        (r"p(\theta \mid D) = \mathrm{Beta}(\slot{a} + \slot{h},\; \slot{b} + \slot{t})", "prior counts plus counts"),
    ]  # fmt: skip
    if posterior.mode is None:
        lines.append((r"\hat\theta_{\mathrm{MAP}}", "no single highest place: flat, or highest at both ends"))
    elif posterior.a < 1 or posterior.b < 1:
        lines.append((r"\hat\theta_{\mathrm{MAP}} = \slot{map}", "the curve is highest at the end"))
    else:
        top = r"\dfrac{h + a - 1}{n + a + b - 2}"
        filled = r"\dfrac{\slot{h} + \slot{a} - 1}{\slot{n} + \slot{a} + \slot{b} - 2}"
        lines += [rf"\hat\theta_{{\mathrm{{MAP}}}} = {top}", (rf"= {filled} = \slot{{map}}", "the posterior's top")]
    values: dict[str, float | int | str] = {"h": h, "t": n - h, "n": n, "a": question.a, "b": question.b}
    values |= {name: v for name, v in (("mle", question.mle(data)), ("map", posterior.mode)) if v is not None}
    return Equation.of(lines, values)


def _gaussian(question: Gaussian, data: Sequence[float]) -> Equation:
    n, posterior = len(data), question.posterior(data)
    weight = n * question.tau**2 / (n * question.tau**2 + question.sigma**2)
    values: dict[str, float | int | str] = {
        "n": n, "m": question.m, "s": question.sigma, "t": question.tau, "w": weight, "r": 1 - weight,
        "map": posterior.mean, "sd": posterior.sd,
    }  # fmt: skip
    if not n:
        return Equation.of(
            [(r"\hat\mu_{\mathrm{MLE}} = \dfrac{0}{0}", "no datum, no estimate"),
             (r"\hat\mu_{\mathrm{MAP}} = m = \slot{m}", "the prior's top")], values)  # fmt: skip
    values |= {"mle": question.mle(data) or 0.0, "x": data[-1]}
    lines: list[str | tuple[str, str]] = [
        (r"x_{\slot{n}} = \slot{x}", "the datum that came"),
        (r"\hat\mu_{\mathrm{MLE}} = \bar x = \slot{mle}", "the mean of the data"),
        (r"w = \dfrac{n\tau^2}{n\tau^2 + \sigma^2} = \slot{w}", "how much the data weigh"),
        (r"\hat\mu_{\mathrm{MAP}} = w\,\bar x + (1 - w)\,m", "between data and prior"),
        r"= \slot{w} \cdot (\slot{mle}) + \slot{r} \cdot (\slot{m}) = \slot{map}",
        (r"\dfrac{1}{\mathrm{sd}^2} = \dfrac{1}{\tau^2} + \dfrac{n}{\sigma^2},\quad \mathrm{sd} = \slot{sd}",
         "precisions add"),
    ]  # fmt: skip
    return Equation.of(lines, values)


def sentences(question: Question, data: Sequence[float], truth: float) -> list[str | tuple[str, str]]:
    """What each believes now, in words."""
    mle, high, n = question.mle(data), question.map(data), len(data)
    if mle is None:
        start = "No datum yet: maximum likelihood has nothing to say, the posterior is the prior."
        return [start, "Press play." if high is not None else "The prior has no single highest place: no MAP either."]
    said: list[str | tuple[str, str]] = []
    if isinstance(question, Coin):
        if mle in (0.0, 1.0):
            side, other = ("heads", "tails") if mle else ("tails", "heads")
            said.append((f"MLE says: always {side}. It would be infinitely surprised by {other}.", "bad"))
        else:
            said.append(f"MLE says: {mle:.1%} heads, the share so far.")
        worth = question.a + question.b
        said.append(f"The prior counts like {worth:.3g} tosses beside the {n} that were made.")
    else:
        said.append(f"MLE says {numeral(mle, 3)}, the mean of {n}.")
        said.append(f"The prior counts like {(question.sigma / question.tau) ** 2:.3g} data beside the {n} that came.")
    if high is None:
        said.append(("The posterior has no single highest place, so there is no MAP.", "warn"))
    else:
        nearer = abs(high - truth) < abs(mle - truth)
        gap = f"MAP says {numeral(high, 3)}, {numeral(abs(high - mle), 2)} away from MLE"
        said.append((f"{gap}, {'nearer to' if nearer else 'not nearer to'} the truth.", "good" if nearer else "plain"))
    return said


# ---------------------------------------------------------------------- two causes, and bits


def two_way(counts: Float[Tensor, "2 2"]) -> Matrix:
    """People by what they have and what the test says."""
    return Matrix(
        values=counts, rows=["ill", "healthy"], columns=["test +", "test −"], counts=True, editable=True, digits=0,
        alt=f"{counts[0, 0]:.0f} of {counts[:, 0].sum():.0f} who test positive are ill",
    )  # fmt: skip


def bayes(counts: Float[Tensor, "2 2"]) -> Equation:
    """P(ill | +) from the table's row and column, or what keeps it from having a value."""
    (tp, fn), (fp, tn) = counts.tolist()
    ill, total, positive = tp + fn, tp + fn + fp + tn, tp + fp
    rule = r"P(\text{ill} \mid +) = \dfrac{P(+ \mid \text{ill})\,P(\text{ill})}{P(+)}"
    if not ill or not positive:
        why = "nobody is ill, so P(+ | ill) has no value" if not ill else "nobody tests positive: P(+) = 0"
        return Equation.of([(rule, f"Here {why}.")])
    values: dict[str, float | int | str] = {
        "hit": tp / ill, "base": ill / total, "pos": positive / total, "post": tp / positive,
        "tp": int(tp), "p": int(positive),
    }  # fmt: skip
    lines: list[str | tuple[str, str]] = [
        rule,
        (
            r"= \dfrac{\slot{hit} \cdot \slot{base}}{\slot{pos}} = \slot{post}",
            "hit rate × base rate over all positives",
        ),
        (r"= \dfrac{\slot{tp}}{\slot{p}}", "read off the column: ill among those who test +"),
    ]
    shown = {name: _digits(value) for name, value in values.items()}
    return Equation.of(lines, shown)


def _digits(value: float | int | str) -> float | int | str:
    """Shares with three digits that count, however small."""
    return f"{value:.3g}" if isinstance(value, float) else value


def distributions(p: Float[Tensor, " K"], q: Float[Tensor, " K"]) -> Bars:
    """p and q side by side; each bar can be dragged."""
    return Bars(labels=OUTCOMES, values=torch.stack([p, q]), series=["p, true", "q, believed"], drag=True,
                y=Axis("probability", lo=0, hi=1))  # fmt: skip


def bits(p: Float[Tensor, " K"], q: Float[Tensor, " K"]) -> Equation:
    """The entropy of p, the cross-entropy to q, and both divergences, in bits."""
    known = {"h": information.entropy(p), "c": information.cross_entropy(p, q),
             "pq": information.divergence(p, q), "qp": information.divergence(q, p)}  # fmt: skip
    values: dict[str, float | int | str] = {k: "∞" if math.isinf(v) else f"{v:.3f}" for k, v in known.items()}
    price = "an outcome of p is impossible under q" if math.isinf(known["pq"]) else "what believing q costs"
    other = "an outcome of q is impossible under p" if math.isinf(known["qp"]) else "not the same the other way round"
    return Equation.of(
        [(r"H(p) = -\sum p \log_2 p = \slot{h}", "bits: the surprise that no belief can avoid"),
         (r"H(p, q) = -\sum p \log_2 q = \slot{c}", "the surprise of one who believes q"),
         (r"\mathrm{KL}(p \,\|\, q) = \slot{c} - \slot{h} = \slot{pq}", price),
         (r"\mathrm{KL}(q \,\|\, p) = \slot{qp}", other)], values)  # fmt: skip
