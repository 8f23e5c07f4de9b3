"""Viewers that cost little: a websocket reader of a few lines, so that hundreds of them leave the server its core.

`python -m tests.faults.viewers SIZE SECONDS RATE URL…` is a crowd as a process. It prints `ready` once every viewer has
had its hello, and at the end (after SECONDS, or at SIGTERM) one JSON line: what each viewer has heard, and how long
every metrics message was under way from the step that made it.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.live import ROOT

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Reader(asyncio.Protocol):
    """A websocket, downwards: calls `hear(opcode, payload)`, answers pings."""

    def __init__(self, url: str, hear: Callable[[int, bytes], None]) -> None:
        self.url, self.hear = urlsplit(url), hear
        self.buffer = bytearray()
        self.greeted = False
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        path = f"{self.url.path}?{self.url.query}"
        transport.write(
            f"GET {path} HTTP/1.1\r\nHost: {self.url.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: orrery.v1\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.greeted:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            assert self.buffer.startswith(b"HTTP/1.1 101"), bytes(self.buffer)
            del self.buffer[: end + 4]
            self.greeted = True
        while (frame := self._frame()) is not None:
            opcode, payload = frame
            if opcode == PING:
                self.send(payload, PONG)
            else:
                self.hear(opcode, payload)

    def _frame(self) -> tuple[int, bytes] | None:
        """The next whole frame; the server neither masks nor fragments."""
        buffer = self.buffer
        if len(buffer) < 2:
            return None
        length, start = buffer[1], 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(buffer[2:start])
        if len(buffer) < start + length:
            return None
        opcode, payload = buffer[0] & 15, bytes(buffer[start : start + length])
        del buffer[: start + length]
        return opcode, payload

    def send(self, payload: bytes, opcode: int = TEXT) -> None:
        """A short message, masked with zeros."""
        assert len(payload) < 126
        self.transport.write(bytes([128 | opcode, 128 | len(payload), 0, 0, 0, 0]) + payload)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(error)


@dataclass
class Heard:
    """What one viewer has heard."""

    steps: list[int] = field(default_factory=list)
    delays_s: list[float] = field(default_factory=list)
    frames: int = 0
    closed: int = 0  # with this code


async def open_reader(
    url: str, hear: Callable[[int, bytes], None], kind: Callable[..., Reader] = Reader, *given: Any
) -> Reader:
    """A connected reader."""
    parts = urlsplit(url)
    _, reader = await asyncio.get_running_loop().create_connection(
        lambda: kind(url, hear, *given), parts.hostname, parts.port
    )
    return reader


class Viewer:
    """A reader that keeps what it hears; delays only while `timing`."""

    def __init__(self) -> None:
        self.heard, self.timing, self.greeted = Heard(), False, asyncio.Event()

    async def open(self, url: str, watch: dict[str, float] | None = None) -> None:
        self.reader = await open_reader(url, self.hear)
        if watch:
            self.reader.send(json.dumps({"type": "watch", "views": watch}).encode())

    def hear(self, opcode: int, payload: bytes) -> None:
        now = time.monotonic()
        if opcode == CLOSE:
            self.heard.closed = int.from_bytes(payload[:2])
        elif opcode != TEXT:
            self.heard.frames += 1
        elif payload.startswith(b'{"type":"metrics"'):
            columns = json.loads(payload)["columns"]
            self.heard.steps += columns["step"]
            if self.timing and "made_at" in columns:
                self.heard.delays_s += [now - at for at in columns["made_at"] if at is not None]
        elif payload.startswith(b'{"type":"hello"'):
            self.greeted.set()


async def crowd(urls: list[str], size: int, seconds: float, rate_hz: float) -> list[tuple[str, Heard]]:
    """`size` viewers, spread over the streams; timed from when all have joined."""
    watch = {"values": rate_hz} if rate_hz else None
    viewers = [(urls[i % len(urls)], Viewer()) for i in range(size)]
    for url, viewer in viewers:
        await viewer.open(f"{url}?since=-1", watch)
    for _, viewer in viewers:
        await viewer.greeted.wait()
    print("ready", flush=True)  # noqa: T201 - the crowd's parent listens
    await asyncio.sleep(1)
    for _, viewer in viewers:
        viewer.timing = True
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), seconds)
    return [(url, viewer.heard) for url, viewer in viewers]


def main(size: str, seconds: str, rate_hz: str, *urls: str) -> None:
    found = asyncio.run(crowd(list(urls), int(size), float(seconds), float(rate_hz)))
    told = [{"url": url, "steps": one.steps, "frames": one.frames, "closed": one.closed} for url, one in found]
    delays_ms = [round(1e3 * delay, 2) for _, one in found for delay in one.delays_s]
    print(json.dumps({"viewers": told, "delays_ms": delays_ms}), flush=True)  # noqa: T201 - and reads
    os._exit(0)


class Crowd:
    """A crowd in a process of its own, from where it has joined."""

    def __init__(self, urls: list[str], size: int, seconds: float, rate_hz: float) -> None:
        command = [sys.executable, "-m", "tests.faults.viewers", str(size), str(seconds), str(rate_hz), *urls]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()

    def joined(self) -> None:
        """Wait until every viewer has had its hello."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def heard(self, at_once: bool = False) -> dict[str, Any]:
        """{viewers: [{url, steps, frames, closed}], delays_ms}, at its end or at once."""
        if at_once:
            self.process.terminate()
        out, _ = self.process.communicate(timeout=300)
        return dict(json.loads(out.splitlines()[-1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
