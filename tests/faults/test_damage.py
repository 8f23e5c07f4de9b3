"""Damaged files: never a crash, never silently loaded; what was saved before is used, and the run says so."""

import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.faults.harness import Home, recorded
from tests.faults.report import report

DAMAGES = ("cut", "empty", "flipped", "renamed", "gone")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with Home(tmp_path_factory.mktemp("home")) as server:
        yield server


def damage(path: Path, how: str, chance: np.random.Generator) -> None:
    """What disks do to a file."""
    data = bytearray(path.read_bytes())
    match how:
        case "cut":
            path.write_bytes(data[: int(chance.integers(1, len(data)))])
        case "empty":
            path.write_bytes(b"")
        case "flipped":
            data[int(chance.integers(len(data)))] ^= 1 << int(chance.integers(8))
            path.write_bytes(data)
        case "renamed":  # the checksum in its name is another file's
            path.rename(path.with_name(path.name.replace(path.name[-20:-12], "0" * 8)))
        case _:
            path.unlink()


def stepped(server: Home, *counts: int, seed: int = 4) -> str:
    """A run with a checkpoint after each of some rounds of steps, whose process has then been killed."""
    run = server.make("faulty", seed=seed)
    for count in counts:
        step = server.post(f"/api/runs/{run}/step", {"count": count})["step"]
        server.until(
            run, lambda found, step=step: server.checkpoints(run)[:1] and at(server.checkpoints(run)[0]) == step
        )
    server.newest().kill()
    server.status(run, "failed")
    return run


def at(checkpoint: Path) -> int:
    return int(checkpoint.name.split("-")[0])


@pytest.mark.parametrize("how", DAMAGES)
def test_the_checkpoint_before_a_damaged_one_is_used_and_said(server: Home, how: str) -> None:
    run = stepped(server, 10, 15)
    newest, before = server.checkpoints(run)
    assert (at(newest), at(before)) == (25, 10)
    damage(newest, how, np.random.default_rng(len(how)))
    after = server.post(f"/api/runs/{run}/step")
    if how == "gone":
        assert after["notices"] == []
    else:
        assert (
            "step 25 is damaged and was not used: the run stands at step 10"
            in server.notice(run, "damaged-state")["message"]
        )
    assert (after["step"], after["take"]) == (11, 1)
    server.post(f"/api/runs/{run}/step", {"count": 14})
    assert server.rows(run) == server.alone(25, seed=4)


def test_every_flipped_bit_is_noticed(server: Home) -> None:
    run = stepped(server, 10, 15)
    data = server.checkpoints(run)[0].read_bytes()
    chance = np.random.default_rng(0)
    for _ in range(6):
        newest = server.checkpoints(run)[0]
        damage(newest, "flipped", chance)
        server.post(f"/api/runs/{run}/step", {"count": 15})
        assert server.notice(run, "damaged-state")
        server.until(run, lambda found: at(server.checkpoints(run)[0]) == 25)
        server.newest().kill()
        server.status(run, "failed")
    assert server.rows(run) == server.alone(25, seed=4)
    report("a bit flipped in a checkpoint, at 6 random places", f"noticed each time ({len(data):,} bytes, SHA-256)")


def test_without_a_good_checkpoint_a_kept_state_is_used_and_without_one_the_beginning(server: Home) -> None:
    run = stepped(server, 10, 15)
    for path in server.checkpoints(run):
        damage(path, "flipped", np.random.default_rng(1))
    kept = server.home / "runs" / run / "kept"
    damage(kept / "0000000025.state", "flipped", np.random.default_rng(2))
    assert server.post(f"/api/runs/{run}/step")["step"] == 17  # the newest good one was kept at 16
    assert "stands at step 16" in server.notice(run, "damaged-state")["message"]
    server.until(run, lambda found: at(server.checkpoints(run)[0]) == 17)
    server.newest().kill()
    server.status(run, "failed")
    for path in [*server.checkpoints(run), *kept.glob("*.state")]:
        damage(path, "cut", np.random.default_rng(3))
    assert server.post(f"/api/runs/{run}/step")["step"] == 1
    assert "stands at step 0" in server.notice(run, "damaged-state")["message"]
    assert server.rows(run) == server.alone(1, seed=4)


@pytest.mark.parametrize("how", DAMAGES[:3])
def test_a_damaged_kept_frame_is_not_shown_and_the_one_before_is(server: Home, how: str) -> None:
    run = stepped(server, 9)
    kept = server.home / "runs" / run / "kept"
    damage(kept / "0000000008.frames", how, np.random.default_rng(5))
    answer = server.call("GET", f"/api/runs/{run}/views/plain?step=8")
    assert (answer.status_code, answer.headers["X-Step"]) == (200, "4")


@pytest.mark.parametrize("how", DAMAGES[:3])
def test_going_back_over_a_damaged_kept_state_makes_its_steps_again(server: Home, how: str) -> None:
    run = stepped(server, 20)
    damage(server.home / "runs" / run / "kept" / "0000000016.state", how, np.random.default_rng(6))
    assert server.post(f"/api/runs/{run}/rewind", {"step": 17})["step"] == 17
    server.post(f"/api/runs/{run}/step", {"count": 3})
    assert server.rows(run) == server.alone(20, seed=4)


def test_without_the_log_of_the_database_the_server_starts_and_its_runs_stand_somewhere_good(tmp_path: Path) -> None:
    with Home(tmp_path) as first:
        runs = [stepped(first, 10), first.make("faulty", seed=4, autoplay=True, steps_per_second=200)]
        first.until(runs[1], lambda found: found["step"] > 50)
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
    for ending in ("-wal", "-shm"):
        (tmp_path / f"orrery.db{ending}").unlink(missing_ok=True)
    with Home(tmp_path) as second:
        found = [run["id"] for run in second.get("/api/runs")["runs"]]
        for run in found:
            second.post(f"/api/runs/{run}/step", {"count": 3})
            steps = second.rows(run)["step"]
            assert steps == sorted(set(steps))
        assert second.post(f"/api/runs/{second.make('faulty')}/step")["step"] == 1
        assert "Traceback" not in second.log.read_text()
    report("the database's -wal lost", f"the server starts; {len(found)} of 2 runs known, all go on")


@pytest.mark.parametrize("how", ["cut", "garbage"])
def test_a_damaged_database_is_said_in_a_sentence(tmp_path: Path, how: str) -> None:
    with Home(tmp_path) as first:
        for _ in range(3):
            first.post(f"/api/runs/{first.make('faulty')}/step", {"count": 50})
    path = tmp_path / "orrery.db"
    path.write_bytes(path.read_bytes()[:6_000] if how == "cut" else b"garbage" * 999)
    with pytest.raises(RuntimeError, match="is damaged") as told, Home(tmp_path):
        pass
    assert "Traceback" not in str(told.value)


def test_the_rows_of_a_run_are_all_there(server: Home) -> None:
    run = stepped(server, 30)
    assert server.rows(run)["step"] == recorded(30)
