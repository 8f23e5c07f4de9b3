"""The end of a server, wished for or not."""

import signal
import time
from pathlib import Path

import psutil
import pytest
from websockets.exceptions import ConnectionClosed

from tests.server.conftest import Server


def below(server: Server) -> list[psutil.Process]:
    return psutil.Process(server.process.pid).children(recursive=True)


def gone(processes: list[psutil.Process], within_s: float) -> bool:
    """Whether all have ended; an orphan that nobody reaps has ended too."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if not [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]:
            return True
        time.sleep(0.02)
    return False


def begin(server: Server) -> tuple[str, str, str]:
    """A running, a paused and a hanging run."""
    running = str(server.post("/api/runs", {"lab": "toy", "steps_per_second": 100})["id"])
    paused = server.make()
    server.post(f"/api/runs/{paused}/step", {"count": 4})
    kept = server.home / "runs" / paused / "checkpoints"
    server.until(paused, lambda found: any(kept.glob("0000000004-*")))
    hanging = server.make("slow", config={"seconds": 60.0}, autoplay=True)
    server.until(running, lambda found: found["step"] > 3)
    server.status(hanging, "running")
    return running, paused, hanging


def test_an_end_by_force_leaves_nothing_alive_and_an_end_by_signal_is_clean(tmp_path: Path) -> None:
    """kill -9, a new server on the same home, then SIGTERM with runs and sockets open."""
    with Server(tmp_path, ORRERY_RUNNING="9") as server:
        running, paused, hanging = begin(server)
        rows = server.get(f"/api/runs/{running}/metrics")["step"]
        processes = below(server)
        assert len(processes) == 5  # forkserver, catalog, three runs
        server.process.send_signal(signal.SIGKILL)
        assert gone(processes, 5)
    with Server(tmp_path, ORRERY_RUNNING="9") as server:
        for run in (running, hanging):
            assert server.run(run)["status"] == "interrupted"
        assert server.run(paused)["status"] == "paused"
        assert server.get(f"/api/runs/{running}/metrics")["step"][: len(rows)] == rows
        assert server.get(f"/api/runs/{paused}/metrics")["step"] == [0, 1, 2, 3, 4]
        assert server.post(f"/api/runs/{paused}/step")["step"] == 5  # from its checkpoint
        again = server.post(f"/api/runs/{paused}/reset")
        assert (again["status"], again["take"], again["step"]) == ("paused", 1, 0)
        server.post(f"/api/runs/{running}/play")  # from where it stood at most ten seconds before
        assert server.until(running, lambda found: found["step"] > 3)["status"] == "running"
        running, _, _ = begin(server)
        processes = below(server)
        with server.watch(running) as viewer:
            viewer.until_type("hello")
            begun = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                viewer.until_type("never")
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
        assert server.process.wait(10) == 0
        assert time.monotonic() - begun < 10
        assert gone(processes, 2)
    assert "Traceback" not in server.log.read_text()


def test_a_taken_port_is_said_plainly(server: Server) -> None:
    import subprocess
    import sys

    command = [
        sys.executable,
        "-m",
        "server",
        "serve",
        "--port",
        str(server.port),
        "--home",
        str(server.home / "other"),
    ]
    found = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert found.returncode == 1
    assert "Address already in use" in found.stderr
    assert "Traceback" not in found.stderr


def test_a_public_address_without_token_is_refused() -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "server", "serve", "--host", "0.0.0.0", "--port", "0"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert found.returncode == 2
    assert "ORRERY_TOKEN" in found.stderr
    assert "Traceback" not in found.stderr
