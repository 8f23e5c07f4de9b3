"""A page with very many tabs: each is a stream until the client's limit, then the refusal says why; others come in."""

import asyncio
import json

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.faults.report import report
from tests.server.conftest import Server

CLOCKS = "tests.faults.labs"
TOO_MANY, OVER = 4429, 5


async def test_a_client_with_a_hundred_tabs_is_stopped_at_its_limit() -> None:
    """`ORRERY_VIEWERS_PER_CLIENT` streams are open at once, no more; one that closes makes room for the next."""
    most = 100
    with Server(ORRERY_LABS=CLOCKS, ORRERY_VIEWERS_PER_CLIENT=str(most)) as server:
        run = server.make("stamped", steps_per_second=20.0)
        url = server.stream(run)
        tabs = [await tab(url) for _ in range(most)]
        try:
            refusals = [await refused(url) for _ in range(OVER)]
            assert {code for code, _ in refusals} == {TOO_MANY}
            assert all("close some" in reason for _, reason in refusals)
            other = await tab(url, "127.0.0.2")  # another client is not in the way
            server.post(f"/api/runs/{run}/play")
            steps = [await metrics(one) for one in (*tabs, other)]
            assert all(step >= 0 for step in steps)
            await tabs.pop().close()
            tabs += [other, await comes_in(url)]
        finally:
            for one in tabs:
                await one.close()
    report(
        f"{most + OVER} tabs of one client", f"{most} streams, {OVER} closed with {TOO_MANY}; another client comes in"
    )


async def test_two_browsers_behind_one_address_are_two_clients() -> None:
    """A browser is known by its cookie: a class behind one address does not share a limit."""
    with Server(ORRERY_LABS=CLOCKS, ORRERY_VIEWERS_PER_CLIENT="1") as server:
        url, origin = server.stream(server.make("stamped")), server.url
        browsers = [await tab(url, cookie=name, origin=origin) for name in ("ada", "bob")]
        assert (await refused(url, cookie="ada", origin=origin))[0] == TOO_MANY
        for browser in browsers:
            await browser.close()


def opening(url: str, host: str = "127.0.0.1", cookie: str = "", origin: str | None = None) -> connect:
    headers = {"Cookie": f"orrery_client={cookie}"} if cookie else {}
    return connect(
        url, subprotocols=["orrery.v1"], compression=None, local_addr=(host, 0), origin=origin,  # type: ignore[arg-type,list-item]
        additional_headers=headers,
    )  # fmt: skip


async def tab(url: str, host: str = "127.0.0.1", cookie: str = "", origin: str | None = None) -> ClientConnection:
    """A stream past its hello."""
    socket = await opening(url, host, cookie, origin)
    assert json.loads(await socket.recv())["type"] == "hello"
    return socket


async def refused(url: str, cookie: str = "", origin: str | None = None) -> tuple[int, str]:
    """The code and the reason with which a stream is closed at once."""
    socket = await opening(url, cookie=cookie, origin=origin)
    with pytest.raises(ConnectionClosed) as closed:
        await socket.recv()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def metrics(socket: ClientConnection) -> int:
    """The first step of the next metrics."""
    async with asyncio.timeout(60):
        while (message := json.loads(await socket.recv()))["type"] != "metrics":
            pass
    return int(message["columns"]["step"][0])


async def comes_in(url: str) -> ClientConnection:
    """A stream, as soon as the server has heard that another has closed."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await tab(url)
            except ConnectionClosed:
                await asyncio.sleep(0.05)
