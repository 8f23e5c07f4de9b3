"""The settings of a lab: pydantic models whose JSON Schema is the form in the browser and the validation of the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pydantic
from pydantic import BaseModel, ConfigDict, Field

from models.core.errors import InvalidConfig

HINTS = "x-orrery"
MOST_ERRORS = 32


def setting(
    default: Any = ...,
    *,
    help: str,
    label: str | None = None,
    unit: str = "",
    group: str = "Model",
    scale: str = "linear",
    step: float | None = None,
    advanced: bool = False,
    options: dict[Any, str] | None = None,
    when: dict[str, list[Any]] | None = None,
    live: bool = False,
    **bounds: Any,
) -> Any:
    """A field that restarts the run when it changes.

    `help` is one sentence of why it matters; `bounds` are pydantic's (ge, gt, le, lt, min_length, max_length);
    `options` are the words shown for the values of a choice; `when` names the values of other
    fields under which the control is shown.
    """
    hints = {
        "live": live,
        "advanced": advanced,
        "unit": unit,
        "group": group,
        "scale": scale,
        "step": step,
        "label": label,
        "options": options,
        "when": when,
    }
    extra: dict[str, Any] = {HINTS: {name: value for name, value in hints.items() if value is not None}}
    if default is ...:
        return Field(description=help, json_schema_extra=extra, **bounds)
    if isinstance(default, list | dict | set):
        return Field(default_factory=default.copy, description=help, json_schema_extra=extra, **bounds)
    return Field(default=default, description=help, json_schema_extra=extra, **bounds)


def live(default: Any = ..., **hints: Any) -> Any:
    """A field that can change while the run goes on; the lab hears of it in `tuned`."""
    return setting(default, live=True, **hints)


@dataclass
class Summary:
    """What a config will build, counted without building it.

    `rows` are {layer, shape, parameters}; `problems` are {field, message}: what is impossible and why, beside the
    field.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    parameters: int = 0
    bytes: int = 0
    problems: list[dict[str, str]] = field(default_factory=list)


class LabConfig(BaseModel):
    """Base of every lab's config: unknown fields are refused, numbers are finite, a number is never a bool or a
    string.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True, strict=True)

    def summary(self) -> Summary:
        """Shapes, counts and memory, in plain Python, before anything is allocated."""
        return Summary()

    @classmethod
    def live_fields(cls) -> set[str]:
        """The names of the fields that can change while the run goes on."""
        return {name for name, info in cls.model_fields.items() if _hints(info).get("live")}

    @classmethod
    def read(cls, values: dict[str, Any]) -> LabConfig:
        """The config of some values over the defaults; raises InvalidConfig naming field, value and bound, or what
        cannot be built.
        """
        try:
            config = cls.model_validate_json(_dumps(values)) if values else cls()
        except pydantic.ValidationError as error:
            found = error.errors(include_url=False)[:MOST_ERRORS]
            raise InvalidConfig([_explained(item) for item in found]) from None
        if problems := config.summary().problems:
            raise InvalidConfig(problems)
        return config


def _hints(info: Any) -> dict[str, Any]:
    extra = info.json_schema_extra
    return dict(extra.get(HINTS, {})) if isinstance(extra, dict) else {}


def _dumps(values: dict[str, Any]) -> bytes:
    from pydantic_core import to_json

    return to_json(values, inf_nan_mode="constants")


def _explained(item: Any) -> dict[str, Any]:
    """One of pydantic's errors as {field, message, value, bound}."""
    where = ".".join(str(part) for part in item["loc"]) or "config"
    bound = {name: value for name, value in (item.get("ctx") or {}).items() if isinstance(value, int | float | str)}
    value = item["input"]
    shown = value if isinstance(value, int | float | str | bool) or value is None else type(value).__name__
    if isinstance(shown, float) and (shown != shown or abs(shown) == float("inf")):
        shown = str(shown)
    shown = f"{shown[:100]}…" if isinstance(shown, str) and len(shown) > 100 else shown
    message = "There is no such field." if item["type"] == "extra_forbidden" else f"{item['msg']}, not {shown!r}."
    return {
        "field": where,
        "message": message,
        "value": shown,
        "bound": bound,
    }
