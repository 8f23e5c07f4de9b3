# ruff: noqa: E501
"""Every figure on one page, fed with frames as a run would send them. Look at it: python -m tests.browser.gallery"""

import contextlib
import json
import math
import sys
import time
from collections.abc import Iterator
from functools import cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import torch

from models.core import figures as F
from models.core.frames import encode

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "frontend" / "static"
HERE = Path(__file__).parent
BOX = (-6.0, 6.0, -6.0, 6.0)
TWO = ["orange", "blue"]
X1, X2 = F.Axis(label="x₁"), F.Axis(label="x₂")
STEPS = 24


def circle(n: int = 240) -> tuple[torch.Tensor, torch.Tensor]:
    """Points of two classes, one around the other."""
    rng = torch.Generator().manual_seed(3)
    radius = torch.cat([torch.rand(n // 2, generator=rng) * 2.2, 3.2 + torch.rand(n // 2, generator=rng) * 2])
    angle = torch.rand(n, generator=rng) * 2 * math.pi
    return torch.stack([radius * angle.cos(), radius * angle.sin()], 1), (torch.arange(n) < n // 2).long()


def bowl(x: torch.Tensor, t: float) -> torch.Tensor:
    return torch.tanh((2.7 * t + 0.3 - (x**2).sum(1).sqrt()) * (0.3 + t) + 0.15 * torch.sin(x[:, 0] * 2) * (1 - t))


def _field(t: float) -> F.Field:
    x, y = circle()
    wrong = (bowl(x, t).sign() > 0).long() != y
    return F.Field.over(
        BOX,
        lambda p: bowl(p, t),
        lo=-1,
        hi=1,
        points=x,
        labels=y,
        held=(torch.arange(240) % 2),
        wrong=wrong.long(),
        class_names=TWO,
        x=X1,
        y=X2,
        contours=[0.0],
        value_label="output",
    )


def _perceptron(t: float) -> F.Field:
    x, y = circle(16)
    a = 0.6 + t
    arrows = [
        F.Arrow("w", 0, 0, 2.5 * math.cos(a), 2.5 * math.sin(a), "w", "ink", True),
        F.Arrow("xn", 0, 0, float(x[3, 0]), float(x[3, 1]), "y x₃", "mark"),
    ]
    segments = [
        F.Segment("b", -6 * math.sin(a), 6 * math.cos(a), 6 * math.sin(a), -6 * math.cos(a), "wᵀx = 0"),
        F.Segment("old", -6, -3, 6, 4, "before", True, "ink2"),
    ]
    return F.Field.over(
        BOX,
        lambda p: p[:, 0] * math.cos(a) + p[:, 1] * math.sin(a),
        points=x,
        labels=y,
        mark=3,
        class_names=["−1", "+1"],
        arrows=arrows,
        segments=segments,
        x=X1,
        y=X2,
        value_label="wᵀφ(x)",
        handles=[{"id": "start", "x": 3.0, "y": -4.0, "label": "start"}],
    )


def _classes(t: float) -> F.Field:
    rng = torch.Generator().manual_seed(1)
    centres = torch.tensor([[-3.0, -2], [3, -3], [0.5, 3], [-4, 4], [4.5, 3]])
    y = torch.arange(150) % 5
    x = centres[y] + torch.randn(150, 2, generator=rng)
    logits = -((F.Field.lattice(BOX)[:, None] - centres * (0.4 + 0.6 * t)) ** 2).sum(2) * (0.05 + 0.2 * t)
    sure, k = logits.softmax(1).max(1)
    length, depth = F.Axis("bill length", "mm"), F.Axis("bill depth", "g")
    return F.Field(
        classes=k.reshape(100, 100),
        strength=((sure - 0.2) / 0.8).reshape(100, 100),
        box=BOX,
        points=x,
        labels=y,
        class_names=["Adelie", "Gentoo", "Chinstrap", "King", "Rock"],
        x=length,
        y=depth,
        draws=True,
    )


def _regression(t: float) -> F.Field:
    x, _ = circle(120)
    return F.Field.over(
        BOX,
        lambda p: torch.sin(p[:, 0] * t) * 2,
        points=x,
        targets=torch.sin(x[:, 0]) * 2,
        x=X1,
        y=X2,
        value_label="prediction",
        contours=[-1.0, 0.0, 1.0],
    )


def _plane(t: float) -> F.Field:
    """A straight line fitted to points: residuals, their squares, the truth with its band, a handle."""
    rng = torch.Generator().manual_seed(5)
    x = torch.linspace(-4, 4, 12)
    y = 0.6 * x + 0.5 + torch.randn(12, generator=rng) * 0.8
    a, b = 1.2 - 0.6 * t, 2.5 - 2 * t
    at = torch.linspace(-5, 5, 80)
    truth = 0.6 * at + 0.5
    misses = [(i, float(x[i]), float(y[i]), a * float(x[i]) + b) for i in range(12)]
    return F.Field(
        box=(-5.0, 5.0, -4.0, 6.0),
        points=torch.stack([x, y], 1),
        x=F.Axis("x"),
        y=F.Axis("y"),
        lines=[
            F.Line(id="fit", label="ŷ = ax + b", x=at, y=a * at + b, colour="test"),
            F.Line(
                id="truth",
                label="truth",
                x=at,
                y=truth,
                lower=truth - 0.8,
                upper=truth + 0.8,
                style="dashed",
                colour="class2",
            ),
            F.Line(id="seen", label="test points", x=x + 0.3, y=0.6 * x + 0.9, style="points", colour="class4"),
        ],
        boxes=[F.Box(f"r{i}", px, py, px + (v - py), v, colour="test") for i, px, py, v in misses],
        segments=[F.Segment(f"s{i}", px, py, px, v, colour="ink2") for i, px, py, v in misses],
        handles=[
            {"id": "left", "x": -4.0, "y": a * -4 + b, "label": "left end"},
            {"id": "right", "x": 4.0, "y": min(5.9, a * 4 + b), "label": ""},
        ],
    )


def _walks(t: float) -> F.Field:
    """Four optimisers on one valley."""
    k = torch.arange(1 + int(60 * t), dtype=torch.float32)
    names = ["gradient descent", "momentum", "RMSprop", "Adam"]
    paths = []
    for i, name in enumerate(names):
        rate = 0.04 + 0.03 * i
        x = -4.5 * torch.exp(-rate * k) + 0.2 * i
        y = 4 * torch.exp(-rate * 2 * k) * torch.cos(k * (0.2 + 0.15 * i))
        paths.append(F.Walk(id=f"walk-{i}", label=name, places=torch.stack([x, y], 1), colour=f"class{i + 1}"))
    return F.Field.over(
        (-6.0, 6.0, -5.0, 5.0),
        lambda p: 0.1 * p[:, 0] ** 2 + 0.5 * p[:, 1] ** 2,
        x=F.Axis("w₁"),
        y=F.Axis("w₂"),
        signed=False,
        value_label="loss",
        contours=[0.2, 1.0, 3.0, 6.0, 10.0],
        paths=paths,
        handles=[{"id": "start", "x": -4.5, "y": 4.0, "label": "start"}],
    )


def _steps(t: float) -> F.Field:
    """A curve in a plane of two units, which fills its card; targets are coloured by value."""
    x = torch.linspace(0, 24, 25)
    y = 12 + 9 * torch.sin(x / 4 * (0.5 + t))
    return F.Field(
        box=(0.0, 24.0, 0.0, 25.0),
        x=F.Axis("time", "h"),
        y=F.Axis("temperature", "°C"),
        lines=[
            F.Line(id="forecast", label="forecast", x=x, y=y, style="steps", colour="line"),
            F.Line(id="mean", label="mean", x=x, y=torch.full((25,), 12.0), style="dotted", colour="ink2"),
        ],
        points=torch.stack([x[::2], y[::2] + 1], 1),
        targets=torch.sin(x[::2]),
        value_label="error",
        equal=False,
        arrows=[F.Arrow("slope", 12.0, 12.0, 4.0, 5.0 * t, "slope", "mark", True)],
    )


def _curves(t: float) -> F.Curves:
    n = 40 + int(9960 * t)
    s = torch.arange(n, dtype=torch.float32)
    noise = torch.randn(n, generator=torch.Generator().manual_seed(2)) * 0.02
    train = 0.7 * torch.exp(-s / 900) + 0.03 + noise.abs()
    test = 0.7 * torch.exp(-s / 1000) + 0.08 + noise * 0.3 + s * 4e-6
    return F.Curves(
        lines=[
            F.Line(id="train_loss", label="train", x=s, y=train, colour="train"),
            F.Line(id="test_loss", label="test", x=s, y=test, style="dashed", colour="test"),
            F.Line(
                id="ema",
                label="mean of 5 seeds",
                x=s,
                y=test + 0.1,
                lower=test + 0.05,
                upper=test + 0.18,
                style="dotted",
                colour="class2",
            ),
        ],
        x=F.Axis("step"),
        y=F.Axis("loss", "nats"),
        rules=[{"axis": "y", "at": 0.25, "label": "target 0.25"}],
        marks=[{"x": 30, "y": 0.6, "label": "first mistake"}],
    )


def _surface(t: float) -> F.Surface:
    a = torch.linspace(-2, 2, 41)
    y, x = torch.meshgrid(a, a, indexing="ij")
    z = (1 - x) ** 2 * 0.6 + 2 * (y - x**2) ** 2 + 0.05
    k = torch.linspace(0, t, 60)
    path = torch.stack([-1.5 + 2.4 * k, 1.6 - 1.5 * k + 0.5 * k**2 + 0.1 * torch.sin(12 * k), 2 - k], 1)
    return F.Surface(
        z=z,
        x=F.Axis("along direction 1", lo=-2, hi=2),
        y=F.Axis("along direction 2", lo=-2, hi=2),
        z_axis=F.Axis("loss", "nats"),
        paths=[F.Walk(id="weights", label="the weights' path", places=path, colour="ink")],
        at=tuple(path[-1].tolist()),
        log=True,
    )


def _envelope(t: float) -> F.Surface:
    """The upper envelope of three planes, coloured by the highest one, and points of three classes around it."""
    rng = torch.Generator().manual_seed(2)
    a = torch.linspace(-2, 2, 41)
    y, x = torch.meshgrid(a, a, indexing="ij")
    turn = torch.tensor([0.0, 2.1, 4.2]) + t
    planes = torch.stack([torch.cos(k) * x + torch.sin(k) * y for k in turn])
    z, winner = planes.max(0)
    spread = torch.rand(60, 2, generator=rng) * 3.6 - 1.8
    scores = torch.stack([torch.cos(k) * spread[:, 0] + torch.sin(k) * spread[:, 1] for k in turn], 1)
    height = scores.max(1).values + torch.randn(60, generator=rng) * 0.5
    return F.Surface(
        z=z,
        x=F.Axis("x₁", lo=-2, hi=2),
        y=F.Axis("x₂", lo=-2, hi=2),
        z_axis=F.Axis("score", lo=-1, hi=3),
        classes=winner,
        class_names=["Adelie", "Gentoo", "Chinstrap"],
        points=torch.cat([spread, height[:, None]], 1),
        labels=scores.argmax(1),
    )


def _matrix(t: float) -> F.Matrix:
    off = torch.randint(0, 9, (5, 5), generator=torch.Generator().manual_seed(4)).float() * (1.2 - t)
    names = ["Adelie", "Gentoo", "Chinstrap", "King", "Rock"]
    return F.Matrix(
        values=(off + torch.eye(5) * 40 * t).round(),
        rows=names,
        columns=names,
        x=F.Axis("said"),
        y=F.Axis("is"),
        counts=True,
        digits=0,
    )


def _weights(t: float) -> F.Matrix:
    w = torch.randn(4, 6, generator=torch.Generator().manual_seed(4)) * (0.5 + t)
    return F.Matrix(
        values=w,
        rows=[f"h{i}" for i in range(1, 5)],
        columns=["x₁", "x₂", "x₁²", "x₂²", "x₁x₂", "1"],
        signed=True,
        editable=True,
    )


def _points(t: float) -> F.Points:
    x, y = circle(200)

    def bend(p: torch.Tensor) -> torch.Tensor:
        return torch.stack(
            [torch.tanh(p[:, 0] * 0.5 * t + 0.2 * p[:, 1]), torch.tanh(0.5 * p[:, 1] - 0.35 * t * p[:, 0])], 1
        )

    lattice = F.Field.lattice(BOX, 25)
    return F.Points(
        points=bend(x),
        labels=y,
        class_names=TWO,
        x=F.Axis("h₁", lo=-1, hi=1),
        y=F.Axis("h₂", lo=-1, hi=1),
        grid=bend(lattice).reshape(25, 25, 2),
        grid_classes=(bowl(lattice, t) > 0).long().reshape(25, 25),
    )


def _points3(t: float) -> F.Points:
    x, y = circle(200)
    z = (x**2).sum(1, keepdim=True) / 8 * t
    return F.Points(
        points=torch.cat([x, z], 1),
        labels=y,
        class_names=TWO,
        x=X1,
        y=X2,
        z=F.Axis("x₁² + x₂²"),
        names=[f"sample {i}" for i in range(200)],
    )


def _histograms(t: float) -> F.Histograms:
    rng = torch.Generator().manual_seed(int(t * 100))
    groups = []
    for layer in range(4):
        values = torch.tanh(torch.randn(2000, generator=rng) * (0.3 + t * (layer + 1)))
        groups.append(
            F.Histogram.of(
                f"layer-{layer + 1}",
                f"layer {layer + 1} · tanh",
                values,
                -1,
                1,
                note="2 of 8 saturated" if layer == 3 else "",
            )
        )
    return F.Histograms(groups=groups, x=F.Axis("activation"))


def _bars(t: float) -> F.Bars:
    values = torch.tensor([0.2, 2.0 * t, -0.5, 1.0]).softmax(0)
    return F.Bars(
        labels=["Adelie", "Gentoo", "Chinstrap", "King"],
        values=values,
        y=F.Axis("probability", lo=0, hi=1),
        colours="class",
        truth=1,
    )


def _forces(t: float) -> F.Bars:
    return F.Bars(
        labels=["x₁", "x₂", "x₁x₂", "bias"],
        values=torch.tensor([1.5 * t, -0.8, 0.3, -2 * t]),
        y=F.Axis("weight"),
        colours="sign",
        signed=True,
        drag=True,
    )


def _series(t: float) -> F.Bars:
    before = torch.tensor([0.4, -0.2, 0.8, 0.1])
    return F.Bars(
        labels=["gender", "royalty", "age", "size"],
        values=torch.stack([before, before + t * torch.tensor([0.3, 0.5, -1.0, 0.0]), before * 0.5]),
        series=["king", "queen", "pawn"],
        y=F.Axis("coordinate", lo=-1, hi=1),
        signed=True,
        drag=True,
    )


def _sketch(t: float) -> F.Curves:
    x = torch.linspace(0, 6.28, 60)
    return F.Curves(
        lines=[
            F.Line(id="fit", label="network", x=x, y=torch.sin(x) * t, colour="test"),
            F.Line(id="seen", label="samples", x=x[::6], y=torch.sin(x[::6]) + 0.1, style="points", colour="class1"),
        ],
        x=F.Axis("x", lo=0, hi=6.28),
        y=F.Axis("y", lo=-1.5, hi=1.5),
        marks=[{"x": 6.1, "y": 0.0, "label": "end of the data"}],
        rules=[{"axis": "x", "at": 3.14, "label": "π"}, {"axis": "y", "at": 0.0, "label": "zero"}],
        draws=True,
    )


def _graph(t: float) -> F.Graph:
    """y = tanh(wx + b), w used twice: L = ½(y − t)² + λw². The way back is done as far as `t` says."""
    x, w, b, goal, decay = 1.5, 0.8, -0.3, 1.0, 0.1
    z = w * x + b
    y = math.tanh(z)
    slope = 1 - y * y
    e = y - goal
    penalty = decay * w * w
    known = t > 0.5
    grads = {
        "L": 1.0,
        "e": e,
        "r": 1.0,
        "y": e,
        "z": e * slope,
        "w": e * slope * x + 2 * decay * w,
        "b": e * slope,
        "x": e * slope * w,
        "t": -e,
    }
    node = lambda id, label, role, column, row, value, note="": F.GraphNode(
        id=id, label=label, role=role, column=column, row=row, value=value, note=note,
        gradient=grads[id] if known else None, lit=id == "w",
    )  # fmt: skip
    nodes = [
        node("x", "x", "input", 0, 0, x, "given"),
        node("w", "w", "parameter", 0, 1, w, "learned"),
        node("b", "b", "parameter", 0, 2, b, "learned"),
        node("z", "z", "operation", 1.3, 1, z, "w·x + b"),
        node("y", "tanh(z)", "operation", 2.5, 1, y, "tanh(z)"),
        node("t", "t", "input", 2.5, 2, goal, "the target"),
        node("e", "½(y − t)²", "operation", 3.8, 1, 0.5 * e * e, "half the squared error"),
        node("r", "λw²", "operation", 3.8, 0, penalty, "weight decay"),
        node("L", "L", "loss", 5, 1, 0.5 * e * e + penalty, "the loss"),
    ]
    edge = lambda source, target, local, lit=False: F.GraphEdge(
        source=source, target=target, local=local, lit=lit, flow=grads[target] * local if lit and known else None
    )
    edges = [
        edge("x", "z", w), edge("w", "z", x, True), edge("b", "z", 1.0), edge("z", "y", slope), edge("y", "e", e),
        edge("t", "e", -e), edge("w", "r", 2 * decay * w), edge("e", "L", 1.0), edge("r", "L", 1.0),
    ]  # fmt: skip
    return F.Graph(nodes=nodes, edges=edges, editable=["value", "gradient"])


def _images(t: float) -> F.Images:
    """Ten rings that grow, in grey, of two classes."""
    a = torch.linspace(-1, 1, 16)
    y, x = torch.meshgrid(a, a, indexing="ij")
    radius = (x**2 + y**2).sqrt()
    pictures = torch.stack(
        [torch.exp(-((radius - 0.08 * i - 0.2 * t) ** 2) * 40) + 0.3 * (y < -0.7) for i in range(10)]
    )
    return F.Images(
        images=pictures.clamp(0, 1),
        captions=[f"ring {i}" for i in range(10)],
        ids=[f"point-{i}" for i in range(10)],
        labels=torch.tensor([0, 0, 0, 0, 0, 1, 1, 1, 1, 255]),
        class_names=["small", "large"],
        lo=0,
        hi=1,
        value_label="brightness",
        mark=3,
        pick=True,
    )


def _filters(t: float) -> F.Images:
    rng = torch.Generator().manual_seed(6)
    return F.Images(images=torch.randn(8, 5, 5, generator=rng) * t, signed=True, columns=4, value_label="weight")


def _photo(t: float) -> F.Images:
    a = torch.linspace(0, 1, 24)
    y, x = torch.meshgrid(a, a, indexing="ij")
    return F.Images(images=torch.stack([x, y, torch.full_like(x, t)], -1)[None], captions=["colours"])


def network(widths: list[int], t: float, activation: str = "tanh") -> F.Network:
    """A network whose units' maps are really its own."""
    rng = torch.Generator().manual_seed(7)
    x = F.Field.lattice(BOX, 24)
    layers = [
        F.Layer(
            label="inputs",
            units=[
                F.Unit(f"0-{j}", ["x₁", "x₂", "x₁²", "x₂²", "x₁x₂", "sin x₁", "sin x₂"][j]) for j in range(widths[0])
            ],
            lo=-6,
            hi=6,
        )
    ]
    h = torch.stack([x[:, 0], x[:, 1], x[:, 0] ** 2, x[:, 1] ** 2, x[:, 0] * x[:, 1], x[:, 0].sin(), x[:, 1].sin()], 1)[
        :, : widths[0]
    ]
    layers[0].maps = h.T.reshape(-1, 24, 24)
    links = []
    for i, n in enumerate(widths[1:], 1):
        last = i == len(widths) - 1
        w = torch.randn(n, h.shape[1], generator=rng) * (0.4 + t) / math.sqrt(h.shape[1]) * (1.6 if i > 1 else 0.5)
        b = torch.randn(n, generator=rng) * 0.5
        h = torch.tanh(h @ w.T + b)
        dead = {1} if i == 1 and n > 3 else set()
        label = "output" if last else f"layer {i}"
        layers.append(
            F.Layer(
                label=label,
                activation=activation,
                units=[
                    F.Unit(
                        f"{i}-{j}",
                        "" if not last else ["orange", "blue", "green", "pink"][j] if n > 1 else "y",
                        "dead" if j in dead else "",
                    )
                    for j in range(n)
                ],
                maps=h.T.reshape(-1, 24, 24),
                lo=-1,
                hi=1,
                biases=b,
            )
        )
        links.append(F.Link(source=i - 1, target=i, weights=w))
    return F.Network(layers=layers, links=links, box=BOX, builds="layers", editable=True)


def _equation(t: float) -> F.Equation:
    return F.Equation.of(
        [
            (r"w \leftarrow w + y_n \, \phi(x_n)", "moves only when wrong"),
            r"\begin{pmatrix} \slot{a} \\ \slot{b} \\ \slot{c} \end{pmatrix} = \begin{pmatrix} \slot{d} \\ \slot{e} \\ 0 \end{pmatrix} + \slot{y} \cdot \begin{pmatrix} 1.20 \\ \slot{f} \\ 1 \end{pmatrix}",
            r"\sigma(z) = \frac{1}{1 + e^{-z}} = \slot{s} \qquad \sum_{i=1}^{D} w_i x_i",
        ],
        {"a": 1.2 * t, "b": -0.4, "c": 1.0, "d": 0.0, "e": -2.05 * t, "f": 3.1, "y": -1, "s": 1 / (1 + math.exp(-t))},
    )


def _table(t: float) -> F.Table:
    rows: list[list[Any]] = [
        [f"layer {i}", f"{4}×{2 + i}", 8 + 4 * i, 0.0123 * (1 - t) * i, -0.5 * t] for i in range(1, 6)
    ]
    columns = [
        F.Column("layer"),
        F.Column("shape"),
        F.Column("parameters"),
        F.Column("‖∇‖", "", 4),
        F.Column("mean", "", 2),
    ]
    return F.Table(columns=columns, rows=rows, caption="Gradients by layer", mark=2)


def _text(t: float) -> F.Text:
    return F.Text.of(
        "The training loss is 0.1243.",
        ("All 16 points are on their side.", "good"),
        ("Unit 2 of layer 1 is dead: it answers 0 everywhere.", "warn"),
        ("The loss is not finite.", "bad"),
    )


KINDS = {
    "field": _field,
    "perceptron": _perceptron,
    "classes": _classes,
    "regression": _regression,
    "plane": _plane,
    "walks": _walks,
    "steps": _steps,
    "curves": _curves,
    "surface": _surface,
    "envelope": _envelope,
    "matrix": _matrix,
    "weights": _weights,
    "points": _points,
    "points3": _points3,
    "histograms": _histograms,
    "bars": _bars,
    "forces": _forces,
    "series": _series,
    "sketch": _sketch,
    "graph": _graph,
    "images": _images,
    "filters": _filters,
    "photo": _photo,
    "network": lambda t: network([2, 4, 2, 1], t),
    "deep": lambda t: network([7, 8, 8, 8, 8, 8, 8, 8, 8, 1], t, "ReLU"),
    "wide": lambda t: network([2, 32, 32, 3], t),
    "huge": lambda t: network([7, *[64] * 8, 3], t, "ReLU"),
    "equation": _equation,
    "table": _table,
    "text": _text,
    "choices": lambda t: F.Choices.of(
        {"Layer 1": _points(t), "Layer 2": _points(1 - t / 2), "Layer 3": _points(0.3 + t)}
    ),
}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Figures</title>
<link rel="icon" href="/static/orrery.svg"><link rel="stylesheet" href="/static/css/tokens.css"><link rel="stylesheet" href="/static/css/base.css"><link rel="stylesheet" href="/static/css/figures.css">
<link rel="stylesheet" href="/gallery.css"><script type="module" src="/gallery.js"></script><body><main id="gallery"></main></body></html>"""
POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'"


def package(name: str) -> Path:
    """Where a package lies, without importing it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(name)
    return Path(spec.origin).parent


@cache
def frame(name: str, index: int) -> bytes:
    t = index / (STEPS - 1)
    return encode(KINDS[name](t), run="gallery", take=0, view=name, step=index * 40, epoch=f"{t:.1f}")


class Handler(SimpleHTTPRequestHandler):
    """The static files, the gallery's own, and frames."""

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/":
            return self._send(PAGE.encode(), "text/html")
        if path.startswith("/frames/"):
            _, _, name, index = path.split("/")
            return self._send(frame(name, int(index)), "application/octet-stream")
        if path == "/gallery.js":
            return self._send((HERE / "gallery.js").read_bytes(), "text/javascript")
        if path == "/gallery.css":
            return self._send((HERE / "gallery.css").read_bytes(), "text/css")
        if path.endswith(".ttf"):
            return self._send(next(package("ziamath").glob("fonts/*.ttf")).read_bytes(), "font/ttf")
        if path == "/assets/plotly.min.js":
            return self._send((package("plotly") / "package_data" / "plotly.min.js").read_bytes(), "text/javascript")
        if path.startswith("/api/") and "plotly" in self.headers.get("Accept", ""):
            return self._send(
                json.dumps(KINDS[path.split("/")[-1]](0.8).to_plotly()).encode(), "application/vnd.plotly.v1+json"
            )
        if path == "/api/runs/gallery":
            return self._send(json.dumps({"config": {"pointset": [[1.0, 1.0, 0]]}}).encode(), "application/json")
        return super().do_GET()

    def translate_path(self, path: str) -> str:
        return str(STATIC / path.split("?")[0].removeprefix("/static/"))

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if kind == "text/html":
            self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextlib.contextmanager
def serving(port: int = 0) -> Iterator[str]:
    """The gallery on a free loopback port; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    with serving(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
