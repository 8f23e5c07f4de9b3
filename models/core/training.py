"""One lab being trained: its steps, evaluations, challenges and whole state. It knows of no play, pause or view."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from models.core import state
from models.core.clock import Stopwatch, next_recorded, record_every
from models.core.fields import LabConfig
from models.core.lab import Lab, Metrics, build, lab_id, looking
from models.core.ledger import Ledger

STRIDE_S = 0.004
KEPT = ("first_seed", "seed", "step", "next_evaluation", "evaluated_at")


class Training:
    """A lab at a step. The same lab, config and seed make the same steps, whoever looks on."""

    def __init__(self, kind: type[Lab], config: LabConfig, seed: int, clock: Callable[[], float]) -> None:
        """Builds the lab at step 0 and evaluates it; if `__init__` fails, chance is as it was."""
        chance = torch.default_generator.get_state()
        try:
            self.lab = build(kind, config, seed)
        except Exception:
            torch.default_generator.set_state(chance)
            raise
        self.kind, self.clock = kind, clock
        self.first_config, self.first_seed = config, seed  # what `__init__` was given
        self.seed = seed  # what chance began with; a branch may begin anew
        self.made = state.reference(self.lab)
        self.ledger, self.stopwatch = Ledger(), Stopwatch(clock)
        self.step, self.stride = 0, 1
        self.next_evaluation, self.evaluated_at = 0, -1
        self.passed: dict[str, int] = {}  # challenges, and the step at which each was passed
        self.evaluate()

    # ------------------------------------------------------------------ steps

    def advance(self, end: int, deadline: float) -> None:
        """Steps until `end` or the deadline, at least one, with the evaluations on the way. Raises Finished."""
        while self.step < end:
            self._steps(min(end, max(self.step + 1, next_recorded(self.next_evaluation))), deadline)
            if self.step >= self.next_evaluation and self.step % record_every(self.step) == 0:
                self.evaluate()
            if self.clock() >= deadline:
                return

    def _steps(self, end: int, deadline: float) -> None:
        """The innermost loop: lab steps, nothing but their metrics kept."""
        if self.lab.steps is not None:
            self._strides(self.lab.steps, end, deadline)
            return
        step, advance, keep, clock, zero = self.step, self.lab.step, self.ledger.add, self.clock, self.stopwatch.zero
        try:
            while step < end:
                metrics = advance()
                step += 1
                now = clock()
                keep(step, metrics, now - zero)
                if now >= deadline:
                    break
        finally:
            self.step = step

    def _strides(self, steps: Callable[[int], list[Metrics]], end: int, deadline: float) -> None:
        """The same for a lab that makes several steps in one call, as many as fit in STRIDE_S."""
        now = self.clock()
        while self.step < end:
            begun, count = now, min(end - self.step, self.stride)
            made = steps(count)
            now = self.clock()
            at_s, each_s = begun - self.stopwatch.zero, (now - begun) / max(1, len(made))
            for metrics in made:
                self.step += 1
                at_s += each_s
                self.ledger.add(self.step, metrics, at_s)
            self.stride = min(max(1, int(count * STRIDE_S / max(now - begun, 1e-9))), 2 * self.stride)
            if now >= deadline:
                return

    # ------------------------------------------------------------------ evaluations

    def evaluate(self, final: bool = False) -> None:
        """The lab's test metrics beside the step's own; the gradient norm; the challenges.

        A `final` one, after the last step, is not on the schedule: the lab does not hear of it.
        """
        with looking(self.lab, self.seed, self.step, "evaluate") as lab:
            metrics: Metrics = dict(lab.evaluate())
            metrics |= _gradient_norms(lab) if self.step else {}
        row = self.ledger.merge(self.step, metrics, self.stopwatch.now_s)
        self.evaluated_at = self.step
        if not final:
            every = self.lab.evaluate_every or max(1, self.lab.steps_per_epoch)
            self.next_evaluation = (self.step // every + 1) * every
            self.lab.evaluated(row)
        self._challenge(row)

    def conclude(self) -> None:
        """The evaluation after the last step, if there was none and the step's row can still take it."""
        if self.evaluated_at != self.step and self.ledger.open_at(self.step):
            self.evaluate(final=True)

    def _challenge(self, row: dict[str, float]) -> None:
        for challenge in self.kind.challenges:
            if challenge.id in self.passed or not challenge.open_to(self.lab.config):
                continue
            with looking(self.lab, self.seed, self.step, challenge.id) as lab:
                passed = bool(challenge.passed(lab, Known(row)))
                if passed and challenge.fresh:
                    fresh = {name: float(value) for name, value in lab.fresh().items()}
                    passed = bool(challenge.passed(lab, Known({**row, **fresh})))
            if passed:
                self.passed[challenge.id] = self.step

    # ------------------------------------------------------------------ state

    def dump(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """(JSON, tensors): the whole training state, chance included."""
        tree, tensors = state.dump(self.lab, self.made)
        about = {
            "lab": lab_id(self.kind),
            "config": self.lab.config.model_dump(mode="json"),
            "first_config": self.first_config.model_dump(mode="json"),
            "passed": self.passed,
            "clock": self.stopwatch.dump(),
            "state": tree,
            **{name: getattr(self, name) for name in KEPT},
        }
        return about, {**tensors, "chance": torch.default_generator.get_state()}

    def restore(self, about: dict[str, Any], tensors: dict[str, Tensor]) -> None:
        """From step 0 to where another one was dumped, which had the same first config and seed.

        What follows is what would have followed there. Raises BadState if it does not fit.
        """
        state.load(self.lab, self.made, about["state"], tensors)
        self.lab.config = self.kind.Config.read(about["config"])
        for name in KEPT:
            setattr(self, name, about[name])
        self.ledger, self.passed = Ledger(newest=self.step), dict(about["passed"])
        self.stopwatch.restore(about["clock"])
        torch.default_generator.set_state(tensors["chance"])


class Known(dict[str, float]):
    """Metrics in which one that has not been reported is NaN, so that it passes no comparison."""

    def __missing__(self, name: str) -> float:
        return math.nan


def _gradient_norms(lab: Lab) -> Metrics:
    """The norm of all gradients together, or one for each of several models; none where there are no gradients."""
    given = lab.gradients()
    models = given if isinstance(given, Mapping) else {"": given}
    return {
        f"gradient_norm.{name}" if name else "gradient_norm": torch.linalg.vector_norm(
            torch.stack([g.norm() for g in gs])
        )
        for name, gs in models.items()
        if len(gs)
    }
