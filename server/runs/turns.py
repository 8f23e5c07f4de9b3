"""Who trains now, and who waits: as many runs as there are cores, and turns while there are more.

1. Of the runs of one client, the first that came is the first served. Between clients, whoever has the fewest runs
   training goes first; among equals, whoever was served longest ago.
2. A run that somebody watches goes before those that nobody watches, and takes a place from one of them at once.
3. While others wait, a run that has trained for `turn_s` gives up its place and joins the end of its client's queue,
   unwatched runs first; to another client only if that one has fewer runs training.
4. If watched runs have kept all unwatched ones from training for PATIENCE turns, the next of these gets one whole turn.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

PATIENCE = 6


@dataclass
class Turns:
    """A queue with turn-taking. It decides; whoever calls it acts."""

    places: int
    turn_s: float
    watched: Callable[[str], bool] = lambda run: True
    client: Callable[[str], str] = lambda run: ""
    training: dict[str, float] = field(default_factory=dict)  # run: since when
    waiting: dict[str, None] = field(default_factory=dict)  # in the order they came
    order: dict[str, int] = field(default_factory=dict)  # run: its place in the queue, as last settled
    served: dict[str, int] = field(default_factory=dict)  # client: the number of its last beginning
    begun: int = 0
    owed: str = ""  # the unwatched run that has its turn by rule 4
    kept_out_since: float | None = None  # unwatched runs, by watched ones

    def want(self, run: str) -> None:
        """The run would like to train."""
        if run not in self.training:
            self.waiting.setdefault(run)

    def leave(self, run: str) -> None:
        """The run no longer trains, nor would like to."""
        self.training.pop(run, None)
        self.waiting.pop(run, None)
        self.order.pop(run, None)

    def place(self, run: str) -> int | None:
        """1 for the next in the queue; None for a run that does not wait."""
        return self.order.get(run)

    def settle(self, now: float) -> tuple[list[str], list[str]]:
        """(runs that must stop, runs that may begin), as of now."""
        before = list(self.training)
        self._owe(now)
        while self._begin_one(now):
            pass
        self._note_kept_out(now)
        waiting = self._in_order()
        self.order = {run: place for place, run in enumerate(waiting, start=1)}
        here = {self.client(run) for run in (*self.training, *self.waiting)}
        self.served = {client: number for client, number in self.served.items() if client in here}
        stop = [run for run in before if run not in self.training]
        return stop, [run for run in self.training if run not in before]

    def _owe(self, now: float) -> None:
        """Rule 4: whose turn it is."""
        if self.owed not in self.training:
            late = self.kept_out_since is not None and now - self.kept_out_since >= PATIENCE * self.turn_s
            self.owed = next((run for run in self._in_order() if not self.watched(run)), "") if late else ""

    def _note_kept_out(self, now: float) -> None:
        kept_out = all(map(self.watched, self.training)) and not all(map(self.watched, self.waiting))
        if not kept_out:
            self.kept_out_since = None
        elif self.kept_out_since is None:
            self.kept_out_since = now

    def _begin_one(self, now: float) -> bool:
        """Let the first begin for whom there is a place, free or given up."""
        for run in self._in_order():
            if len(self.training) >= self.places:
                giver = self._giver(run, now)
                if giver is None:
                    continue
                del self.training[giver]
                self.waiting[giver] = None
            del self.waiting[run]
            self.training[run] = now
            self.begun += 1
            self.served[self.client(run)] = self.begun
            return True
        return False

    def _giver(self, to: str, now: float) -> str | None:
        """Who gives up its place to a run that waits."""
        count = Counter(self.client(run) for run in self.training)
        mine = self.client(to)

        def gives(run: str) -> bool:
            over = now - self.training[run] >= self.turn_s
            if run == self.owed:
                return over
            if self._first(to) and not self.watched(run):
                return True
            fair = self.client(run) == mine or count[self.client(run)] > count[mine]
            return over and fair and self._first(to) >= self.watched(run)

        givers = [run for run in self.training if gives(run)]
        return min(givers, key=lambda run: (self.watched(run), self.training[run]), default=None)

    def _first(self, run: str) -> bool:
        """Whether it goes before the unwatched."""
        return run == self.owed or self.watched(run)

    def _in_order(self) -> list[str]:
        """Those who wait, the next first."""
        count = Counter(self.client(run) for run in self.training)
        first = [run for run in self.waiting if self._first(run)]
        rest = [run for run in self.waiting if not self._first(run)]
        return [*self._round(first, count), *self._round(rest, count)]

    def _round(self, runs: Iterable[str], count: Counter[str]) -> Iterator[str]:
        """Rule 1, counting who has gone."""
        queues: dict[str, deque[str]] = {}
        for run in runs:
            queues.setdefault(self.client(run), deque()).append(run)
        heap = [(count[client], self.served.get(client, 0), i, client) for i, client in enumerate(queues)]
        heapify(heap)
        number = self.begun
        while heap:
            _, _, i, client = heappop(heap)
            yield queues[client].popleft()
            count[client] += 1
            number += 1
            if queues[client]:
                heappush(heap, (count[client], number, i, client))
