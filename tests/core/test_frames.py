"""Figures to bytes and back, checked with the safetensors library itself."""

import json
import math

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load

from models.core import frames
from models.core.figures import (
    Arrow,
    Axis,
    Bars,
    Box,
    Choices,
    Column,
    Curves,
    Equation,
    Field,
    Figure,
    Graph,
    GraphEdge,
    GraphNode,
    Histogram,
    Histograms,
    Images,
    Layer,
    Line,
    Link,
    Matrix,
    Network,
    Points,
    Surface,
    Table,
    Text,
    Unit,
    Walk,
)
from tests.core.drive import content

X = torch.linspace(-1, 1, 12)
EVERY: list[Figure] = [
    Curves(lines=[Line(id="a", label="A", x=X, y=X**2, lower=X, upper=X)], x=Axis("steps"), y=Axis("loss", log=True)),
    Field.over((-1, 1, -2, 2), lambda x: x[:, 0], points=torch.ones(3, 2), labels=torch.tensor([0, 1, 255])),
    Surface(z=torch.outer(X, X), x=Axis("a", lo=-1, hi=1), y=Axis("b", lo=-1, hi=1),
            paths=[Walk(id="sgd", places=torch.ones(4, 3))], classes=torch.ones(12, 12), points=torch.ones(2, 3)),
    Field(box=(0, 1, 0, 9), points=torch.ones(3, 2), lines=[Line(id="fit", label="fit", x=X, y=X)], equal=False,
          boxes=[Box("r", 0, 0, 1, 1)], paths=[Walk(id="w", places=torch.ones(4, 2))]),
    Images(images=torch.linspace(0, 1, 192).view(3, 8, 8), captions=["a", "b", "c"], labels=torch.tensor([0, 1, 2])),
    Images(images=torch.rand(2, 4, 5, 3), lo=0, hi=1, columns=2, pick=True),
    Graph(nodes=[GraphNode(id="x", label="x", role="input", value=2.0), GraphNode(id="y", label="x²", column=1)],
          edges=[GraphEdge(source="x", target="y", local=4.0)], editable=["gradient"]),
    Matrix(values=torch.eye(3), rows=["a", "b", "c"], columns=["d", "e", "f"]),
    Points(points=torch.ones(5, 2), grid=torch.ones(3, 3, 2), grid_classes=torch.ones(3, 3)),
    Histograms(groups=[Histogram.of("h", "H", torch.randn(100), -3, 3)], x=Axis("z")),
    Bars(labels=["a", "b"], values=torch.tensor([0.5, -1]), signed=True),
    Bars(labels=["a", "b"], values=torch.rand(2, 2), series=["p", "q"], drag=True),
    Network(
        layers=[Layer(label="in", units=[Unit("x")], maps=torch.ones(1, 4, 4), lo=-1, hi=1),
            Layer(label="out", units=[Unit("y")]),
        ],
        links=[Link(source=0, target=1, weights=torch.tensor([[0.5]]))],
    ),
    Equation.of([r"w = \slot{w}"], {"w": 1.5}),
    Table(columns=[Column("n"), Column("loss", digits=3)], rows=[[1, 0.5], ["two", None]]),
    Text.of("Fine.", ("Dead.", "bad")),
    Choices.of({"one": Bars(labels=["a"], values=torch.ones(1)), "two": Bars(labels=["b"], values=torch.zeros(1))}),
]  # fmt: skip


@pytest.mark.parametrize("figure", EVERY, ids=lambda figure: figure.kind)
def test_there_and_back(figure: Figure) -> None:
    data = frames.encode(figure, run="r", step=3)
    again, metadata = frames.decode(data)
    assert type(again) is type(figure)
    assert metadata == {"run": "r", "step": "3", "kind": figure.kind}
    assert content(frames.encode(again, run="r", step=3)) == content(data)


@pytest.mark.parametrize("figure", EVERY, ids=lambda figure: figure.kind)
def test_json_and_plotly_are_json(figure: Figure) -> None:
    assert json.loads(json.dumps(frames.to_json(figure), allow_nan=False))["kind"] == figure.kind
    assert {"data", "layout"} <= set(json.loads(json.dumps(figure.to_plotly(), allow_nan=False)))


def test_plotly_accepts_every_chart() -> None:
    graph_objects = pytest.importorskip("plotly.graph_objects")
    for figure in EVERY:
        chart = figure.to_plotly()
        graph_objects.Figure(data=chart["data"], layout=chart["layout"])  # raises on any unknown property


def test_quantised_values_are_within_half_a_level() -> None:
    values = torch.randn(50, 50)
    levels, lo, hi = frames.quantise(values)
    assert (frames.unquantise(levels, lo, hi) - values).abs().max() <= (hi - lo) / 254 / 2 + 1e-6


def test_what_is_not_finite_is_told_apart() -> None:
    levels, lo, hi = frames.quantise(torch.tensor([[1.0, math.nan], [math.inf, 3.0]]))
    assert levels.tolist() == [[0, 255], [255, 254]]
    assert (lo, hi) == (1, 3)


def test_signed_values_are_symmetric() -> None:
    _, lo, hi = frames.quantise(torch.tensor([-1.0, 4.0]), signed=True)
    assert (lo, hi) == (-4, 4)


def test_the_bytes_are_plain_safetensors(tmp_path) -> None:
    data = frames.encode(EVERY[1], view="v")
    tensors = load(data)
    assert tensors["points"].dtype == torch.float32
    assert tensors["values"].dtype == torch.uint8
    (tmp_path / "frame").write_bytes(data)
    with safe_open(tmp_path / "frame", "pt") as file:
        assert file.metadata()["view"] == "v"


def test_a_field_has_row_0_at_the_lowest_y() -> None:
    field = Field.over((0, 1, 10, 20), lambda x: x[:, 1], resolution=5)
    assert field.values is not None
    assert field.values[0, 0] == pytest.approx(11)
    assert field.values[-1, 0] == pytest.approx(19)


def test_arrows_come_back_as_arrows() -> None:
    again, _ = frames.decode(frames.encode(Field(arrows=[Arrow("w", 0, 0, 1, 1)])))
    assert again == Field(arrows=[Arrow("w", 0, 0, 1, 1)])


def test_slots_stand_in_the_mathml() -> None:
    equation = Equation.of([r"w' = \slot{w}"], {"w": 2})
    assert "<mtext>⟦w⟧</mtext>" in equation.lines[0].mathml
