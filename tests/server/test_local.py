"""The forkserver and its workers, as the kernel sees them."""

from pathlib import Path

import psutil
import pytest

from tests.server.conftest import Server

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")


def tree(server: Server) -> tuple[psutil.Process, list[psutil.Process]]:
    """The forkserver and its children."""
    (forkserver,) = psutil.Process(server.process.pid).children()
    return forkserver, forkserver.children()


def test_one_thread_after_the_preload(server: Server) -> None:
    forkserver, _ = tree(server)
    assert forkserver.num_threads() == 1


def test_a_worker_is_confined(server: Server) -> None:
    _, before = tree(server)
    run = server.make()
    server.post(f"/api/runs/{run}/step", {"count": 3})
    _, after = tree(server)
    (worker,) = set(after) - set(before)
    assert worker.num_threads() == 2  # it trains in one; the other waits for the end of the server
    assert worker.nice() == 10
    assert worker.memory_full_info().uss < 40e6
    limits = Path(f"/proc/{worker.pid}/limits").read_text()
    assert "unlimited" not in next(line for line in limits.splitlines() if "address space" in line)
    assert " 0 " in next(line for line in limits.splitlines() if "core file" in line)
    environment = Path(f"/proc/{worker.pid}/environ").read_bytes().split(b"\0")
    names = {entry.split(b"=")[0].decode() for entry in environment if entry}
    assert not {name for name in names if name.startswith("ORRERY_")} - {"ORRERY_HOME", "ORRERY_LABS"}
    server.delete(f"/api/runs/{run}")
    worker.wait(5)


def test_no_worker_has_the_servers_sockets(server: Server) -> None:
    run = server.make()
    server.post(f"/api/runs/{run}/step")
    _, children = tree(server)
    assert all(not child.net_connections("tcp") for child in children)


def test_a_forkserver_that_dies_is_replaced_and_its_runs_go_on(server: Server) -> None:
    run = server.make()
    server.post(f"/api/runs/{run}/step")
    forkserver, _ = tree(server)
    forkserver.kill()
    assert server.post(f"/api/runs/{run}/step")["step"] == 2
    new = server.make()
    assert server.post(f"/api/runs/{new}/step")["step"] == 1
