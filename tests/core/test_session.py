"""The session without a server: the loop, its clock, edits, chance, and the way to a file and back."""

import math
from itertools import pairwise

import pytest
import torch

from models.core import frames
from models.core.errors import BadState, InvalidConfig, NotLive, Refused, Unknown, WrongState
from models.core.session import TUNE, Session
from models.core.timeline import read_state
from tests.core.drive import content, drain, forward
from tests.core.toys import Diverging, Pair, Peeking, Still, Striding, Toy


class Clock:
    """A clock that goes on by itself by a hundredth of a millisecond a look, and by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1e-5
        return self.now


def test_step_0_is_evaluated_and_recorded() -> None:
    session = Session(Toy)
    assert session.status == "paused"
    rows = drain(session)
    assert rows["step"] == [0]
    assert "test_loss" in rows


def test_play_trains_a_tick_and_reports_every_step_once() -> None:
    session = Session(Toy)
    session.play()
    steps: list[float] = []
    while session.status == "running":
        steps += session.turn().rows.get("step", [])
    steps += session.turn().rows.get("step", [])
    assert steps == list(range(501))
    assert session.status == "finished"
    assert session.message == "500 steps are enough."


def test_evaluations_come_each_epoch_and_at_the_end() -> None:
    session = Session(Toy, max_steps=25)
    rows = forward(session, 25)
    evaluated = [step for step, loss in zip(rows["step"], rows["test_loss"], strict=True) if loss is not None]
    assert evaluated == [0, 10, 20, 25]
    assert session.status == "finished"


def test_max_steps_finishes_and_a_longer_one_goes_on() -> None:
    session = Session(Toy, max_steps=5)
    forward(session, 9)
    assert (session.step, session.status) == (5, "finished")
    session.extend(8)
    assert session.status == "paused"
    forward(session, 9)
    assert session.step == 8


def test_recorded_steps_follow_from_the_number_alone() -> None:
    session = Session(Still, max_steps=120_000)
    recorded = forward(session, 120_000)["step"]
    expected = [*range(10_001), *range(10_010, 100_001, 10), *range(100_100, 120_001, 100)]
    assert recorded == expected


def test_step_needs_a_paused_run() -> None:
    session = Session(Still)
    session.play()
    with pytest.raises(WrongState):
        session.advance(1)


def test_a_speed_limit_is_kept() -> None:
    clock = Clock()
    session = Session(Still, clock=clock)
    session.limit(10)
    session.play()
    session.turn()
    assert session.step == 1
    assert session.wait_s == pytest.approx(0.1, abs=0.01)
    clock.now += 0.05
    session.turn()
    assert session.step == 1
    clock.now += 0.06
    session.turn()
    assert session.step == 2


def test_unwatched_views_are_not_drawn_and_watched_ones_once_until_something_changes() -> None:
    clock = Clock()
    session = Session(Still, clock=clock)
    assert session.turn().frames == []
    session.watch({"bars": 30})
    assert [view for view, _ in session.turn().frames] == ["bars"]
    clock.now += 10
    assert session.turn().frames == []
    session.advance(1)
    assert [view for view, _ in session.turn().frames] == ["bars"]


def test_a_frame_says_what_it_shows() -> None:
    session = Session(Toy, run="r1")
    forward(session, 15)
    figure, metadata = frames.decode(session.frame("map"))
    assert metadata | {} == {"run": "r1", "take": "0", "view": "map", "kind": "Field", "step": "15", "epoch": "1.5000"}
    assert figure.title == "Map"


def test_watched_is_unwatched_bit_for_bit() -> None:
    expected = forward(Session(Toy, seed=5), 60)
    watched = Session(Toy, seed=5)
    watched.watch({"map": 1e6, "both": 1e6})
    rows = forward(watched, 30)
    watched.ask("ask", {"x": 0, "y": 0})
    more = forward(watched, 30)
    assert {name: rows[name] + more[name] for name in rows} == expected


def test_same_seed_same_losses_and_another_seed_others() -> None:
    one, same, other = (forward(Session(Toy, seed=seed), 30) for seed in (1, 1, 2))
    assert one == same
    assert one["train_loss"] != other["train_loss"]


def test_edits_are_recorded_and_repeated_exactly() -> None:
    first = Session(Toy, seed=1)
    expected = forward(first, 12)
    first.tune({"rate": 0.5}, gesture="g1")
    expected_more = forward(first, 5)
    first.act("move", {"index": 1, "x": 2.0, "y": -1.0})
    expected_last = forward(first, 20)
    second = Session(Toy, seed=1, edits=first.edits)
    rows = forward(second, 37)
    assert rows["train_loss"] == [v for part in (expected, expected_more, expected_last) for v in part["train_loss"]]
    assert second.edits == first.edits
    assert [(e.step, e.name, e.gesture) for e in first.edits] == [(12, TUNE, "g1"), (17, "move", None)]


def test_an_action_may_set_live_fields_and_is_kept_as_their_change() -> None:
    session = Session(Toy, seed=1)
    session.act("turn", {"index": 0, "value": 0.5}, gesture="g")
    assert session.config.rate == session.lab.optimiser.param_groups[0]["lr"] == 0.5
    assert [(e.name, e.arguments, e.gesture) for e in session.edits] == [(TUNE, {"rate": 0.5}, "g")]
    with pytest.raises(InvalidConfig):
        session.act("turn", {"index": 0, "value": 7})
    assert (session.config.rate, len(session.edits)) == (0.5, 1)
    session.undo()
    assert session.config.rate == 0.1


def test_several_models_have_a_gradient_norm_each() -> None:
    rows = forward(Session(Pair), 10)
    assert (rows["gradient_norm.one"][-1], rows["gradient_norm.two"][-1]) == (5.0, 13.0)
    assert not {"gradient_norm", "gradient_norm.none"} & rows.keys()


def test_live_fields_only() -> None:
    session = Session(Toy)
    with pytest.raises(NotLive):
        session.tune({"n": 10})
    with pytest.raises(InvalidConfig) as refused:
        session.tune({"rate": 7})
    assert refused.value.errors == [
        {
            "field": "rate",
            "message": "Input should be less than or equal to 1, not 7.",
            "value": 7,
            "bound": {"le": 1.0},
        }
    ]
    assert session.edits == []


def test_what_cannot_be_done_leaves_the_lab_as_it_was() -> None:
    session = Session(Toy)
    before = session.save()
    with pytest.raises(Refused):
        session.act("move", {"index": 99, "x": 0, "y": 0})
    with pytest.raises(InvalidConfig):
        session.act("move", {"index": 1, "x": float("nan"), "y": 0})
    with pytest.raises(Unknown):
        session.act("explode", {})
    with pytest.raises(Unknown):
        session.look("nothing")
    assert session.save() == before


def test_an_edit_of_a_finished_run_makes_it_paused() -> None:
    session = Session(Toy, max_steps=600)
    forward(session, 600)
    assert session.status == "finished"
    session.act("move", {"index": 0, "x": 0, "y": 0})
    assert session.status == "paused"


def test_assignment_while_looking_raises() -> None:
    session = Session(Peeking)
    with pytest.raises(TypeError, match="looked at"):
        session.look("bad")
    session.training.advance(1, 0.0)
    assert session.lab.count == 1


def test_looking_draws_the_same_chance_at_the_same_step() -> None:
    session = Session(Toy)
    assert content(session.frame("both")) == content(session.frame("both"))


def test_divergence_stops_and_names_the_last_finite_step() -> None:
    session = Session(Diverging)
    session.play()
    rows: list[float] = []
    while session.status == "running":
        rows += session.turn().rows.get("train_loss", [])
    assert session.status == "paused"
    assert session.problem is not None
    assert session.problem["kind"] == "diverged"
    assert session.problem["step"] == 38  # 10³⁸ is the last power of ten that a float32 holds
    assert not any(math.isinf(loss) for loss in rows)
    assert session.problem["details"]["losses"][-1] == pytest.approx(1e38, rel=1e-4)
    with pytest.raises(WrongState):
        session.play()
    session.reset()
    assert session.problem is None
    session.play()


def test_reset_builds_anew_in_place_and_begins_a_take() -> None:
    session = Session(Toy, seed=1)
    expected = forward(session, 10)
    session.watch({"map": 10})
    session.turn()
    session.reset()
    assert (session.step, session.take, session.edits) == (0, 1, [])
    assert [view for view, _ in session.turn().frames] == ["map"]
    again = forward(session, 10)
    assert again["train_loss"] == expected["train_loss"][1:]
    with pytest.raises(InvalidConfig):
        session.reset({"n": 0})
    assert session.step == 10
    session.reset({"n": 30}, seed=4)
    assert (session.config.n, session.seed, session.take) == (30, 4, 2)


def test_challenges_are_confirmed_at_evaluations_under_their_fixed_settings() -> None:
    session = Session(Toy)
    session.advance(30)
    events = []
    while session.owed:
        events += session.turn().events
    assert [e for e in events if e["type"] == "challenge"] == [
        {"type": "challenge", "id": "far", "passed": True, "step": 20}
    ]
    other = Session(Toy, {"n": 21})
    forward(other, 30)
    assert other.passed == {}


def test_saved_and_restored_it_continues_bit_for_bit() -> None:
    session = Session(Toy, seed=2)
    forward(session, 23)
    session.tune({"rate": 0.03})
    session.act("move", {"index": 2, "x": 1.0, "y": 1.0})
    saved = session.save()
    frame = content(session.frame("map"))
    expected = forward(session, 40)
    torch.manual_seed(999)
    restored = Session.restore(saved, Toy)
    assert restored.status == "paused"
    assert content(restored.frame("map")) == frame
    assert restored.lab.parts[1][0].data_ptr() == restored.lab.flat[5:].data_ptr()
    assert restored.lab.same.data_ptr() != restored.lab.sum.data_ptr()
    assert torch.equal(restored.lab.table["a"], session.lab.table["a"])
    assert restored.lab.table[3] == [1, 2, 3]
    assert forward(restored, 40) == expected
    about, tensors = read_state(restored.save(), Toy)
    expected_about, expected_tensors = read_state(session.save(), Toy)
    assert about.pop("clock")["time_s"] > 0  # alone not to be repeated
    del expected_about["clock"]
    assert about == expected_about
    assert {name: t.tolist() for name, t in tensors.items()} == {n: t.tolist() for n, t in expected_tensors.items()}


def test_data_made_by_init_are_not_stored() -> None:
    session = Session(Toy, {"n": 1000})
    small = len(session.save())
    session.act("move", {"index": 0, "x": 0, "y": 0})
    assert len(session.save()) - small > 8_000 > small / 3


@pytest.mark.parametrize("damage", ["empty", "short", "garbage", "other lab"])
def test_a_damaged_state_is_refused(damage: str) -> None:
    saved = Session(Toy).save()
    bad = {"empty": b"", "short": saved[:100], "garbage": b"\xff" * 200, "other lab": saved.replace(b"toys", b"toyz")}
    with pytest.raises(BadState):
        Session.restore(bad[damage], Toy)


def test_a_lab_that_strides_makes_the_same_steps_in_fewer_calls() -> None:
    class Even(Striding):
        steps_per_epoch = 100

    rows = forward(Session(Even), 900)
    assert rows["step"] == list(range(901))
    assert rows["train_loss"][1:] == list(range(1, 901))
    assert Even.calls < 300


def test_every_row_has_its_time_and_pauses_are_left_out() -> None:
    clock = Clock()
    session = Session(Toy, clock=clock)
    times = timed(session, 5)
    assert times[0] == 0
    assert all(before < after for before, after in pairwise(times))
    clock.now += 1_000
    more = timed(session, 5)
    assert times[-1] < more[0]
    assert more[-1] < 10
    striding = Session(Striding, clock=Clock())
    strides = timed(striding, 40)
    assert len(strides) == 41
    assert strides == sorted(strides)
    assert len(set(strides)) > 10


def test_times_never_go_back_over_a_rewind_an_undo_and_a_file() -> None:
    clock = Clock()
    session = Session(Toy, clock=clock)
    times = timed(session, 30)
    clock.now += 1_000
    session.rewind(10)
    again = timed(session, 5)
    assert times[10] <= again[0] <= times[-1] + 1
    session.tune({"rate": 0.01})
    last = timed(session, 3)[-1]
    session.undo()
    remade = timed(session, 0)
    assert len(remade) == 3
    assert again[-1] <= remade[0]
    assert again[-1] < last
    restored = Session.restore(session.save(), Toy)
    assert remade[-1] < timed(restored, 1)[0] < 100


def timed(session: Session, steps: int) -> list[float]:
    """The training clock at each row of some more steps."""
    if steps:
        session.advance(steps)
    times: list[float] = []
    while session.owed or session.training.ledger:
        turn = session.turn()
        assert len(turn.times) == len(turn.rows.get("step", ()))
        times += turn.times
    return times
