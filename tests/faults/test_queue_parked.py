"""As many processes as a client may keep, and no more: the longest paused is parked, and comes back as it was."""

import time

import psutil
import pytest

from tests.faults.report import report
from tests.server.conftest import Server

CLOCKS = "tests.faults.labs"
SEED, PATIENCE_S = 3, 120


@pytest.mark.parametrize(("most", "more"), [(3, 2), pytest.param(64, 6, marks=pytest.mark.slow)])
def test_the_longest_paused_is_parked_and_comes_back_as_it_was(most: int, more: int) -> None:
    """All runs have one seed: what one of them says without having been parked, each must say."""
    with Server(
        ORRERY_LABS=CLOCKS, ORRERY_RUNS_PER_CLIENT=str(most), ORRERY_CREATES_PER_S="1000", ORRERY_RUNNING="64"
    ) as server:
        twin = make_paused(server)
        server.post(f"/api/runs/{twin}/step", {"count": 5})
        losses = server.get(f"/api/runs/{twin}/metrics")["train_loss"]
        server.delete(f"/api/runs/{twin}")
        none = set(processes(server))
        runs, process_of = [], {}
        for _ in range(most):
            before = set(processes(server))
            runs.append(make_paused(server))
            (process_of[runs[-1]],) = set(processes(server)) - before
        private = sum(process.memory_full_info().uss for process in process_of.values())
        for run in runs[:more]:
            server.get(f"/api/runs/{run}")  # a look is not a use
        newer = [make_paused(server) for _ in range(more)]
        until_gone([process_of[run] for run in runs[:more]])
        assert all(process_of[run].is_running() for run in runs[more:])
        assert len(set(processes(server)) - none) == most
        took_s = []
        for run in (*runs[:more], runs[-1], newer[0]):
            begun = time.monotonic()
            assert server.post(f"/api/runs/{run}/step", {"count": 5})["step"] == 10
            took_s.append(time.monotonic() - begun)
            rows = server.get(f"/api/runs/{run}/metrics")
            assert rows["step"] == list(range(11))
            assert rows["train_loss"] == losses  # bit for bit: JSON keeps every digit
        until_gone([process_of[run] for run in runs[more : 2 * more]])  # who came back took the places of the next
        assert len(set(processes(server)) - none) <= most
    report(
        f"{most} runs kept alive by one client, {more} more",
        f"the {more} longest paused are parked; {private / most / 2**20:.1f} MB of private memory a run, "
        f"{private >> 20} MB in all; back with five more steps, bit for bit, in {1e3 * max(took_s[:more]):.0f} ms",
    )


def test_with_none_paused_the_next_is_told_when_to_come_back() -> None:
    with Server(ORRERY_LABS=CLOCKS, ORRERY_RUNS_PER_CLIENT="2", ORRERY_RUNNING="1") as server:
        wish = {"lab": "stamped", "steps_per_second": 5}
        runs = [server.post("/api/runs", wish)["id"] for _ in range(2)]  # one trains, one waits
        answer = server.call("POST", "/api/runs", wish)
        assert (answer.status_code, answer.json()["kind"]) == (429, "too-many")
        assert int(answer.headers["Retry-After"]) >= 1
        assert "2 runs alive" in answer.json()["detail"]
        server.post(f"/api/runs/{runs[1]}/pause")
        server.post(f"/api/runs/{runs[0]}/pause")
        assert server.call("POST", "/api/runs", wish).status_code == 201


def test_a_parked_run_keeps_its_edits_and_its_place_on_play() -> None:
    """Parked at step 0 with a setting changed by hand, then played: it goes on from there, and another is parked."""
    with Server(ORRERY_RUNS_PER_CLIENT="1") as server:
        first = server.make("toy", max_steps=20)
        server.post(f"/api/runs/{first}/step")
        server.post(f"/api/runs/{first}/rewind", {"step": 0})
        server.call("PATCH", f"/api/runs/{first}", {"config": {"rate": 0.25}}).raise_for_status()
        second = server.make("toy")
        server.post(f"/api/runs/{second}/step")
        assert server.post(f"/api/runs/{first}/play")["config"]["rate"] == 0.25
        server.status(first, "finished")
        assert [edit["arguments"] for edit in server.get(f"/api/runs/{first}/edits")["edits"]] == [{"rate": 0.25}]
        assert server.get(f"/api/runs/{first}/metrics")["step"] == list(range(21))


def make_paused(server: Server) -> str:
    run = server.make("stamped", seed=SEED, steps_per_second=None, config={"size": 1_000})
    server.post(f"/api/runs/{run}/step", {"count": 5})
    return run


def processes(server: Server) -> list[psutil.Process]:
    """All below the server."""
    return psutil.Process(server.process.pid).children(recursive=True)


def until_gone(found: list[psutil.Process]) -> None:
    """Wait for their ends."""
    _, alive = psutil.wait_procs(found, timeout=PATIENCE_S)
    assert not alive
