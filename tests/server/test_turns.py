"""Who trains and who waits."""

from server.runs.turns import PATIENCE, Turns


def of_client(run: str) -> str:
    """`a7` is a run of client a."""
    return run[0]


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
    assert list(turns.waiting) == ["c", "a"]
    assert (turns.place("c"), turns.place("a")) == (1, 2)


def test_unwatched_runs_give_way_first() -> None:
    turns = Turns(2, 10, watched=lambda run: run != "b")
    for run in "abc":
        turns.want(run)
    turns.settle(0)
    assert set(turns.training) == {"a", "c"}
    turns.leave("a")
    assert turns.settle(1) == ([], ["b"])
    turns.want("a")
    assert turns.settle(2) == (["b"], ["a"])


def test_a_watched_run_takes_an_unwatched_ones_place_at_once() -> None:
    seen: set[str] = set()
    turns = Turns(2, 10, watched=seen.__contains__)
    for run in "abcd":
        turns.want(run)
    turns.settle(0)
    seen.add("d")
    assert turns.settle(0.1) == (["a"], ["d"])
    assert (turns.place("c"), turns.place("a")) == (1, 2)
    seen.add("c")
    assert turns.settle(0.2) == (["b"], ["c"])
    assert turns.settle(5) == ([], [])


def test_the_unwatched_turn_about_beside_a_watched_one() -> None:
    turns = Turns(2, 10, watched=lambda run: run == "w")
    for run in "wabc":
        turns.want(run)
    assert turns.settle(0) == ([], ["w", "a"])
    assert turns.settle(10) == (["a"], ["b"])
    assert turns.settle(20) == (["b"], ["c"])
    assert turns.settle(30) == (["c"], ["a"])


def test_the_unwatched_are_not_kept_out_for_ever() -> None:
    turns = Turns(1, 10, watched=lambda run: run == "w")
    for run in "wab":
        turns.want(run)
    assert turns.settle(0) == ([], ["w"])
    assert turns.settle(10 * PATIENCE - 1) == ([], [])
    assert turns.settle(10 * PATIENCE) == (["w"], ["a"])
    assert turns.settle(10 * PATIENCE + 9) == ([], [])
    assert turns.settle(10 * PATIENCE + 10) == (["a"], ["w"])
    assert turns.settle(20 * PATIENCE + 9) == ([], [])
    assert turns.settle(20 * PATIENCE + 10) == (["w"], ["b"])


def test_only_one_of_the_unwatched_at_a_time_keeps_a_watched_run_waiting() -> None:
    turns = Turns(2, 10, watched=lambda run: run in "wxyz")
    for run in "wxab":
        turns.want(run)
    turns.settle(0)
    stop, begin = turns.settle(10 * PATIENCE)
    assert (len(stop), begin) == (1, ["a"])
    assert turns.settle(10 * PATIENCE + 1) == ([], [])
    turns.leave("x" if "x" in turns.training else "w")
    turns.settle(10 * PATIENCE + 2)
    assert set(turns.training) == {"a", "x" if "x" in turns.training else "w"}


def test_clients_are_served_in_turn_and_their_own_runs_as_they_came() -> None:
    turns = Turns(1, 10, client=of_client)
    for run in ("a1", "a2", "a3", "b1", "b2", "c1"):
        turns.want(run)
    begun = []
    for _ in range(6):
        begun += turns.settle(0)[1]
        turns.leave(begun[-1])
    assert begun == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_the_queue_is_told_as_it_will_be_served() -> None:
    turns = Turns(2, 10, client=of_client)
    for run in [f"a{i}" for i in range(50)] + ["b0", "b1"]:
        turns.want(run)
    turns.settle(0)
    assert (turns.place("b0"), turns.place("a1")) == (None, 1)
    told = sorted(turns.order, key=turns.order.__getitem__)
    begun = []
    while turns.waiting:
        turns.leave(next(iter(turns.training)))
        begun += turns.settle(0)[1]
    assert begun.index("b1") <= 2
    assert begun[:2] == told[:2]
    assert [run for run in begun if run[0] == "a"] == [f"a{i}" for i in range(1, 50)]


def test_a_client_with_many_runs_does_not_push_out_one_with_few() -> None:
    turns = Turns(2, 10, client=of_client)
    for run in [f"a{i}" for i in range(5)]:
        turns.want(run)
    turns.settle(0)
    turns.want("b1")
    assert turns.settle(5) == ([], [])
    assert turns.settle(10) == (["a0", "a1"], ["b1", "a2"])
    assert turns.settle(20) == (["a2"], ["a3"])  # b keeps its one place: a has as many
    assert turns.settle(1_000) == (["a3"], ["a4"])


def test_who_leaves_makes_room() -> None:
    turns = Turns(1, 10)
    for run in "abc":
        turns.want(run)
    turns.settle(0)
    turns.leave("a")
    turns.leave("b")
    assert turns.settle(0) == ([], ["c"])
    turns.want("c")
    assert not turns.waiting
