"""One live run: its record, its process, its viewers, and what happens when the process speaks."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from server.runs import checkpoints, rows
from server.runs.hub import Room
from server.runs.local import Link
from server.runs.store import Store

log = logging.getLogger("orrery.runs")
Status = Literal["starting", "queued", "running", "paused", "finished", "failed", "interrupted"]
REFRESH_S, SAVE_S = 0.25, 2.0
ALL_STEPS = 1 << 60


@dataclass
class Record:
    """What is stored of a run."""

    id: str
    lab: str
    config: dict[str, Any]
    seed: int
    max_steps: int
    client: str
    name: str = ""
    notes: str = ""
    status: Status = "starting"
    draft: bool = False
    step: int = 0
    epoch: float = 0.0
    take: int = 0
    takes: dict[str, int] = field(default_factory=dict)
    message: str = ""
    problem: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    passed: list[str] = field(default_factory=list)
    speed: float | None = None
    created_at: float = field(default_factory=time.time)
    changed_at: float = field(default_factory=time.time)

    @classmethod
    def read(cls, row: dict[str, Any]) -> "Record":
        """From a row of the store."""
        return cls(**{item.name: row[item.name] for item in fields(cls)})


class Run:
    """A run that has a process, waits for one, or is being watched."""

    def __init__(
        self,
        record: Record,
        store: Store,
        folder: Path,
        on_idle: Callable[["Run"], None],
        place: Callable[[str], int | None],
        fresh: bool = True,
    ) -> None:
        self.record, self.store, self.folder = record, store, folder
        self.on_idle, self.place = on_idle, place
        self.room = Room(self._watch)
        self.room.take, self.room.last_step = record.take, -1 if fresh else ALL_STEPS
        self.link: Link | None = None
        self.starting: asyncio.Task[None] | None = None
        self.ending: asyncio.Task[None] | None = None  # its process, which keeps its state first
        self.ready = False
        self.wants = False  # to train: the user pressed play
        self.has_place = False  # and it is its turn
        self.held = False  # it trained until something came between, and goes on by itself
        self.full = ""  # why its process could write nothing the last time
        self.noticed: list[dict[str, str]] = []  # what its process would have the viewers know
        self.notes: dict[str, dict[str, str]] = {}  # and what the server would
        self.session_status: Status = "paused"
        self.phase = ""
        self.rates: dict[str, float | None] = {"steps_per_second": None, "examples_per_second": None}
        self.trained_s = 0.0
        self.touched = self.status_since = time.monotonic()
        self.removed = False
        self.told: tuple[Any, ...] = ()
        self.told_at = self.saved_at = 0.0

    # ------------------------------------------------------------ what it is

    @property
    def id(self) -> str:
        return self.record.id

    @property
    def status(self) -> Status:
        """The one word for where the run stands."""
        if self.record.status in ("failed", "interrupted"):
            return self.record.status
        if self.wants and not self.has_place:
            return "queued"
        if self.starting is not None:
            return "starting"
        if not self.ready:
            return "finished" if self.record.status == "finished" else "paused"
        if self.wants and self.session_status == "paused":
            return "running"
        return self.session_status

    @property
    def alive(self) -> bool:
        """Whether it has a process, or will have one without being asked again."""
        has_process = self.link is not None and self.ending is None
        return has_process or self.starting is not None or self.wants

    @property
    def notices(self) -> list[dict[str, str]]:
        """What whoever looks on should know now: {kind, message, hint} each."""
        return [*self.noticed, *self.notes.values()]

    def note(self, kind: str, message: str = "", hint: str = "") -> None:
        """Say something of this kind, or with no message nothing any more."""
        before = self.notes.get(kind)
        if message:
            self.notes[kind] = {"kind": kind, "message": message, "hint": hint}
        else:
            self.notes.pop(kind, None)
        if self.notes.get(kind) != before:
            self.changed()

    def under_way(self) -> str:
        """What its process has been doing since it last said something, in words."""
        do = self.link.busy_with if self.link else ""
        if self.starting is not None:
            return "Building the lab"
        if do in ("view", "ask"):
            return "An answer about the model"
        return (
            f"Step {self.record.step + 1:,}" if self.session_status == "running" or do == "step" else "What was asked"
        )

    def hold(self) -> None:
        """Something comes between: the run gives up its place, and goes on by itself when it can."""
        self.held = True
        self.wants = False
        self.on_idle(self)

    def touch(self) -> None:
        """Somebody takes an interest."""
        self.touched = time.monotonic()

    def state(self) -> dict[str, Any]:
        """What changes while it runs: the `status` message."""
        record = self.record
        return {
            "status": self.status, "step": record.step, "epoch": record.epoch, "take": record.take,
            "message": record.message,
            "problem": record.problem, "error": record.error, "queue_place": self.place(record.id), "phase": self.phase,
            **self.rates, "speed": record.speed, "max_steps": record.max_steps, "config": record.config,
            "passed": record.passed, "notices": self.notices,
        }  # fmt: skip

    # ------------------------------------------------------------ what its process says

    def heard(self, header: dict[str, Any], body: bytes) -> None:
        """A message of the worker."""
        kind = header["type"]
        if self.removed:
            return
        if kind == "frame":
            self.room.frame(str(header["view"]), body, int(header["take"]), int(header["step"]))
        elif kind == "turn":
            self._turn(header["state"], header["events"], body)
        elif kind == "checkpoint":
            self.store.write(_nothing, lambda: self._keep(str(header["name"])))
        elif kind == "failed":
            log.error("run %s failed at step %s\n%s", self.id, header.get("step"), header.get("traceback"))
            self.failed(str(header["kind"]), str(header["message"]), str(header["hint"]))

    def _turn(self, state: dict[str, Any], events: list[dict[str, Any]], body: bytes) -> None:
        record = self.record
        if state["take"] != record.take:
            self.rewind(int(state.get("to_step", -1)), int(state["take"]), state.get("edits", []))
            record.passed = list(state.get("passed", []))
        record.step, record.epoch, record.message = int(state["step"]), float(state["epoch"]), str(state["message"])
        record.problem, record.max_steps = state["problem"], int(state["max_steps"])
        record.config = state.get("config", record.config)
        self.phase = str(state["phase"])
        self.rates = {name: state[name] for name in self.rates}
        self.session_status = state["status"]
        self.full, self.noticed = str(state["full"]), list(state["notices"])
        if body:
            self._rows(body)
        for event in events:
            self._event(event)
        if self.wants and self.has_place and (self.session_status == "finished" or record.problem):
            self.wants = False
            self.on_idle(self)
        elif self.full and self.wants:
            self.hold()
        self.changed()

    def _keep(self, name: str) -> None:
        """A checkpoint counts now: the metrics up to it are stored."""
        try:
            checkpoints.show(self.folder / "checkpoints", name)
        except (OSError, ValueError) as error:
            log.error("a checkpoint of run %s could not be kept: %s", self.id, error)

    def _rows(self, body: bytes) -> None:
        columns, take = rows.decode(body), self.record.take
        steps = columns["step"]
        operation = self.store.add_rows(self.id, body, int(steps[0]), int(steps[-1]))
        self.store.write(operation, lambda: self.room.rows(columns, take))

    def _event(self, event: dict[str, Any]) -> None:
        if event["type"] == "edit":
            operation = self.store.add_edit(self.id, self.record.take, event)
            self.store.write(operation, lambda: self.room.event(event))
        else:
            if event["type"] == "challenge" and event.get("passed") and event["id"] not in self.record.passed:
                self.record.passed = [*self.record.passed, str(event["id"])]
            self.store.write(_nothing, lambda: self.room.event(event))

    def rewind(self, to_step: int, take: int, edits: Sequence[dict[str, Any]] = ()) -> None:
        """A new take begins after `to_step` (−1: from nothing), with the edits that still stand."""
        self.record.take = take
        self.record.takes = {**self.record.takes, str(take): to_step}
        for edit in edits:
            self.store.write(self.store.add_edit(self.id, take, edit))
        self.store.write(self.save())  # first: a checkpoint from beyond must not be taken for one of this take
        self.store.write(self.store.drop_rows(self.id, to_step), lambda: self.room.rewind(to_step, take))
        self.saved_at = 0.0

    def failed(self, kind: str, message: str, hint: str) -> None:
        """The run cannot go on."""
        if self.record.status == "failed" or self.removed:
            return
        self.record.status = "failed"
        self.record.error = {"kind": kind, "message": message, "hint": hint}
        self.wants = self.ready = self.held = False
        self.on_idle(self)
        self.changed()

    # ------------------------------------------------------------ telling and keeping

    def changed(self) -> None:
        """Store and publish the state: at once when it is another, now and then while only the step moves."""
        record, now = self.record, time.monotonic()
        if self.status != record.status:
            record.status, self.status_since = self.status, now
        telling = (
            record.status,
            record.draft,
            record.take,
            record.message,
            record.max_steps,
            record.speed,
            self.place(record.id),
            self.phase,
            record.config,
            self.notices,
        )
        news = telling != self.told
        if news or now - self.told_at >= REFRESH_S:
            self.told, self.told_at = telling, now
            event = {"type": "status", **self.state(), **({} if news else {"refresh": True})}
            save = news or now - self.saved_at >= SAVE_S
            if self.store.trouble and record.take == self.room.take:  # nobody can wait for what cannot be stored now
                self.room.event(event)
            self.store.write(self.save() if save else _nothing, lambda: self.room.event(event))

    def save(self) -> Callable[[Any], Any]:
        """The operation that stores the record."""
        self.saved_at = time.monotonic()
        self.record.changed_at = time.time()
        values = asdict(self.record)
        return self.store.update(values.pop("id"), **values)

    def _watch(self, views: dict[str, float]) -> None:
        if self.ready and self.link is not None:
            self.link.tell("watch", views=views)


def _nothing(connection: Any) -> None:
    """An operation that only keeps the order."""
