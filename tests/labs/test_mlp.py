"""The multilayer perceptron: what it learns, what a hand may do to it, and what it says when it breaks."""

import pytest
import torch
from torch import nn

from models.core.errors import InvalidConfig, Refused
from models.core.lab import Finished, build
from models.core.session import Session
from models.data import tables
from models.labs.neural.mlp import Mlp, hidden
from tests.core.drive import forward


def lab_of(seed: int = 0, **config: object) -> Mlp:
    return build(Mlp, Mlp.Config.read(config), seed)


def trained(epochs: int, seed: int = 0, **config: object) -> tuple[Mlp, dict[str, float]]:
    lab = lab_of(seed, **config)
    lab.steps(epochs * lab.steps_per_epoch)
    return lab, measured(lab)


def measured(lab: Mlp) -> dict[str, float]:
    with torch.no_grad():
        return {name: float(value) for name, value in lab.evaluate().items()}


def preset(start: str) -> dict:
    return next(preset.config for preset in Mlp.presets if preset.title.startswith(start))


def said(session: Session) -> str:
    return " ".join(line.text for line in session.look("story").lines)


def after(steps: int, seed: int = 0, **config: object) -> Session:
    session = Session(Mlp, config, seed=seed, max_steps=100_000)
    forward(session, steps)
    return session


# ---------------------------------------------------------------- what it learns


def test_the_default_closes_around_the_circle_within_ten_seconds_of_play() -> None:
    _, metrics = trained(200)  # 5,000 steps at the default 500 a second

    assert metrics["train_accuracy"] >= 0.98
    assert metrics["test_accuracy"] >= 0.95  # four edges, 250 test points: standard error 0.014


def test_two_units_solve_the_four_points_of_xor() -> None:
    _, metrics = trained(200, **preset("XOR: four"))

    assert metrics["train_accuracy"] == 1


def test_the_spiral_is_learned_by_two_layers_of_32() -> None:
    lab, _ = trained(150, **preset("Spiral"))  # one of the three seeds of the proof

    assert float(lab.fresh()["test_accuracy"]) >= 0.98


def test_no_hidden_layer_gets_no_further_than_a_line_on_xor() -> None:
    _, metrics = trained(100, data="xor", layers=[])

    assert metrics["train_accuracy"] < 0.72  # the best line cuts off at most one quadrant: about 0.75 with luck


def test_linear_bends_draw_one_straight_line() -> None:
    lab, _ = trained(20, **preset("Break it: linear"))
    x = torch.rand(50, 2, generator=torch.Generator().manual_seed(0)) * 12 - 6

    z = lab.net(x)[0]
    design = torch.cat([x, torch.ones(50, 1)], 1)
    fit = torch.linalg.lstsq(design, z[:, None]).solution

    torch.testing.assert_close((design @ fit)[:, 0], z, rtol=1e-4, atol=1e-4)  # affine to float32


def test_a_run_equals_autograd_and_torch_optim_step_by_step() -> None:
    lab = lab_of(layers=hidden("8 tanh, 8 relu"), optimiser="adam", learning_rate=0.01, l2=0.01, data="xor", noise=0.1)
    parts = [nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1)]
    net = nn.Sequential(*parts)
    with torch.no_grad():
        for mine, theirs in zip(lab.net.layers, parts[::2], strict=True):
            theirs.weight.copy_(mine.weights)
            theirs.bias.copy_(mine.bias)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)

    for _ in range(60):
        lab.step()
        place = lab.batches.place - 1
        chosen = lab.batches.order[10 * place : 10 * place + 10]
        loss = nn.functional.binary_cross_entropy_with_logits(
            net(lab.sample.inputs[chosen, :-1])[:, 0], lab.sample.truth[chosen]
        )
        penalty = sum(part.weight.square().sum() for part in parts[::2]) / 2
        optimizer.zero_grad()
        (loss + 0.01 * penalty).backward()
        optimizer.step()

    x = lab.sample.inputs[:, :-1]
    torch.testing.assert_close(lab.net(x)[0], net(x)[:, 0].detach(), rtol=1e-3, atol=1e-3)  # float32 over 60 Adam steps


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"layers": hidden("8 gelu"), "dropout": 0.3, "batch_norm": True, "optimiser": "adam", "schedule": "cosine"},
        {"data": "gaussians", "classes": 4, "l1": 0.01, "clip": 0.5, "batch_size": 7},
        {"data": "multi-gaussian", "value_loss": "Huber", "points": [[1, 1, 1]]},
    ],
)
def test_many_steps_at_once_are_the_same_steps_bit_for_bit(config: dict) -> None:
    together, apart = lab_of(**config), lab_of(**config)
    chance = torch.default_generator.get_state()

    rows = together.steps(60) + together.steps(17)
    torch.default_generator.set_state(chance)
    single = [apart.step() for _ in range(77)]

    assert rows == single
    assert torch.equal(together.net.theta, apart.net.theta)


def test_the_batch_loss_is_the_loss_before_the_step_on_that_batch() -> None:
    lab = lab_of()
    before = lab.net.theta.clone()
    row = lab.step()
    chosen = lab.batches.order[:10]
    lab.net.theta.copy_(before)

    z = lab.net(lab.sample.inputs[chosen, :-1])[0]
    loss = nn.functional.binary_cross_entropy_with_logits(z, lab.sample.truth[chosen])
    assert row["batch_loss"] == pytest.approx(float(loss), rel=1e-5)  # float32


def test_clipping_and_l1_act_on_the_gradient() -> None:
    lab = lab_of(clip=0.01)
    lab.step()
    assert float(lab.net.gradient.norm()) == pytest.approx(0.01, rel=1e-3)

    without = lab_of()
    without.step()
    with_l1 = lab_of(l1=0.5)  # the same seed: the same weights and batches
    sign = with_l1.net.theta.sign() * with_l1.net.is_weight
    with_l1.step()
    torch.testing.assert_close(with_l1.net.gradient - without.net.gradient, 0.5 * sign, rtol=1e-5, atol=1e-6)


def test_early_stopping_goes_back_to_the_best_weights() -> None:
    config = {**preset("Break it: learned"), "patience": 5}
    session = Session(Mlp, config, max_steps=100_000)
    forward(session, 3_000)

    assert session.status == "finished"
    assert "has not fallen below" in session.message
    best = session.lab.stopping.best_loss
    assert measured(session.lab)["test_loss"] == pytest.approx(best, rel=1e-5)


def test_the_rate_falls_as_the_schedule_says() -> None:
    lab = lab_of(schedule="1/t", schedule_epochs=10, learning_rate=0.2)
    lab.steps(25 * 10 + 1)

    assert measured(lab)["learning_rate"] == pytest.approx(0.1)


# ---------------------------------------------------------------- data


@pytest.mark.parametrize("data", ["penguins", "iris"])
def test_measurements_are_standardised_for_the_network_and_drawn_in_their_units(data: str) -> None:
    session = Session(Mlp, {"data": data})
    sample, figure = session.lab.sample, session.look("decision")
    chosen = {"penguins": ("bill_length", "flipper_length"), "iris": ("petal_length", "petal_width")}
    rows, _ = tables.load(data, *chosen[data])

    x = sample.train[0]
    torch.testing.assert_close(x.mean(0), torch.zeros(2), rtol=0, atol=1e-5)  # float32
    torch.testing.assert_close(x.std(0), torch.ones(2), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(figure.points.sort(0).values, rows.sort(0).values)
    assert figure.x.unit == ("mm" if data == "penguins" else "cm")
    assert figure.class_names == list(tables.TABLES[data].classes)


def test_a_chosen_table_is_learned_and_drawn_in_its_units() -> None:
    config = {"data": "table", "table": "breast-cancer", "inputs": ["mean_radius", "worst_smoothness"]}
    lab, metrics = trained(150, layers=hidden("6 tanh"), **config)
    figure = lab.decision()

    assert metrics["test_accuracy"] >= 0.9  # of 285 tumours: standard error 0.018
    assert (figure.x.label, figure.y.label) == ("mean radius", "worst smoothness")
    assert figure.class_names == ["malignant", "benign"]


@pytest.mark.parametrize(
    ("config", "field", "words"),
    [
        ({}, "table", "Choose a table"),
        ({"table": "penguins", "target": "body_mass"}, "target", "no classes"),
        ({"table": "digits"}, "target", "tells at most 8 apart"),
        ({"table": "iris", "inputs": ["petal_width"]}, "inputs", "Choose 2 columns"),
    ],
)
def test_a_table_that_does_not_fit_is_a_problem_beside_its_field(config: dict, field: str, words: str) -> None:
    (problem,) = Mlp.Config.model_validate({"data": "table", **config}).summary().problems

    assert problem["field"] == field
    assert words in problem["message"]


@pytest.mark.parametrize("data", ["penguins", "iris"])
def test_real_measurements_are_learned(data: str) -> None:
    _, metrics = trained(150, data=data, layers=hidden("6 tanh"))

    assert metrics["test_accuracy"] >= 0.9  # 171 birds or 75 flowers: standard error at most 0.035


def test_own_points_join_the_training_points_while_it_trains() -> None:
    session = after(30)
    session.tune({"points": [[0.5, 0.5, 1], [0.6, 0.4, 1]]})
    sample = session.lab.sample

    assert sample.learned == 252
    assert torch.equal(sample.places[250:252], torch.tensor([[0.5, 0.5], [0.6, 0.4]]))
    assert session.lab.steps_per_epoch == 26
    forward(session, 60)
    session.tune({"points": []})
    assert session.lab.sample.learned == 250


def test_only_own_points_can_be_learned_from_and_none_is_said() -> None:
    session = Session(Mlp, {"data": "yours"})
    forward(session, 1)
    assert session.status == "finished"
    assert "draw" in session.message
    assert "draw points" in said(session)
    session.tune({"points": [[-2, -2, 0], [2, 2, 1], [-2, 2, 1], [2, -2, 0]]})
    forward(session, 200)

    assert measured(session.lab)["train_accuracy"] == 1


# ---------------------------------------------------------------- what a hand may do


def test_a_typed_weight_is_the_weight_and_training_goes_on() -> None:
    session = after(30)
    session.act("set_weight", {"layer": 1, "source": 1, "target": 2, "value": 3.5})
    session.act("set_weight", {"layer": 2, "target": 0, "value": -1.25})
    network = session.look("network")

    assert float(network.links[0].weights[2, 1]) == 3.5
    assert float(network.layers[2].biases[0]) == -1.25
    forward(session, 5)
    assert float(session.look("network").links[0].weights[2, 1]) != 3.5


@pytest.mark.parametrize(
    "weight", [{"layer": 3, "target": 0}, {"layer": 1, "target": 4}, {"layer": 1, "target": 0, "source": 2}]
)
def test_a_weight_that_is_not_there_is_refused(weight: dict) -> None:
    session = Session(Mlp)
    with pytest.raises(Refused, match=r"counted from 0|the output"):
        session.act("set_weight", {**weight, "value": 1.0})


def test_a_moved_point_is_learned_from_where_it_now_is() -> None:
    session = after(10)
    session.act("move_point", {"index": 3, "x": -1.5, "y": 2.5})
    sample = session.lab.sample

    assert sample.inputs[3].tolist() == [-1.5, 2.5, 1.0]
    epoch = session.lab.batches.current(sample.inputs[:250], sample.targets[:, :250])
    place = session.lab.batches.order.tolist().index(3)
    assert epoch.parts[place // 10][0][place % 10].tolist() == [-1.5, 2.5, 1.0]
    with pytest.raises(Refused, match="no point 500"):
        session.act("move_point", {"index": 500, "x": 0, "y": 0})


def test_a_place_is_explained_with_the_numbers_of_every_unit() -> None:
    session = after(50)
    bars, table = session.ask("explain", {"x": 1.0, "y": -2.0})
    layer = session.lab.net.layers[0]
    z = layer.weights @ torch.tensor([1.0, -2.0]) + layer.bias

    shown = [row[1:] for row in table.rows if row[0].startswith("layer 1")]
    torch.testing.assert_close(torch.tensor(shown), torch.stack([z, z.tanh()], 1), rtol=1e-5, atol=1e-6)
    assert float(bars.values.sum()) == pytest.approx(1)
    assert float(bars.values[1]) == pytest.approx(float(torch.sigmoid(torch.tensor(table.rows[-1][1]))), rel=1e-5)


def test_a_unit_shown_large_is_its_thumbnail() -> None:
    session = after(50)
    field, equation = session.ask("unit_map", {"layer": 1, "unit": 2})
    small = session.look("network").layers[1].maps[2]

    pooled = nn.functional.adaptive_avg_pool2d(field.values[None], 32)[0]
    assert float((pooled - small).abs().max()) < 0.15  # cells of another size over an edge that may be steep
    assert equation.values["b"] == pytest.approx(float(session.lab.net.layers[0].bias[2]))
    with pytest.raises(Refused, match="no unit 4 in layer 1"):
        session.ask("unit_map", {"layer": 1, "unit": 4})


# ---------------------------------------------------------------- what it shows


def test_the_field_is_the_probability_of_the_classes() -> None:
    session = after(200)
    field = session.look("decision")
    x = torch.tensor([[-6 + 12 * 70.5 / 100, -6 + 12 * 20.5 / 100]])

    p = torch.sigmoid(session.lab.net(x)[0, 0])
    assert float(field.values[20, 70]) == pytest.approx(float(2 * p - 1), abs=1e-5)
    assert field.held.sum() == 250


def test_layers_of_two_units_are_shown_as_they_are_and_wider_ones_along_two_components() -> None:
    session = after(50, layers=hidden("2 tanh, 5 tanh"))
    choices = session.look("warped")
    by_name = dict(zip(choices.labels, choices.figures, strict=True))
    at = session.lab.sample.inputs[:, :-1]
    two, five = session.lab.net.activations(at)[:2]

    assert choices.labels == ["Layer 2", "Layer 1", "Inputs"]
    torch.testing.assert_close(by_name["Layer 1"].points, two.t())
    assert "principal component 1 of 5 units" in by_name["Layer 2"].x.label
    # A projection on two directions at right angles can only shrink distances.
    shown = torch.cdist(by_name["Layer 2"].points, by_name["Layer 2"].points)
    assert bool((shown <= torch.cdist(five.t(), five.t()) + 1e-3).all())


def test_the_loss_surface_has_the_training_loss_in_its_middle_and_the_way_on_it() -> None:
    session = after(500, samples=200)
    surface, lab = session.look("landscape"), session.lab

    assert surface.at[2] == pytest.approx(measured(lab)["train_loss"], rel=1e-4)  # float32, another order of sums
    assert surface.paths[0].places[-1].tolist() == pytest.approx([0, 0, measured(lab)["train_loss"]], abs=1e-4)


def test_confusion_counts_the_test_points() -> None:
    session = after(500, data="gaussians", classes=3)
    table = session.look("confusion").values

    assert table.sum() == 250
    assert float(table.diagonal().sum()) / 250 == pytest.approx(measured(session.lab)["test_accuracy"])


@pytest.mark.parametrize(
    ("title", "steps", "words"),
    [
        ("Break it: no hidden", 1_500, "plateau"),
        ("Break it: linear", 100, "multiply out to one"),
        ("Break it: dead", 500, "8 of 8 units are dead"),
        ("Break it: saturated", 50, "saturated"),
        ("Break it: raw", 100, "6 of 6 units are saturated"),
        ("Break it: all weights", 50, "copies of one unit"),
        ("Break it: learned", 1_000, "Overfitting"),
    ],
)
def test_what_broke_is_named(title: str, steps: int, words: str) -> None:
    assert words in said(after(steps, **preset(title)))


def test_a_rate_too_high_diverges_and_the_numbers_say_why() -> None:
    session = after(200, **preset("Break it: rate"))

    assert session.problem["kind"] == "diverged"
    assert "The loss " in said(session)
    assert "rate × gradient = 3 ×" in said(session)


def test_dead_units_are_marked_in_the_network() -> None:
    notes = [unit.note for unit in after(500, **preset("Break it: dead")).look("network").layers[2].units]

    assert all(note.startswith("dead: 0 on all 250 points") for note in notes)


# ---------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"features": ["x₁", "x₁"]}, "features"),
        ({"features": []}, "features"),
        ({"layers": hidden("65 tanh")}, "layers.0.units"),
        ({"layers": hidden("4 tanh, " * 8 + "4 tanh")}, "layers"),
        ({"batch_norm": True, "batch_size": 1}, "batch_norm"),
        ({"data": "penguins", "penguin_y": "bill_length"}, "penguin_y"),
        ({"points": [[0, 0, 0]] * 201}, "points"),
    ],
)
def test_what_is_impossible_is_named_beside_its_field(config: dict, field: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        Mlp.Config.read(config)
    assert [error["field"] for error in refused.value.errors] == [field]


def test_a_stopped_run_changes_nothing_more() -> None:
    lab = lab_of()
    lab.stopping.reason = "Enough."
    before = lab.net.theta.clone()

    with pytest.raises(Finished, match=r"Enough\."):
        lab.step()
    assert torch.equal(lab.net.theta, before)
