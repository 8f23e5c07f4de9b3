"""Turns, limits, drafts, and what happens to a run whose process is taken away."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.server.conftest import Server


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """One run at a time, turns of half a second, few of everything."""
    with Server(
        ORRERY_RUNNING="1", ORRERY_TURN_S="0.5", ORRERY_RUNS_PER_CLIENT="5", ORRERY_QUEUE="2", ORRERY_DRAFT_S="1",
        ORRERY_RUN_MEMORY_MB="300",
        ORRERY_CREATES_PER_S="20", ORRERY_START_S="1", ORRERY_VIEWERS_PER_CLIENT="3",
    ) as server:  # fmt: skip
        yield server


@pytest.fixture(autouse=True)
def _clean(small: Server) -> Iterator[None]:
    yield
    for run in small.get("/api/runs?limit=500")["runs"]:
        small.delete(f"/api/runs/{run['id']}")


def workers(server: Server) -> list[psutil.Process]:
    """The processes of runs: below the forkserver, beside the catalog worker."""
    return psutil.Process(server.process.pid).children(recursive=True)


def play(server: Server, **wish: object) -> str:
    return str(server.post("/api/runs", {"lab": "toy", "steps_per_second": 50, **wish})["id"])


def test_runs_take_turns(small: Server) -> None:
    first, second, third = (play(small) for _ in range(3))
    small.status(first, "running")
    assert sorted(place for run in (first, second, third) if (place := small.run(run)["queue_place"])) == [1, 2]
    for run in (second, third, first, second):
        small.until(run, lambda found: found["status"] == "running" and found["step"] > 0)
    assert all(small.run(run)["step"] > 0 for run in (first, second, third))


def test_the_place_is_told_to_who_watches(small: Server) -> None:
    first, second = play(small), play(small)
    with small.watch(first), small.watch(second) as viewer:
        viewer.until(lambda m: m.get("queue_place") == 1)
        small.post(f"/api/runs/{first}/pause")
        assert viewer.until(lambda m: m["type"] == "status" and m["status"] == "running")["queue_place"] is None


def test_who_watches_a_queued_run_need_not_wait_for_an_unwatched_one(small: Server) -> None:
    first, second = play(small), play(small)
    small.status(first, "running")
    with small.watch(second) as viewer:
        viewer.until(lambda m: m.get("status") == "running")
        assert small.run(first)["status"] == "queued"


def test_a_queued_run_has_no_process_and_can_be_looked_at_all_the_same(small: Server) -> None:
    first, second = play(small), play(small)
    small.status(first, "running")
    before = set(workers(small))
    assert small.run(second)["status"] == "queued"
    assert small.call("GET", f"/api/runs/{second}/views/values").status_code == 200
    assert len(set(workers(small)) - before) == 1
    assert small.call("POST", f"/api/runs/{second}/step").status_code == 409
    small.post(f"/api/runs/{second}/pause")
    assert small.post(f"/api/runs/{second}/step")["step"] >= 1


def test_steps_need_no_place(small: Server) -> None:
    play(small)
    paused = small.make()
    assert small.post(f"/api/runs/{paused}/step", {"count": 5})["step"] == 5


def test_a_full_queue_and_too_many_runs_are_429(small: Server) -> None:
    for _ in range(3):
        play(small)
    answer = small.call("POST", "/api/runs", {"lab": "toy"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1
    drafts = [small.make() for _ in range(2)]
    with small.watch(drafts[0]) as one, small.watch(drafts[1]) as other:
        for viewer in (one, other):
            viewer.until_type("hello")
        answer = small.call("POST", "/api/runs", {"lab": "toy", "autoplay": False})
    assert (answer.status_code, answer.json()["kind"]) == (429, "too-many")
    assert "5 runs" in answer.json()["detail"]


def test_too_many_streams_of_one_client(small: Server) -> None:
    run = small.make()
    with small.watch(run) as a, small.watch(run) as b, small.watch(run) as c:
        for viewer in (a, b, c):
            viewer.until_type("hello")
        with small.watch(run) as refused, pytest.raises(Exception, match="4429"):
            refused.until_type("hello")


def test_a_draft_goes_by_itself_unless_it_is_watched(small: Server) -> None:
    draft, watched = small.make(), small.make()
    with small.watch(watched) as viewer:
        viewer.until_type("hello")
        small.status(watched, "paused")
        deadline = time.monotonic() + 10
        while "orrery_processes 1.0" not in small.call("GET", "/metrics").text:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert small.run(watched)["status"] == "paused"
    assert small.call("GET", f"/api/runs/{draft}").status_code == 404


def busiest(pids: list[int]) -> int:
    """The process that works while the others rest, or have ended."""

    def used_s(pid: int) -> float:
        with contextlib.suppress(psutil.NoSuchProcess):
            return float(psutil.Process(pid).cpu_times().user)
        return 0.0

    since = {pid: used_s(pid) for pid in pids}
    while True:
        gained = {pid: used_s(pid) - before for pid, before in since.items()}
        first, *others = sorted(gained, key=gained.__getitem__, reverse=True)
        if gained[first] >= 0.1 + 2 * max((gained[pid] for pid in others), default=0.0):
            return first
        time.sleep(0.05)


def test_a_killed_worker_is_a_failed_run_within_two_seconds(small: Server) -> None:
    before = {process.pid for process in workers(small)}
    run, other = play(small, steps_per_second=500, max_steps=1_000_000), small.make()
    small.status(run, "running")
    small.status(other, "paused")
    new = sorted(process.pid for process in workers(small) if process.pid not in before)
    victim = busiest(new)
    with small.watch(run) as viewer:
        viewer.until_type("hello")
        os.kill(victim, signal.SIGKILL)
        killed = time.monotonic()
        status = viewer.until(lambda m: m["type"] == "status" and m["status"] == "failed")
        assert time.monotonic() - killed < 2
    assert status["error"]["kind"] == "worker-lost"
    assert "signal 9" in status["error"]["message"]
    assert small.post(f"/api/runs/{other}/step")["step"] == 1
    assert small.post(f"/api/runs/{run}/reset")["status"] == "paused"
    assert small.post(f"/api/runs/{run}/step")["step"] == 1


def test_a_run_that_takes_too_much_memory_fails_alone(small: Server) -> None:
    run = small.make("slow", config={"seconds": 0.0, "megabytes": 4_000}, autoplay=True)
    failed = small.status(run, "failed")
    assert failed["error"]["kind"] == "memory"
    assert small.get("/healthz")["status"] == "ok"


def test_a_lab_that_takes_too_long_to_build_is_given_up(small: Server) -> None:
    run = small.make("slow", config={"build": 30.0})
    assert small.run(run)["status"] == "starting"
    assert small.status(run, "failed")["error"]["kind"] == "time"


def test_a_command_to_a_starting_run_waits_for_it(small: Server) -> None:
    run = small.make("slow", config={"build": 0.3, "seconds": 0.0})
    assert small.post(f"/api/runs/{run}/step")["step"] == 1


def test_pausing_does_not_wait_for_more_than_the_step_under_way(small: Server) -> None:
    run = small.make("slow", config={"seconds": 0.3}, autoplay=True)
    small.until(run, lambda found: found["step"] >= 1)
    begun = time.monotonic()
    assert small.post(f"/api/runs/{run}/pause")["status"] == "paused"
    assert time.monotonic() - begun < 1
