"""Figures of a race down a surface: the paths, the last step in numbers, the rate against its limit, the standings."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import Axis, Column, Curves, Equation, Field, Line, Surface, Table, Walk
from models.modules import stability
from models.modules.optimizers import LABELS
from models.modules.race import Race
from models.modules.surfaces import Surface as Ground
from models.modules.vectors import column, numeral, slots

__all__ = ["COLOURS", "Rules", "field", "limits", "place", "relief", "sentences", "standing", "step"]

COLOURS = ["class2", "class3", "class4", "class5", "class1", "class0"]
"""Of the walkers in their order, as on the charts of their metrics."""
FLOOR = -2.0
"""log₁₀ of the height below which the map is all of one colour."""
EDGE = 4.2
"""How far the chart of rates goes, in units of 1/L."""


@dataclass(frozen=True)
class Rules:
    """What the walkers walk by: the rate of those with a limit and of the others, β, and the curvatures (μ, L)."""

    rate: float
    adaptive: float
    momentum: float
    flattest: float
    steepest: float


def field(ground: Ground, race: Race, start: Float[Tensor, " 2"]) -> Field:
    """log₁₀ f over the plane, the paths, and the start, which can be dragged."""
    height = lambda x: ground.height(x.double()).clamp(min=10**FLOOR).log10()
    shown = Field.over(
        ground.box, height, value_label="log₁₀ f", signed=False, lo=FLOOR, x=Axis("x₁"), y=Axis("x₂"), equal=False,
        paths=walks(race), handles=[{"id": "start", "x": float(start[0]), "y": float(start[1]), "label": "start"}],
    )  # fmt: skip
    assert shown.values is not None
    top = float(shown.values.max())
    shown.hi = math.ceil(top * 2) / 2
    shown.contours = [FLOOR + 0.5 * k + 0.25 for k in range(round(2 * (shown.hi - FLOOR)))]
    shown.alt = "; ".join(
        f"{LABELS[name]} at height {h:.3g}" for name, h in zip(race.names, heights(ground, race), strict=True)
    )
    return shown


def walks(race: Race) -> list[Walk]:
    return [
        Walk(id=name, label=LABELS[name], places=race.path(name), colour=COLOURS[i])
        for i, name in enumerate(race.names)
    ]


def heights(ground: Ground, race: Race) -> list[float]:
    return [float(h) for h in ground.height(race.x)]


def relief(ground: Ground, race: Race, resolution: int = 60) -> Surface:
    """The surface in space, its heights as log₁₀ f, and the paths on it as far as they lie above it."""
    x0, x1, y0, y1 = ground.box
    y, x = torch.meshgrid(torch.linspace(y0, y1, resolution), torch.linspace(x0, x1, resolution), indexing="ij")
    z = lambda places: ground.height(places.double()).clamp(min=10**FLOOR).log10()
    paths = []
    for walk in walks(race):
        inside = ((walk.places >= torch.tensor([x0, y0])) & (walk.places <= torch.tensor([x1, y1]))).all(1)
        seen = walk.places[inside]
        walk.places = torch.cat([seen, z(seen)[:, None]], 1)
        paths.append(walk)
    return Surface(
        z=z(torch.stack([x.reshape(-1), y.reshape(-1)], 1)).reshape(resolution, resolution), paths=paths,
        x=Axis("x₁", lo=x0, hi=x1), y=Axis("x₂", lo=y0, hi=y1), z_axis=Axis("log₁₀ f"),
    )  # fmt: skip


# ---------------------------------------------------------------------- the last step, in numbers

RULE = {
    "sgd": [(r"x' = x - \eta\, g", "against the gradient g = ∇f(x)")],
    "momentum": [(r"v' = \beta\, v + g", "what is left of past gradients"), (r"x' = x - \eta\, v'", "")],
    "nesterov": [
        (r"v' = \beta\, v + g", "what is left of past gradients"),
        (r"x' = x - \eta\,(g + \beta\, v')", "a look ahead: where β v′ is about to carry it"),
    ],
    "adagrad": [
        (r"s' = s + g^2", "each coordinate's squares, added up"),
        (r"x' = x - \eta\, g / \sqrt{s'}", "the rate of each coordinate only falls"),
    ],
    "rmsprop": [
        (r"s' = 0.99\, s + 0.01\, g^2", "a mean of the squares that forgets"),
        (r"x' = x - \eta\, g / \sqrt{s'}", ""),
    ],
    "adam": [
        (r"m' = \beta_1 m + (1 - \beta_1)\, g", "a mean of the gradients"),
        (r"s' = 0.999\, s + 0.001\, g^2", "a mean of their squares"),
        (r"x' = x - \eta\, \hat m / \sqrt{\hat s}", "both divided by 1 − βᵗ, for they began at 0"),
    ],
}
"""The rule of each, for before the first step; ε, which only guards against 0/0, is left out."""


def step(race: Race, name: str, rules: Rules) -> Equation:
    """The last step of one walker with its numbers, coordinate by coordinate; before the first step its rule."""
    i = race.names.index(name)
    if not race.count or race.gone[i]:
        lost = [(r"\text{gone}", f"It left for good at step {race.gone[i]}.")] if race.gone[i] else []
        return Equation.of([*lost, *RULE[name]])
    optimizer, old = race.optimizers[name], race.memory[i]
    new = {kept: getattr(optimizer, kept) for kept in optimizer.kept}
    rate = rules.rate if name in stability.BOUNDED else rules.adaptive
    vectors = {"x": race.before[i], "g": race.gradient[i], "n": race.x[i]}
    vectors |= {f"{kept}o": value for kept, value in old.items()} | {f"{kept}n": value for kept, value in new.items()}
    numbers = slots(**vectors) | {"eta": rate, "beta": rules.momentum, "gain": 1 - rules.momentum}
    if name == "adam":
        t = optimizer.count
        numbers |= slots(mh=new["m"] / (1 - rules.momentum**t), sh=new["s"] / (1 - 0.999**t))
    return Equation.of(_lines(name), {slot: readable(value) for slot, value in numbers.items()})


def _lines(name: str) -> list[str | tuple[str, str]]:
    """LaTeX of one step of each optimiser, every symbol with its number; a result has a line of its own."""
    c = {slot: column(slot, 2) for slot in ("x", "g", "n", "vo", "vn", "mo", "mn", "so", "sn", "mh", "sh")}
    eta, beta = r"\slot{eta}", r"\slot{beta}"
    slope = (rf"g = \nabla f(x) = {c['g']}", "the gradient where it stood")
    by_each = "coordinate by coordinate"

    def become(symbol: str, terms: str, result: str, note: str) -> list[str | tuple[str, str]]:
        return [rf"{symbol} = {terms}", (rf"\phantom{{{symbol}}} = {c[result]}", note)]

    def move(by: str, note: str) -> list[str | tuple[str, str]]:
        return become("x'", rf"{c['x']} - {eta}\, {by}", "n", note)

    ball = become("v'", rf"{beta} {c['vo']} + {c['g']}", "vn", "v′ = β v + g")
    scaled = rf"{c['g']} \Big/ \sqrt{{{c['sn']}}}"
    if name == "sgd":
        return [slope, *move(c["g"], "x′ = x − η g")]
    if name == "momentum":
        return [slope, *ball, *move(c["vn"], "x′ = x − η v′")]
    if name == "nesterov":
        ahead = rf"\left({c['g']} + {beta} {c['vn']}\right)"
        return [slope, *ball, *move(ahead, "x′ = x − η (g + β v′)")]
    if name in ("adagrad", "rmsprop"):
        old, new = ("", "") if name == "adagrad" else (r"0.99\,", r"0.01\,")
        note = "s′ = s + g²" if name == "adagrad" else "s′ = 0.99 s + 0.01 g²"
        squares = become("s'", rf"{old}{c['so']} + {new}{c['g']}^2", "sn", f"{note}, {by_each}")
        return [slope, *squares, *move(scaled, f"x′ = x − η g/√s′, {by_each}")]
    first = become("m'", rf"{beta} {c['mo']} + \slot{{gain}} {c['g']}", "mn", "m′ = β₁ m + (1 − β₁) g")
    second = become("s'", rf"0.999\,{c['so']} + 0.001\,{c['g']}^2", "sn", f"s′ = 0.999 s + 0.001 g², {by_each}")
    made_up = (rf"\hat m = {c['mh']},\quad \hat s = {c['sh']}", "divided by 1 − β₁ᵗ and 1 − 0.999ᵗ")
    return [
        slope,
        *first,
        *second,
        made_up,
        *move(rf"{c['mh']} \Big/ \sqrt{{{c['sh']}}}", f"x′ = x − η m̂/√ŝ, {by_each}"),
    ]


def readable(value: float | int | str) -> float | int | str:
    """A number that two digits after the point would hide, in powers of ten."""
    hidden = isinstance(value, float) and (0 < abs(value) < 0.005 or abs(value) >= 1e5)
    return numeral(float(value), 2) if hidden else value


# ---------------------------------------------------------------------- rates and limits


def limits(race: Race, rules: Rules) -> Curves:
    """What a step leaves of the error in the slowest direction, ρ, against ηL: above 1 it grows."""
    at = torch.linspace(0.0, EDGE, 281, dtype=torch.float64)
    curvatures = torch.tensor([rules.flattest, rules.steepest], dtype=torch.float64)
    now = rules.rate * rules.steepest
    lines, marks = [], []
    for i, name in enumerate(race.names):
        if name not in stability.BOUNDED:
            continue
        rho = stability.radius(name, at / rules.steepest, curvatures, rules.momentum)
        here = float(stability.radius(name, torch.tensor([rules.rate]), curvatures, rules.momentum))
        lines.append(Line(id=name, label=LABELS[name], x=at, y=rho, colour=COLOURS[i]))
        end = stability.limit(name, rules.steepest, rules.momentum) * rules.steepest
        marks.append({"x": end, "y": 1.0, "label": f"{end:.3g}/L", "colour": COLOURS[i]})
        if now <= EDGE:
            marks.append({"x": now, "y": min(here, 1.6), "label": "", "colour": COLOURS[i]})
    return Curves(
        lines=lines, marks=marks, x=Axis("η L", lo=0, hi=EDGE), y=Axis("ρ", lo=0, hi=1.6),
        rules=[{"axis": "y", "at": 1.0, "label": ""},
               {"axis": "x", "at": min(now, EDGE), "label": "η"}],
    )  # fmt: skip


def sentences(ground: Ground, race: Race, rules: Rules) -> list[str | tuple[str, str]]:
    """How the rate compares with each limit, and who has left the picture."""
    said: list[str | tuple[str, str]] = []
    mu, steep = rules.flattest, rules.steepest
    said.append(f"Curvature at the minimum: from μ = {mu:.4g} to L = {steep:.4g}, so κ = L/μ = {steep / mu:.4g}.")
    for name in race.names:
        if name in stability.BOUNDED:
            most, now = stability.limit(name, steep, rules.momentum) * steep, rules.rate * steep
            over = now > most
            word = "above its limit" if over else "below its limit"
            end = "the steepest direction grows with every step." if over else "it can settle."
            said.append((f"{LABELS[name]}: η = {now:.3g}/L is {word}, {most:.3g}/L: {end}", "bad" if over else "plain"))
    x0, x1, y0, y1 = ground.box
    for i, (name, (a, b)) in enumerate(zip(race.names, race.x.tolist(), strict=True)):
        if race.gone[i]:
            said.append((f"{LABELS[name]} left for good at step {race.gone[i]}: it walks no further.", "bad"))
        elif not (x0 <= a <= x1 and y0 <= b <= y1):
            said.append((f"{LABELS[name]} is out of the picture, at ({a:.3g}, {b:.3g}).".replace("-", "−"), "warn"))
    if free := [LABELS[name] for name in race.names if name not in stability.BOUNDED]:
        said.append(f"No such limit, for the gradient is divided by its own size: {', '.join(free)}.")
    return said


def standing(ground: Ground, race: Race) -> Table:
    """Each walker's place and height, and when it first was below 10⁻⁶."""
    rows: list[list[str | int | float | bool | None]] = []
    for i, (name, height) in enumerate(zip(race.names, heights(ground, race), strict=True)):
        state = f"left at {race.gone[i]}" if race.gone[i] else str(race.arrived[i] or "not yet")
        a, b = race.x[i].tolist()
        row = [LABELS[name], f"({a:.2f}, {b:.2f})", f"{height:.1e}", state]
        rows.append([text.replace("-", "−") for text in row])
    columns = [Column(name) for name in ("", "x", "f", "< 10⁻⁶ at")]
    return Table(columns=columns, rows=rows, caption=f"After {race.count} steps")


def place(ground: Ground, x: Float[Tensor, " 2"]) -> tuple[Equation, Table]:
    """The gradient and the curvatures at one place."""
    at = x[None].double()
    gradient, (low, high) = ground.gradient(at)[0], ground.eigenvalues(at)[0].tolist()
    values = {"f": float(ground.height(at))} | slots(g=gradient, x=at[0])
    line = rf"\nabla f{column('x', 2)} = {column('g', 2)}"
    rows: list[list[str | int | float | bool | None]] = [
        ["height f", f"{values['f']:.4g}"],
        ["flattest curvature", f"{low:.4g}".replace("-", "−")],
        ["steepest curvature", f"{high:.4g}".replace("-", "−")],
        ["2 / steepest, the limit here", f"{2 / high:.4g}" if high > 0 else "none: it bends down everywhere"],
    ]
    return (
        Equation.of([line], {slot: readable(value) for slot, value in values.items()}),
        Table(columns=[Column(""), Column("here")], rows=rows),
    )
