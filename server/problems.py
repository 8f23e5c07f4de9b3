"""Errors as RFC 9457 problem details: what happened, with the value and the bound, and what to do."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS, MOST_CHARACTERS = 32, 300


class Ascii(JSONResponse):
    """JSON in ASCII: it can repeat anything a client sent, half a character too."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False).encode()


class Problem(Exception):
    """An answer that is an error. `more` are further members: field, bound, errors, hint, kind."""

    def __init__(
        self, status: int, detail: str, *, kind: str = "", headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.kind, self.headers = status, detail, kind, dict(headers or {})
        self.more = {name: value for name, value in more.items() if value not in (None, "", [])}

    def response(self) -> JSONResponse:
        """The problem as it goes over the wire."""
        title = HTTPStatus(self.status).phrase
        body = {
            "type": f"urn:orrery:{self.kind}" if self.kind else "about:blank",
            "title": title,
            "status": self.status,
            "detail": self.detail,
        }
        more = {"kind": self.kind, **self.more} if self.kind else self.more
        return Ascii({**body, **more}, self.status, self.headers, MEDIA_TYPE)


def not_found(what: str, name: str, hint: str = "") -> Problem:
    """404."""
    return Problem(404, f"There is no {what} {name!r}.", kind="unknown", hint=hint)


def wrong_state(detail: str, hint: str = "") -> Problem:
    """409: the command does not fit the state of the run."""
    return Problem(409, detail, kind="wrong-state", hint=hint)


def unstored(why: str) -> Problem:
    """507: nothing can be recorded."""
    detail = f"Nothing can be stored on the server at the moment: {why}."
    hint = "Free some space on its disk; runs that were training go on by themselves."
    return Problem(507, detail, kind="no-space", headers={"Retry-After": "10"}, hint=hint)


def too_many(detail: str, wait_s: float) -> Problem:
    """429: come back later."""
    return Problem(429, detail, kind="too-many", headers={"Retry-After": str(max(1, round(wait_s)))})


def invalid(errors: list[dict[str, Any]]) -> Problem:
    """422 for settings that cannot be: the first error's field and bound stand at the top, all of them in `errors`."""
    errors = brief(errors)
    first = errors[0]
    detail = "; ".join(f"{e['field']}: {e['message']}" for e in errors[:8])
    told = {name: first.get(name) for name in ("field", "value", "bound")}
    return Problem(422, detail, kind="invalid-config", errors=errors, **told)


def brief(errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first of many errors, none longer than a sentence: an answer is not made large by what was sent."""
    return [{name: _cut(value) for name, value in error.items()} for error in errors[:MOST_ERRORS]]


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= MOST_CHARACTERS else value[:MOST_CHARACTERS] + "…"
    if isinstance(value, dict):
        return {name: _cut(item) for name, item in value.items()}
    if isinstance(value, int) and abs(value) > 1 << 63:
        return _cut(str(value)) if abs(value) < 1 << 4_096 else "a very large number"
    return value


def of_worker(problem: Mapping[str, Any]) -> Problem:
    """What a worker refused, as the worker explained it."""
    if problem.get("errors"):
        return invalid(list(problem["errors"]))
    status = int(problem.get("status", 500))
    told = {name: problem.get(name) for name in ("hint", "field")}
    return Problem(status, str(problem.get("message", "")), kind=str(problem.get("kind", "error")), **told)
