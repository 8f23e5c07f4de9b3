"""The long-lived process that knows the labs.

It describes them, and checks configs, so that a refused config never starts a run.
"""

import json
import os
import resource
import socket
import sys
import traceback
from typing import Any

from models.core import frames
from models.core.errors import OrreryError
from models.data import own, tables
from server.runs import preload
from server.runs.pipe import Gone, Pipe, exit_with

MEMORY_BYTES = 1 << 30


def main(sock: socket.socket) -> None:
    """Answer one request after the other until the server is gone."""
    exit_with(sock)
    if sys.platform == "linux":
        with open("/proc/self/statm") as statm:
            taken = int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY_BYTES,) * 2)
    pipe = Pipe(sock)
    try:
        while True:
            for header, body in pipe.receive():
                answer(pipe, header, body)
            pipe.flush()
            pipe.wait(None)
    except Gone:
        pass


def answer(pipe: Pipe, header: dict[str, Any], given: bytes) -> None:
    """Reply to one request with JSON in the body."""
    reply: dict[str, Any] = {"type": "reply", "id": header["id"], "result": {}}
    try:
        result = done(header, given)
        body = json.dumps(result, ensure_ascii=False, default=str).encode()
    except OrreryError as error:
        told = {"errors": error.errors} if hasattr(error, "errors") else {}
        reply["error"], body = (
            {"status": error.status, "kind": error.kind, "message": error.message, "hint": error.hint, **told},
            b"",
        )
    except Exception as error:  # noqa: BLE001 - one lab's fault must not take the catalog from the others
        traceback.print_exc()
        reply["error"], body = (
            {"status": 500, "kind": "lab-error", "message": f"{type(error).__name__}: {error}"[:1_000], "hint": ""},
            b"",
        )
    pipe.send(reply, body)


def done(header: dict[str, Any], given: bytes) -> dict[str, Any]:
    """What was asked for: the course, a table, a config checked, or a frame in another form."""
    if header["do"] == "describe":
        return describe()
    if header["do"] == "convert":
        figure, _ = frames.decode(given)
        return figure.to_plotly() if header["form"] == "plotly" else frames.to_json(figure)
    if header["do"] == "table":
        return own.describe(header["ref"])
    return preload.catalog().check(header["lab"], header["config"])


def describe() -> dict[str, Any]:
    """The chapters, and every lab that starts."""
    catalog = preload.catalog()
    return {
        "chapters": catalog.chapters(),
        "labs": {name: catalog.describe(name) for name in catalog.labs},
        "tables": {name: own.describe(name) for name in tables.TABLES},
    }


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
