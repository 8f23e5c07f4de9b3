"""A run's process is killed again and again: the run goes on from its checkpoint as if nothing had been."""

import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.faults.harness import Home, gone_s, recorded, soon, times
from tests.faults.report import report


def settle(server: Home, run: str) -> None:
    """Until the run has got a little beyond a checkpoint that it did not begin with."""
    before = server.checkpoints(run)[:1]
    server.until(run, lambda found: found["status"] == "running" and server.checkpoints(run)[:1] != before)


@pytest.mark.parametrize("kills", times(3, 20))
def test_killed_at_random_steps_nothing_is_missing_doubled_or_changed(tmp_path: Path, kills: int) -> None:
    chance = np.random.default_rng(kills)
    failed_s, resumed_s = [], []
    with Home(tmp_path, ORRERY_CHECKPOINT_S="0.3") as server:
        config = {"size": 30_000}  # steps so slow that every one of them is recorded
        run = server.make("faulty", seed=7, autoplay=True, steps_per_second=None, config=config)
        for _ in range(kills):
            settle(server, run)
            time.sleep(chance.uniform(0, 0.4))  # the moment is what is tried here
            victim = server.newest()
            victim.kill()
            killed = time.monotonic()
            failed = server.status(run, "failed")
            failed_s.append(time.monotonic() - killed)
            assert failed["error"]["kind"] == "worker-lost"
            gone_s([victim])
            server.post(f"/api/runs/{run}/play")
            server.until(run, lambda found: found["status"] == "running" and found["steps_per_second"])
            resumed_s.append(time.monotonic() - killed - failed_s[-1])
            steps = server.rows(run)["step"]
            assert steps == recorded(steps[-1])
        server.post(f"/api/runs/{run}/pause")
        rows, last = server.rows(run), server.run(run)["step"]
        assert rows["step"] == recorded(last)
        assert rows == server.alone(rows["step"][-1], seed=7, **config)
    soon(max(failed_s), 2)
    report(
        f"kill -9 of a run's process, {kills} times at random steps",
        f"`failed` after {1e3 * max(failed_s):.0f} ms at most, training again after {max(resumed_s):.2f} s at most; "
        f"{len(rows['step']):,} rows to step {last:,} equal the undisturbed run's bit for bit",
    )


def test_a_process_killed_while_it_is_built_or_before_a_first_checkpoint_begins_again(tmp_path: Path) -> None:
    with Home(tmp_path) as server:
        run = server.make("faulty", config={"where": "build"})
        server.until(run, lambda found: found["status"] == "starting" and len(server.below()) > 2)
        server.newest().kill()
        assert server.status(run, "failed")["error"]["kind"] == "worker-lost"
        young = server.make("faulty", seed=3, autoplay=True, steps_per_second=50)
        server.until(young, lambda found: found["step"] > 3)
        server.newest().kill()
        server.status(young, "failed")
        server.post(f"/api/runs/{young}/play")
        server.until(young, lambda found: found["step"] > 9)
        server.post(f"/api/runs/{young}/pause")
        rows = server.rows(young)
        assert rows == server.alone(rows["step"][-1], seed=3)


def test_the_whole_tree_of_a_server_is_counted(tmp_path: Path) -> None:
    """What the tests call newest is the process of the newest run."""
    with Home(tmp_path) as server:
        before = {process.pid for process in server.below()}
        server.post(f"/api/runs/{server.make('faulty')}/step")
        assert {process.pid for process in server.below()} - before == {server.newest().pid}
        assert psutil.pid_exists(server.newest().pid)
