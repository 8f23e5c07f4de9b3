"""When a step is recorded, when a step is due, and how often a view may be drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

SHARE = 0.06
"""The part of the time that views may take; the rest of the tenth is for sending them, and for what they cost the
caches of the training."""


def record_every(step: int) -> int:
    """Which steps are recorded follows from the number alone: all to 10⁴, every 10th to 10⁵, every 100th to 10⁶ …"""
    every, bound = 1, 10_000
    while step > bound:
        every, bound = every * 10, bound * 10
    return every


def next_recorded(step: int) -> int:
    """The first recorded step at or after `step`."""
    every = record_every(step)
    return -(-step // every) * every


@dataclass
class Watch:
    """One watched view: what is wanted, what it costs, and when it was last drawn."""

    view: str
    rate_hz: float
    cost_s: float = 0.0
    drawn_at: float = float("-inf")
    version: int = -1
    interval_s: float = 0.0

    def drew(self, now: float, took_s: float, version: int) -> None:
        """Note a drawing; the first is cold and counts for a third."""
        self.cost_s = took_s / 3 if self.cost_s == 0 else 0.7 * self.cost_s + 0.3 * took_s
        self.drawn_at, self.version = now, version


class Watches:
    """The watched views. Training gets its share of the time because a view that costs too much is drawn less often."""

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self.clock = clock
        self.views: dict[str, Watch] = {}

    def set(self, wanted: dict[str, float]) -> None:
        """Replaces the whole set; each view of it is due at once."""
        known = self.views
        self.views = {
            view: Watch(view, rate, known[view].cost_s if view in known else 0.0)
            for view, rate in wanted.items()
            if rate > 0
        }
        self._spread()

    def due(self, version: int, training: bool) -> list[Watch]:
        """The views to draw now, longest waiting first: those that changed, no faster than wanted and, while
        training, than paid for.
        """
        now = self.clock()
        late = [
            w for w in self.views.values() if w.version != version and (w.version < 0 or now >= self._next(w, training))
        ]
        return sorted(late, key=lambda w: w.drawn_at)

    def wait_s(self, version: int) -> float | None:
        """Seconds until a changed view may be drawn while nothing trains; None if none has changed."""
        changed = [self._next(w, training=False) for w in self.views.values() if w.version != version]
        return max(0.0, min(changed) - self.clock()) if changed else None

    def drew(self, watch: Watch, took_s: float, version: int) -> None:
        """Note a drawing, and spread the time anew."""
        watch.drew(self.clock(), took_s, version)
        self._spread()

    def _next(self, watch: Watch, training: bool) -> float:
        return watch.drawn_at + (watch.interval_s if training else 1 / watch.rate_hz)

    def _spread(self) -> None:
        """Each view gets the time it asks for, up to one cap that makes the sum fit the share."""
        cap = level(SHARE, [w.cost_s * w.rate_hz for w in self.views.values()])
        for watch in self.views.values():
            watch.interval_s = max(1 / watch.rate_hz, watch.cost_s / cap)


def level(total: float, wants: Iterable[float]) -> float:
    """The cap c for which Σ min(want, c) = total; infinite when all fit."""
    left, waiting = total, sorted(wants)
    while waiting:
        cap = left / len(waiting)
        if waiting[0] >= cap:
            return cap
        left -= waiting.pop(0)
    return float("inf")


class Stopwatch:
    """The training clock: seconds spent running. Pauses are left out, and what is drawn or kept for looking back.

    It knows about when each step was made.

    After a rewind it stands where it stood at that step, or later by a sixty-fourth of what it has counted at most:
    never earlier than at the rows that remain.
    """

    LIMIT = 128

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self.clock, self.runs = clock, False
        self.zero, self.total_s = clock(), 0.0  # the reading at which it stood at 0, valid while it runs
        self.marks: list[tuple[int, float]] = []  # (step, seconds), ascending, thinned as they grow

    @property
    def now_s(self) -> float:
        """Seconds spent running."""
        return self.clock() - self.zero if self.runs else self.total_s

    def start(self) -> None:
        """Go on; nothing if it runs."""
        if not self.runs:
            self.zero, self.runs = self.clock() - self.total_s, True

    def stop(self) -> None:
        """Stand still; nothing if it does."""
        self.total_s, self.runs = self.now_s, False

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is done inside is no training: the clock stands."""
        runs = self.runs
        self.stop()
        try:
            yield
        finally:
            if runs:
                self.start()

    def mark(self, step: int, at_s: float) -> None:
        """Note when a step was made."""
        self.marks.append((step, at_s))
        if len(self.marks) > self.LIMIT:
            self.marks = spread(self.marks, at_s / (self.LIMIT // 2))

    def back(self, step: int) -> Stopwatch:
        """The clock as it was at a step, standing still."""
        earlier = Stopwatch(self.clock)
        earlier.total_s = next((at_s for marked, at_s in self.marks if marked >= step), self.now_s)
        earlier.marks = [mark for mark in self.marks if mark[0] < step]
        return earlier

    def dump(self) -> dict[str, Any]:
        """The clock as JSON."""
        marks = [[step, round(at_s, 6)] for step, at_s in self.marks]
        return {"time_s": self.now_s, "marks": marks}

    def restore(self, saved: dict[str, Any]) -> None:
        """Stand where another one stood."""
        self.total_s, self.runs = float(saved["time_s"]), False
        self.marks = [(int(step), float(at_s)) for step, at_s in saved["marks"]]


def spread(marks: list[tuple[int, float]], gap_s: float) -> list[tuple[int, float]]:
    """The first of the marks, and each that comes `gap_s` or more after the one kept before it."""
    kept = marks[:1]
    for mark in marks[1:]:
        if mark[1] - kept[-1][1] >= gap_s:
            kept.append(mark)
    return kept


class Pace:
    """A speed limit in steps per second; None is full speed."""

    def __init__(self, steps_per_second: float | None, clock: Callable[[], float] = perf_counter) -> None:
        self.clock, self.limit, self.next_at = clock, steps_per_second, float("-inf")

    def start(self) -> None:
        """The first step is due at once."""
        self.next_at = self.clock()

    def set(self, steps_per_second: float | None) -> None:
        """A new limit, counted from now."""
        self.limit = steps_per_second
        self.next_at = self.clock()

    def wait_s(self) -> float:
        """Seconds until the next step is due."""
        return 0.0 if self.limit is None else max(0.0, self.next_at - self.clock())

    def took(self, steps: int) -> None:
        """Steps were made; what was missed while nobody could step is not made up for."""
        if self.limit is not None:
            self.next_at = max(self.next_at + steps / self.limit, self.clock() - 0.1)
