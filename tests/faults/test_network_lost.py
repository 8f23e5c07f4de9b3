"""Clients that stop, or are gone without a word: let go soon, their memory with them, and nobody else hears of it."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import psutil
import pytest

from tests.faults.lost import GONE, STALLED
from tests.faults.report import report
from tests.faults.viewers import Crowd
from tests.live import ROOT
from tests.server.conftest import Server

CLOCKS = "tests.faults.labs"
MARGIN_BYTES = 16 << 20  # what the allocator may keep of 100 connections with a picture of 0.4 MB waiting for many

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="sockets that answer nothing are made by Linux's filters"
)


@pytest.mark.parametrize(
    ("each", "patience_s", "within_s"),
    [
        pytest.param(1, 2, None, id="10"),
        pytest.param(10, 10, 30, id="100", marks=pytest.mark.slow),
    ],
)
def test_lost_clients_are_let_go(each: int, patience_s: int, within_s: float | None) -> None:
    """`each` clients of five kinds that stop and five that are gone; one more watches and must not notice."""
    patience = {f"ORRERY_{name}_S": str(patience_s) for name in ("SEND", "PING", "REQUEST")}
    with Server(ORRERY_LABS=CLOCKS, ORRERY_VIEWERS_PER_CLIENT="1000", **patience) as server, ExitStack() as stack:
        run = server.make("stamped", steps_per_second=20.0, config={"size": 100_000})
        server.post(f"/api/runs/{run}/play")
        healthy = stack.enter_context(Crowd([server.stream(run)], 1, 600, 5))
        healthy.joined()
        time.sleep(2)
        process = psutil.Process(server.process.pid)
        before, private = len(sockets(process)), process.memory_full_info().uss
        with lost(server, run, each) as ports:
            begun, peak = time.monotonic(), private
            assert len(ports) == each * len(STALLED + GONE)
            gone_s: dict[int, float] = {}
            while time.monotonic() - begun < 6 * patience_s + 60:
                held = sockets(process)
                gone_s |= {port: time.monotonic() - begun for port in ports if port not in held and port not in gone_s}
                peak = max(peak, process.memory_full_info().uss)
                if len(gone_s) == len(ports):
                    break
                time.sleep(0.2)
            still = [ports[port] for port in ports if port not in gone_s]
            assert not still, still
            time.sleep(2)
            after = process.memory_full_info().uss
        assert len(sockets(process)) <= before + 1  # this test's own requests
        heard = healthy.heard(at_once=True)
        server.post(f"/api/runs/{run}/pause")
        recorded = server.get(f"/api/runs/{run}/metrics")["step"]
    (viewer,) = heard["viewers"]
    assert viewer["closed"] == 0
    assert viewer["steps"] == recorded[: len(viewer["steps"])]
    p99_ms = float(np.percentile(heard["delays_ms"], 99))
    report(
        f"{each * len(STALLED)} stalled and {each * len(GONE)} half-open clients",
        f"all let go within {max(gone_s.values()):.1f} s; private memory {private >> 20} MB, at most {peak >> 20} MB, "
        f"then {after >> 20} MB; the healthy viewer: every metric, p99 {p99_ms:.0f} ms",
    )
    assert after - private <= MARGIN_BYTES
    if within_s is not None:
        assert max(gone_s.values()) <= within_s
        assert p99_ms <= 300


def sockets(process: psutil.Process) -> set[int]:
    """The peers' ports of the server's connections."""
    return {connection.raddr.port for connection in process.net_connections("tcp4") if connection.raddr}


@contextmanager
def lost(server: Server, run: str, each: int) -> Iterator[dict[int, str]]:
    """Processes of lost clients; {port: kind}. Those that stop are stopped."""
    found: dict[int, str] = {}
    started = {}
    try:
        for kind in STALLED + GONE:
            command = [sys.executable, "-m", "tests.faults.lost", str(server.port), run, kind, str(each)]
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
            started[kind] = process
        for kind, process in started.items():
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n", kind
            own = psutil.Process(process.pid).net_connections("tcp4")
            found |= {connection.laddr.port: kind for connection in own if connection.status == "ESTABLISHED"}
            if kind == "viewer-stopped":
                process.send_signal(signal.SIGSTOP)
        yield found
    finally:
        for process in started.values():
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
