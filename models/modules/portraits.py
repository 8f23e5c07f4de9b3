"""Figures of a network in the plane: its units' maps, the grid it bends, its distributions, its loss landscape."""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from models.core import Axis, Equation, Field, Histogram, Histograms, Layer, Link, Network, Points, Surface, Trail, Unit
from models.modules import activations, health, landscape
from models.modules.losses import Loss
from models.modules.mlp import MLP

__all__ = [
    "activation_histograms",
    "gradient_histograms",
    "loss_surface",
    "network",
    "round_up",
    "unit_equation",
    "warped",
]

Box = tuple[float, float, float, float]
Features = Callable[[Tensor], Tensor]
LATEX = {
    "x₁": "x_1", "x₂": "x_2", "x₁²": "x_1^2", "x₂²": "x_2^2", "x₁x₂": "x_1 x_2",
    "sin x₁": r"\sin x_1", "sin x₂": r"\sin x_2",
}  # fmt: skip
GREEK = {"linear": "", "sigmoid": r"\sigma", "tanh": r"\tanh", "relu": r"\mathrm{ReLU}", "leaky_relu": r"\mathrm{LReLU}",
         "elu": r"\mathrm{ELU}", "gelu": r"\mathrm{GELU}", "silu": r"\mathrm{SiLU}"}  # fmt: skip


def round_up(value: float) -> float:
    """The next of 1, 2, 5 × a power of ten: ranges that stand still while a network trains."""
    if not 1e-6 < value < 1e12:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= value * 0.999)


def reach(name: str, h: Tensor) -> tuple[float, float]:
    """The range that a layer's values are drawn in: symmetric, so that 0 is paper."""
    bounded = name in ("tanh", "sigmoid") and h.numel()
    most = 1.0 if bounded else round_up(float(h.abs().nan_to_num(0.0, 1e9, 1e9).max())) if h.numel() else 1.0
    return -most, most


def network(
    net: MLP,
    names: Sequence[str],
    inputs: Sequence[str],
    outputs: Sequence[str],
    phi: Features,
    box: Box,
    x: Tensor,
    shown: Callable[[Tensor], Tensor],
) -> Network:
    """Units with their own maps over the box, weights, biases, and what is wrong with a unit on the points x (N, D).

    names: the hidden layers' activations; shown: scores (K, N) -> what is drawn of the outputs, from −1 to 1.
    """  # fmt: skip
    units = sum(len(layer.bias) for layer in net.layers)
    side = 32 if units <= 64 else 16 if units <= 200 else 10
    at = phi(Field.lattice(box, side))  # (side², D)
    found = net.activations(at)
    columns = [at.t(), *found[:-1], shown(found[-1])]
    ill = [[""] * len(inputs), *health.notes(net, x), [""] * len(outputs)]
    layers = []
    for index, (h, notes) in enumerate(zip(columns, ill, strict=True)):
        last, first = index == len(columns) - 1, index == 0
        labels = inputs if first else outputs if last else [f"h{_sub(i + 1)}⁽{_super(index)}⁾" for i in range(len(h))]
        name = "" if first or last else names[index - 1]
        lo, hi = (-1.0, 1.0) if last else reach(name, h)
        layers.append(
            Layer(
                label="inputs" if first else "output" if last else f"layer {index}",
                activation=activations.LABELS.get(name, ""),
                units=[
                    Unit(f"{index}.{i}", label, note) for i, (label, note) in enumerate(zip(labels, notes, strict=True))
                ],
                maps=h.reshape(-1, side, side).clamp(lo, hi),
                lo=lo,
                hi=hi,
                biases=None if first else net.layers[index - 1].bias.clone(),
            )
        )
    links = [Link(source=i, target=i + 1, weights=layer.weights.clone()) for i, layer in enumerate(net.layers)]
    sick = sum(note != "" for notes in ill for note in notes)
    alt = f"{' – '.join(str(len(layer.units)) for layer in layers)} units" + (
        f", {sick} of them in trouble" if sick else ""
    )
    return Network(layers=layers, links=links, box=box, builds="layers", editable=True, alt=alt)


def _sub(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _super(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def unit_equation(net: MLP, layer: int, unit: int, names: Sequence[str], inputs: Sequence[str]) -> Equation:
    """h = g(w·h_before + b) of one unit, with its numbers; of many weights the first six."""
    part = net.layers[layer - 1]
    sources = (
        [LATEX[name] for name in inputs]
        if layer == 1
        else [f"h_{{{j + 1}}}^{{({layer - 1})}}" for j in range(part.weights.shape[1])]
    )
    output = layer == len(net.layers)
    g = "" if output else GREEK[names[layer - 1]]
    terms = r" \, ".join(rf"\slot{{w{j}}} {source}" for j, source in enumerate(sources[:6]))
    more = r" + \cdots" if len(sources) > 6 else ""
    left = f"z_{{{unit + 1}}}" if output else f"h_{{{unit + 1}}}^{{({layer})}}"
    inner = rf"{terms}{more} \, \slot{{b}}"
    line = rf"{left} = {g}\left( {inner} \right)" if g else f"{left} = {inner}"
    values: dict[str, float | int | str] = {f"w{j}": float(w) for j, w in enumerate(part.weights[unit, :6])}
    return Equation.of([line], {**values, "b": float(part.bias[unit])})


def warped(
    net: MLP, phi: Features, box: Box, x: Tensor, labels: Tensor | None, class_names: list[str], lines: int = 21
) -> dict[str, Points]:
    """The plane as each hidden layer sees it: a lattice of lines and the points, in two dimensions.

    A layer with more than two units is shown along its two widest directions (principal components of the points).
    """
    at = phi(Field.lattice(box, lines))
    both = torch.cat([at, x])
    seen = [both.t()[:, :], *net.activations(both)[:-1]]
    figures = {}
    for index, h in enumerate(seen):
        flat, axes = _two_dimensions(h, len(at), both)
        grid, points = flat[: len(at)], flat[len(at) :]
        most = round_up(float(flat.abs().nan_to_num(0.0, 1e9, 1e9).max()))
        figures["Input" if index == 0 else f"Layer {index}"] = Points(
            points=points,
            labels=labels,
            class_names=class_names,
            grid=grid.reshape(lines, lines, 2),
            x=Axis(axes[0], lo=-most, hi=most),
            y=Axis(axes[1], lo=-most, hi=most),
        )
    return figures


def _two_dimensions(h: Float[Tensor, "U N"], grid: int, inputs: Tensor) -> tuple[Tensor, tuple[str, str]]:
    """(N, 2) and the names of the axes: the units themselves if there are at most two, else principal components."""
    if len(h) == 1:
        return torch.stack([h[0], torch.zeros_like(h[0])], 1), ("unit 1", "(only one unit)")
    if len(h) == 2:
        return h.t(), ("unit 1", "unit 2")
    points = h[:, grid:] if h.shape[1] > grid + 1 else h
    middle = points.mean(1, keepdim=True)
    covariance = (points - middle) @ (points - middle).t() / points.shape[1]
    if not bool(torch.isfinite(covariance).all()):
        return torch.zeros(h.shape[1], 2), ("not finite", "not finite")
    spread, directions = torch.linalg.eigh(covariance)
    flat = (h - middle).t() @ directions[:, [-1, -2]]  # (N, 2)
    along = flat.t() @ (inputs[:, :2] - inputs[:, :2].mean(0)) if inputs.shape[1] > 1 else flat.sum(0, keepdim=True).t()
    strongest = along.abs().argmax(1, keepdim=True)
    flat = flat * torch.where(along.gather(1, strongest).t() < 0, -1.0, 1.0)  # eigenvectors have no sign of their own
    share = spread.clamp_min(0) / spread.clamp_min(0).sum().clamp_min(1e-12)
    return flat, tuple(f"principal component {i} of {len(h)} units ({share[-i]:.0%})" for i in (1, 2))  # type: ignore[return-value]


def activation_histograms(net: MLP, names: Sequence[str], x: Tensor) -> Histograms:
    """h of each hidden layer over the points, all its units together."""
    ill = health.notes(net, x)
    groups = []
    for index, (h, name, notes) in enumerate(zip(net.activations(x)[:-1], names, ill, strict=True), 1):
        kinds = [kind for kind in ("dead", "saturated", "constant") if any(note.startswith(kind) for note in notes)]
        said = [f"{sum(note.startswith(kind) for note in notes)} of {len(notes)} units {kind}" for kind in kinds]
        lo, hi = reach(name, h)
        label = f"layer {index}, {activations.LABELS[name]}"
        groups.append(Histogram.of(f"h{index}", label, h, lo, hi, note=", ".join(said)))
    return Histograms(groups=groups, x=Axis("activation h"))


def gradient_histograms(net: MLP) -> Histograms:
    """log₁₀ |∂L/∂w| of each layer's weights in the last pass: layers whose gradient vanishes lie far to the left."""
    groups = []
    for index, layer in enumerate(net.layers, 1):
        size = layer.weights_gradient.abs()
        zero = int((size == 0).sum())
        last = index == len(net.layers)
        note = f"{zero} of {size.numel()} are exactly 0" if zero else f"median {float(size.median()):.1e}"
        logs = size[size > 0].log10()
        groups.append(
            Histogram.of(f"g{index}", "output layer" if last else f"layer {index}", logs, -9.0, 3.0, note=note)
        )
    return Histograms(groups=groups, x=Axis("log₁₀ |∂L/∂w|", lo=-9, hi=3))


def loss_surface(net: MLP, noise: Tensor, x: Tensor, y: Tensor, loss: Loss, walk: Trail) -> Surface:
    """The loss over two filter-normalised random directions around the present weights, and the way here.

    At most 128 points and 25² places; fewer for large networks.
    """
    work = 625 * min(len(x), 128) * sum(len(layer.bias) for layer in net.layers)
    resolution = 25 if work <= 4e6 else 17 if work <= 1.6e7 else 11
    x, y = x[:128], y[:, :128]
    directions = torch.stack([landscape.filter_normalised(net, d) for d in noise])
    z = landscape.loss_around(net, directions, x, y, loss, resolution=resolution)
    middle = float(z[resolution // 2, resolution // 2])
    path = None
    if len(walk):
        places = landscape.project(walk.column("theta") - net.theta, directions)
        inside = (places.abs() <= 1).all(1)
        path = torch.cat([places, walk.column("loss")[:, None]], 1)[inside]
    axes = [Axis(f"direction {i} (1 = the weights' own length)", lo=-1.0, hi=1.0) for i in (1, 2)]
    high = float(z.nan_to_num(0.0, 0.0, 0.0).max())
    return Surface(
        z=z, x=axes[0], y=axes[1], z_axis=Axis("loss", lo=0.0, hi=round_up(high)), path=path, at=(0.0, 0.0, middle),
        alt=f"The loss is {middle:.3g} at the weights and up to {high:.3g} around them.",
    )  # fmt: skip
