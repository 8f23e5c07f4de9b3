"""A viewer whose line is cut again and again has in the end heard exactly what the store holds."""

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.faults.report import report
from tests.faults.viewers import TEXT, Reader, open_reader
from tests.server.conftest import Server

CLOCKS = "tests.faults.labs"
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of nothing: the peer gets a reset, and what was under way is lost


class Cut(Reader):
    """A line that is reset after so many bytes, in the middle of a message or of the handshake."""

    def __init__(self, url: str, hear: Callable[[int, bytes], None], left: int) -> None:
        super().__init__(url, hear)
        self.left = left

    def data_received(self, data: bytes) -> None:
        super().data_received(data[: self.left])
        self.left -= len(data)
        if self.left <= 0:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.transport.abort()


class Follower:
    """What a page does: it knows its last step and its take, comes back with both, and believes every message."""

    def __init__(self, server: Server, run: str) -> None:
        self.server, self.run = server, run
        self.rows: dict[int, float] = {}
        self.last, self.take = -1, 0
        self.fetched = self.rewound = 0
        self.end: int | None = None  # the last step there will be, once it is known
        self.caught_up: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def come(self, size_bytes: int) -> None:
        """Hear what comes until so many bytes have come, or the end of the run."""
        url = f"{self.server.stream(self.run)}?since={self.last}&take={self.take}"
        line = await open_reader(url, self._hear, Cut, size_bytes)
        async with asyncio.timeout(60):
            await asyncio.wait({line.lost, self.caught_up}, return_when=asyncio.FIRST_COMPLETED)
        line.transport.abort()
        if isinstance(error := await line.lost, AssertionError):
            raise error

    def _hear(self, opcode: int, payload: bytes) -> None:
        assert opcode == TEXT, (opcode, payload)
        self.hear(json.loads(payload))
        if self.last == self.end and not self.caught_up.done():
            self.caught_up.set_result(None)

    def hear(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "metrics":
            assert message["take"] == self.take
            self._add(message["columns"])
        elif kind == "history":
            self.fetched += 1
            columns = self.server.get(f"/api/runs/{self.run}/metrics?since={self.last}")
            upto = message["to"]
            self._add({name: [v for v, s in zip(column, columns["step"], strict=True) if s <= upto]
                       for name, column in columns.items()})  # fmt: skip
        elif kind == "rewind":
            self.rewound += 1
            self.take, self.last = message["take"], min(self.last, message["to_step"])
            self.rows = {step: value for step, value in self.rows.items() if step <= self.last}

    def _add(self, columns: dict[str, list]) -> None:
        for step, value in zip(columns["step"], losses(columns), strict=True):
            assert step == self.last + 1, (step, self.last)  # none missing, none double
            self.rows[step], self.last = value, step


def losses(columns: dict[str, list]) -> list:
    """The column, which the row of step 0 alone lacks."""
    return columns.get("train_loss") or [None] * len(columns["step"])


@pytest.mark.parametrize("cuts", [30, pytest.param(200, marks=pytest.mark.slow)])
async def test_cut_at_random_a_viewer_misses_and_doubles_nothing(cuts: int) -> None:
    """Cut after so many bytes, in the middle of messages too; the run is rewound now and then; all steps arrive."""
    chance = np.random.default_rng(7)
    with Server(ORRERY_LABS=CLOCKS, ORRERY_HISTORY_ROWS="500") as server:
        run = server.make("stamped", steps_per_second=1_000.0, max_steps=1_000_000)
        server.post(f"/api/runs/{run}/play")
        follower = Follower(server, run)
        for cut in range(cuts):
            if cut % 20 == 10:
                back_to = int(follower.last * 0.75)
                server.post(f"/api/runs/{run}/rewind", {"step": back_to})
                server.post(f"/api/runs/{run}/play")
            await follower.come(int(chance.integers(1, 6_000)))
        end = follower.end = server.post(f"/api/runs/{run}/pause")["step"]
        await follower.come(1 << 30)
        stored = server.get(f"/api/runs/{run}/metrics")
    assert list(follower.rows) == stored["step"] == list(range(end + 1))
    assert list(follower.rows.values()) == losses(stored)
    assert follower.rewound > 0
    report(
        f"a viewer cut off {cuts} times",
        f"its {end + 1:,} rows are the store's; {follower.rewound} rewinds heard, {follower.fetched} histories fetched",
    )
