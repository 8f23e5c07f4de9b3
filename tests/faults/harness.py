"""What the tests of faults share: a server that can be killed and started again in its place, viewers that come back
after every cut, and the rows that a run must have.
"""

import asyncio
import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any, Self

import psutil
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.server.conftest import Server

LABS = "tests.faults.labs"
REPEATED = ("step", "train_loss", "distance", "test_loss")  # what must be equal, bit for bit; not what clocks say


class Home(Server):
    """A server that knows the faulty lab; with the `home` and `port` of another one it takes its place."""

    def __init__(self, home: Path, port: int | None = None, **environment: str) -> None:
        super().__init__(home, **{"ORRERY_RUNNING": "4", "ORRERY_CREATES_PER_S": "1000", **environment})
        self.environment["ORRERY_LABS"] = LABS
        if port is not None:
            self.port, self.url = port, f"http://127.0.0.1:{port}"

    def __enter__(self) -> Self:
        begun = time.monotonic()
        super().__enter__()
        self.ready_s = time.monotonic() - begun
        return self

    def below(self) -> list[psutil.Process]:
        """Every process of the server but itself."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def newest(self) -> psutil.Process:
        """The process that was begun last: that of the newest run."""
        return max(self.below(), key=lambda process: (process.create_time(), process.pid))

    def rows(self, run: str) -> dict[str, list[Any]]:
        """What is stored of a run and must be the same in every run like it."""
        columns = self.get(f"/api/runs/{run}/metrics")
        return {name: columns[name] for name in REPEATED if name in columns}

    def alone(self, last: int, seed: int, speed: float | None = None, **config: Any) -> dict[str, list[Any]]:
        """The rows up to a step of the same training, undisturbed."""
        wish = {"config": config, "seed": seed, "max_steps": last + 1, "steps_per_second": speed, "autoplay": True}
        run = self.make("faulty", **wish)
        self.until(run, lambda found: found["status"] == "finished", 120)
        rows = self.rows(run)
        count = sum(step <= last for step in rows["step"])
        return {name: column[:count] for name, column in rows.items()}

    def checkpoints(self, run: str) -> list[Path]:
        """The files of a run's checkpoints, the newest first."""
        found = (self.home / "runs" / run / "checkpoints").glob("*.safetensors")
        ages: dict[Path, int] = {}
        for path in found:
            with contextlib.suppress(FileNotFoundError):  # an older one goes when a newer one comes
                ages[path] = path.stat().st_mtime_ns
        return sorted(ages, key=ages.__getitem__, reverse=True)

    def notice(self, run: str, kind: str, patience_s: float = 30) -> dict[str, str]:
        """The run's notice of a kind, once there is one."""
        found = self.until(run, lambda found: any(n["kind"] == kind for n in found["notices"]), patience_s)
        return next(dict(notice) for notice in found["notices"] if notice["kind"] == kind)

    def unnoticed(self, run: str, kind: str, patience_s: float = 30) -> None:
        """Waits until there is no notice of a kind any more."""
        self.until(run, lambda found: all(n["kind"] != kind for n in found["notices"]), patience_s)


def recorded(last: int) -> list[int]:
    """Every step up to `last` that is recorded: all to 10⁴, every 10th to 10⁵, every 100th to 10⁶."""
    steps = range(last + 1)
    return [*steps[:10_001], *steps[10_010:100_001:10], *steps[100_100:1_000_001:100], *steps[1_001_000::1000]]


def soon(measured_s: float, bound_s: float) -> None:
    """The bound on a time holds; on a machine that others keep busy too, nothing can be said of it."""
    others = os.getloadavg()[1] / (os.cpu_count() or 1)  # over five minutes
    assert measured_s <= bound_s or others > 1.5, f"{measured_s:.1f} s, not {bound_s:g} s"


def gone_s(processes: list[psutil.Process], within_s: float = 30) -> float:
    """Seconds until all have ended; an orphan that nobody has reaped has ended too."""
    begun = time.monotonic()
    while alive := [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]:
        assert time.monotonic() - begun < within_s, alive
        time.sleep(0.01)
    return time.monotonic() - begun


class Follower:
    """A viewer that comes back after every cut with where it was, as the page does, and keeps what it has heard."""

    def __init__(self, server: Server, run: str) -> None:
        self.url, self.metrics = server.stream(run), f"{server.url}/api/runs/{run}/metrics"
        self.client = server.client
        self.rows: dict[int, float | None] = {}
        self.take: int | None = None
        self.codes: list[int] = []
        self.greeted = asyncio.Event()
        self.status = ""
        self.socket: ClientConnection | None = None
        self.cuts = self.rewinds = 0

    async def follow(self) -> None:
        """Until cancelled."""
        while True:
            since = max(self.rows, default=-1)
            query = f"?since={since}" + ("" if self.take is None else f"&take={self.take}")
            try:
                async with connect(self.url + query, subprotocols=["orrery.v1"], compression=None) as socket:  # type: ignore[list-item]
                    self.socket = socket
                    async for data in socket:
                        if isinstance(data, str):
                            self.hear(json.loads(data))
            except ConnectionClosed:
                pass
            except (OSError, InvalidHandshake, TimeoutError, EOFError):
                await asyncio.sleep(0.05)
            if self.socket is not None and self.socket.close_code is not None:
                self.codes.append(self.socket.close_code)
            self.greeted.clear()
            self.socket = None

    def cut(self) -> None:
        """Break the connection as a lost network does."""
        if self.socket is not None:
            self.cuts += 1
            self.socket.transport.abort()

    def hear(self, message: dict[str, Any]) -> None:
        """One message, checked: nothing twice, nothing of an older take."""
        match message["type"]:
            case "hello":
                self.take = message["take"] if self.take is None else self.take
                self.greeted.set()
                self.status = message["status"]
            case "status":
                self.status = message["status"]
            case "rewind":
                self.rewinds += 1
                self.take = message["take"]
                self.rows = {step: loss for step, loss in self.rows.items() if step <= message["to_step"]}
            case "metrics":
                assert message["take"] == self.take, (message["take"], self.take)
                self._add(message["columns"])
            case "history":
                raise AssertionError("more rows than a stream replays: this run is too fast for this test")

    def _add(self, columns: dict[str, list[Any]]) -> None:
        losses = columns.get("train_loss", [None] * len(columns["step"]))
        for step, loss in zip(columns["step"], losses, strict=True):
            assert step > max(self.rows, default=-1), f"step {step} twice, or late"
            self.rows[step] = loss

    def equals(self, rows: dict[str, list[Any]]) -> bool:
        """Whether it has heard exactly what is stored."""
        return self.rows == dict(zip(rows["step"], rows["train_loss"], strict=True))


@contextlib.asynccontextmanager
async def following(server: Server, *runs: str) -> Any:
    """Followers of these runs."""
    followers = [Follower(server, run) for run in runs]
    tasks = [asyncio.create_task(follower.follow()) for follower in followers]
    try:
        yield followers
    finally:
        for task in tasks:
            if task.done():
                task.result()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(test: Any, patience_s: float = 60) -> None:
    """Wait until the test holds."""
    deadline = time.monotonic() + patience_s
    while not test():
        assert time.monotonic() < deadline, "it never came to be"
        await asyncio.sleep(0.02)


def times(few: int, many: int) -> list[Any]:
    """How often: a few times in `make test`, many times in `make faults`."""
    return [pytest.param(few, id=str(few)), pytest.param(many, id=str(many), marks=pytest.mark.slow)]
