"""The perceptron: its algebra, its rule for a score of 0, its cycle on XOR, and what the hand may do to it."""

import math

import pytest
import torch
from sklearn.linear_model import Perceptron as ScikitPerceptron

from models.core.errors import Refused
from models.core.session import Edit, Session
from models.labs.linear.perceptron import Perceptron
from tests.core.drive import forward


def play(steps: int, *, seed: int = 0, edits: list[Edit] | None = None, **config: object) -> Session:
    """A session after so many steps, or at its end."""
    session = Session(Perceptron, config, seed=seed, max_steps=20_000, edits=edits or [])
    forward(session, steps)
    return session


def text(session: Session) -> str:
    return " ".join(line.text for line in session.look("standing").lines)


def test_the_first_look_is_a_mistake_because_the_sign_of_0_is_no_class() -> None:
    lab = play(1).lab
    assert lab.mistakes == 1
    torch.testing.assert_close(lab.w, lab.z[0], rtol=0, atol=0)
    assert Session(Perceptron).lab.evaluate()["train_accuracy"] == 0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("features", ["x", "x, x₁x₂", "x, x², x₁x₂"])
def test_each_look_obeys_the_rule(seed: int, features: str) -> None:
    session = Session(Perceptron, {"features": features, "data": "gaussians", "noise": 0.3}, seed=seed)
    w, mistakes = torch.zeros(len(session.lab.w), dtype=torch.float64), 0
    for step in range(40):
        n = step % 16
        a, b = session.lab.x[n].tolist()
        terms = {"x": [a, b], "x, x₁x₂": [a, b, a * b], "x, x², x₁x₂": [a, b, a * a, b * b, a * b]}[features]
        phi, y = torch.tensor([*terms, 1.0], dtype=torch.float64), float(session.lab.y[n])
        if y * math.fsum((w * phi).tolist()) <= 0:
            w, mistakes = w + y * phi, mistakes + 1
        forward(session, 1)
        assert session.lab.w.tolist() == w.tolist()  # sums on the grid are exact
        assert session.lab.mistakes == mistakes


def test_it_is_scikit_learns_perceptron() -> None:
    lab = play(16 * 7, data="gaussians", noise=0.3, seed=2).lab
    theirs = ScikitPerceptron(max_iter=7, tol=None, shuffle=False).fit(lab.x.numpy(), lab.y.numpy())
    torch.testing.assert_close(lab.w[:2], torch.from_numpy(theirs.coef_[0]))
    assert lab.w[2].item() == pytest.approx(theirs.intercept_[0])


def test_within_ten_looks_it_has_moved_more_than_once_and_stayed_more_than_once() -> None:
    lab = play(10).lab
    assert 3 <= lab.mistakes <= 7  # what a student sees in the first ten seconds
    assert lab.steps_per_second == 1


def test_it_ends_after_a_whole_pass_without_a_mistake() -> None:
    session = play(1_000)
    assert session.status == "finished"
    assert "5 mistakes" in session.message
    assert not session.lab.missed().any()
    assert session.lab.clean == 16


def test_in_random_order_it_ends_only_when_no_point_is_wrong() -> None:
    for seed in range(10):
        session = play(5_000, seed=seed, order="random", margin=0.2)
        assert session.status == "finished"
        assert not session.lab.missed().any()


def test_a_stride_of_mistakes_makes_the_same_ones() -> None:
    points, mistakes = play(1_000, n=40, margin=0.1), play(1_000, n=40, margin=0.1, stride="mistake")
    assert mistakes.lab.w.tolist() == points.lab.w.tolist()
    assert mistakes.lab.mistakes == points.lab.mistakes
    assert mistakes.step == mistakes.lab.mistakes + 1  # and one pass in which nothing is missed


@pytest.mark.parametrize("features", ["x", "x, x²"])
def test_xor_is_caught_in_a_cycle_of_four_looks(features: str) -> None:
    session = play(4, data="xor-points", features=features)
    assert session.lab.cycle == 1
    assert not session.lab.w.any()
    assert "every 4 points" in text(session)
    assert "points 0, 1, 2, 3, in equal parts" in text(session)
    path = session.look("path_of_w").path
    assert path.tolist() == [[0, 0], [-3, -3], [0, -6], [3, -3], [0, 0]]


def test_a_cycle_of_many_passes_is_noticed_and_true() -> None:
    session = play(3_000, points=[[0, 0, 0], [1, 0, 1], [2, 0, 0], [3, 0.5, 1], [4, 0, 0]], data="yours")
    period = 5 * session.lab.cycle
    assert session.lab.cycle >= 1
    w, place = session.lab.w, session.lab.place
    forward(session, period)
    assert session.lab.w.tolist() == w.tolist()
    assert session.lab.place == place


def test_in_random_order_there_is_no_cycle_but_a_certificate() -> None:
    session = play(200, data="xor-points", order="random")
    assert session.lab.cycle == 0
    assert "linear program" in text(session)


def test_the_product_rescues_xor() -> None:
    session = play(100, data="xor-points", features="x, x₁x₂")
    assert session.status == "finished"
    assert session.lab.evaluate() == {"train_accuracy": 1, "test_accuracy": 1}


def test_wrong_labels_are_wrong() -> None:
    right, wrong = Session(Perceptron).lab, Session(Perceptron, {"wrong_labels": 3}).lab
    assert (right.y != wrong.y).nonzero()[:, 0].tolist() == [0, 1, 2]
    assert right.x.tolist() == wrong.x.tolist()


def test_a_dragged_point_keeps_w_and_moves_the_bound_with_it() -> None:
    session = play(10)
    w, mistakes = session.lab.w, session.lab.mistakes
    session.act("move_point", {"index": 3, "x": 1.23456, "y": 99})
    assert session.lab.w.tolist() == w.tolist()
    assert session.lab.x[3].tolist() == [1264 / 1024, 6]  # on the grid, inside the box
    forward(session, 2_000)
    assert mistakes <= session.lab.mistakes <= session.lab.allowed


def test_a_point_that_is_not_there_is_refused() -> None:
    session = Session(Perceptron)
    with pytest.raises(Refused, match="no point 16: the points are 0 to 15"):
        session.act("move_point", {"index": 16, "x": 0, "y": 0})


def test_own_points_join_the_data_and_leave_them() -> None:
    session = play(5)
    session.act("move_point", {"index": 2, "x": 0.5, "y": 0.5})
    given = session.lab.x.tolist()
    session.tune({"points": [[1, 2, 0], [-1, -2, 1]]})
    assert session.lab.x.tolist() == [*given, [1, 2], [-1, -2]]
    assert session.lab.y[-2:].tolist() == [-1, 1]
    session.tune({"points": []})
    assert session.lab.x.tolist() == given


def test_an_empty_plane_asks_for_points() -> None:
    session = play(1, data="yours")
    assert session.status == "finished"
    assert "paint some" in text(session)
    session.tune({"points": [[1, 2, 0], [-1, -2, 1]]})
    forward(session, 1)
    assert session.lab.mistakes == 1


def test_the_update_says_what_happened_in_numbers() -> None:
    session = play(1)
    values = session.look("update").values
    assert values["score"] == 0
    assert values["guess"] == 0
    assert [values[f"v{i}"] for i in range(3)] == session.lab.w.tolist()
    assert "0 is neither class" in session.look("update").lines[1].note
    forward(session, 1)
    assert session.look("update").lines[1].note == "right: w stays"


def test_the_terms_of_a_place_add_up_to_its_score() -> None:
    session = play(10, features="x, x₁x₂")
    (bars,) = session.ask("classify", {"x": 1.5, "y": -2})
    w = session.lab.w.tolist()
    assert bars.labels == ["w·x₁", "w·x₂", "w·x₁x₂", "bias", "score"]
    expected = [1.5 * w[0], -2 * w[1], -3 * w[2], w[3], 1.5 * w[0] - 2 * w[1] - 3 * w[2] + w[3]]
    assert bars.values.tolist() == pytest.approx(expected)


def test_the_boundary_passes_where_the_score_is_0() -> None:
    session = play(9)
    field, w = session.look("boundary"), session.lab.w
    (now,) = [segment for segment in field.segments if segment.id == "line-0"]
    for x, y in ((now.x0, now.y0), (now.x1, now.y1)):
        assert float(w @ torch.tensor([x, y, 1.0], dtype=torch.float64)) == pytest.approx(
            0, abs=1e-4
        )  # float32 corners
    assert [arrow.id for arrow in field.arrows] == ["point", "before", "step", "sign", "after", "verdict"]
    assert any(segment.dash for segment in field.segments)
