"""The server is killed, or asked to end: nothing below it stays, nothing recorded is lost, viewers come back."""

import asyncio
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults.harness import Follower, Home, following, gone_s, recorded, soon, times, until
from tests.faults.report import report

SPEED_HZ, VIEWERS, SOCKETS = 400.0, 10, 50


def play(server: Home, seed: int) -> str:
    return server.make("faulty", seed=seed, autoplay=True, steps_per_second=SPEED_HZ)


@pytest.mark.parametrize(
    ("kills", "checkpoint_s"),
    [pytest.param(2, 1.0, id="2"), pytest.param(10, 8.0, id="10", marks=pytest.mark.slow)],
)
async def test_killed_with_two_runs_and_ten_viewers(tmp_path: Path, kills: int, checkpoint_s: float) -> None:
    """Runs interrupted and resumed, viewers with neither gap nor double, and the losses as if nothing had been."""
    chance = np.random.default_rng(kills)
    gone, ready, lost = [], [], []
    server = Home(tmp_path, ORRERY_CHECKPOINT_S=f"{checkpoint_s:g}")
    server.__enter__()
    try:
        runs = [play(server, seed) for seed in (1, 2)]
        async with following(server, *(runs[i % 2] for i in range(VIEWERS))) as followers:
            known: dict[str, list[Path]] = {run: [] for run in runs}
            for _ in range(kills):
                await saved_since(server, known)
                await asyncio.sleep(chance.uniform(0, 1.2) * checkpoint_s)  # the moment is what is tried here
                known = {run: server.checkpoints(run)[:1] for run in runs}
                before = {run: server.get(f"/api/runs/{run}/metrics") for run in runs}
                server = await again(server, gone, ready)
                lost += [lost_s(server, run, before[run]) for run in runs]
                await until(lambda: all(one.greeted.is_set() for one in followers))
                for run in runs:
                    server.post(f"/api/runs/{run}/play")
                await until(lambda: all(one.status == "running" for one in followers))
            await saved_since(server, known)
            for run in runs:
                server.post(f"/api/runs/{run}/pause")
            rows = {run: server.rows(run) for run in runs}
            await until(lambda: all(one.equals(rows[runs[i % 2]]) for i, one in enumerate(followers)))
            rewinds = sum(one.rewinds for one in followers)
        for seed, run in enumerate(runs, start=1):
            assert rows[run]["step"] == recorded(rows[run]["step"][-1])
            assert rows[run] == await asyncio.to_thread(server.alone, rows[run]["step"][-1], seed)
    finally:
        server.__exit__(None, None, None)
    report(
        f"kill -9 of the server with two runs and {VIEWERS} viewers, {kills} times",
        f"its processes gone after {max(gone):.2f} s, ready again after {max(ready):.1f} s, {max(lost):.1f} s of work "
        f"lost, each at most; {rewinds} rewinds heard, every viewer has exactly the {len(rows[runs[0]]['step']):,} "
        "rows that are stored, and those are the undisturbed run's bit for bit",
    )
    soon(max(gone), 5)
    soon(min(ready), 5)
    soon(max(lost), 10)


async def saved_since(server: Home, known: dict[str, list[Path]]) -> None:
    """Until each run has a newer checkpoint than these."""
    await until(lambda: all(server.checkpoints(run)[:1] != newest for run, newest in known.items()))


async def again(server: Home, gone: list[float], ready: list[float]) -> Home:
    """Kill a server and start another in its place."""
    below = server.below()
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    gone.append(await asyncio.to_thread(gone_s, below))
    server.client.close()
    server = Home(server.home, server.port, **server.environment)
    await asyncio.to_thread(server.__enter__)
    ready.append(server.ready_s)
    return server


def lost_s(server: Home, run: str, before: dict[str, list[Any]]) -> float:
    """What of a run was lost, in seconds of its training; up to its checkpoint nothing is."""
    assert server.run(run)["status"] == "interrupted"
    kept = server.checkpoints(run)
    stands = int(kept[0].name.split("-")[0]) if kept else 0
    after = server.get(f"/api/runs/{run}/metrics")
    upto = before["step"].index(stands) + 1 if stands in before["step"] else len(before["step"])
    for name, column in before.items():
        assert after[name][:upto] == column[:upto]
    assert after["step"][: len(recorded(stands))] == recorded(stands)
    return max(0.0, (before["step"][-1] - stands) / SPEED_HZ)


async def test_asked_to_end_it_says_goodbye_and_every_run_stands_where_it_was(tmp_path: Path) -> None:
    with Home(tmp_path) as server:
        runs = [play(server, 1), play(server, 2), server.make("faulty", seed=3)]
        server.post(f"/api/runs/{runs[2]}/step", {"count": 7})
        async with following(server, *(runs[i % 3] for i in range(SOCKETS))) as followers:
            await until(lambda: all(one.greeted.is_set() for one in followers))
            await until(lambda: all(len(one.rows) > 20 for i, one in enumerate(followers) if i % 3 < 2))
            below = server.below()
            begun = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            code = await asyncio.to_thread(server.process.wait, 20)
            took_s = time.monotonic() - begun
            await until(lambda: all(one.codes for one in followers))
            codes = {one.codes[0] for one in followers}
        gone_s(below)
    assert (code, codes) == (0, {1012})
    with Home(tmp_path) as server:
        for run, status in zip(runs, ("interrupted", "interrupted", "paused"), strict=True):
            stands: dict[str, Any] = server.run(run)
            assert stands["status"] == status
            steps = server.rows(run)["step"]
            assert steps == recorded(stands["step"])
            assert int(server.checkpoints(run)[0].name.split("-")[0]) == stands["step"]
            assert server.post(f"/api/runs/{run}/step")["take"] == stands["take"]
        rows = server.rows(runs[0])
        assert rows == server.alone(rows["step"][-1], seed=1)
    report(
        f"SIGTERM with three runs and {SOCKETS} sockets",
        f"exit code 0 after {took_s:.1f} s, every socket closed with 1012, every run at a checkpoint of its very step",
    )
    soon(took_s, 10)


@pytest.mark.parametrize("cuts", times(20, 200))
async def test_a_viewer_cut_off_in_the_middle_of_rewinds_misses_and_doubles_nothing(tmp_path: Path, cuts: int) -> None:
    chance = np.random.default_rng(cuts)
    with Home(tmp_path) as server:
        run = server.make("faulty", seed=5)
        async with following(server, run, run) as (cut, whole):
            while cut.cuts < cuts:
                await move(server, run, chance, cut)
            rows = await asyncio.to_thread(server.rows, run)
            await until(lambda: cut.equals(rows) and whole.equals(rows))
            heard = cut.rewinds
        assert rows == await asyncio.to_thread(server.alone, rows["step"][-1], 5)
    report(
        f"a viewer cut off at {cuts} random moments of rewinds",
        f"it heard {heard} of {whole.rewinds} rewinds, and has exactly the {len(rows['step'])} rows that are stored",
    )


async def move(server: Home, run: str, chance: np.random.Generator, cut: Follower) -> None:
    """Some steps or some way back, and meanwhile a cut."""
    step = server.run(run)["step"]
    await cut.greeted.wait()
    if step > 20 and chance.random() < 0.6:
        work = asyncio.to_thread(server.post, f"/api/runs/{run}/rewind", {"step": int(chance.integers(step))})
    else:
        work = asyncio.to_thread(server.post, f"/api/runs/{run}/step", {"count": int(chance.integers(1, 60))})
    moving = asyncio.create_task(work)
    await asyncio.sleep(chance.uniform(0, 0.03))
    cut.cut()
    await moving
