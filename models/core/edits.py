"""Changes by hand between two steps, and how they are made on a lab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.core.errors import NotLive, Refused
from models.core.lab import Lab, named, read_input

TUNE = "config"
"""The name under which a change of live fields is kept among the edits."""


@dataclass(frozen=True)
class Edit:
    """A change after `step` steps and before the next: an action, or live fields under the name `config`.

    The edits of one drag share a `gesture` and are undone together.
    """

    step: int
    name: str
    arguments: Any
    gesture: str | None = None


def apply(lab: Lab, edit: Edit) -> Edit:
    """Makes a change on a lab; if it cannot be made, the lab is as it was. The edit as which it is kept.

    An action that returns live fields asks for them to be set: the change is then one of these fields.
    Raises NotLive, InvalidConfig, Refused, Unknown.
    """
    if edit.name != TUNE:
        method = named(type(lab), "action", edit.name)
        fields = getattr(lab, edit.name)(*read_input(method, edit.arguments))
        if not fields:
            return edit
        edit = replace(edit, name=TUNE, arguments=dict(fields))
    tune(lab, edit.arguments)
    return edit


def tune(lab: Lab, fields: Mapping[str, Any]) -> None:
    """Changes live fields, and tells the lab."""
    kind, before = type(lab).Config, lab.config
    after = kind.read({**before.model_dump(mode="json"), **fields})
    for name in fields:
        if name not in kind.live_fields():
            raise NotLive(name)
    lab.config = after
    try:
        lab.tuned(before)
    except Refused:
        lab.config = before
        raise


def last_gesture(edits: list[Edit]) -> list[Edit]:
    """The newest edit, with all edits of its gesture."""
    newest = edits[-1]
    if newest.gesture is None:
        return [newest]
    first = len(edits)
    while first and edits[first - 1].gesture == newest.gesture:
        first -= 1
    return edits[first:]
