"""Viewers of a run's stream: one that times its first frame, many that count what they get."""

import asyncio
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect

SUBPROTOCOL = "orrery.v1"


@dataclass
class Seen:
    """What one viewer has received."""

    steps: list[int] = field(default_factory=list)
    frames: int = 0
    bytes: int = 0


def open_stream(url: str) -> connect:
    """A connection to a stream, without compression and with room for any frame."""
    return connect(url, subprotocols=[SUBPROTOCOL], compression=None, max_size=None)  # type: ignore[list-item]


async def watch(socket: ClientConnection, views: Iterable[str], rate_hz: float) -> None:
    """Say which views this viewer looks at."""
    await socket.send(json.dumps({"type": "watch", "views": dict.fromkeys(views, rate_hz)}))


async def first_frame(url: str, views: Sequence[str]) -> float:
    """When (time.perf_counter) the first frame came."""
    async with open_stream(url) as socket:
        await watch(socket, views, 30)
        async for message in socket:
            if isinstance(message, bytes):
                return time.perf_counter()
    raise RuntimeError("The stream ended before a frame came.")


async def follow(url: str, views: Sequence[str], rate_hz: float, seen: Seen, since: int = -1) -> None:
    """Read a stream until it is cancelled."""
    async with open_stream(f"{url}?since={since}") as socket:
        await watch(socket, views, rate_hz)
        async for message in socket:
            if isinstance(message, bytes):
                seen.frames += 1
                seen.bytes += len(message)
            else:
                _record(json.loads(message), seen)


def _record(message: dict, seen: Seen) -> None:
    if message["type"] == "metrics":
        seen.steps += message["columns"]["step"]


async def crowd(url: str, size: int, views: Sequence[str], rate_hz: float, seconds: float) -> list[Seen]:
    """`size` viewers for some seconds."""
    seen = [Seen() for _ in range(size)]
    tasks = [asyncio.create_task(follow(url, views, rate_hz, one)) for one in seen]
    done, _ = await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if done:
        raise RuntimeError(f"{len(done)} of {size} viewers were dropped: {next(iter(done)).exception()}")
    return seen


def main(url: str, size: str, rate_hz: str, seconds: str, *views: str) -> None:
    """A crowd as a process: prints the steps that each viewer has seen."""
    seen = asyncio.run(crowd(url, int(size), views, float(rate_hz), float(seconds)))
    print(json.dumps([one.steps for one in seen]))
    print(f"{sum(one.bytes for one in seen) / 1e6 / float(seconds):.0f} MB/s", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
