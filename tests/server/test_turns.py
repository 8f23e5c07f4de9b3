"""Who trains and who waits."""

from server.runs.turns import Turns


def test_as_many_as_there_are_places() -> None:
    turns = Turns(2, 10)
    for run in "abc":
        turns.want(run)
    assert turns.settle(0) == ([], ["a", "b"])
    assert (turns.place("a"), turns.place("c")) == (None, 1)


def test_nobody_gives_up_a_place_while_nobody_waits() -> None:
    turns = Turns(1, 10)
    turns.want("a")
    turns.settle(0)
    assert turns.settle(1_000) == ([], [])


def test_after_its_turn_a_run_goes_to_the_end_of_the_queue() -> None:
    turns = Turns(1, 10)
    for run in "abc":
        turns.want(run)
    turns.settle(0)
    assert turns.settle(9.9) == ([], [])
    assert turns.settle(10) == (["a"], ["b"])
    assert turns.waiting == ["c", "a"]


def test_unwatched_runs_give_way_first() -> None:
    turns = Turns(2, 10, watched=lambda run: run == "a")
    for run in "abc":
        turns.want(run)
    turns.settle(0)
    assert turns.settle(10) == (["b"], ["c"])


def test_who_leaves_makes_room() -> None:
    turns = Turns(1, 10)
    for run in "abc":
        turns.want(run)
    turns.settle(0)
    turns.leave("a")
    turns.leave("b")
    assert turns.settle(0) == ([], ["c"])
    turns.want("c")
    assert turns.waiting == []
