"""The object that drives one lab in a process: play, pause, step, edit, watch, probe. It knows no socket and no
database.

One loop: `turn()` trains for a tick, then draws the views that are due. Everything else happens between two turns, so
between two steps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import torch
from safetensors.torch import save as save_tensors
from torch import Tensor

from models.core import frames
from models.core.clock import Pace, Watches
from models.core.edits import TUNE, Edit, apply, last_gesture
from models.core.errors import Refused, WrongState
from models.core.fields import LabConfig
from models.core.figures import Figure
from models.core.lab import Finished, Lab, looking, named, read_input
from models.core.ledger import Columns
from models.core.timeline import REPLAY_S, Timeline, fork, read_state
from models.core.training import Training

TICK_S = 0.03
MAX_STEPS = 10_000_000
Status = Literal["paused", "running", "finished"]


@dataclass
class Turn:
    """What one turn brought: recorded metrics as equal-length columns (NaN: no value), the training clock at each of
    these rows in seconds, encoded frames, and events.
    """

    rows: Columns = field(default_factory=dict)
    times: list[float] = field(default_factory=list)
    frames: list[tuple[str, bytes]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)


class Session:
    """One lab, one config, one seed and its edits: the same four, the same losses, bit for bit."""

    def __init__(
        self,
        lab: type[Lab],
        config: Mapping[str, Any] | None = None,
        seed: int = 0,
        *,
        max_steps: int | None = None,
        run: str = "",
        threads: int = 1,
        edits: Sequence[Edit] = (),
        folder: Path | None = None,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """Builds the lab at step 0, paused. Raises InvalidConfig.

        `edits` are repeated at their steps; kept states lie in `folder`, or in memory without one.
        """
        self.kind, self.run, self.clock = lab, run, clock
        torch.set_num_threads(threads)
        self.take, self.take_from = 0, -1  # the take, and the step at which it begins; -1: from nothing
        self.max_steps = self._bounded(lab.max_steps if max_steps is None else max_steps)
        self.watches, self.pace = Watches(clock), Pace(lab.steps_per_second, clock)
        self.timeline, self.step_s = Timeline(lab, clock, folder), 0.0
        self.unkept = ""  # why the newest step to keep could not be written; empty if it could
        self.guard: Callable[[str], AbstractContextManager[None]] = lambda view: (
            nullcontext()
        )  # stands around each view drawn
        self._begin(Training(lab, lab.Config.read(dict(config or {})), seed, clock))
        self.timeline.origin = (self.training.first_config, seed)
        self._script.extend(sorted(edits, key=lambda edit: edit.step))

    def _begin(self, training: Training) -> None:
        """Stand paused where a training stands, with no edit made."""
        self.training = training
        self.status: Status = "paused"
        self.message, self.owed, self.version = "", 0, 0
        self.problem: dict[str, Any] | None = None
        self.edits: list[Edit] = []
        self.rates: dict[str, float] = {}
        self._script: list[Edit] = []
        self._events: list[dict[str, Any]] = []
        self._window = (self.clock(), training.step)
        self._told = 0

    # ------------------------------------------------------------------ what it is

    @property
    def lab(self) -> Lab:
        """The lab as it is now."""
        return self.training.lab

    @property
    def config(self) -> LabConfig:
        """The config as it is now, live changes included."""
        config: LabConfig = self.lab.config
        return config

    @property
    def seed(self) -> int:
        """What chance began with."""
        return self.training.seed

    @property
    def step(self) -> int:
        """Steps made."""
        return self.training.step

    @property
    def epoch(self) -> float:
        """How often the training data have been seen."""
        return self.step / max(1, self.lab.steps_per_epoch)

    @property
    def phase(self) -> str:
        """Where in a step of several phases the lab is."""
        return self.lab.phase

    @property
    def passed(self) -> dict[str, int]:
        """The challenges that have been passed, and at which step."""
        return self.training.passed

    # ------------------------------------------------------------------ commands

    def play(self) -> None:
        """Train on, until paused, finished or `max_steps`."""
        if self.problem:
            raise WrongState(str(self.problem["message"]), str(self.problem["hint"]))
        if self.status == "finished":
            raise WrongState(
                f"The run is finished: {self.message}", "Reset it, raise max_steps, or change something by hand."
            )
        if self.status != "running":
            self._to("running")
            self.pace.start()
            self._window = (self.clock(), self.step)

    def pause(self) -> None:
        """Stop between two steps."""
        self.owed = 0
        self.training.stopwatch.stop()
        if self.status == "running":
            self._to("paused")
            self._keep()

    def advance(self, count: int) -> None:
        """Owe `count` steps, made by the next turns at full speed.

        Raises WrongState while running; a finished run owes none.
        """
        if self.status == "running":
            raise WrongState("The run is playing.", "Pause it first.")
        if self.problem:
            raise WrongState(str(self.problem["message"]), str(self.problem["hint"]))
        self.owed = count if self.status == "paused" else 0

    def limit(self, steps_per_second: float | None) -> None:
        """A speed limit (not an edit); None is full speed."""
        self.pace.set(steps_per_second)

    def extend(self, max_steps: int) -> None:
        """Another length; a finished run that now is too short goes on."""
        self.max_steps = self._bounded(max_steps)
        if self.status == "finished" and self.step < self.max_steps:
            self._to("paused")

    def reset(self, config: Mapping[str, Any] | None = None, seed: int | None = None) -> None:
        """Rebuilds the lab at step 0 in place, with some settings or another seed; a running one runs on.

        A new take begins.
        """
        after = self.kind.Config.read({**self.config.model_dump(mode="json"), **(config or {})})
        was_running = self.status == "running"
        self._begin(Training(self.kind, after, self.seed if seed is None else seed, self.clock))
        self.timeline.cut(-1)
        self.timeline.origin = (after, self.seed)
        self.take, self.take_from = self.take + 1, -1
        self.watches.set({watch.view: watch.rate_hz for watch in self.watches.views.values()})
        if was_running:
            self.play()
        else:
            self._events.append(self._status_event())

    def watch(self, views: Mapping[str, float]) -> None:
        """The views to draw, and how often a second at most; replaces the whole set and draws each once at once."""
        for view in views:
            named(self.kind, "view", view)
        self.watches.set(dict(views))

    # ------------------------------------------------------------------ edits and questions

    def tune(self, fields: Mapping[str, Any], gesture: str | None = None) -> int:
        """Changes live fields between two steps; the step after which it was.

        Raises NotLive, InvalidConfig, Refused.
        """
        return self._edit(Edit(self.step, TUNE, dict(fields), gesture))

    def act(self, name: str, payload: Any, gesture: str | None = None) -> int:
        """Does an action between two steps; the step after which it was. Raises Unknown, InvalidConfig, Refused."""
        return self._edit(Edit(self.step, name, payload, gesture))

    def ask(self, name: str, payload: Any) -> list[Figure]:
        """The figures with which a probe answers. Raises Unknown, InvalidConfig, Refused."""
        method = named(self.kind, "probe", name)
        arguments = read_input(method, payload)
        with looking(self.lab, self.seed, self.step, name) as lab:
            answer = getattr(lab, name)(*arguments)
        return list(answer) if isinstance(answer, list | tuple) else [answer]

    def look(self, view: str) -> Figure:
        """The figure of a view as the model is now."""
        method = named(self.kind, "view", view)
        with looking(self.lab, self.seed, self.step, view) as lab:
            figure: Figure = getattr(lab, view)()
        figure.title = figure.title or method.title
        return figure

    def frame(self, view: str) -> bytes:
        """The view's figure, encoded."""
        return frames.encode(
            self.look(view), run=self.run, take=self.take, view=view, step=self.step, epoch=f"{self.epoch:.4f}"
        )

    def _edit(self, edit: Edit) -> int:
        edit = apply(self.lab, edit)
        self.edits.append(edit)
        self.version += 1
        if self.problem and self.step <= self.problem["step"]:  # something is otherwise now: it may be tried again
            self.problem = None
        self._events.append({"type": "edit", **asdict(edit)})
        if self.status == "finished" and self.step < self.max_steps:
            self._to("paused")
        return self.step

    # ------------------------------------------------------------------ time

    def rewind(self, step: int) -> None:
        """Back to any step: what came after falls, a new take begins, the run is paused.

        Raises Refused for a step that has not been made, WrongState if too much would have to be made again.
        """
        self._made(step)
        earlier = [edit for edit in self.edits if edit.step < step]
        self._stand(self.timeline.training_at(step, earlier, self.step_s), earlier)

    def undo(self) -> int:
        """Takes back the newest edit with its gesture, and makes the steps since then again without it.

        If these would take too long, the run stands paused where the edit was made. The step of the edit.
        """
        if not self.edits:
            raise WrongState("Nothing has been changed by hand.", "Change a live setting, or touch a figure.")
        undone, present = last_gesture(self.edits), self.step
        rest, step = self.edits[: -len(undone)], undone[0].step
        self._stand(self.timeline.training_at(step, rest, self.step_s), [e for e in rest if e.step < step])
        for edit in rest[len(self.edits) :]:
            apply(self.lab, edit)
            self.edits.append(edit)
        if (present - step) * self.step_s <= REPLAY_S:
            self.owed = present - step
        return step

    def branch(
        self, step: int | None = None, config: Mapping[str, Any] | None = None, seed: int | None = None
    ) -> bytes:
        """The state from which a new run begins at `step`, with other settings or another seed for what follows.

        Raises InvalidConfig if the state does not fit the settings.
        """
        about, tensors = self.training.dump()
        if step is not None and step != self.step:
            about, tensors = self.timeline.branch(self._made(step), self.edits, self.step_s)
            about["clock"] = self.training.stopwatch.back(step).dump()
        return self._pack(*fork(self.kind, about, tensors, config or {}, seed, self.clock), edits=[], whole=False)

    def _made(self, step: int) -> int:
        if not 0 <= step <= self.step:
            raise Refused(f"Step {step:,} has not been made: the run stands at {self.step:,}.")
        return step

    def _stand(self, training: Training, edits: list[Edit]) -> None:
        """Stand paused in the past, in a new take; what has been recorded up to there is still to be told."""
        told = self._events
        self.training.ledger.hand_over(training.ledger)
        training.stopwatch = self.training.stopwatch.back(training.step)
        self._begin(training)
        self.edits, self._told, self._events = edits, len(self.passed), told
        self.take, self.take_from = self.take + 1, self.step
        self.timeline.cut(self.step)
        self.watches.set({watch.view: watch.rate_hz for watch in self.watches.views.values()})
        self._events += [{"type": "rewind", "to_step": self.step, "take": self.take}, self._status_event()]

    def _keep(self) -> None:
        """Keep the state, and the frames of all views, of this step; where nothing can be written, stand still."""
        try:
            with self.training.stopwatch.aside():
                self.timeline.keep(self.step, self.save, self._all_frames)
        except OSError as error:
            self.unkept, self.owed = error.strerror or str(error), 0
            if self.status == "running":
                self._to("paused")
        else:
            self.unkept = ""
            self._events.append({"type": "keyframe", "step": self.step})

    def _all_frames(self) -> dict[str, bytes]:
        found = {}
        for view in self.kind.methods("view"):
            with self.guard(view):
                found[view] = self.frame(view)
        return found

    # ------------------------------------------------------------------ the loop

    def turn(self) -> Turn:
        """At most one tick of training, or one step, then the frames that are due."""
        if self.status == "running" or self.owed:
            self.training.stopwatch.start()
        if self.status == "running":
            if self.pace.wait_s() == 0.0:
                self._train(self.max_steps if self.pace.limit is None else self.step + 1)
        elif self.owed:
            self._train(min(self.max_steps, self.step + self.owed))
        self._measure()
        rows, times = self._settle()
        drawn = self._draw()
        events, self._events = self._events, []
        return Turn(rows, times, drawn, events)

    @property
    def wait_s(self) -> float | None:
        """How long until a turn would do something: 0 at once, None not before somebody asks for something."""
        if self.owed or self._events or self.training.ledger:
            return 0.0
        frame = self.watches.wait_s(self.version)
        if self.status == "running":
            step = self.pace.wait_s()
            return step if frame is None or self.pace.limit is None else min(step, frame)
        return frame

    def _train(self, end: int) -> None:
        """Steps until `end` or the end of the tick, with the edits that are repeated."""
        first, begun, kept_s = self.step, self.clock(), self.timeline.keeping_s
        deadline = begun + TICK_S
        try:
            while self.step < end:
                if self.timeline.due(self.step):
                    self._keep()
                    if self.unkept:
                        break
                self._run_script()
                stop = min([end, self.timeline.next_key, *(edit.step for edit in self._script[:1])])
                self.training.advance(max(stop, self.step + 1), deadline)
                if self.clock() >= deadline:
                    break
        except Finished as reason:
            self._finish(str(reason))
        self._count(self.step - first, self.clock() - begun - (self.timeline.keeping_s - kept_s))
        if self.step >= self.max_steps and self.status != "finished":
            self._finish(f"All {self.max_steps:,} steps are done.")

    def _count(self, made: int, took_s: float) -> None:
        """Steps were made: the views are old, some are no longer owed, and where all are made the past is kept."""
        if not made:
            return
        self.version += 1
        self.pace.took(made)
        self.timeline.trained_s += took_s
        weight = min(1.0, 0.1 + made / 20) if self.step_s else 1.0  # the first step is a cold one: soon forgotten
        self.step_s += weight * (took_s / made - self.step_s)
        if self.status == "running":
            with self.training.stopwatch.aside():
                self.timeline.keep_recent(self.step, self.save)
        elif self.owed:
            self.owed = max(0, self.owed - made)
            if not self.owed:
                self.training.stopwatch.stop()
                self._keep()

    def _run_script(self) -> None:
        while self._script and self._script[0].step <= self.step:
            self._edit(replace(self._script.pop(0), step=self.step))

    def settled(self) -> Turn:
        """What is recorded up to this very step: to be sent before the state of this step is saved."""
        rows, times = self._settle(whole=True)
        events, self._events = self._events, []
        return Turn(rows, times, [], events)

    def _settle(self, whole: bool = False) -> tuple[Columns, list[float]]:
        """The recorded rows of this turn as numbers, and when they were made.

        A loss that is not finite pauses the run and is not recorded.

        While it trains, the newest row waits for what an evaluation may add; if the `whole` is wanted, it does not.
        """
        for id, step in list(self.passed.items())[self._told :]:
            self._events.append({"type": "challenge", "id": id, "passed": True, "step": step})
        self._told = len(self.passed)
        hold = self.status == "running" and self.pace.limit is None and self.training.evaluated_at != self.step
        rows, times, problem = self.training.ledger.take(hold and not whole)
        if rows:
            self.training.stopwatch.mark(int(rows["step"][-1]), times[-1])
        if problem and not self.problem:
            self._diverged(problem)
        return rows, times

    def _diverged(self, problem: dict[str, Any]) -> None:
        """Stand paused at the last finite step, if the way back there is short, and say what happened."""
        last = int(problem["step"])
        earlier = [edit for edit in self.edits if edit.step < last]
        try:
            stopwatch = self.training.stopwatch.back(last)
            self.training = self.timeline.training_at(last, earlier, self.step_s)
            self.training.stopwatch = stopwatch
            self.edits, self.version = earlier, self.version + 1
            self.timeline.cut(last)
        except WrongState as far:
            problem = {**problem, "hint": f"{problem['hint']} {far.message}"}
        self.owed, self.problem = 0, {**problem, "details": {**problem["details"], **self._rate()}}
        self._to("paused", str(problem["message"]))

    def _rate(self) -> dict[str, float]:
        rate = getattr(self.config, "learning_rate", None)
        return {"learning_rate": rate} if isinstance(rate, float) else {}

    def _draw(self) -> list[tuple[str, bytes]]:
        drawn = []
        for watch in self.watches.due(self.version, training=self.status == "running" and self.pace.limit is None):
            begun = self.clock()
            with self.guard(watch.view), self.training.stopwatch.aside():
                drawn.append((watch.view, self.frame(watch.view)))
            self.watches.drew(watch, self.clock() - begun, self.version)
        return drawn

    def _finish(self, reason: str) -> None:
        self.training.conclude()
        self.owed = 0
        self._to("finished", reason)
        self._keep()

    def _to(self, status: Status, message: str = "") -> None:
        if status != "running":
            self.training.stopwatch.stop()
        self.status, self.message = status, message
        self._events.append(self._status_event())

    def _status_event(self) -> dict[str, Any]:
        return {
            "type": "status",
            "status": self.status,
            "message": self.message,
            "step": self.step,
            "take": self.take,
            "problem": self.problem,
        }

    def _measure(self) -> None:
        """Steps and examples a second, over windows of at least a quarter of a second."""
        (since, first), now = self._window, self.clock()
        if self.status != "running" or now - since < 0.25:
            return
        rate = (self.step - first) / (now - since)
        self.rates = {"steps_per_second": rate}
        if self.lab.examples_per_step:
            self.rates["examples_per_second"] = rate * self.lab.examples_per_step
        self._window = (now, self.step)

    @staticmethod
    def _bounded(max_steps: int) -> int:
        if not 1 <= max_steps <= MAX_STEPS:
            raise Refused(f"max_steps is 1 to {MAX_STEPS:,}, not {max_steps:,}.")
        return max_steps

    # ------------------------------------------------------------------ to a file and back

    def save(self) -> bytes:
        """The whole training state as safetensors: what continues from it continues bit for bit."""
        return self._pack(*self.training.dump(), edits=self.edits, whole=self.timeline.origin is not None)

    def _pack(self, about: dict[str, Any], tensors: dict[str, Tensor], *, edits: Sequence[Edit], whole: bool) -> bytes:
        """The bytes of a training state; `whole` if its run began at step 0, and not where another one branched."""
        about |= {"take": self.take, "max_steps": self.max_steps, "threads": torch.get_num_threads()}
        about["torch"] = str(torch.__version__)
        about |= {"edits": [asdict(edit) for edit in edits], "whole": whole}
        return save_tensors(tensors, {"orrery": json.dumps(about)})

    @classmethod
    def restore(cls, data: bytes, lab: type[Lab], *, run: str = "", folder: Path | None = None) -> Session:
        """A paused session that stands where the saved one stood. Raises BadState if the bytes are none of this lab."""
        about, tensors = read_state(data, lab)
        given = {"max_steps": about["max_steps"], "threads": about["threads"], "run": run, "folder": folder}
        session = cls(lab, about["first_config"], about["first_seed"], **given)
        session.training.restore(about, tensors)
        session.take, session._told = about["take"], len(session.passed)
        session.edits = [Edit(**edit) for edit in about["edits"]]
        session.timeline.cut(session.step)
        session.timeline.next_key = session.step
        session.timeline.origin = session.timeline.origin if about["whole"] else None
        return session
