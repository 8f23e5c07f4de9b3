"""When a step is recorded and how the views share the time."""

import pytest

from models.core.clock import SHARE, Pace, Stopwatch, Watches, level, next_recorded, record_every


@pytest.mark.parametrize(
    ("step", "every"), [(0, 1), (10_000, 1), (10_001, 10), (100_000, 10), (100_001, 100), (10**7, 1_000 * 10)]
)
def test_record_every(step: int, every: int) -> None:
    assert record_every(step) == (every if step != 10**7 else 1_000)


def test_ten_million_steps_are_37_thousand_rows() -> None:
    rows = 10_000 + sum(9 * 10**k // record_every(9 * 10**k) for k in (4, 5, 6))
    assert rows == 37_000


def test_next_recorded() -> None:
    assert [next_recorded(step) for step in (7, 10_000, 10_001, 123_456)] == [7, 10_000, 10_010, 123_500]


def test_level_fills_to_the_total() -> None:
    wants = [1.0, 2.0, 5.0]
    cap = level(4.0, wants)
    assert sum(min(want, cap) for want in wants) == pytest.approx(4.0)
    assert level(10, wants) == float("inf")


class Hand:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_costly_view_is_drawn_less_often_and_a_cheap_one_is_not() -> None:
    clock = Hand()
    watches = Watches(clock)
    watches.set({"cheap": 30, "costly": 30})
    spent = {"cheap": 0.0, "costly": 0.0}
    count = dict.fromkeys(spent, 0)
    cost = {"cheap": 0.0002, "costly": 0.05}
    for version in range(3_000):
        clock.now += 0.01
        for watch in watches.due(version, training=True):
            clock.now += cost[watch.view]
            spent[watch.view] += cost[watch.view]
            count[watch.view] += 1
            watches.drew(watch, cost[watch.view], version)
    assert sum(spent.values()) / clock.now <= SHARE * 1.2
    assert count["cheap"] / clock.now >= 20
    assert count["costly"] / clock.now >= 0.5


def test_pace_does_not_make_up_for_a_long_pause() -> None:
    clock = Hand()
    pace = Pace(10, clock)
    pace.start()
    pace.took(1)
    assert pace.wait_s() == pytest.approx(0.1)
    clock.now = 100.0
    pace.took(1)
    assert pace.wait_s() == 0.0
    for _ in range(3):
        pace.took(1)
    assert pace.wait_s() > 0


class Still:
    """A clock that goes by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_training_clock_stands_while_nothing_runs() -> None:
    hand = Still()
    watch = Stopwatch(hand)
    watch.start()
    hand.now += 2
    watch.start()  # it runs already
    assert watch.now_s == 2
    watch.stop()
    hand.now += 50
    watch.start()
    hand.now += 1
    assert watch.now_s == 3


def test_what_is_done_aside_does_not_count() -> None:
    hand = Still()
    watch = Stopwatch(hand)
    with watch.aside():
        hand.now += 3
    assert (watch.now_s, watch.runs) == (0, False)
    watch.start()
    hand.now += 1
    with watch.aside():
        hand.now += 40
    hand.now += 1
    assert watch.now_s == 2


def test_the_training_clock_goes_back_to_a_step_and_into_a_file() -> None:
    watch = Stopwatch(Still())
    for step in range(1_000):
        watch.mark(step, step / 10)
    assert len(watch.marks) <= Stopwatch.LIMIT
    earlier = watch.back(500)
    assert 50 <= earlier.now_s <= 50 + 0.02 * 100
    assert all(step < 500 for step, _ in earlier.marks)
    again = Stopwatch(Still())
    again.restore(earlier.dump())
    assert (again.now_s, again.marks) == (earlier.now_s, earlier.marks)
    watch.total_s = 123.0
    assert watch.back(2_000).now_s == 123
