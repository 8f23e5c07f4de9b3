"""What a user can cause, each with a message that names the value and the bound, and a hint of what to do.

OrreryError
├── InvalidConfig    a setting is unknown, out of range or impossible        (422)
├── Refused          an action or probe cannot be done; the lab is as it was (422)
├── NotLive          a setting that only a restart can change                (409)
├── WrongState       the command does not fit the state of the run           (409)
├── Unknown          no lab, view, probe or action has this name             (404)
└── BadState         a saved state that does not belong here or is damaged   (422)
"""

from collections.abc import Sequence
from typing import Any


class OrreryError(Exception):
    """Base of every error a user can cause."""

    kind = "error"
    status = 400

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class InvalidConfig(OrreryError):
    """One or more settings cannot be: `errors` lists {field, message, value, bound}."""

    kind, status = "invalid-config", 422

    def __init__(self, errors: Sequence[dict[str, Any]]) -> None:
        super().__init__("; ".join(f"{e['field']}: {e['message']}" for e in errors) or "This config is not valid.")
        self.errors = list(errors)


class Refused(OrreryError):
    """Raised by an action or a probe that cannot be done. The lab must be as it was."""

    kind, status = "refused", 422


class NotLive(OrreryError):
    """A setting that cannot change while the run goes on."""

    kind, status = "not-live", 409

    def __init__(self, field: str) -> None:
        super().__init__(f"{field} cannot change while the run goes on.", "Reset the run with the new value.")
        self.field = field


class WrongState(OrreryError):
    """The command does not fit the state of the run (a step while it plays)."""

    kind, status = "wrong-state", 409


class Unknown(OrreryError):
    """Nothing has this name."""

    kind, status = "unknown", 404


class BadState(OrreryError):
    """A saved state that is damaged, or belongs to another lab or shape."""

    kind, status = "bad-state", 422
