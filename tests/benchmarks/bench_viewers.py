"""A hundred viewers on one run: what training keeps, and whether each of them gets every recorded metric."""

import json
import statistics
import subprocess
import sys
import time

from tests.benchmarks.harness import Figure
from tests.live import ROOT, LiveServer

SIZE, ROUNDS, SECONDS, SETTLE_S, FRAMES_HZ = 100, 3, 4.0, 3.0, 30
NOTE = f"mlp, {SIZE} viewers of all default views at {FRAMES_HZ}/s (the viewers' own process yields to the server)"


def measure() -> list[Figure]:
    """Steps per second with the crowd over steps per second alone, in turns."""
    with LiveServer() as server:
        views = server.default_views("mlp")
        run = server.full_speed("mlp")
        time.sleep(SETTLE_S)
        pairs, complete = [], []
        for _ in range(ROUNDS):
            alone = rate(server, run)
            crowd = start_crowd(server.stream(run), views)
            time.sleep(SETTLE_S)
            pairs.append(rate(server, run) / alone)
            complete.append(share_complete(server, run, crowd))
    return [
        Figure("training with 100 viewers / alone", statistics.median(pairs), ">=", 0.85, "", NOTE),
        Figure(
            "viewers with every recorded metric", min(complete), ">=", 1.0, "", f"of {SIZE}, worst of {ROUNDS} rounds"
        ),
    ]


def rate(server: LiveServer, run: str) -> float:
    """Steps per second, by the run's own counter."""
    before, started = server.get(f"/api/runs/{run}")["step"], time.perf_counter()
    time.sleep(SECONDS)
    return (server.get(f"/api/runs/{run}")["step"] - before) / (time.perf_counter() - started)


def start_crowd(url: str, views: list[str]) -> subprocess.Popen[str]:
    """The viewers, in a process of their own at the lowest priority: their work is not the server's."""
    seconds = str(2 * SETTLE_S + SECONDS)
    command = [
        "nice",
        "-n",
        "19",
        sys.executable,
        "-m",
        "tests.benchmarks.viewer",
        url,
        str(SIZE),
        str(FRAMES_HZ),
        seconds,
    ]
    return subprocess.Popen([*command, *views], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def share_complete(server: LiveServer, run: str, crowd: subprocess.Popen[str]) -> float:
    """The share of viewers that missed and doubled nothing, against what the server has recorded."""
    out, _ = crowd.communicate(timeout=60)
    if crowd.returncode:
        raise RuntimeError("The viewers failed: their error is above.")
    seen = [tuple(steps) for steps in json.loads(out)]
    first = min(steps[0] for steps in seen)
    recorded = server.get(f"/api/runs/{run}/metrics?since={first - 1}")["step"]
    whole = sum(list(steps) == [s for s in recorded if steps[0] <= s <= steps[-1]] for steps in seen)
    return whole / len(seen)
