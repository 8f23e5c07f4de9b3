"""Backpropagation: every gradient against autograd and finite differences, and what the page may say about them."""

import math

import pytest
import torch

from models.core.errors import Refused
from models.core.session import Session
from models.labs.neural.backpropagation import Backpropagation
from tests.core.drive import forward

G = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "identity": lambda z: z,
}
AUTOGRAD = 1e-6
"""Both sides are float64 and of a few dozen operations: the difference is rounding, far below this."""
DIFFERENCES = 1e-4
"""Central differences at h = 1e-5 err by h² times a third derivative of order 1 to 100, and by rounding, 1e-16 / h."""


def loss(config: dict, v: dict[str, torch.Tensor]) -> torch.Tensor:
    """The same function written down by hand with torch."""
    g, units = G[config.get("activation", "tanh")], config.get("units", 2)
    match config["graph"]:
        case "shared":
            h = g(v["w1"] * v["x"] + v["b"])
            return (v["w2"] * h + v["w3"] * h - v["t"]) ** 2 / 2
        case "network":
            hidden = [v[f"v{k}"] * g(v[f"w{k}"] * v["x"] + v[f"b{k}"]) for k in range(1, units + 1)]
            return (sum(hidden) + v["c"] - v["t"]) ** 2 / 2
        case "logistic":
            return torch.nn.functional.binary_cross_entropy_with_logits(v["w"] * v["x"] + v["b"], v["t"])
        case "chain":
            h = v["x"]
            for k in range(1, units + 1):
                h = g(v[f"w{k}"] * h + v[f"b{k}"])
            return (h - v["t"]) ** 2 / 2
        case _:
            return (v["a"] * v["b"] + v["a"] - v["t"]) ** 2 / 2


CONFIGS = [
    {"graph": graph, "activation": activation, "units": units}
    for graph, kinds, sizes in (
        ("shared", G, (2,)), ("network", G, (1, 2, 3)), ("chain", G, (1, 3)), ("logistic", ["tanh"], (2,)),
        ("formula", ["tanh"], (2,)),
    )
    for activation in kinds for units in sizes
]  # fmt: skip


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: "-".join(map(str, config.values())))
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_gradient_is_autograds_and_the_finite_differences(config: dict, seed: int) -> None:
    session = Session(Backpropagation, {**config, "weights": "random", "stride": "phase"}, seed=seed)
    forward(session, 1)  # the whole way back
    lab, graph = session.lab, session.lab.expression().graph
    leaves = {
        id: torch.tensor(value, dtype=torch.float64, requires_grad=True)
        for id, value in lab.values.items()
        if not graph.nodes[id].operation
    }
    value = loss(config, leaves)
    value.backward()
    assert value.item() == pytest.approx(lab.values["L"], abs=AUTOGRAD)
    for id, leaf in leaves.items():
        if id == "t" and config["graph"] == "logistic":
            continue  # torch's loss is not differentiable by its target
        assert lab.gradients_[id] == pytest.approx(float(leaf.grad), abs=AUTOGRAD), id
    for id, gradient in lab.gradients_.items():
        assert gradient == pytest.approx(graph.difference(id, lab.values)[0], abs=DIFFERENCES), id


def test_an_update_is_a_step_of_torchs_sgd() -> None:
    config = {"graph": "network", "units": 3, "stride": "update", "learning_rate": 0.1}
    lab = Session(Backpropagation, config).lab
    graph = lab.expression().graph
    weights = {id: torch.tensor(lab.values[id], dtype=torch.float64, requires_grad=True) for id in graph.parameters}
    optimiser = torch.optim.SGD(weights.values(), 0.1)
    for x, t in lab.expression().examples():
        optimiser.zero_grad()
        given = {"x": torch.tensor(x, dtype=torch.float64), "t": torch.tensor(t, dtype=torch.float64)}
        loss(config, weights | given).backward()
        optimiser.step()
        lab.step()
    assert [lab.values[id] for id in weights] == pytest.approx([w.item() for w in weights.values()], abs=1e-12)


def test_one_edge_a_step_and_two_paths_meet_and_add() -> None:
    session = Session(Backpropagation)
    meeting = []
    for _ in range(12):
        forward(session, 1)
        phase, head, i, before, after = session.lab.last
        assert phase == "backward"
        if session.lab.expression().graph.nodes[head].arguments[i] == "h":
            meeting.append((before, after))
    (nothing, first), (again, both) = meeting
    assert nothing == 0 != first
    assert again == first
    assert both == pytest.approx(session.lab.exact()["h"])
    assert session.lab.phase == "update"


@pytest.mark.parametrize(("stride", "steps"), [("edge", 22), ("node", 16), ("phase", 3), ("update", 1)])
def test_a_cycle_takes_as_many_steps_as_the_stride_says(stride: str, steps: int) -> None:
    session = Session(Backpropagation, {"stride": stride, "begin": "forward"})
    forward(session, steps)
    assert (session.lab.updates, session.lab.phase, session.lab.cursor) == (1, "forward", 0)
    assert session.lab.evaluate_every == steps


def test_the_stride_can_change_in_the_middle_of_a_phase() -> None:
    session = Session(Backpropagation)
    forward(session, 3)
    session.tune({"stride": "phase"})
    forward(session, 1)
    assert session.lab.phase == "update"


def test_a_wrong_gradient_is_told_from_a_right_one() -> None:
    session = Session(Backpropagation, {"reveal": "typed"})
    exact = session.lab.exact()
    session.act("type_in", {"id": "h", "what": "gradient", "value": round(exact["h"], 2)})
    session.act("type_in", {"id": "w2", "what": "gradient", "value": -exact["w2"]})  # the sign is wrong
    one_path = exact["o1"] * session.lab.values["w2"]  # the other path forgotten
    verdicts = {row[0]: row[5] for row in session.look("checked").rows}
    assert verdicts["h"] == "right"
    assert verdicts["w₂"].startswith("wrong")
    session.act("type_in", {"id": "h", "what": "gradient", "value": one_path})
    assert {row[0]: row[5] for row in session.look("checked").rows}["h"].startswith("wrong")
    assert session.lab.right == ["0: h"]


def test_hidden_gradients_are_nowhere_until_they_are_typed_right() -> None:
    session = Session(Backpropagation, {"reveal": "typed"})
    forward(session, 6)
    assert all(node.gradient is None for node in session.look("graph").nodes)
    assert all(row[2] is None and row[3] is None for row in session.look("checked").rows)
    assert session.look("this_step").values == {}
    assert all(figure.values == {} for figure in session.look("paths").figures)
    with pytest.raises(Refused):
        session.ask("finite_difference", {"id": "h"})
    session.act("type_in", {"id": "L", "what": "gradient", "value": 1.0})
    assert {node.id: node.gradient for node in session.look("graph").nodes}["L"] == 1.0


def test_the_sum_over_paths_is_the_gradient() -> None:
    for config in CONFIGS:
        session = Session(Backpropagation, config)
        exact = session.lab.exact()
        shown = session.look("paths")
        labels = {session.lab.expression().graph.nodes[id].label: value for id, value in exact.items()}
        for label, equation in zip(shown.labels, shown.figures, strict=True):
            assert equation.values["sum"] == pytest.approx(labels[label], abs=1e-12)


def test_typing_a_value_recomputes_and_begins_the_way_back() -> None:
    session = Session(Backpropagation)
    forward(session, 5)
    session.act("type_in", {"id": "w1", "what": "value", "value": 2.0})
    lab = session.lab
    assert (lab.phase, lab.cursor) == ("backward", 0)
    assert lab.values["h"] == pytest.approx(math.tanh(2.0 * lab.values["x"] + lab.values["b"]))
    assert [id for id, g in lab.gradients_.items() if g is not None] == ["L"]


@pytest.mark.parametrize("wrong", [
    {"id": "q", "what": "value", "value": 1}, {"id": "h", "what": "value", "value": 1},
    {"id": "w1", "what": "value", "value": 1e6}, {"id": "w1", "what": "value"},
])  # fmt: skip
def test_what_cannot_be_typed_is_refused(wrong: dict) -> None:
    session = Session(Backpropagation)
    before = dict(session.lab.values)
    with pytest.raises(Refused):
        session.act("type_in", wrong)
    assert session.lab.values == before


def test_a_gradient_cannot_be_typed_before_the_values_are_there() -> None:
    session = Session(Backpropagation, {"begin": "forward"})
    with pytest.raises(Refused):
        session.act("type_in", {"id": "h", "what": "gradient", "value": 1.0})


@pytest.mark.parametrize("graph", ["network", "logistic", "chain", "shared", "formula"])
def test_it_learns(graph: str) -> None:
    rows = forward(Session(Backpropagation, {"graph": graph, "stride": "update", "learning_rate": 0.1}), 500)
    assert rows["test_loss"][-1] < 0.5 * rows["test_loss"][0]
