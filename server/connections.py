"""How long a client may keep a connection without getting on: uvicorn's protocols, with an end to their patience.

uvicorn waits for ever for the rest of a request, and keeps what is buffered for a dead viewer until the kernel gives
up. Here a request's head must have come `request_s` after its first byte, a body must grow by BODY_BYTES in the same
time, and a viewer that does not answer a ping is cut off with all that waits for it.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

BODY_BYTES = 10_000
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Http(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """An http connection that must bring its requests in time."""

    waiting: asyncio.TimerHandle | None = None
    heard_bytes = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        self.heard_bytes += len(data)
        super().data_received(data)
        if not self._owes():
            self._rest()
        elif self._has_no_head() and self.heard_bytes > self.config.loaded_app.state.settings.headers_bytes:
            self._rest()  # the rest of the head is not waited for
            self.transport.write(TOO_LARGE)
            self.transport.close()
        elif self.waiting is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def _owes(self) -> bool:
        """Whether the client has yet to send the rest of a request."""
        if self not in self.connections or self.transport.is_closing():  # upgraded, or over
            return False
        return self._has_no_head() or (self.cycle.more_body and not self.flow.read_paused)

    def _has_no_head(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _wait(self) -> None:
        self.heard_bytes = 0
        self.waiting = self.loop.call_later(self.config.loaded_app.state.settings.request_s, self._late)

    def _rest(self) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None

    def _late(self) -> None:
        self.waiting = None
        if not self._owes():
            return
        if not self._has_no_head() and self.heard_bytes >= BODY_BYTES:
            self._wait()
            return
        if self._has_no_head() or not self.cycle.response_started:
            self.transport.write(TOO_SLOW)
        self.transport.close()


class WebSocket(WebSocketsSansIOProtocol):
    """A websocket that is cut off, not closed politely, when there is nobody left to be polite to."""

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.transport.abort()


__all__ = ["Http", "WebSocket"]
