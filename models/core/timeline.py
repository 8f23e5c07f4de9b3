"""The ways back into the past of a run: the nearest kept state, and the steps and edits from there, made again."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from models.core.edits import Edit, apply, tune
from models.core.errors import BadState, InvalidConfig, WrongState
from models.core.fields import LabConfig
from models.core.frames import read_metadata
from models.core.keyframes import History, next_key
from models.core.lab import Lab, lab_id
from models.core.ledger import Ledger
from models.core.training import Training

REPLAY_S = 5.0
KEEPING_S, KEEPING_SHARE = 0.5, 0.03
"""What keeping may cost: a share of the time trained, and at first so much more, for the steps where all is new."""
RECENT_S, RECENT_SHARE = 1.0, 0.01


class Timeline:
    """What is kept of one run, and the training as it was at any of its steps."""

    def __init__(self, kind: type[Lab], clock: Callable[[], float], folder: Path | None = None) -> None:
        self.kind, self.clock = kind, clock
        self.history = History(folder)
        self.next_key = 0
        self.origin: tuple[LabConfig, int] | None = None  # config and seed at step 0; None: the run began elsewhere
        self.trained_s = self.keeping_s = 0.0
        self.recent_at = clock()
        self.recent_cost_s = 0.0

    def keep(self, step: int, save: Callable[[], bytes], draw: Callable[[], dict[str, bytes]]) -> None:
        """Keeps the state and the frames of a step, the newest."""
        begun = self.clock()
        self.history.states.keep(step, save())
        self.history.frames.keep(step, draw())
        self.next_key = next_key(step)
        self.keeping_s += self.clock() - begun

    def due(self, step: int) -> bool:
        """Whether this is a step to keep, and time to do it; a key step without is left out."""
        if step < self.next_key:
            return False
        if self.keeping_s <= KEEPING_S + KEEPING_SHARE * self.trained_s:
            return True
        self.next_key = next_key(step)
        return False

    def keep_recent(self, step: int, save: Callable[[], bytes]) -> None:
        """Keeps the state between two key steps, once a second and for a hundredth of the time at most."""
        begun = self.clock()
        if begun - self.recent_at >= max(RECENT_S, self.recent_cost_s / RECENT_SHARE):
            self.history.recent.keep(step, save())
            self.recent_at = self.clock()
            self.recent_cost_s = self.recent_at - begun

    def cut(self, step: int) -> None:
        """Forgets what came after a step."""
        self.history.cut(step)
        self.next_key = next_key(step)

    def training_at(self, step: int, edits: Sequence[Edit], step_s: float) -> Training:
        """The training as it was after `step` steps and before the edits made there; chance stands there too.

        Raises WrongState if the steps to be made again, at `step_s` seconds each, would take too long.
        """
        kept = self.history.state(step)
        if kept is None and self.origin is None:
            raise WrongState(f"This run begins after step {step:,}.", "Go back in the run that it branched from.")
        near, data = kept or (0, b"")
        if (step - near) * step_s > REPLAY_S:
            raise WrongState(
                f"From the kept step {near:,} to step {step:,} would take about {(step - near) * step_s:.0f} s again.",
                f"The nearest kept steps are {self._around(step)}.",
            )
        training = self._restored(data)
        replay(training, [edit for edit in edits if near <= edit.step < step], step)
        return training

    def _restored(self, data: bytes) -> Training:
        """The training of a kept state, or without one at step 0."""
        if not data and self.origin:
            return Training(self.kind, *self.origin, self.clock)
        about, tensors = read_state(data, self.kind)
        training = Training(self.kind, self.kind.Config.read(about["first_config"]), about["first_seed"], self.clock)
        training.restore(about, tensors)
        return training

    def branch(self, step: int, edits: Sequence[Edit], step_s: float) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """The training state at a step; the run itself stays where it is."""
        chance = torch.default_generator.get_state()
        try:
            return self.training_at(step, edits, step_s).dump()
        finally:
            torch.default_generator.set_state(chance)

    def _around(self, step: int) -> str:
        steps = self.history.states.steps
        below = [kept for kept in steps if kept <= step][-1:]
        above = [kept for kept in steps if kept > step][:1]
        return " and ".join(f"{kept:,}" for kept in below + above)


def replay(training: Training, edits: Sequence[Edit], end: int) -> None:
    """Makes steps and edits again up to `end`; their metrics are known, and not reported twice."""
    for edit in edits:
        training.advance(edit.step, math.inf)
        apply(training.lab, edit)
    training.advance(end, math.inf)
    training.ledger = Ledger(newest=end)


def fork(
    kind: type[Lab],
    about: dict[str, Any],
    tensors: dict[str, Tensor],
    config: Mapping[str, Any],
    seed: int | None,
    clock: Callable[[], float],
) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """A training state under other settings, or another seed for what follows; chance here stays where it is.

    Raises InvalidConfig, naming the first changed field, if the state does not fit what the settings build.
    """
    live = {name: value for name, value in config.items() if name in kind.Config.live_fields()}
    fixed = {name: value for name, value in config.items() if name not in live}
    before = kind.Config.read({**about["config"], **fixed})
    chance = torch.default_generator.get_state()
    try:
        training = Training(kind, before, about["first_seed"], clock)
        if fixed:
            _same_shapes(Training(kind, kind.Config.read(about["first_config"]), 0, clock), training, next(iter(fixed)))
        training.restore({**about, "config": before.model_dump(mode="json")}, tensors)
        tune(training.lab, live)
        if seed is not None:
            training.seed = seed
            torch.manual_seed(seed)
        return training.dump()
    finally:
        torch.default_generator.set_state(chance)


def _same_shapes(one: Training, other: Training, field: str) -> None:
    """Raises InvalidConfig if two labs fresh from `__init__` differ in the shape of anything."""
    was, now = ({path: g for views, _ in t.made.values() for path, g in views.items()} for t in (one, other))
    for path in sorted(was.keys() | now.keys()):
        if was.get(path) != now.get(path):
            shapes = [list(geometry[1]) if geometry else "nothing" for geometry in (was.get(path), now.get(path))]
            message = f"The trained state does not fit: {path} is {shapes[0]}, and would be {shapes[1]}."
            raise InvalidConfig([{"field": field, "message": message, "hint": "Reset with this value instead."}])


def read_state(data: bytes, kind: type[Lab]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """(JSON, tensors) of a saved state. Raises BadState if the bytes are none of this lab."""
    try:
        about, tensors = json.loads(read_metadata(data)["orrery"]), load(data)
    except (KeyError, ValueError, IndexError, OSError, SafetensorError) as error:
        raise BadState(f"These bytes are not a saved state ({error}).") from None
    if about["lab"] != lab_id(kind):
        raise BadState(f"This is a state of {about['lab']}, not of {lab_id(kind)}.")
    return about, tensors
