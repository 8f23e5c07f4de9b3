"""Processes on this machine: a forkserver, and workers at the other end of socketpairs.

The only file that knows how they are made.
"""

import asyncio
import json
import logging
import math
import os
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from server.runs import channel
from server.settings import Settings

log = logging.getLogger("orrery.processes")
END_S = 2.0
ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH")
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")}


class WorkerGone(Exception):
    """The process at the other end has ended."""


class Refusal(Exception):
    """The worker answered with an error: `problem` is {status, kind, message, hint, errors?, field?}."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("message", ""))
        self.problem = problem


class Link(asyncio.Protocol):
    """The server's end of one worker: requests with their replies, and what the worker says by itself."""

    def __init__(self, max_bytes: int, on_message: Callable[[dict[str, Any], bytes], None]) -> None:
        self.pid = 0
        self.on_message = on_message
        self.on_lost: Callable[[], None] = lambda: None
        self.decoder = channel.Decoder(max_bytes)
        self.asked: dict[int, asyncio.Future[tuple[dict[str, Any], bytes]]] = {}
        self.owed: dict[int, tuple[float, str]] = {}  # what the process has still to do of it: since when, and what
        self.heard_at = time.monotonic()
        self.counter = 0
        self.transport: asyncio.Transport | None = None
        self.exit_code: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        self.heard_at = time.monotonic()
        try:
            for header, body in self.decoder.feed(data):
                if header.get("type") == "reply":
                    self._answered(header, body)
                else:
                    self.on_message(header, body)
        except (channel.Malformed, KeyError, TypeError, ValueError) as error:
            log.error("worker %s is not to be trusted any more: %r", self.pid, error)
            self.kill()

    def _answered(self, header: dict[str, Any], body: bytes) -> None:
        self.owed.pop(header["id"], None)
        future = self.asked.pop(header["id"], None)
        if future is None or future.done():
            return
        if "error" in header:
            future.set_exception(Refusal(header["error"]))
        else:
            future.set_result((header["result"], body))

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        for future in self.asked.values():
            if not future.done():
                future.set_exception(WorkerGone())
        self.asked.clear()
        self.owed.clear()
        self.on_lost()

    @property
    def alive(self) -> bool:
        """Whether there is still someone at the other end."""
        return self.transport is not None and not self.transport.is_closing()

    @property
    def silent_s(self) -> float:
        """For how long the process has owed an answer and said nothing."""
        oldest, _ = min(self.owed.values(), default=(math.inf, ""))
        return max(0.0, time.monotonic() - max(self.heard_at, oldest))

    @property
    def busy_with(self) -> str:
        """The oldest request that the process has not answered."""
        return min(self.owed.values(), default=(0.0, ""))[1]

    def ping(self, after_s: float) -> None:
        """Ask for a sign of life from a process that has been quiet for so long, unless it owes an answer already."""
        if not self.owed and self.transport is not None and time.monotonic() - self.heard_at > after_s:
            self.counter += 1
            self.owed[self.counter] = time.monotonic(), "ping"
            self.transport.write(channel.encode({"id": self.counter, "do": "ping"}))

    async def ask(
        self, do: str, *, timeout_s: float | None = 60, body: bytes = b"", **fields: Any
    ) -> tuple[dict[str, Any], bytes]:
        """Send a request and wait for its reply; raises Refusal, WorkerGone, TimeoutError."""
        if self.transport is None:
            raise WorkerGone
        self.counter += 1
        future: asyncio.Future[tuple[dict[str, Any], bytes]] = asyncio.get_running_loop().create_future()
        number = self.counter
        self.asked[number], self.owed[number] = future, (time.monotonic(), do)
        self.transport.write(channel.encode({"id": number, "do": do, **fields}, body))
        try:
            return await asyncio.wait_for(future, timeout_s)
        finally:
            self.asked.pop(number, None)

    def tell(self, do: str, **fields: Any) -> None:
        """Send a request whose reply does not matter."""
        if self.transport is not None:
            self.transport.write(channel.encode({"do": do, **fields}))

    def close(self) -> None:
        """Hang up: the worker's watcher ends it; one that is stuck where no other thread can run is killed."""
        if self.transport is not None:
            self.transport.close()
            asyncio.get_running_loop().call_later(END_S, self.kill)

    def kill(self) -> None:
        """End the process whatever it is doing."""
        self.close()
        if self.pid and not self.exit_code.done():
            for send in (os.killpg, os.kill):
                try:
                    send(self.pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    continue


class Processes:
    """Makes workers, and hears of their ends."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.links: dict[int, Link] = {}
        self.starts: deque[asyncio.Future[int]] = deque()
        self.ready: asyncio.Future[None] | None = None
        self.control: socket.socket | None = None
        self.forkserver: asyncio.subprocess.Process | None = None
        self.lines = bytearray()
        self.warm = settings.start_method == "spawn"
        self.spares: list[tuple[Link, asyncio.subprocess.Process]] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.on_lost: Callable[[], None] = lambda: None

    async def start(self) -> None:
        """Begin the forkserver; it is ready when `ready` is."""
        if self.ready is None or self.ready.done():
            self.ready = asyncio.get_running_loop().create_future()
        if self.settings.start_method == "spawn":
            self.ready.set_result(None)
            return
        ours, theirs = socket.socketpair()
        self.forkserver = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "server.runs.forkserver", str(theirs.fileno()),
            pass_fds=[theirs.fileno()], env=self.environment(), cwd=ROOT, start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        theirs.close()
        ours.setblocking(False)
        self.control = ours
        self.lines.clear()
        asyncio.get_running_loop().add_reader(ours.fileno(), self._heard)

    def environment(self) -> dict[str, str]:
        """What a worker may know of this machine: no secret is in it."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        mine = {
            "ORRERY_HOME": str(self.settings.home),
            "ORRERY_LABS": self.settings.labs,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return {**kept, **ONE_THREAD, **mine}

    def _heard(self) -> None:
        assert self.control is not None
        try:
            data = self.control.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lost()
            return
        self.lines += data
        while (end := self.lines.find(b"\n")) >= 0:
            line = json.loads(self.lines[:end])
            del self.lines[: end + 1]
            if "pid" in line:
                future = self.starts.popleft()
                if not future.done():
                    future.set_result(line["pid"])
            elif "exited" in line:
                self._ended(line["exited"], line["code"])
            elif "warm" in line:
                self.warm = True
            elif self.ready is not None and not self.ready.done():
                self.ready.set_result(None)

    def _ended(self, pid: int, code: int | None) -> None:
        link = self.links.pop(pid, None)
        if link is not None and not link.exit_code.done():
            link.exit_code.set_result(code)

    def _lost(self) -> None:
        """The forkserver has died: its workers go on, new ones need a new one."""
        self._hang_up()
        self.warm = False
        if self.ready is not None and not self.ready.done():
            self.ready.set_exception(WorkerGone("the process that loads the labs has ended; its output says why"))
            self.ready.exception()
        self.ready = asyncio.get_running_loop().create_future()  # whoever wants a process waits for the next one
        for future in self.starts:
            if not future.done():
                future.set_exception(WorkerGone())
        self.starts.clear()
        log.error("the forkserver has ended")
        self.on_lost()

    def _hang_up(self) -> None:
        if self.control is not None:
            asyncio.get_running_loop().remove_reader(self.control.fileno())
            self.control.close()
            self.control = None

    @property
    def up(self) -> bool:
        """Whether a worker can be made at once."""
        loaded = self.ready is not None and self.ready.done() and self.ready.exception() is None
        return loaded and self.warm and (self.control is not None or self.settings.start_method == "spawn")

    async def make(self, kind: str, on_message: Callable[[dict[str, Any], bytes], None]) -> Link:
        """A new process: "run" or "catalog"."""
        if self.settings.start_method == "spawn":
            return await self._spawned(kind, on_message)
        for _ in range(2):  # a forkserver that has just died may be asked before its end is heard of
            try:
                return await self._forked(kind, on_message)
            except WorkerGone:
                await asyncio.sleep(0.1)
        return await self._forked(kind, on_message)

    async def _forked(self, kind: str, on_message: Callable[[dict[str, Any], bytes], None]) -> Link:
        if self.ready is None:
            await self.start()
        assert self.ready is not None
        await asyncio.shield(self.ready)
        ours, theirs = socket.socketpair()
        pid: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        if self.control is None:
            raise WorkerGone
        self.starts.append(pid)
        try:
            socket.send_fds(self.control, [b"W" if kind == "run" else b"C"], [theirs.fileno()])
        except OSError:
            self.starts.remove(pid)
            ours.close()
            raise WorkerGone from None
        finally:
            theirs.close()
        link = await self._connect(ours, on_message)
        try:
            link.pid = await pid
        except WorkerGone:
            link.close()
            raise
        self.links[link.pid] = link
        return link

    async def _connect(self, sock: socket.socket, on_message: Callable[[dict[str, Any], bytes], None]) -> Link:
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        _, link = await loop.create_unix_connection(lambda: Link(self.settings.frame_bytes, on_message), sock=sock)
        return link

    # ------------------------------------------------------------ spawn, with one spare worker kept warm

    async def _spawned(self, kind: str, on_message: Callable[[dict[str, Any], bytes], None]) -> Link:
        if kind != "run":
            return await self._spawn("server.runs.catalog_worker", on_message)
        spare = self.spares.pop() if self.spares else None
        if spare is not None and spare[0].alive:
            link = spare[0]
            link.on_message = on_message
        else:
            link = await self._spawn("server.runs.worker", on_message)
        task = asyncio.create_task(self._keep_spare())
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return link

    async def _keep_spare(self) -> None:
        link = await self._spawn("server.runs.worker", lambda header, body: None)
        self.spares.append((link, None))  # type: ignore[arg-type]

    async def _spawn(self, module: str, on_message: Callable[[dict[str, Any], bytes], None]) -> Link:
        ours, theirs = socket.socketpair()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, str(theirs.fileno()), pass_fds=[theirs.fileno()],
            env=self.environment(), cwd=ROOT, start_new_session=True, stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        theirs.close()
        link = await self._connect(ours, on_message)
        link.pid = process.pid
        self.links[link.pid] = link
        task = asyncio.create_task(self._reap(process))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return link

    async def _reap(self, process: asyncio.subprocess.Process) -> None:
        self._ended(process.pid, await process.wait())

    # ------------------------------------------------------------ end

    async def stop(self) -> None:
        """End every process below the server."""
        for link in list(self.links.values()):
            link.close()
        for link, _ in self.spares:
            link.close()
        self._hang_up()
        for task in list(self.tasks):
            task.cancel()
        if self.forkserver is not None:
            try:
                await asyncio.wait_for(self.forkserver.wait(), 2)
            except TimeoutError:
                self.forkserver.kill()
                await self.forkserver.wait()
