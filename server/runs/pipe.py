"""A worker's end of the channel: a socket that never blocks the training, and a watcher for its end."""

import os
import select
import socket
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

from server.runs import channel

READ_BYTES = 1 << 16
CONGESTED_BYTES = 8 << 20


class Gone(Exception):
    """The server has closed its end."""


class Pipe:
    """Messages go out in order; a frame that could not be sent yet gives way to a newer one of the same view."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.decoder = channel.Decoder()
        self.current: memoryview | None = None
        self.messages: deque[bytes] = deque()
        self.waiting_bytes = 0
        self.frames: dict[str, bytes] = {}

    def send(self, header: dict[str, Any], body: bytes = b"") -> None:
        """Queue a message that must arrive."""
        data = channel.encode(header, body)
        self.messages.append(data)
        self.waiting_bytes += len(data)

    def frame(self, view: str, header: dict[str, Any], body: bytes) -> None:
        """Queue the newest frame of a view."""
        self.frames[view] = channel.encode(header, body)

    @property
    def congested(self) -> bool:
        """Whether the server is so far behind that the worker should wait for it."""
        return self.waiting_bytes > CONGESTED_BYTES

    def flush(self) -> None:
        """Send what the socket takes now."""
        while (part := self.current or self._next()) is not None:
            try:
                sent = self.sock.send(part)
            except BlockingIOError:
                self.current = part
                return
            except OSError as error:
                raise Gone from error
            self.current = part[sent:] if sent < len(part) else None

    def _next(self) -> memoryview | None:
        if self.messages:
            data = self.messages.popleft()
            self.waiting_bytes -= len(data)
            return memoryview(data)
        if self.frames:
            return memoryview(self.frames.pop(next(iter(self.frames))))
        return None

    def receive(self) -> Iterator[channel.Message]:
        """The messages that have arrived."""
        while True:
            try:
                data = self.sock.recv(READ_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                raise Gone from error
            if not data:
                raise Gone
            yield from self.decoder.feed(data)
            if len(data) < READ_BYTES:
                return

    def wait(self, timeout_s: float | None) -> None:
        """Sleep until a message comes, the socket takes more of what is waiting, or the time is over."""
        unsent = [self.sock] if self.current or self.messages or self.frames else []
        select.select([self.sock], unsent, [], timeout_s)


def exit_with(sock: socket.socket) -> None:
    """Start the thread that ends this process when the server's end is closed, whatever the main thread is doing."""

    def watch() -> None:
        poller = select.poll()
        poller.register(sock.fileno(), 0)  # 0: nothing but the hang-up, which is always reported
        poller.poll()
        os._exit(0)

    threading.Thread(target=watch, name="end-of-server", daemon=True).start()
