"""Time over REST: back to a step, an edit taken back, a branch, the kept past, and a process that is gone."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.server.conftest import Server


def stepped(server: Server, count: int, **wish: object) -> tuple[str, list[float]]:
    """A run after some steps, and its losses."""
    run = server.make(**wish)
    return run, list(server.post(f"/api/runs/{run}/step", {"count": count})["metrics"]["train_loss"])


def workers(server: Server) -> set[int]:
    """The processes below the server."""
    return {process.pid for process in psutil.Process(server.process.pid).children(recursive=True)}


def losses(server: Server, run: str) -> dict[int, float]:
    columns = server.get(f"/api/runs/{run}/metrics")
    return dict(zip(columns["step"], columns["train_loss"], strict=True))


def test_rewound_a_run_is_paused_there_and_makes_the_same_steps_again(server: Server) -> None:
    run, before = stepped(server, 30)
    back = server.post(f"/api/runs/{run}/rewind", {"step": 12})
    assert (back["step"], back["status"], back["take"]) == (12, "paused", 1)
    assert list(losses(server, run)) == list(range(13))
    again = server.post(f"/api/runs/{run}/step", {"count": 18})["metrics"]["train_loss"]
    assert again == before[12:]


def test_a_playing_run_can_be_rewound(server: Server) -> None:
    run = server.make(steps_per_second=200)
    server.post(f"/api/runs/{run}/play")
    server.until(run, lambda found: found["step"] >= 10)
    assert server.post(f"/api/runs/{run}/rewind", {"step": 3})["status"] == "paused"
    assert server.run(run)["step"] == 3


def test_a_step_that_has_not_been_made_is_refused(server: Server) -> None:
    run, _ = stepped(server, 3)
    answer = server.call("POST", f"/api/runs/{run}/rewind", {"step": 4})
    assert answer.status_code == 422
    assert "4 has not been made" in answer.json()["detail"]
    assert server.call("POST", f"/api/runs/{run}/rewind", {"step": -1}).status_code == 422


def test_a_run_that_has_just_begun_can_be_rewound_to_its_beginning(server: Server) -> None:
    run, _ = stepped(server, 3)
    server.post(f"/api/runs/{run}/reset")
    assert server.post(f"/api/runs/{run}/rewind", {"step": 0})["step"] == 0


def test_undo_takes_the_newest_edit_back_and_makes_its_steps_again(server: Server) -> None:
    run, before = stepped(server, 20)
    server.post(f"/api/runs/{run}/rewind", {"step": 10})
    server.call("PATCH", f"/api/runs/{run}", {"config": {"rate": 0.5}})
    server.post(f"/api/runs/{run}/step", {"count": 10})
    assert losses(server, run)[20] != before[19]
    server.post(f"/api/runs/{run}/undo")
    server.until(run, lambda found: found["step"] == 20)
    assert [losses(server, run)[step] for step in range(1, 21)] == before
    assert server.get(f"/api/runs/{run}/edits")["edits"] == []
    assert server.run(run)["config"]["rate"] == 0.01
    assert server.call("POST", f"/api/runs/{run}/undo").status_code == 409


def test_a_viewer_hears_of_the_rewind_and_misses_nothing(server: Server) -> None:
    run, _ = stepped(server, 10)
    with server.watch(run) as viewer:
        viewer.until_type("hello")
        server.post(f"/api/runs/{run}/rewind", {"step": 4})
        server.post(f"/api/runs/{run}/step", {"count": 2})
        message = viewer.until_type("rewind")
        assert (message["to_step"], message["take"]) == (4, 1)


def test_a_branch_is_a_run_of_its_own(server: Server) -> None:
    run, before = stepped(server, 20)
    made = server.call("POST", f"/api/runs/{run}/branch", {"step": 8})
    assert made.status_code == 201
    branch = made.json()
    assert (branch["step"], branch["status"], branch["lab"]) == (8, "paused", "toy")
    after = server.post(f"/api/runs/{branch['id']}/step", {"count": 5})["metrics"]
    assert after["step"] == list(range(9, 14))
    assert after["train_loss"] == before[8:13]
    assert server.run(run)["step"] == 20
    wrong = server.call("POST", f"/api/runs/{run}/branch", {"config": {"size": 7}})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "size")


def test_the_kept_past_is_read_by_step(server: Server) -> None:
    run, _ = stepped(server, 9)
    assert server.get(f"/api/runs/{run}/keyframes")["steps"] == [0, 1, 2, 4, 8, 9]
    view = next(iter(server.get("/api/labs/toy")["views"]))["id"]
    answer = server.call("GET", f"/api/runs/{run}/views/{view}?step=7", accept="application/json")
    assert (answer.status_code, answer.headers["X-Step"]) == (200, "4")
    assert answer.json()["kind"]
    assert server.call("GET", f"/api/runs/{run}/views/nothing?step=7").status_code == 404


def test_a_killed_process_comes_back_from_its_checkpoint(server: Server) -> None:
    before_it = workers(server)
    run, before = stepped(server, 15)
    folder = Path(server.home) / "runs" / run / "checkpoints"
    server.until(run, lambda found: any(folder.glob("0000000015-*")))
    (process,) = workers(server) - before_it
    os.kill(process, signal.SIGKILL)
    assert server.status(run, "failed")["error"]["kind"] == "worker-lost"
    again = server.post(f"/api/runs/{run}/step", {"count": 5})
    assert (again["step"], again["take"]) == (20, 0)
    _, whole = stepped(server, 20)
    assert [losses(server, run)[step] for step in range(1, 21)] == whole
    assert before == whole[:15]


@pytest.mark.slow
def test_a_paused_run_outlives_the_server(tmp_path: Path) -> None:
    with Server(tmp_path) as first:
        run, before = stepped(first, 10)
    with Server(tmp_path) as second:
        assert second.run(run)["status"] == "paused"
        assert second.get(f"/api/runs/{run}/keyframes")["steps"][-1] == 10
        after = second.post(f"/api/runs/{run}/step", {"count": 10})["metrics"]
        assert after["step"] == list(range(11, 21))
        second.post(f"/api/runs/{run}/rewind", {"step": 5})
        again = second.post(f"/api/runs/{run}/step", {"count": 5})["metrics"]["train_loss"]
        assert again == before[5:]
