"""From POST /api/runs to the first frame on the socket."""

import asyncio
import time

from tests.benchmarks.harness import Figure, median_of
from tests.benchmarks.viewer import first_frame
from tests.live import LiveServer

TIMES = 21


def measure() -> list[Figure]:
    """The median over fresh runs, each with its own process."""
    with LiveServer() as server:
        views = server.default_views("mlp")

        def once() -> float:
            started = time.perf_counter()
            run = server.post("/api/runs", {"lab": "mlp"})["id"]
            seconds = asyncio.run(first_frame(server.stream(run), views)) - started
            server.delete(f"/api/runs/{run}")
            return seconds * 1000

        once()
        milliseconds = median_of(TIMES, once)
    return [Figure("POST /api/runs → first frame", milliseconds, "<=", 100, "ms", f"median of {TIMES} fresh mlp runs")]
