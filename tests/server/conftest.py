"""A real server with the toys of `tests.server.labs`, shared by the tests that change none of its settings."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.live import LiveServer

LABS = "tests.server.labs"
PATIENCE_S = 30


class Server(LiveServer):
    """A live server that knows the toys."""

    def __init__(self, home: Path | None = None, **environment: str) -> None:
        super().__init__(home, **{"ORRERY_LABS": LABS, **environment})

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """Any call, whatever it answers."""
        given = {} if body is None else {"json": body}
        answer = self.client.request(method, path, headers=headers, **given)
        self.client.cookies.clear()  # a page's visitor has a name; a script has none
        return answer

    def make(self, lab: str = "toy", **wish: Any) -> str:
        """A run's id; paused at step 0 unless told to play."""
        return str(self.post("/api/runs", {"lab": lab, "autoplay": False, **wish})["id"])

    def run(self, run: str) -> dict[str, Any]:
        return self.get(f"/api/runs/{run}")

    def until(self, run: str, test: Callable[[dict[str, Any]], bool], patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """The run, once the test holds."""
        deadline = time.monotonic() + patience_s
        while not test(found := self.run(run)):
            assert time.monotonic() < deadline, found
            time.sleep(0.01)
        return found

    def status(self, run: str, status: str) -> dict[str, Any]:
        """The run, once it has this status."""
        return self.until(run, lambda found: found["status"] == status)

    def watch(self, run: str, query: str = "", **options: Any) -> "Watcher":
        """A viewer."""
        return Watcher(connect(self.stream(run) + query, subprotocols=["orrery.v1"], compression=None, **options))  # type: ignore[list-item]


class Watcher:
    """A viewer's connection that keeps what it has heard."""

    def __init__(self, opening: connect) -> None:
        self.opening = opening
        self.messages: list[dict[str, Any]] = []
        self.frames: list[bytes] = []

    def __enter__(self) -> "Watcher":
        self.socket: ClientConnection = self.opening.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.opening.__exit__(*error)

    def send(self, message: Any) -> None:
        self.socket.send(json.dumps(message))

    def hear(self) -> dict[str, Any] | bytes:
        """The next message."""
        data = self.socket.recv(timeout=PATIENCE_S)
        if isinstance(data, bytes):
            self.frames.append(data)
            return data
        message = json.loads(data)
        self.messages.append(message)
        return dict(message)

    def until(self, test: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first JSON message that passes the test."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            message = self.hear()
            if isinstance(message, dict) and test(message):
                return message
        raise AssertionError(f"not heard: {[message['type'] for message in self.messages]}")

    def until_type(self, kind: str) -> dict[str, Any]:
        return self.until(lambda message: message["type"] == kind)

    def frame(self) -> bytes:
        """The next frame."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if isinstance(message := self.hear(), bytes):
                return message
        raise AssertionError("no frame")

    @property
    def steps(self) -> list[int]:
        """Every step of every metrics message, in order."""
        return [
            step for message in self.messages if message["type"] == "metrics" for step in message["columns"]["step"]
        ]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server(ORRERY_RUNNING="64", ORRERY_CREATES_PER_S="1000") as server:
        yield server
