"""Private memory of a paused run and of the server without runs."""

import statistics
import time

import psutil

from tests.benchmarks.harness import Figure
from tests.live import LiveServer

RUNS, STEPS, SETTLE_S = 5, 200, 3.0


def measure() -> list[Figure]:
    """USS: what would be free again if the process ended."""
    with LiveServer() as server:
        process = psutil.Process(server.process.pid)
        time.sleep(SETTLE_S)
        alone = private_mb(process)
        before = pids(process)
        for _ in range(RUNS):
            run = server.post("/api/runs", {"lab": "mlp", "autoplay": False})["id"]
            server.post(f"/api/runs/{run}/step", {"count": STEPS})
        time.sleep(SETTLE_S)
        workers = [private_mb(psutil.Process(pid)) for pid in pids(process) - before]
        if len(workers) != RUNS:
            raise RuntimeError(f"{RUNS} paused runs have {len(workers)} processes.")
    return [
        Figure("server without runs", alone, "<=", 150, "MB", "private memory of the server process"),
        Figure(
            "a paused run", statistics.median(workers), "<=", 40, "MB", f"median of {RUNS}, mlp after {STEPS} steps"
        ),
    ]


def private_mb(process: psutil.Process) -> float:
    """Private memory in 10⁶ bytes."""
    return process.memory_full_info().uss / 1e6


def pids(process: psutil.Process) -> set[int]:
    """All processes below the server."""
    return {child.pid for child in process.children(recursive=True)}
