"""A class of viewers: every metric reaches each of them, soon."""

from contextlib import ExitStack

import numpy as np
import pytest

from tests.faults.report import report
from tests.faults.viewers import Crowd
from tests.server.conftest import Server

CLOCKS = "tests.faults.labs"
BEAT_HZ = 20.0


@pytest.mark.parametrize(
    ("size", "seconds", "frames_hz", "p50_ms", "p99_ms"),
    [
        pytest.param(30, 2.0, 0.0, None, None, id="30"),
        pytest.param(300, 20.0, 0.0, 50, 300, id="300", marks=pytest.mark.slow),
        pytest.param(300, 20.0, 5.0, 50, 300, id="300-with-pictures", marks=pytest.mark.slow),
    ],
)
def test_every_viewer_hears_every_metric_soon(
    size: int, seconds: float, frames_hz: float, p50_ms: float | None, p99_ms: float | None
) -> None:
    """`size` viewers over two runs, 20 metrics messages a second each, from processes of their own."""
    with Server(ORRERY_LABS=CLOCKS, ORRERY_VIEWERS_PER_CLIENT="1000") as server:
        runs = [server.make("stamped", steps_per_second=BEAT_HZ) for _ in range(2)]
        for run in runs:
            server.post(f"/api/runs/{run}/play")
        found = gather(server, runs, size, seconds, frames_hz)
        told = [one for part in found for one in part["viewers"]]
        recorded = {
            server.stream(run): server.post(f"/api/runs/{run}/pause") and server.get(f"/api/runs/{run}/metrics")["step"]
            for run in runs
        }
    delays_ms = np.array([delay for part in found for delay in part["delays_ms"]])
    assert len(told) == size
    for one in told:
        assert one["steps"] == recorded[one["url"]][: len(one["steps"])]
        assert one["closed"] == 0
    assert len(delays_ms) >= (size if p50_ms is None else 0.9 * size * seconds * BEAT_HZ)
    p50, p99 = np.percentile(delays_ms, [50, 99])
    report(
        f"{size} viewers, two runs, {BEAT_HZ:g} messages a second" + (f" and {frames_hz:g} pictures" * (frames_hz > 0)),
        f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {delays_ms.max():.0f} ms; {len(delays_ms):,} messages, "
        "none missing, none double",
    )
    assert p50_ms is None or p50 <= p50_ms
    assert p99_ms is None or p99 <= p99_ms


def gather(server: Server, runs: list[str], size: int, seconds: float, frames_hz: float) -> list[dict]:
    """What crowds in three processes have heard."""
    urls = [server.stream(run) for run in runs]
    with ExitStack() as stack:
        parts = [len(part) for part in np.array_split(np.arange(size), 3)]
        crowds = [stack.enter_context(Crowd(urls, part, seconds, frames_hz)) for part in parts]
        return [crowd.heard() for crowd in crowds]
