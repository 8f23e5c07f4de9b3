"""What a lab is: its config, its step, and the views, probes and actions it offers.

One Python file and one Markdown file a lab.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Literal, TypeVar, cast

import torch
from pydantic import BaseModel
from torch import Tensor, nn

from models.core.errors import InvalidConfig, Unknown
from models.core.fields import LabConfig

Metrics = dict[str, float | Tensor]
C = TypeVar("C", bound=Callable[..., Any])
Names = str | tuple[str, ...]


class Finished(Exception):
    """Raised by `step`, before it changes anything, when there is nothing left to do; the message says why."""


@dataclass(frozen=True)
class Metric:
    """A number reported over the steps: its id, its name on the chart, its unit, which way is better, and whether its
    axis is logarithmic.
    """

    id: str
    label: str
    unit: str = ""
    better: Literal["low", "high", ""] = ""
    log: bool = False


STANDARD = (
    Metric("train_loss", "Training loss", "", "low"),
    Metric("test_loss", "Test loss", "", "low"),
    Metric("train_accuracy", "Training accuracy", "", "high"),
    Metric("test_accuracy", "Test accuracy", "", "high"),
    Metric("test_exact_match", "Test exact match", "", "high"),
    Metric("test_bleu", "Test BLEU", "", "high"),
    Metric("perplexity", "Perplexity", "", "low"),
    Metric("gradient_norm", "Gradient norm ‖∇L‖"),
)


class Preset:
    """A named config that shows one thing. Fields not named take their defaults."""

    def __init__(self, title: str, help: str = "", **config: Any) -> None:
        self.title, self.help, self.config = title, help, config


@dataclass(frozen=True)
class Solution:
    """A way to pass a challenge: a config, the steps to train, and the edits (step, name, arguments) made on it."""

    config: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 1_000
    edits: Sequence[tuple[int, str, Mapping[str, Any]]] = ()


class Challenge:
    """Something to reach. `fixed` settings must stand as given; `passed(lab, metrics)` is asked at each evaluation.

    With `fresh`, the lab's `fresh()` draws at least 1,000 new test points once the predicate holds, and its metrics
    decide.
    """

    def __init__(
        self,
        id: str,
        text: str,
        *,
        passed: Callable[[Any, Mapping[str, float]], bool],
        fixed: Mapping[str, Any] | None = None,
        solution: Mapping[str, Any] | Solution | None = None,
        fresh: bool = False,
    ) -> None:
        self.id, self.text, self.passed, self.fixed, self.fresh = id, text, passed, dict(fixed or {}), fresh
        self.solution = solution if isinstance(solution, Solution) else Solution(dict(solution or {}))

    def open_to(self, config: LabConfig) -> bool:
        """Whether the settings that the challenge fixes stand as it wants them."""
        now = config.model_dump(mode="json")
        return all(now.get(name) == value for name, value in self.fixed.items())


@dataclass(frozen=True)
class Method:
    """A view, probe or action as declared on a lab."""

    role: Literal["view", "probe", "action"]
    id: str
    title: str
    help: str
    kind: str = ""
    stage: bool = False
    shown: bool = True
    ask: tuple[str, ...] = ()
    edit: tuple[str, ...] = ()
    input: type[BaseModel] | None = None


def _names(names: Names) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def view(title: str, *, stage: bool = False, shown: bool = True, ask: Names = (), edit: Names = ()) -> Callable[[C], C]:
    """A method that returns a figure of the model as it is now. It looks, and changes nothing.

    `stage`: shown large by default. `shown`: on the page by default. `ask`, `edit`: what touching its figure does, by
    name.
    """
    return _declare("view", title, stage=stage, shown=shown, ask=_names(ask), edit=_names(edit))


def probe(title: str) -> Callable[[C], C]:
    """A method that answers a question of the user with figures.

    Its one argument is the question; it leaves nothing behind.
    """
    return _declare("probe", title)


def action(title: str) -> Callable[[C], C]:
    """A method by which the user changes what is learned: a weight typed, a point dragged.

    Returns None, or the live fields {name: value} that the touch sets: it is then kept as a change of these.
    Raises Refused if it cannot.
    """
    return _declare("action", title)


def _declare(role: str, title: str, **given: Any) -> Callable[[C], C]:
    def mark(method: C) -> C:
        method.__orrery__ = (role, title, given)  # type: ignore[attr-defined]
        return method

    return mark


class Lab:
    """One experiment of the course: what can be set, what one step does, what it shows.

    A subclass has a `Config`, `__init__(config, device, generator)`, `step`, usually `evaluate`, and views. Its state
    is its attributes.
    """

    title: ClassVar[str] = ""
    metrics: ClassVar[Sequence[Metric]] = ()
    max_steps: ClassVar[int] = 10_000
    steps_per_second: ClassVar[float | None] = None
    evaluate_every: int | None = None
    steps_per_epoch: int = 1
    examples_per_step: int = 0
    presets: ClassVar[Sequence[Preset]] = ()
    challenges: ClassVar[Sequence[Challenge]] = ()
    phase: str = ""
    steps: Callable[[int], list[Metrics]] | None = None
    """Optional: `steps(n)` makes n steps in one call, bit for bit those of n calls of `step`; one dict a step."""
    config: Any

    class Config(LabConfig):
        """No settings."""

    def step(self) -> Metrics:
        """One step, and only what falls out of it."""
        raise Finished("This lab has no step.")

    def evaluate(self) -> Metrics:
        """Test metrics; changes nothing."""
        return {}

    def fresh(self) -> Metrics:
        """Test metrics on at least 1,000 newly drawn points, for challenges that ask for them."""
        return {}

    def evaluated(self, metrics: Mapping[str, float]) -> None:
        """Hears the metrics of an evaluation, and may act on them (early stopping, a falling rate)."""

    def tuned(self, before: Any) -> None:
        """Hears that a live field has changed; `self.config` is the new one."""

    def parameter_count(self) -> int:
        """How many numbers are trained, as `Config.summary()` must have counted; by default those of the modules."""
        modules = [value for value in vars(self).values() if isinstance(value, nn.Module)]
        return sum(p.numel() for module in modules for p in module.parameters())

    def gradients(self) -> Sequence[Tensor] | Mapping[str, Sequence[Tensor]]:
        """The gradients whose joint norm is reported; by default those of the modules' parameters.

        Of several models, those of each by its name: the norms are then `gradient_norm.NAME`.
        """
        modules = [value for value in vars(self).values() if isinstance(value, nn.Module)]
        return [p.grad for module in modules for p in module.parameters() if p.grad is not None]

    @classmethod
    def methods(cls, role: str) -> dict[str, Method]:
        """The views, probes or actions in the order of the file."""
        return {name: method for name, method in _methods(cast(Hashable, cls)).items() if method.role == role}


@cache
def _methods(cls: Any) -> dict[str, Method]:
    found: dict[str, Method] = {}
    for base in reversed(cls.__mro__):
        for name, function in vars(base).items():
            if declared := getattr(function, "__orrery__", None):
                role, title, given = declared
                hints = typing.get_type_hints(function)
                returns = hints.pop("return", None)
                shape = next(iter(hints.values()), None)
                text = (inspect.getdoc(function) or "").strip()
                kind = getattr(typing.get_origin(returns) or returns, "__name__", "")
                found[name] = Method(role, name, title, text, kind=kind, input=shape, **given)
    return found


def build(cls: type[Lab], config: LabConfig, seed: int, device: torch.device | None = None) -> Lab:
    """A lab as it is at step 0: torch's global generator is seeded and handed over; `config` is there before
    `__init__` runs.
    """
    torch.manual_seed(seed)
    lab = cls.__new__(cls)
    lab.config = config
    lab.__init__(config, device or torch.device("cpu"), torch.default_generator)  # type: ignore[misc]
    return lab


@cache
def _read_only(cls: Any) -> type[Lab]:
    """The same class, refusing assignment."""

    def refuse(self: Lab, name: str, value: object = None) -> None:
        raise TypeError(f"{cls.__name__}.{name} was assigned while the lab was only being looked at.")

    return type(cls.__name__, (cls,), {"__setattr__": refuse, "__delattr__": refuse, "__module__": cls.__module__})


@contextmanager
def looking(lab: Lab, seed: int, step: int, name: str) -> Iterator[Lab]:
    """The law of chance: inside, the generator is forked and seeded by (seed, step, name), modules are in eval mode,
    gradients are off, and assignment to the lab raises. Afterwards all is as it was.
    """
    cls = type(lab)
    modules = [value for value in vars(lab).values() if isinstance(value, nn.Module) and value.training]
    chance = torch.default_generator.get_state()
    torch.default_generator.manual_seed(stable_hash(seed, step, name))
    for module in modules:
        module.eval()
    lab.__class__ = _read_only(cast(Hashable, cls))
    try:
        with torch.no_grad():
            yield lab
    finally:
        object.__setattr__(lab, "__class__", cls)
        for module in modules:
            module.train()
        torch.default_generator.set_state(chance)


def lab_id(cls: type[Lab]) -> str:
    """The id of a lab: the name of its file, with - for _."""
    return cls.__module__.rsplit(".", 1)[-1].replace("_", "-")


def stable_hash(*parts: object) -> int:
    """63 bits that depend on the parts alone, the same in every process."""
    import zlib

    text = "\x1f".join(map(str, parts)).encode()
    return (zlib.crc32(text) << 31) ^ zlib.crc32(text[::-1])


def read_input(method: Method, payload: Any) -> tuple[Any, ...]:
    """The arguments of a probe or action from a user's JSON; raises InvalidConfig naming what is wrong."""
    if method.input is None:
        return ()
    import pydantic
    from pydantic_core import to_json

    from models.core.fields import _explained

    try:
        return (method.input.model_validate_json(to_json(payload, inf_nan_mode="constants")),)
    except pydantic.ValidationError as error:
        raise InvalidConfig([_explained(item) for item in error.errors(include_url=False)]) from None


def named(cls: type[Lab], role: str, name: str) -> Method:
    """The view, probe or action of a name; raises Unknown listing those there are."""
    methods = cls.methods(role)
    if name not in methods:
        there = ", ".join(methods) or "none"
        raise Unknown(f"{cls.__name__} has no {role} {name!r}.", f"There are: {there}.")
    return methods[name]
