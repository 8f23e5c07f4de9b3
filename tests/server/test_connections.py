"""A connection that brings nothing is not kept, one that is slow but gets on is."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from server import connections
from server.connections import Http

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


class Wire(asyncio.Transport):
    """The other end, as a transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.written, self.closed = b"", False

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class App:
    """Reads the whole body, then answers."""

    state = SimpleNamespace(settings=SimpleNamespace(request_s=0.5, headers_bytes=8_192))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "http.request" and message["more_body"]:
            pass
        if message["type"] == "http.request":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> float:
    monkeypatch.setattr(connections, "BODY_BYTES", 50)
    return App.state.settings.request_s


def connected() -> tuple[Http, Wire]:
    config = Config(App(), log_config=None, lifespan="off", interface="asgi3", proxy_headers=False)
    config.load()
    wire = Wire()
    connection = Http(config, ServerState(), {}, asyncio.get_running_loop())
    connection.connection_made(wire)
    return connection, wire


async def until_closed(wire: Wire) -> None:
    async with asyncio.timeout(10):
        while not wire.closed:  # noqa: ASYNC110 - the transport has no event
            await asyncio.sleep(0.01)


async def test_who_says_nothing_is_let_go() -> None:
    _, wire = connected()
    await until_closed(wire)


async def test_a_head_letter_by_letter_is_not_waited_for() -> None:
    connection, wire = connected()
    for letter in b"GET / HTTP/1.1\r\nHost: x\r\nX-" + b"a" * 1_000:
        connection.data_received(bytes([letter]))
        await asyncio.sleep(0.01)
        if wire.closed:
            break
    assert wire.closed
    assert wire.written.startswith(b"HTTP/1.1 408 ")
    connection.connection_lost(None)


async def test_a_head_without_end_is_not_read_on() -> None:
    connection, wire = connected()
    connection.data_received(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ")
    sent = 0
    while not wire.closed and sent < 100:
        connection.data_received(b"a" * 1_000)
        sent += 1
    assert sent == 9  # the first that is beyond 8,192 bytes
    assert wire.written.startswith(b"HTTP/1.1 431 ")
    connection.connection_lost(None)


async def test_a_body_that_trickles_is_not_waited_for() -> None:
    connection, wire = connected()
    connection.data_received(HEAD % 2_000)
    for _ in range(1_000):
        connection.data_received(b"x")
        await asyncio.sleep(0.02)
        if wire.closed:
            break
    assert wire.closed
    assert wire.written.startswith(b"HTTP/1.1 408 ")
    connection.connection_lost(None)


async def test_a_body_that_gets_on_may_take_its_time(patience: float) -> None:
    connection, wire = connected()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    connection.data_received(HEAD % 4_000)
    for _ in range(40):
        connection.data_received(b"x" * 100)
        await asyncio.sleep(0.03)
    assert loop.time() - begun > 2 * patience
    async with asyncio.timeout(10):
        while not wire.written:  # noqa: ASYNC110 - the transport has no event
            await asyncio.sleep(0.01)
    assert wire.written.startswith(b"HTTP/1.1 204 ")
    connection.connection_lost(None)


async def test_an_answer_may_take_its_time_and_the_next_request_is_awaited_anew(patience: float) -> None:
    connection, wire = connected()
    connection.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert connection.waiting is None
    await asyncio.sleep(2 * patience)
    assert not wire.closed
    connection.data_received(b"GET / HT")
    await until_closed(wire)
    connection.connection_lost(None)


async def test_a_websocket_is_another_protocols() -> None:
    connection, wire = connected()
    connection.ws_protocol_class = lambda **given: SimpleNamespace(
        connection_made=lambda transport: None, data_received=lambda data: None
    )
    wire.set_protocol = lambda protocol: None  # type: ignore[method-assign]
    connection.data_received(
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert connection.waiting is None
