"""One run in a process of its own: the Session at one end of a socket.

It trains for a turn, then reads and writes. The session knows no socket; this file knows no lab.
"""

import contextlib
import json
import logging
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from safetensors.numpy import save

from models.core import frames
from models.core.admission import admit
from models.core.errors import BadState, OrreryError, WrongState
from models.core.session import Session, Turn
from server.runs import checkpoints, preload
from server.runs.bounds import at_most, confine
from server.runs.pipe import Gone, Pipe, exit_with
from server.runs.saved import Saved

STATE_EVERY_S = 0.05
RESTING_EVERY_S, FULL_EVERY_S = 0.25, 2.0
Answer = tuple[dict[str, Any], bytes]
log = logging.getLogger("orrery.worker")


def main(sock: socket.socket) -> None:
    """Serve one run until the server is gone or the run fails."""
    exit_with(sock)
    with contextlib.suppress(Gone):
        Worker(Pipe(sock)).run()


class Worker:
    """Requests in, turns of the session out."""

    def __init__(self, pipe: Pipe) -> None:
        self.pipe = pipe
        self.session: Any = None
        self.stopped = False
        self.niceness = 0  # how far to step back behind the server once training begins
        self.stepping: list[int] = []  # requests that wait for steps to be done
        self.told_at = self.saved_at = 0.0
        self.busy_since = time.monotonic()  # the last checkpoint, or the start
        self.told_status = ""
        self.told_take = -1
        self.saved: tuple[int, int, int] | None = None  # what the newest checkpoint is of: take, step, edits
        self.full = ""  # why nothing could be written the last time; empty if it could
        self.folder: Path | None = None
        self.view_s = self.checkpoint_s = 0.0
        self.notices: dict[str, dict[str, str]] = {}  # what whoever looks on should know, by what it is about
        self.commands: dict[str, Callable[..., Answer]] = {
            "start": self.start, "play": self.play, "pause": self.pause, "set": self.set, "tune": self.tune,
            "act": self.act,
            "ask": self.ask, "view": self.view, "watch": self.watch, "reset": self.reset,
            "step": self.step, "rewind": self.rewind, "undo": self.undo, "branch": self.branch,
            "checkpoint": self.checkpoint, "examine": self.examine, "ping": lambda: ({}, b""),
            "park": self.park,
        }  # fmt: skip

    def run(self) -> None:
        """The loop: read, train for a turn, write, sleep only when there is nothing to do."""
        while not self.stopped:
            for header, _ in self.pipe.receive():
                self.handle(header)
            wait_s = self.session.wait_s if self.session else None
            if wait_s == 0 and not self.pipe.congested:
                self.turn()
            keep_s = self.keep()
            self.pipe.flush()
            if wait_s != 0 or self.pipe.congested:
                self.pipe.wait(min(wait_s or keep_s or 60.0, keep_s or 60.0))
        while self.pipe.messages or self.pipe.current:
            self.pipe.flush()
            self.pipe.wait(0.1)

    # ------------------------------------------------------------ out

    def turn(self) -> None:
        """Let the session have its turn and send what came of it."""
        try:
            turn: Turn = self.session.turn()
        except Exception as error:  # noqa: BLE001 - a lab may raise anything; the run fails, the server does not
            self.fail(error)
            return
        if self.session.unkept:
            self.no_space(self.session.unkept)
        self.publish(turn)

    def publish(self, turn: Turn) -> None:
        """Send what came of a turn, and reply to those who wait for steps that are done."""
        columns = {
            name: np.asarray(column, np.int64 if name == "step" else np.float64) for name, column in turn.rows.items()
        }
        if columns:
            columns["time_s"] = np.asarray(turn.times)
        rows = len(columns.get("step", ()))
        events = [event for event in turn.events if event["type"] not in ("status", "rewind")]
        now = time.monotonic()
        done = self.stepping and (not self.session.owed or self.session.status != "paused")
        if rows or events or done or self.session.status != self.told_status or now - self.told_at >= STATE_EVERY_S:
            self.tell(events=events, body=save(columns) if rows else b"")
        for view, data in turn.frames:
            header = {"type": "frame", "view": view, "take": self.session.take, "step": self.session.step}
            self.pipe.frame(view, header, bytes(data))
        if done:
            for id_ in self.stepping:
                self.pipe.send({"type": "reply", "id": id_, "result": {"step": self.session.step}})
            self.stepping = []

    def tell(self, events: list[dict[str, Any]] | None = None, body: bytes = b"", whole: bool = False) -> None:
        """Send where the session stands, with its new rows and events; `whole` with the config."""
        session = self.session
        self.told_at, self.told_status = time.monotonic(), session.status
        state = {
            "status": session.status, "step": session.step, "epoch": session.epoch, "take": session.take,
            "message": session.message, "problem": session.problem, "phase": session.phase,
            "max_steps": session.max_steps,
            "steps_per_second": session.rates.get("steps_per_second"),
            "examples_per_second": session.rates.get("examples_per_second"),
            "full": self.full, "notices": list(self.notices.values()),
        }  # fmt: skip
        if whole:
            state["config"] = session.config.model_dump(mode="json")
        if session.take != self.told_take:  # the server begins a new take from here
            self.told_take = session.take
            state |= {"to_step": session.take_from, "edits": [asdict(edit) for edit in session.edits]}
            state["passed"] = list(session.passed)
        self.pipe.send({"type": "turn", "state": finite(state), "events": finite(events or [])}, body)

    def fail(self, error: BaseException) -> None:
        """Tell the server, whose log keeps the traceback, why the run cannot go on; and stop."""
        if isinstance(error, MemoryError) or "allocate memory" in str(error):
            kind, message = "memory", "The run needed more memory than it may take."
            hint = "Take a smaller model or batch, then reset."
        else:
            kind, message = "step-failed", f"{type(error).__name__}: {error}"[:1_000]
            hint = "Change the settings and reset. The server's log has the details."
        self.pipe.send({
            "type": "failed", "kind": kind, "message": message, "hint": hint,
            "step": self.session.step if self.session else 0,
            "traceback": "".join(traceback.format_exception(error))[-20_000:],
        })  # fmt: skip
        self.stopped = True

    @contextlib.contextmanager
    def around(self, view: str) -> Iterator[None]:
        """While a view is drawn: it may not take long, and its fault is not the run's."""
        about = f"view {view}"
        try:
            with at_most(self.view_s):
                yield
        except Exception as error:  # noqa: BLE001 - a view may raise anything; training goes on without its picture
            if about not in self.notices:  # what it raises next may be worded otherwise: once is enough
                traceback.print_exc()
                title = self.session.kind.methods("view")[view].title
                message = f"“{title}” cannot be drawn: {type(error).__name__}: {error}"[:1_000]
                hint = "Training goes on without it. The server's log has the details."
                self.notices[about] = {"kind": "view-failed", "message": message, "hint": hint}
                self.told_at = 0.0
        else:
            if self.notices.pop(about, None):
                self.told_at = 0.0

    # ------------------------------------------------------------ in

    def handle(self, header: dict[str, Any]) -> None:
        """Do what a request says and reply."""
        id_, do = header.pop("id", None), header.pop("do")
        try:
            result, body = self.commands[do](**header)
            reply: dict[str, Any] = {"type": "reply", "id": id_, "result": finite(result)}
        except OrreryError as error:
            reply, body = {"type": "reply", "id": id_, "error": explained(error)}, b""
        except Exception as error:  # noqa: BLE001 - a probe may raise anything; an action that did leaves pieces
            traceback.print_exc()
            reply, body = {"type": "reply", "id": id_, "error": broken(error)}, b""
            if do not in ("ask", "view", "watch"):
                self.fail(error)
        if do == "step" and "error" not in reply and self.session.owed:
            self.stepping.append(id_)
        elif id_ is not None:
            self.pipe.send(reply, body)

    def start(self, *, lab: str, config: dict[str, Any], seed: int, run: str, take: int, max_steps: int | None,
              speed: float | None, limits: dict[str, int], views: dict[str, float], folder: str,
              step: int, takes: dict[str, int], view_s: float, checkpoint_s: float) -> Answer:  # fmt: skip
        """Build the lab under its limits, or stand where its newest checkpoint does.

        `step` is where the server believes the run to stand: if it does not, a new take begins. `takes` are the steps
        to which the run has gone back since it began.
        """
        confine(limits)
        self.niceness = limits["nice"]
        threads = limits["threads"]
        torch.set_num_threads(threads)
        found = preload.catalog().labs[lab]
        self.folder, self.view_s, self.checkpoint_s = Path(folder), view_s, checkpoint_s
        saved = Saved(self.folder, found, {int(number): to_step for number, to_step in takes.items()})
        self.session = saved.restored(run)
        if self.session is not None:
            self.session.max_steps = max_steps or self.session.max_steps
            self.session.take_from = self.session.step
        else:
            self.session = Session(
                found, config, seed=seed, max_steps=max_steps, run=run, threads=threads, folder=self.folder / "kept"
            )
        if saved.damaged:
            self.notices["damaged"] = saved.notice(self.session.step)
        self.session.guard = self.around
        self.told_take = take
        self.session.take = take if self.session.step == step else take + 1
        self.session.limit(speed)
        if views:
            self.session.watch(views)
        self.tell(whole=True)
        return {"step": self.session.step}, b""

    def step_back(self) -> None:
        """From the first step on the server goes first; building and the first pictures were as urgent as it."""
        if self.niceness:
            os.nice(self.niceness)
            self.niceness = 0

    def play(self) -> Answer:
        self.step_back()
        self.session.play()
        return self.done()

    def pause(self) -> Answer:
        self.session.pause()
        self.saved_at = 0.0  # a checkpoint is due at once, before the reply
        self.keep()
        return self.done()

    def step(self, *, count: int) -> Answer:
        """Owe some steps; the reply waits until they are done."""
        self.step_back()
        self.session.advance(count)
        return {"step": self.session.step}, b""

    def set(self, **given: Any) -> Answer:
        """The speed limit, the number of steps."""
        if "speed" in given:
            self.session.limit(given["speed"])
        if "max_steps" in given:
            self.session.extend(given["max_steps"])
        return self.done()

    def tune(self, *, fields: dict[str, Any], gesture: str | None = None) -> Answer:
        step = self.session.tune(fields, gesture=gesture)
        return self.done(step=step)

    def act(self, *, name: str, payload: Any, gesture: str | None = None) -> Answer:
        step = self.session.act(name, payload, gesture=gesture)
        return self.done(step=step)

    def reset(self, *, config: dict[str, Any] | None = None, seed: int | None = None) -> Answer:
        self.session.reset(config=config, seed=seed)
        return self.done()

    def rewind(self, *, step: int) -> Answer:
        """Back to a step."""
        self.session.rewind(step)
        return self.done(step=self.session.step)

    def undo(self) -> Answer:
        """Without the newest edit; the step where it was made."""
        return self.done(step=self.session.undo())

    def branch(self, *, step: int | None, config: dict[str, Any], seed: int | None) -> Answer:
        """The state for a new run, and the settings it then has."""
        data = self.session.branch(step, config, seed)
        after = self.session.kind.Config.read({**self.session.config.model_dump(mode="json"), **config})
        at = self.session.step if step is None else step
        return {"step": at, "config": after.model_dump(mode="json")}, data

    def checkpoint(self) -> Answer:
        """The whole training state as the newest checkpoint; its step."""
        if self.standing() != self.saved:
            self.save()
        if self.full:
            raise WrongState(f"The checkpoint could not be written: {self.full}.", "Free some space.")
        return {"step": self.session.step}, b""

    def examine(self, *, lab: str, folder: str, limits: dict[str, int]) -> Answer:
        """Whether the checkpoint in a folder is one that this lab can stand at and go on from; what it then is.

        The process that looks is not the one that will train.
        """
        confine(limits)
        torch.set_num_threads(limits["threads"])
        data = checkpoints.read(Path(folder))
        if data is None:
            raise BadState("The checkpoint was lost while it was being read.", "Send it again.")
        session = admit(data, preload.catalog().labs[lab])
        return {
            "step": session.step, "epoch": session.epoch, "config": session.config.model_dump(mode="json"),
            "seed": session.seed, "max_steps": session.max_steps, "passed": list(session.passed),
            "edits": [asdict(edit) for edit in session.edits],
        }, b""  # fmt: skip

    def keep(self) -> float | None:
        """A checkpoint when training stops, and every few seconds while it does not; how long until one is due."""
        session, now = self.session, time.monotonic()
        if session is None or self.fresh() or self.folder is None or self.stopped or self.standing() == self.saved:
            return None
        resting = session.status != "running" and not session.owed
        rest_s = FULL_EVERY_S if self.full else RESTING_EVERY_S
        due_s = (self.saved_at + rest_s if resting else self.busy_since + self.checkpoint_s) - now
        if due_s > 0:
            return float(due_s)
        self.busy_since = now
        self.save()
        self.saved_at = time.monotonic()
        return None

    def park(self) -> Answer:
        """Write a checkpoint of where the run rests, unless it is written: the process is about to be ended."""
        if self.session.status == "running" or self.session.owed:
            raise WrongState("The run is training.", "Pause it first.")
        if not self.fresh() and self.standing() != self.saved:
            self.save()
        if self.full:
            raise WrongState(f"Nothing could be written ({self.full}).", "Free some space.")
        return {}, b""

    def fresh(self) -> bool:
        """Whether the run is as its config and seed make it, and nothing else was ever kept."""
        return not (self.session.step or self.session.edits or self.saved or self.full)

    def standing(self) -> tuple[int, int, int]:
        """What a checkpoint made now would be of."""
        return self.session.take, self.session.step, len(self.session.edits)

    def save(self) -> None:
        """Write a checkpoint. It counts once the server has stored the metrics up to it, which are sent before."""
        self.publish(self.session.settled())
        at, step = self.standing(), self.session.step
        try:
            name = checkpoints.prepare(cast(Path, self.folder) / "checkpoints", step, self.session.save())
        except OSError as error:
            self.no_space(error.strerror or str(error))
            return
        self.saved = at
        self.pipe.send({"type": "checkpoint", "name": name})
        if self.full:
            self.full = ""
            self.tell()

    def no_space(self, reason: str) -> None:
        """Nothing can be kept: training waits until a checkpoint can be written."""
        self.full, self.saved, self.session.unkept = reason, None, ""
        if self.session.status == "running":
            self.session.pause()
        self.session.unkept = ""
        self.saved_at = time.monotonic()
        self.tell()

    def done(self, **result: Any) -> Answer:
        """Tell the new state before the reply, so that whoever hears the reply can read it."""
        self.tell(whole=True)
        return result, b""

    def ask(self, *, name: str, payload: Any) -> Answer:
        with at_most(self.view_s):
            figures = self.session.ask(name, payload)
        return {}, as_json({"figures": [frames.to_json(figure, flat=True) for figure in figures]})

    def view(self, *, name: str, form: str) -> Answer:
        """A view as it is now: as a frame, as JSON, or as Plotly's JSON."""
        at = {"step": self.session.step}
        with at_most(self.view_s):
            if form == "frame":
                return at, self.session.frame(name)
            figure = self.session.look(name)
        return at, as_json(figure.to_plotly() if form == "plotly" else frames.to_json(figure))

    def watch(self, *, views: dict[str, float]) -> Answer:
        self.session.watch(views)
        return {}, b""


def explained(error: OrreryError) -> dict[str, Any]:
    """An error that the user can cause, as the server's problem details need it."""
    told = {name: getattr(error, name) for name in ("field", "errors") if hasattr(error, name)}
    problem = {"status": error.status, "kind": error.kind, "message": error.message, "hint": error.hint, **told}
    return {name: finite(value) for name, value in problem.items()}


def broken(error: BaseException) -> dict[str, Any]:
    """A fault of the lab."""
    return {
        "status": 500,
        "kind": "lab-error",
        "message": f"{type(error).__name__}: {error}"[:1_000],
        "hint": "The server's log has the details.",
    }


def finite(value: Any) -> Any:
    """JSON has no NaN: None stands for what is not finite."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value if value is None or isinstance(value, str | int) else str(value)


def as_json(value: Any) -> bytes:
    """The bytes of a JSON answer, which the server forwards untouched."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:
        return json.dumps(finite(value), ensure_ascii=False, separators=(",", ":")).encode()


if __name__ == "__main__":
    preload.labs()
    preload.compiler()
    main(socket.socket(fileno=int(sys.argv[1])))
