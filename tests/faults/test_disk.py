"""A full disk: runs wait and say so, reading goes on, nothing is lost, and all goes on by itself."""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.faults.harness import Home, recorded
from tests.faults.report import report

BWRAP = shutil.which("bwrap")
DISK_BYTES = 24 << 20


def can_have_a_disk() -> bool:
    """Whether a small file system of its own can be had here."""
    if BWRAP is None:
        return False
    tried = [BWRAP, "--dev-bind", "/", "/", "--size", "65536", "--tmpfs", "/mnt", "true"]
    return subprocess.run(tried, capture_output=True, timeout=20, check=False).returncode == 0


class SmallDisk(Home):
    """A server whose home is a file system of a few megabytes."""

    def __init__(self, home: Path, **environment: str) -> None:
        super().__init__(home, **environment)
        self.before = [
            str(BWRAP), "--die-with-parent", "--dev-bind", "/", "/", "--size", str(DISK_BYTES), "--tmpfs", str(home),
        ]  # fmt: skip

    @property
    def inside(self) -> Path:
        """The small disk, as the server sees it."""
        (server,) = psutil.Process(self.process.pid).children()
        return Path(f"/proc/{server.pid}/root{self.home}")

    def fill(self) -> None:
        """Not a byte is free any more."""
        with (self.inside / "filler").open("ab", buffering=0) as filler:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        filler.write(b"x" * size)
                except OSError:
                    continue

    def free(self) -> None:
        (self.inside / "filler").unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if not can_have_a_disk():
        pytest.skip("bubblewrap cannot mount a small file system here")
    with SmallDisk(tmp_path, ORRERY_CHECKPOINT_S="1") as server:
        yield server


def test_a_full_disk_makes_runs_wait_and_loses_nothing(disk: SmallDisk) -> None:
    run = disk.make("faulty", seed=2, autoplay=True, steps_per_second=None)
    resting = disk.make("faulty")
    disk.post(f"/api/runs/{resting}/step", {"count": 5})
    disk.until(run, lambda found: found["step"] > 1_000)
    with disk.watch(run, "?since=-1") as viewer:
        disk.fill()
        filled = time.monotonic()
        told = viewer.until(lambda m: m["type"] == "status" and any(n["kind"] == "no-space" for n in m["notices"]))
        said_s = time.monotonic() - filled
        disk.status(run, "paused")
        notice = disk.notice(run, "no-space")
        assert "cannot be stored" in notice["message"]
        assert "goes on by itself" in notice["hint"]
        assert told["notices"]
        reads = reading(disk, run) + reading(disk, resting)
        refused = disk.call("POST", "/api/runs", {"lab": "faulty"})
        assert (refused.status_code, refused.json()["kind"]) == (507, "no-space")
        assert disk.call("POST", f"/api/runs/{run}/play").status_code == 507
        time.sleep(6)  # longer than any patience for one attempt; still nothing is given up
        assert disk.run(run)["status"] == "paused"
        at = disk.run(run)["step"]
        disk.free()
        freed = time.monotonic()
        disk.until(run, lambda found: found["status"] == "running" and found["step"] > at + 100)
        again_s = time.monotonic() - freed
        disk.unnoticed(run, "no-space")
        disk.post(f"/api/runs/{run}/pause")
        last = disk.run(run)["step"]
        disk.until(run, lambda found: disk.rows(run)["step"] == recorded(last))
        viewer.until(lambda m: m["type"] == "metrics" and m["columns"]["step"][-1] == recorded(last)[-1])
        assert viewer.steps == recorded(last)
    rows = disk.rows(run)
    disk.delete(f"/api/runs/{resting}")
    assert rows == disk.alone(rows["step"][-1], seed=2)
    assert intact(disk.inside / "orrery.db")
    assert disk.run(run)["take"] == 0
    assert not list((disk.inside / "runs" / run).rglob("*.part"))
    report(
        f"a full disk ({DISK_BYTES >> 20} MB) under a run at full speed",
        f"paused and said after {said_s:.1f} s, {reads} reads answered meanwhile, training by itself {again_s:.1f} s "
        f"after there was space; all {len(rows['step']):,} rows there, equal to the undisturbed run's; SQLite intact",
    )


def reading(server: Home, run: str) -> int:
    """Everything that can be read of a run; how many answers."""
    paths = [f"/api/runs/{run}", "/api/runs", "/api/chapters", "/runs", "/labs/faulty", f"/api/runs/{run}/edits"]
    paths += [f"/api/runs/{run}/{rest}" for rest in ("metrics", "keyframes", "views/values?step=4", "views/values")]
    for path in paths:
        assert server.call("GET", path).status_code == 200, path
    return len(paths)


def intact(database: Path) -> bool:
    """Whether SQLite finds no fault in a copy of its files."""
    copy = Path(os.environ.get("TMPDIR", "/tmp")) / f"orrery-copy-{os.getpid()}"
    copy.mkdir()
    try:
        for part in database.parent.glob("orrery.db*"):
            shutil.copy(part, copy)
        with sqlite3.connect(copy / "orrery.db") as connection:
            found = connection.execute("pragma integrity_check").fetchall()
        connection.close()
        return found == [("ok",)]
    finally:
        shutil.rmtree(copy)


def test_a_run_whose_own_files_cannot_be_written_waits_too(tmp_path: Path) -> None:
    """RLIMIT_FSIZE: the process of the run may write no file of that size; the database can be written."""
    with Home(tmp_path, ORRERY_FILE_SIZE_MB="1") as server:
        run = server.make("faulty", config={"size": 400_000})
        server.post(f"/api/runs/{run}/play")
        notice = server.notice(run, "no-space")
        assert "File too large" in notice["message"]
        found = server.status(run, "paused")
        assert found["error"] is None
        assert server.rows(run)["step"] == recorded(found["step"])
        assert server.call("GET", f"/api/runs/{run}/views/plain").status_code == 200
        server.post(f"/api/runs/{run}/pause")  # not to be tried again
        assert server.status(run, "paused")
