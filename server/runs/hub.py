"""Fan-out of one run to its viewers: what must arrive stands once in a log, and each viewer is a cursor into it.

Metrics, changes of status, edits, rewinds and challenges are ordered and reach every viewer. Frames are latest-wins:
the room keeps the newest of each view, and a viewer takes what it has not seen when it is ready. Publishing never
waits for anyone.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import Any

from server.runs import rows
from server.runs.rows import Columns

LOG_ENTRIES = 4_096
SEND_COST_S = (
    150e-6  # what one message to one viewer may cost the machine, viewers' side included: more viewers, slower beat
)
RATE_SLACK = 0.8  # a frame that comes a little early is taken: the worker's clock and the viewer's are not one


class Behind(Exception):
    """The viewer missed a part of the log: it must join anew."""


@dataclass
class Entry:
    """One message of the log: rows of metrics, or an event."""

    columns: Columns | None = None
    event: dict[str, Any] = field(default_factory=dict)
    take: int = 0


@dataclass
class Frame:
    """The newest frame of a view."""

    data: bytes
    take: int
    number: int
    step: int = 0


@dataclass(eq=False)
class Viewer:
    """A cursor, the views it watches (rate by name), and what it has seen of them."""

    client: str = ""
    cursor: int = 0
    views: dict[str, float] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    next_at: dict[str, float] = field(default_factory=dict)
    awake: asyncio.Event = field(default_factory=asyncio.Event)


class Room:
    """The viewers of one run."""

    def __init__(self, on_watch: Callable[[dict[str, float]], None] = lambda views: None) -> None:
        self.on_watch = on_watch
        self.viewers: set[Viewer] = set()
        self.log: deque[Entry] = deque()
        self.base = 0  # number of the log's first entry
        self.frames: dict[str, Frame] = {}
        self.take = 0  # the take that the log speaks of
        self.last_step = -1  # newest step published
        self.watched: dict[str, float] = {}
        self.counter = 0
        self.beat_at = 0.0
        self.beating: asyncio.TimerHandle | None = None
        self.merged = lru_cache(maxsize=32)(self._merged)

    # ------------------------------------------------------------ publishing

    @property
    def head(self) -> int:
        """The number of the entry to come."""
        return self.base + len(self.log)

    def rows(self, columns: Columns, take: int) -> None:
        """Publish rows that have been stored."""
        self.last_step = int(columns["step"][-1])
        self._append(Entry(columns=columns, take=take))

    def event(self, event: dict[str, Any]) -> None:
        """Publish something that must not be missed."""
        self._append(Entry(event=event, take=self.take))

    def rewind(self, to_step: int, take: int) -> None:
        """Begin a new take: what was beyond `to_step` no longer is."""
        self.take, self.last_step = take, min(self.last_step, to_step)
        self.frames = {view: frame for view, frame in self.frames.items() if frame.take == take}
        self.event({"type": "rewind", "to_step": to_step, "take": take})

    def frame(self, view: str, data: bytes, take: int, step: int = 0) -> None:
        """Publish the newest frame of a view, in place of the one before."""
        known = self.frames.get(view)
        if view in self.watched and take >= max(self.take, known.take if known else 0):
            self.counter += 1
            self.frames[view] = Frame(data, take, self.counter, step)
            self._beat()

    def _append(self, entry: Entry) -> None:
        if self.viewers:
            self.log.append(entry)
            if len(self.log) > LOG_ENTRIES:
                self.log.popleft()
                self.base += 1
            self._beat()
        else:
            self.base += len(self.log) + 1
            self.log.clear()

    def _beat(self) -> None:
        """Wake the viewers: at once while they are few, the more of them the slower."""
        if self.beating is not None:
            return
        loop = asyncio.get_running_loop()
        sends = sum(1 + len(viewer.views) for viewer in self.viewers)
        pause = max(0.0, self.beat_at + sends * SEND_COST_S - loop.time())
        self.beating = loop.call_later(pause, self._wake)

    def _wake(self) -> None:
        self.beating = None
        self.beat_at = asyncio.get_running_loop().time()
        for viewer in self.viewers:
            viewer.awake.set()

    # ------------------------------------------------------------ viewers

    def enter(self, viewer: Viewer) -> None:
        """From now on the viewer hears everything that is published."""
        viewer.cursor = self.head
        self.viewers.add(viewer)

    def leave(self, viewer: Viewer) -> None:
        self.viewers.discard(viewer)
        self._watching()
        if not self.viewers:
            self.base += len(self.log)
            self.log.clear()

    def watch(self, viewer: Viewer, views: dict[str, float]) -> None:
        """Replace the set of views the viewer watches: one frame of each comes at once."""
        viewer.views = views
        viewer.seen = {}
        viewer.next_at = {}
        self._watching()
        viewer.awake.set()

    def _watching(self) -> None:
        wanted: dict[str, float] = {}
        for viewer in self.viewers:
            for view, rate in viewer.views.items():
                wanted[view] = max(rate, wanted.get(view, 0.0))
        if wanted != self.watched:
            self.watched = wanted
            self.frames = {view: frame for view, frame in self.frames.items() if view in wanted}
            self.on_watch(wanted)

    # ------------------------------------------------------------ what a viewer takes

    def messages(self, viewer: Viewer) -> list[str]:
        """What was published since the viewer last asked, as few messages as possible; raises Behind."""
        if viewer.cursor < self.base:
            raise Behind
        if viewer.cursor == self.head:
            return []
        texts = self.merged(viewer.cursor, self.head)
        viewer.cursor = self.head
        return texts

    def _merged(self, start: int, end: int) -> list[str]:
        """The messages of log entries start … end−1: neighbouring rows as one, of passing states only the last."""
        entries = [self.log[i - self.base] for i in range(start, end)]
        newest = max((i for i, entry in enumerate(entries) if entry.event.get("type") == "status"), default=-1)
        kept = [entry for i, entry in enumerate(entries) if i >= newest or not entry.event.get("refresh")]
        texts: list[str] = []
        for is_rows, group in groupby(kept, key=lambda entry: entry.columns is not None):
            if is_rows:
                together = list(group)
                parts = [entry.columns for entry in together if entry.columns is not None]
                texts.append(metrics_text(rows.join(parts), together[-1].take))
            else:
                texts.extend(event_text(entry.event) for entry in group)
        return texts

    def due_frames(self, viewer: Viewer, now: float) -> tuple[list[bytes], float | None]:
        """The frames the viewer has not seen and is due, and in how many seconds the next one is."""
        frames, wait = [], None
        for view, rate in viewer.views.items():
            frame = self.frames.get(view)
            if frame is None or frame.take != self.take or frame.number <= viewer.seen.get(view, 0):
                continue
            left = viewer.next_at.get(view, 0.0) - now
            if left > 0:
                wait = left if wait is None else min(wait, left)
                continue
            viewer.seen[view] = frame.number
            viewer.next_at[view] = now + RATE_SLACK / rate
            frames.append(frame.data)
        return frames, wait


def metrics_text(columns: Columns, take: int) -> str:
    """The `metrics` message."""
    return dumps({"type": "metrics", "take": take, "columns": rows.as_json(columns)})


def event_text(event: dict[str, Any]) -> str:
    """An event's message."""
    return dumps({name: value for name, value in event.items() if name != "refresh"})


def dumps(value: Any) -> str:
    """Compact JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
