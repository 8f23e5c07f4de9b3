"""A real server for tests and benchmarks: its own process, port and home."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

ROOT = Path(__file__).resolve().parent.parent
READY_S, STOP_S = 60, 15


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def chromium() -> str | None:
    """The browser to drive: $CHROMIUM, or the first of the usual names on the PATH."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


CHROMIUM_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


class LiveServer:
    """`orrery serve` on a free port, ready when entered, gone when left.

    with LiveServer() as server:
        server.post("/api/runs", {"lab": "mlp"})
    """

    def __init__(self, home: Path | None = None, **environment: str) -> None:
        self.temporary = None if home else tempfile.TemporaryDirectory(prefix="orrery-")
        self.home = home or Path(self.temporary.name if self.temporary else "")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = environment
        self.before: list[str] = []  # a command that starts the server's
        self.log = self.home / "server.log"

    def __enter__(self) -> Self:
        command = [
            *self.before,
            sys.executable,
            "-m",
            "server",
            "serve",
            "--port",
            str(self.port),
            "--home",
            str(self.home),
        ]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("ORRERY_")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**inherited, **self.environment}, stdout=log, stderr=log
            )
        self.client = httpx.Client(base_url=self.url, timeout=30)
        self._wait_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.temporary:
            self.temporary.cleanup()

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.client.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        self.process.kill()
        self.process.wait()
        raise RuntimeError(f"The server did not get ready:\n{self.log.read_text()[-4000:]}")

    def get(self, path: str) -> dict:
        """The JSON of a GET that succeeds."""
        return self.client.get(path).raise_for_status().json()

    def post(self, path: str, body: dict | None = None) -> dict:
        """The JSON of a POST that succeeds."""
        return self.client.post(path, json=body if body is not None else {}).raise_for_status().json()

    def full_speed(self, lab: str, **given: object) -> str:
        """The id of a new run with no speed limit and no near end."""
        run = self.post("/api/runs", {"lab": lab, "max_steps": 10_000_000, **given})["id"]
        self.client.patch(f"/api/runs/{run}", json={"steps_per_second": None}).raise_for_status()
        return str(run)

    def delete(self, path: str) -> None:
        self.client.delete(path).raise_for_status()

    def stream(self, run: str) -> str:
        """The address of a run's stream."""
        return f"ws://127.0.0.1:{self.port}/api/runs/{run}/stream"

    def default_views(self, lab: str) -> list[str]:
        """The views of the lab's default page."""
        return [view["id"] for view in self.get(f"/api/labs/{lab}")["views"] if view["shown"]]
