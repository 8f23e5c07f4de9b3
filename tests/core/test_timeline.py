"""Back to any step, and on from there: exact, bit for bit."""

import pytest

from models.core.errors import InvalidConfig, Refused, WrongState
from models.core.session import Session
from tests.core.drive import content, drain, forward
from tests.core.toys import Diverging, Toy


def edited() -> Session:
    """50 steps with a changed rate at 20 and a point dragged in three moves at 30."""
    session = Session(Toy, seed=3)
    forward(session, 20)
    session.tune({"rate": 0.4})
    forward(session, 10)
    for x in (1.0, 2.0, 3.0):
        session.act("move", {"index": 0, "x": x, "y": 0.0}, gesture="drag")
    forward(session, 20)
    return session


@pytest.mark.parametrize("step", [0, 1, 7, 19, 20, 21, 30, 33, 49, 50])
def test_rewound_it_is_what_it_was_and_goes_on_as_it_went(step: int) -> None:
    straight = Session(Toy, seed=3, edits=[edit for edit in edited().edits if edit.step < step])
    forward(straight, step)
    figures, expected = content(straight.frame("both"))[1], forward(straight, 25)
    session = edited()
    session.rewind(step)
    assert (session.step, session.take, session.status) == (step, 1, "paused")
    assert content(session.frame("both"))[1] == figures
    assert session.edits == straight.edits
    session.turn()
    assert {name: column[-25:] for name, column in forward(session, 25).items()} == {
        name: column[-25:] for name, column in expected.items()
    }


def test_the_stream_hears_of_a_rewind_and_of_no_step_twice() -> None:
    session = edited()
    session.rewind(30)
    turn = session.turn()
    assert [e for e in turn.events if e["type"] == "rewind"] == [{"type": "rewind", "to_step": 30, "take": 1}]
    assert turn.rows == {}
    assert forward(session, 5)["step"] == [31, 32, 33, 34, 35]


def test_what_has_not_been_made_cannot_be_gone_back_to() -> None:
    session = edited()
    with pytest.raises(Refused, match="51 has not been made"):
        session.rewind(51)
    with pytest.raises(Refused):
        session.rewind(-1)
    with pytest.raises(Refused):
        Session(Toy).rewind(1)


def test_undo_takes_the_whole_gesture_and_makes_the_steps_again_without_it() -> None:
    session = edited()
    assert session.undo() == 30
    rows = drain(session)
    assert rows["step"] == list(range(31, 51))
    assert [edit.name for edit in session.edits] == ["config"]
    assert session.undo() == 20
    drain(session)
    assert session.edits == []
    straight = Session(Toy, seed=3, edits=edited().edits[:1])
    assert rows["train_loss"] == forward(straight, 50)["train_loss"][31:]
    with pytest.raises(WrongState):
        session.undo()


def test_undo_keeps_an_earlier_edit_of_the_same_step() -> None:
    session = Session(Toy, seed=1)
    forward(session, 5)
    session.tune({"rate": 0.3})
    session.tune({"rate": 0.9})
    assert session.undo() == 5
    assert [edit.arguments for edit in session.edits] == [{"rate": 0.3}]
    assert session.config.rate == 0.3


def test_too_long_a_way_back_is_refused_with_the_nearest_kept_steps() -> None:
    session = edited()
    session.step_s = 100.0
    with pytest.raises(WrongState, match="From the kept step 16 to step 19 would take about 300 s") as refused:
        session.rewind(19)
    assert "16 and 20" in refused.value.hint


def test_divergence_stands_at_the_last_finite_step() -> None:
    session = Session(Diverging)
    forward(session, 100)
    assert (session.step, session.status) == (38, "paused")
    assert float(session.lab.loss) == pytest.approx(1e38, rel=1e-4)
    assert session.problem is not None
    with pytest.raises(WrongState):
        session.play()


def test_a_branch_leaves_the_run_alone_and_begins_where_it_was_at() -> None:
    session = edited()
    chance = session.save()
    data = session.branch(33)
    assert session.save() == chance
    branch = Session.restore(data, Toy)
    assert branch.step == 33
    rows = forward(branch, 10)
    session.rewind(33)
    session.turn()
    assert rows == forward(session, 10)


def test_a_branch_may_have_another_seed_or_live_settings() -> None:
    session = edited()
    states = [session.branch(**how) for how in ({}, {"seed": 9}, {"config": {"rate": 0.001}})]
    expected = forward(session, 10)["train_loss"]
    same, seeded, slow = (forward(Session.restore(state, Toy), 10)["train_loss"] for state in states)
    assert same == expected
    assert same != seeded
    assert same[0] == slow[0]
    assert same != slow


def test_a_branch_into_other_shapes_is_refused_by_field() -> None:
    session = edited()
    with pytest.raises(InvalidConfig) as refused:
        session.branch(config={"n": 30})
    assert refused.value.errors[0]["field"] == "n"
    assert "x is [20, 2], and would be [30, 2]" in refused.value.errors[0]["message"]


def test_keyframes_come_on_a_log_schedule_and_after_each_asked_step() -> None:
    session = Session(Toy)
    session.play()
    while session.step < 200:
        session.turn()
    session.pause()
    assert [s for s in session.timeline.history.frames.steps if s <= 128] == [0, 1, 2, 4, 8, 16, 32, 64, 128]
    now = session.step
    forward(session, 3)
    assert session.timeline.history.frames.steps[-1] == now + 3


def test_what_was_never_kept_is_made_again_from_the_beginning() -> None:
    session = Session(Toy, seed=2)
    session.rewind(0)
    session.reset({"n": 15})
    session.tune({"rate": 0.7})
    session.rewind(0)
    assert session.edits == []
    assert session.config.rate == 0.1


def test_a_branch_cannot_go_back_before_its_beginning() -> None:
    session = edited()
    branch = Session.restore(session.branch(33), Toy)
    forward(branch, 4)
    branch.rewind(33)
    with pytest.raises(WrongState, match="begins after step 32"):
        branch.rewind(32)
