"""Figures of a network in the plane: its output, its units, the grid it bends, its distributions, its landscape."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import (
    Axis,
    Bars,
    Column,
    Equation,
    Field,
    Histogram,
    Histograms,
    Layer,
    Link,
    Matrix,
    Network,
    Points,
    Surface,
    Table,
    Trail,
    Unit,
    Walk,
)
from models.modules import activations, health, landscape, losses
from models.modules.mlp import MLP
from models.modules.plane_sample import PlaneSample, decide

__all__ = [
    "Look", "activation_histograms", "confusion", "decision", "explanation", "gradient_histograms", "loss_surface",
    "network", "round_up", "unit", "warped",
]  # fmt: skip

RESOLUTION = 100
LATEX = {
    "x₁": "x_1", "x₂": "x_2", "x₁²": "x_1^2", "x₂²": "x_2^2", "x₁x₂": "x_1 x_2",
    "sin x₁": r"\sin x_1", "sin x₂": r"\sin x_2",
}  # fmt: skip
BENDS = {
    "linear": "", "sigmoid": r"\sigma", "tanh": r"\tanh", "relu": r"\mathrm{ReLU}", "leaky_relu": r"\mathrm{LReLU}",
    "elu": r"\mathrm{ELU}", "gelu": r"\mathrm{GELU}", "silu": r"\mathrm{SiLU}",
}  # fmt: skip


@dataclass
class Look:
    """A network and its points, to be drawn. names: activations of the hidden layers; raw: draw scores as they are."""

    net: MLP
    sample: PlaneSample
    names: list[str]
    raw: bool

    def shown(self, z: Float[Tensor, "K N"]) -> Float[Tensor, "K N"]:
        """Scores as they are drawn, from −1 to 1: 2p − 1 of a class's probability, or the score itself."""
        if self.raw:
            return z.clamp(-1, 1)
        return 2 * (torch.sigmoid(z) if len(z) == 1 else torch.softmax(z, 0)) - 1

    def field(self, **picture: Any) -> Field:
        """A picture of the plane under all the points."""
        sample = self.sample
        x0, x1, y0, y1 = sample.box
        (across, unit), (up, its_unit) = sample.axis_names
        points = {"targets": sample.truth} if sample.regression else {"labels": sample.truth.to(torch.uint8)}
        held = torch.arange(len(sample.places)) >= sample.learned
        return Field(
            box=sample.box, x=Axis(across, unit, x0, x1), y=Axis(up, its_unit, y0, y1), points=sample.places,
            held=held.to(torch.uint8), class_names=sample.class_names, **points, **picture,
        )  # fmt: skip

    def lattice(self, side: int) -> Float[Tensor, "N D"]:
        """The features of side² places all over the plane."""
        return self.sample.phi(Field.lattice(self.sample.box, side))

    @property
    def outputs(self) -> list[str]:
        return ["output"] if self.sample.outputs == 1 else self.sample.class_names


def round_up(value: float) -> float:
    """The next round number, of six in a power of ten: ranges that mostly stand still while a network trains."""
    if not 1e-6 < value < 1e12:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 1.5, 2, 3, 5, 7, 10) if power * step >= value * 0.999)


def most(h: Tensor) -> float:
    """A round number that no finite value exceeds."""
    return round_up(float(h.abs().nan_to_num(0.0, 1e9, 1e9).max())) if h.numel() else 1.0


def reach(name: str, h: Tensor) -> float:
    """Layers are drawn from −reach to reach, so that 0 is paper."""
    return 1.0 if name in ("tanh", "sigmoid") else most(h)


def decision(look: Look) -> Field:
    """The output at every place, under the points."""
    z = look.net(look.lattice(RESOLUTION))
    sample, square = look.sample, (RESOLUTION, RESOLUTION)
    if sample.regression:
        return look.field(values=look.shown(z).view(square), lo=-1.0, hi=1.0, value_label="prediction", draws=True)
    wrong = (decide(look.net(sample.inputs[:, :-1])) != sample.truth).to(torch.uint8)
    right = 1 - float(wrong[: sample.learned].float().mean()) if sample.learned else 0.0
    told: dict[str, Any] = {
        "wrong": wrong,
        "draws": True,
        "alt": f"{right:.0%} of the training points lie on the side of their class.",
    }
    if len(z) == 1:
        label = "score" if look.raw else "p(class 1) − p(class 0)"
        return look.field(values=look.shown(z).view(square), lo=-1.0, hi=1.0, value_label=label, contours=[0.0], **told)
    sure = (losses.probabilities(z).amax(0) * len(z) - 1) / (len(z) - 1)  # 0: all classes alike, 1: certain
    return look.field(classes=decide(z).view(square).to(torch.uint8), strength=sure.view(square), **told)


def network(look: Look) -> Network:
    """Units with their own maps over the plane, weights, biases, and what is wrong with a unit."""
    net, sample = look.net, look.sample
    count = sum(len(layer.bias) for layer in net.layers)
    side = 32 if count <= 64 else 16 if count <= 200 else 10
    at = look.lattice(side)
    found = net.activations(at)
    columns = [at.t(), *found[:-1], look.shown(found[-1])]
    ill = [[""] * len(sample.names), *health.notes(net, sample.train[0]), [""] * len(columns[-1])]
    layers = []
    for index, (h, notes) in enumerate(zip(columns, ill, strict=True)):
        first, last = index == 0, index == len(columns) - 1
        names = sample.names if first else look.outputs if last else [f"unit {i + 1}" for i in range(len(h))]
        name = "" if first or last else look.names[index - 1]
        limit = 1.0 if last else reach(name, h)
        layers.append(
            Layer(
                label="inputs" if first else "output" if last else f"layer {index}",
                activation=activations.LABELS.get(name, ""),
                units=[Unit(f"{index}.{i}", *said) for i, said in enumerate(zip(names, notes, strict=True))],
                maps=h.reshape(-1, side, side).clamp(-limit, limit),
                lo=-limit,
                hi=limit,
                biases=None if first else net.layers[index - 1].bias.clone(),
            )
        )
    links = [Link(source=i, target=i + 1, weights=layer.weights.clone()) for i, layer in enumerate(net.layers)]
    sick = sum(note != "" for notes in ill for note in notes)
    alt = f"A network of {' – '.join(str(len(layer.units)) for layer in layers)} units"
    alt += f", {sick} of them in trouble." if sick else "."
    return Network(layers=layers, links=links, box=sample.box, builds="layers", editable=True, alt=alt)


def unit(look: Look, layer: int, index: int) -> tuple[Field, Equation]:
    """One unit's map at full size, and h = g(w·h_before + b) with its numbers (of many weights the first six)."""
    at = look.lattice(RESOLUTION)
    found = look.net.activations(at)
    h = (at.t() if layer == 0 else look.shown(found[-1]) if layer == len(found) else found[layer - 1])[index]
    inner = 0 < layer < len(found)
    limit = reach(look.names[layer - 1], h) if inner else 1.0 if layer else most(h)
    name = f"unit {index + 1} of layer {layer}" if inner else look.outputs[index] if layer else look.sample.names[index]
    picture = h.clamp(-limit, limit).view(RESOLUTION, RESOLUTION)
    field = look.field(values=picture, lo=-limit, hi=limit, value_label=name, contours=[0.0], title=name)
    if layer == 0:
        return field, Equation.of([LATEX[look.sample.names[index]]])
    part = look.net.layers[layer - 1]
    before = [f"h_{{{j + 1}}}^{{({layer - 1})}}" for j in range(part.weights.shape[1])]
    sources = [LATEX[name] for name in look.sample.names] if layer == 1 else before
    terms = r" \, ".join(rf"\slot{{w{j}}} \, {source}" for j, source in enumerate(sources[:6]))
    terms += (r" + \cdots" if len(sources) > 6 else "") + r" \, \slot{b}"
    bend = BENDS[look.names[layer - 1]] if inner else ""
    left = f"h_{{{index + 1}}}^{{({layer})}}" if inner else f"z_{{{index + 1}}}"
    values: dict[str, float | int | str] = {f"w{j}": w for j, w in enumerate(part.weights[index, :6].tolist())}
    line = rf"{left} = {bend}\left( {terms} \right)" if bend else f"{left} = {terms}"
    return field, Equation.of([line], {**values, "b": float(part.bias[index])})


def explanation(look: Look, x: float, y: float) -> tuple[Bars, Table]:
    """What the network says of a place, and z and h of every unit on the way there."""
    net, sample = look.net, look.sample
    h = sample.phi(torch.tensor([[x, y]])).t()
    rows: list[list[str | int | float | bool | None]] = [
        [name, None, v] for name, v in zip(sample.names, h[:, 0].tolist(), strict=True)
    ]
    for index, (layer, after) in enumerate(zip(net.layers, net.activations(h.t()), strict=True), 1):
        z = layer.preactivation(h)[:, 0].tolist()
        where = "output" if index == len(net.layers) else f"layer {index}"
        rows += [[f"{where}, unit {i}", *pair] for i, pair in enumerate(zip(z, after[:, 0].tolist(), strict=True), 1)]
        h = after
    columns = [Column("unit"), Column("z = w·h + b", digits=3), Column("h = g(z)", digits=3)]
    table = Table(columns=columns, rows=rows[:80], caption=f"The first 80 of {len(rows)}." if len(rows) > 80 else "")
    if sample.regression:
        return Bars(
            labels=["prediction"], values=h[:, 0], signed=True, colours="sign", y=Axis("value", lo=-1.0, hi=1.0)
        ), table
    p = losses.probabilities(h)[:, 0]
    return Bars(labels=sample.class_names, values=p, colours="class", y=Axis("probability", lo=0.0, hi=1.0)), table


def warped(look: Look, lines: int = 21) -> dict[str, Points]:
    """The plane as each layer sees it: a lattice of lines and the points, in two dimensions.

    A layer of more than two units is shown along its two widest directions (principal components), and says so.
    """
    sample = look.sample
    at = torch.cat([look.lattice(lines), sample.inputs[:, :-1]])  # the lattice, then the points (M, D)
    labels = None if sample.regression else sample.truth.to(torch.uint8)
    figures = {}
    seen = list(enumerate([at.t(), *look.net.activations(at)[:-1]]))
    for index, h in reversed(seen):  # the last layer first: it is the one that is cut
        flat, (across, up) = _in_two_dimensions(h, at)
        limit = most(flat)
        figures[f"Layer {index}" if index else "Inputs"] = Points(
            points=flat[lines**2 :],
            grid=flat[: lines**2].reshape(lines, lines, 2),
            labels=labels,
            class_names=sample.class_names,
            x=Axis(across, lo=-limit, hi=limit),
            y=Axis(up, lo=-limit, hi=limit),
        )
    return figures


def _in_two_dimensions(h: Float[Tensor, "U M"], inputs: Float[Tensor, "M D"]) -> tuple[Tensor, tuple[str, str]]:
    """(M, 2) and the names of the axes: the units themselves where there are at most two, else principal components."""
    if len(h) == 1:
        return torch.cat([h, torch.zeros_like(h)]).t(), ("unit 1", "(there is only one unit)")
    middle = h.mean(1, keepdim=True)
    covariance = (h - middle) @ (h - middle).t() / h.shape[1]
    if len(h) == 2 or not bool(torch.isfinite(covariance).all()):
        return h[:2].t(), ("unit 1", "unit 2")
    spread, directions = torch.linalg.eigh(covariance)
    flat = (h - middle).t() @ directions[:, [-1, -2]]
    along = flat.t() @ (
        inputs - inputs.mean(0)
    )  # (2, D): a component has no sign of its own, so it gets that of an input
    strongest = along.gather(1, along.abs().argmax(1, keepdim=True))  # (2, 1)
    share = (spread / spread.sum().clamp_min(1e-12)).clamp(0, 1)
    first, second = (f"principal component {i} of {len(h)} units ({float(share[-i]):.0%})" for i in (1, 2))
    return flat * torch.where(strongest < 0, -1.0, 1.0).t(), (first, second)


def activation_histograms(look: Look) -> Histograms:
    """h of each hidden layer over the training points, all its units together."""
    x = look.sample.train[0]
    groups = []
    answers = zip(look.net.activations(x)[:-1], look.names, health.notes(look.net, x), strict=True)
    for index, (h, name, notes) in enumerate(answers, 1):
        ill = {kind: sum(note.startswith(kind) for note in notes) for kind in ("dead", "saturated", "constant")}
        said = ", ".join(f"{count} of {len(notes)} units {kind}" for kind, count in ill.items() if count)
        limit = reach(name, h)
        low = 0.0 if name in ("relu", "sigmoid") else -limit
        label = f"layer {index}, {activations.LABELS[name]}"
        groups.append(Histogram.of(f"h{index}", label, h, low, limit, note=said))
    return Histograms(groups=groups, x=Axis("activation h"))


def gradient_histograms(net: MLP) -> Histograms:
    """log₁₀ |∂L/∂w| of each layer's weights in the last step: a layer whose gradient vanishes lies far to the left."""
    groups = []
    for index, layer in enumerate(net.layers, 1):
        size = layer.weights_gradient.abs()
        zero = int((size == 0).sum())
        note = f"{zero} of {size.numel()} are exactly 0" if zero else f"median {float(size.median()):.1e}"
        label = "output layer" if index == len(net.layers) else f"layer {index}"
        groups.append(Histogram.of(f"g{index}", label, size[size > 0].log10(), -9.0, 3.0, note=note))
    return Histograms(groups=groups, x=Axis("log₁₀ |∂L/∂w|", lo=-9.0, hi=3.0))


def loss_surface(look: Look, noise: Float[Tensor, "2 P"], loss: losses.Loss, walk: Trail) -> Surface:
    """The loss over two filter-normalised random directions around the present weights, and the way here.

    At most 128 training points and 25² places, fewer for large networks.
    """
    net = look.net
    x, y = look.sample.train
    x, y = x[:128], y[:, :128]
    work = 625 * len(x) * sum(len(layer.bias) for layer in net.layers)
    resolution = 25 if work <= 2e6 else 17 if work <= 8e6 else 11
    axes = [Axis(f"direction {i} (1: the weights' own length)", lo=-1.0, hi=1.0) for i in (1, 2)]
    if not len(x):
        return Surface(z=torch.zeros(resolution, resolution), x=axes[0], y=axes[1], z_axis=Axis("loss", lo=0.0, hi=1.0))
    directions = torch.stack([landscape.filter_normalised(net, d) for d in noise])
    z = landscape.loss_around(net, directions, x, y, loss, resolution=resolution)
    here, high = float(z[resolution // 2, resolution // 2]), float(z.nan_to_num(0.0, 0.0, 0.0).max())
    paths = []
    if len(walk):
        places = landscape.project(walk.column("theta") - net.theta, directions)
        near = torch.cat([places, walk.column("loss")[:, None]], 1)[(places.abs() <= 1).all(1)]
        paths = [Walk(id="weights", label="the weights' path", places=near, colour="ink")]
    return Surface(
        z=z,
        x=axes[0],
        y=axes[1],
        z_axis=Axis("loss", lo=0.0, hi=round_up(high)),
        paths=paths,
        at=(0.0, 0.0, here) if math.isfinite(here) else None,
        alt=f"The loss is {here:.3g} at the weights and up to {high:.3g} around them.",
    )


def confusion(look: Look) -> Matrix:
    """Counts of true against decided classes on the test points; of a regression, values in five bins."""
    sample = look.sample
    part = slice(sample.learned, None) if len(sample.places) > sample.learned else slice(None)
    z, truth, names = look.net(sample.inputs[part, :-1]), sample.truth[part].long(), sample.class_names
    decided = decide(z)
    if sample.regression:
        names = ["−1 to −0.6", "to −0.2", "to 0.2", "to 0.6", "to 1"]
        decided, truth = (((value + 1) * 2.5).long().clamp(0, 4) for value in (z[0], sample.truth[part]))
    counts = torch.bincount(truth * len(names) + decided, minlength=len(names) ** 2).float().view(len(names), -1)
    return Matrix(values=counts, rows=names, columns=names, x=Axis("decided"), y=Axis("true"), counts=True, digits=0)
