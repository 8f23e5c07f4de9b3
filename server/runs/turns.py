"""Who trains now, and who waits: as many runs as there are cores, and turns while there are more."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Turns:
    """A queue with turn-taking. It decides; whoever calls it acts.

    While others wait, a run that has trained for `turn_s` gives up its place, unwatched runs first, and joins the end
    of the queue.
    """

    places: int
    turn_s: float
    watched: Callable[[str], bool] = lambda run: True
    training: dict[str, float] = field(default_factory=dict)  # run: since when
    waiting: list[str] = field(default_factory=list)

    def want(self, run: str) -> None:
        """The run would like to train."""
        if run not in self.training and run not in self.waiting:
            self.waiting.append(run)

    def leave(self, run: str) -> None:
        """The run no longer trains, nor would like to."""
        self.training.pop(run, None)
        if run in self.waiting:
            self.waiting.remove(run)

    def place(self, run: str) -> int | None:
        """1 for the next in the queue; None for a run that does not wait."""
        return self.waiting.index(run) + 1 if run in self.waiting else None

    def settle(self, now: float) -> tuple[list[str], list[str]]:
        """(runs that must stop, runs that may begin), as of now."""
        stop: list[str] = []
        short = len(self.waiting) - (self.places - len(self.training))
        if short > 0:
            over = [run for run, since in self.training.items() if now - since >= self.turn_s]
            over.sort(key=lambda run: (self.watched(run), self.training[run]))
            stop = over[:short]
        for run in stop:
            del self.training[run]
        begin = self.waiting[: max(0, self.places - len(self.training))]
        self.waiting = self.waiting[len(begin) :] + stop
        self.training.update((run, now) for run in begin)
        return stop, begin
