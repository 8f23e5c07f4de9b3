"""A training state from elsewhere: looked through and tried before it is believed.

A file that says it is a state of a lab may claim anything. What it claims of itself must be of the right kind, its
tensors must be those that its settings build, and on a copy every view must draw, an evaluation must come, and one step
must be made. Whoever calls this does so in a process of its own, with bounded memory.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

from torch import Tensor

from models.core import state
from models.core.edits import TUNE
from models.core.errors import BadState, InvalidConfig, OrreryError
from models.core.fields import LabConfig
from models.core.lab import Finished, Lab, build, looking
from models.core.session import MAX_STEPS, Session
from models.core.timeline import read_state

FAULTS = (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)
"""What Python and torch raise when a state is not what the code that reads it takes for granted."""
MOST = {"step": MAX_STEPS, "next_evaluation": 2 * MAX_STEPS, "evaluated_at": MAX_STEPS, "first_seed": (1 << 63) - 1,
        "seed": (1 << 63) - 1, "take": 1 << 31, "max_steps": MAX_STEPS, "threads": 64}  # fmt: skip
NO_RUN = "It was changed, or made by another version of this lab."


def admit(data: bytes, lab: type[Lab]) -> Session:
    """A paused session that stands where the state stood; what it then trains is what would have been trained there.

    Raises BadState with a sentence for whoever brought the file, and InvalidConfig.
    """
    try:
        about, _ = read_state(data, lab)
        _look_through(about, lab)
        tried = Session.restore(data, lab)
        _same_fixed(tried.training.first_config, tried.config)
        _same_shapes(tried)
        _try(tried)
        return Session.restore(data, lab)
    except (BadState, InvalidConfig):
        raise
    except OrreryError as error:
        raise BadState(f"This checkpoint does not run: {error.message}", NO_RUN) from None
    except FAULTS as error:
        raise BadState(f"This checkpoint does not run ({type(error).__name__}: {error})"[:500], NO_RUN) from None


def _look_through(about: dict[str, Any], lab: type[Lab]) -> None:
    """Every claim has its type and range."""
    for name, most in MOST.items():
        least = -1 if name == "evaluated_at" else 0
        if not _whole(about.get(name), least, most):
            raise BadState(f"{name} is {about.get(name)!r}"[:200] + f"; it is a whole number from {least} to {most:,}.")
    passed, clock = about["passed"], about["clock"]
    if not isinstance(passed, dict) or not all(_whole(step, 0, MAX_STEPS) for step in passed.values()):
        raise BadState("passed is not a list of challenges with their steps.")
    times = [clock["time_s"], *(at_s for _, at_s in clock["marks"])]
    if not all(isinstance(time, int | float) and math.isfinite(time) and time >= 0 for time in times):
        raise BadState("The training clock is not a number of seconds.")
    for edit in about["edits"]:
        known = edit["name"] == TUNE or edit["name"] in lab.methods("action")
        gesture = edit["gesture"] is None or isinstance(edit["gesture"], str)
        if edit.keys() != {"step", "name", "arguments", "gesture"} or not known or not gesture:
            raise BadState("An edit is none that this lab knows.")
        if not _whole(edit["step"], 0, about["step"]):
            raise BadState("An edit lies after the step at which this checkpoint stands.")


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _same_fixed(first: LabConfig, now: LabConfig) -> None:
    """Raises BadState if a setting that cannot change while a run goes on has changed."""
    before, after = first.model_dump(), now.model_dump()
    for name in before.keys() - set(now.live_fields()):
        if before[name] != after[name]:
            raise BadState(f"{name} was {before[name]!r} and is {after[name]!r}, which cannot be."[:300], NO_RUN)


def _same_shapes(session: Session) -> None:
    """Raises BadState if a tensor that the settings build, at first or as they are now, has another shape or type.

    How many rows there are may have changed: a lab may take points away or add them. Nothing else may.
    """
    built = [build(session.kind, each, session.seed) for each in (session.training.first_config, session.config)]
    shapes = [state.Survey(lab).tensors for lab in built]
    for path, tensor in state.Survey(session.lab).tensors.items():
        made = [each[path] for each in shapes if path in each and each[path].numel()]
        if made and all(_kind(each) != _kind(tensor) for each in made):
            was, is_ = ([str(each.dtype)[6:], *each.shape] for each in (made[-1], tensor))
            raise BadState(f"{path} is {is_} (type, then shape); these settings build {was}.", NO_RUN)
    counts = [lab.parameter_count() for lab in built]
    if session.lab.parameter_count() not in counts:
        there = session.lab.parameter_count()
        raise BadState(f"This model has {there:,} parameters; these settings build {counts[-1]:,}.", NO_RUN)


def _kind(tensor: Tensor) -> tuple[int, tuple[int, ...], bool]:
    return tensor.ndim, tuple(tensor.shape[1:]), tensor.is_floating_point()


def _try(session: Session) -> None:
    """Every view, an evaluation, and a step."""
    for view in session.kind.methods("view"):
        session.frame(view)
    with looking(session.lab, session.seed, session.step, "evaluate") as lab:
        lab.evaluate()
    with suppress(Finished):  # it stands at its end
        session.lab.step()
    for view in session.kind.methods("view"):
        session.frame(view)
