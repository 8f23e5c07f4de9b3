"""Labs that go wrong: too much memory, no end, a fault in a picture, a file that does not import. Others go on."""

import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.harness import Home, gone_s, soon
from tests.faults.report import report
from tests.live import ROOT, LiveServer

SPEED_HZ = 100.0
STEP_S, START_S = 16.0, 14.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A step may take 16 s, building 14, a view 1.5."""
    limits = {"ORRERY_STEP_S": f"{STEP_S}", "ORRERY_START_S": f"{START_S}", "ORRERY_VIEW_S": "1.5"}
    with Home(tmp_path_factory.mktemp("home"), ORRERY_RUN_MEMORY_MB="400", **limits) as server:
        yield server


@pytest.fixture
def neighbour(server: Home) -> Iterator[str]:
    """A run that trains while another one goes wrong, and in the end is what it would have been alone."""
    run = server.make("faulty", seed=9, autoplay=True, steps_per_second=SPEED_HZ)
    server.until(run, lambda found: found["step"] > 3)
    yield run
    before = server.run(run)["step"]
    server.until(run, lambda found: found["status"] == "running" and found["step"] > before)
    server.post(f"/api/runs/{run}/pause")
    rows = server.rows(run)
    assert rows == server.alone(rows["step"][-1], seed=9)
    server.delete(f"/api/runs/{run}")


def wrong(server: Home, where: str, how: str, **more: Any) -> str:
    """A run that is going wrong."""
    run = server.make("faulty", config={"where": where, "how": how, **more})
    if where != "build":
        server.call("PATCH", f"/api/runs/{run}", {"steps_per_second": 50})
        server.post(f"/api/runs/{run}/play")
    return run


# ---------------------------------------------------------------- memory


def test_what_is_too_large_by_estimate_is_refused_before_anything_is_built(server: Home, neighbour: str) -> None:
    before = {process.pid for process in server.below()}
    begun = time.monotonic()
    answer = server.call("POST", "/api/runs", {"lab": "faulty", "config": {"size": 50_000_000_000}})
    took_ms = 1e3 * (time.monotonic() - begun)
    assert answer.status_code == 422
    assert "at most" in answer.json()["detail"]
    assert {process.pid for process in server.below()} <= before
    report("a config too large by its estimate", f"refused after {took_ms:.0f} ms, no process made")


@pytest.mark.parametrize("config", [{"size": 1 << 30, "told": False}, {"where": "step", "how": "allocate"}])
def test_what_takes_too_much_memory_all_the_same_fails_alone(
    server: Home, neighbour: str, config: dict[str, Any]
) -> None:
    run = server.make("faulty", config=config, autoplay=True)
    error = server.status(run, "failed")["error"]
    assert error["kind"] == "memory"
    assert "more memory" in error["message"]
    assert error["hint"]
    report(
        f"too much memory in {config.get('where', '__init__')}", "`failed: memory`; the neighbour's losses unchanged"
    )


# ---------------------------------------------------------------- no end


@pytest.mark.parametrize("how", ["sleep", pytest.param("spin", marks=pytest.mark.slow)])
def test_a_step_without_end_is_said_and_ended(server: Home, neighbour: str, how: str) -> None:
    run = wrong(server, "step", how)
    with server.watch(run) as viewer:
        server.until(run, lambda found: found["step"] == 4)
        begun = time.monotonic()
        process = server.newest()
        first = viewer.until(lambda m: m["type"] == "status" and bool(m["notices"]))
        said_s = time.monotonic() - begun
        assert "Step 5 has taken more than 10 s" in first["notices"][0]["message"]
        assert "start again" in first["notices"][0]["hint"]
        for rest in ("", "/metrics", "/keyframes", "/views/values", "/views/plain", "/views/plain?step=2"):
            asked = time.monotonic()
            answer = server.call("GET", f"/api/runs/{run}{rest}")
            assert answer.status_code == 200, rest
            soon(time.monotonic() - asked, 2)
        answer = server.call("POST", f"/api/runs/{run}/pause")
        assert (answer.status_code, answer.json()["kind"]) == (503, "busy")
        assert int(answer.headers["Retry-After"]) > 0
        failed = viewer.until(lambda m: m["type"] == "status" and m["status"] == "failed")
        ended_s = time.monotonic() - begun
    assert failed["error"]["kind"] == "time"
    assert f"Step 5 took longer than {STEP_S:g} s" in failed["error"]["message"]
    gone_s([process])
    assert failed["notices"] == []
    report(
        f"a step that hangs ({how})",
        f"said after {said_s:.1f} s, ended after {ended_s:.1f} s (limit {STEP_S:g} s), reads answered meanwhile, "
        "the neighbour's losses unchanged",
    )


@pytest.mark.parametrize("how", ["sleep", "spin"])
def test_starting_again_ends_a_step_without_end_at_once(server: Home, how: str) -> None:
    run = wrong(server, "step", how)
    server.until(run, lambda found: found["step"] == 4)
    process = server.newest()
    time.sleep(4)  # it is stuck by now
    again = server.post(f"/api/runs/{run}/reset", {"config": {"where": "nowhere"}})
    assert (again["step"], again["status"], again["take"]) == (0, "paused", 1)
    gone_s([process])
    assert server.post(f"/api/runs/{run}/step", {"count": 9})["step"] == 9


@pytest.mark.parametrize("how", ["sleep", "spin"])
def test_a_deleted_run_leaves_no_process_whatever_it_was_doing(server: Home, how: str) -> None:
    run = wrong(server, "step", how)
    server.until(run, lambda found: found["step"] == 4)
    process = server.newest()
    server.delete(f"/api/runs/{run}")
    gone_s([process])


def test_a_lab_that_is_never_built_is_said_and_given_up(server: Home, neighbour: str) -> None:
    run = wrong(server, "build", "sleep")
    notice = server.notice(run, "slow")
    assert "Building the lab has taken more than 10 s" in notice["message"]
    answer = server.call("GET", f"/api/runs/{run}/views/plain")
    assert (answer.status_code, answer.json()["kind"]) == (503, "busy")
    assert server.call("GET", f"/api/runs/{run}/metrics").status_code == 200
    assert server.status(run, "failed")["error"]["kind"] == "time"
    report(
        "an __init__ that hangs",
        f"said after 10 s, `failed: time` after {START_S:g} s, the neighbour's losses unchanged",
    )


# ---------------------------------------------------------------- pictures


@pytest.mark.parametrize("how", ["sleep", "raise"])
def test_a_view_that_goes_wrong_costs_only_its_picture(server: Home, neighbour: str, how: str) -> None:
    run = server.make("faulty", seed=6, config={"where": "view", "how": how, "at": 1, "until": 200})
    with server.watch(run) as viewer:
        viewer.send({"type": "watch", "views": {"values": 30, "plain": 30}})
        server.call("PATCH", f"/api/runs/{run}", {"steps_per_second": 40})
        server.post(f"/api/runs/{run}/play")
        told = viewer.until(lambda m: m["type"] == "status" and bool(m["notices"]))
        notice = told["notices"][0]
        assert notice["kind"] == "view-failed"
        assert "“Values” cannot be drawn" in notice["message"]
        assert ("gone wrong as asked" if how == "raise" else "longer than 1.5 s") in notice["message"]
        answer = server.call("GET", f"/api/runs/{run}/views/values")
        assert (answer.status_code, answer.json()["kind"]) == (500, "lab-error")
        step = server.run(run)["step"]
        found = server.until(run, lambda found: found["step"] > step + 5)
        assert (found["status"], found["error"]) == ("running", None)
        server.call("PATCH", f"/api/runs/{run}", {"steps_per_second": None})
        server.until(run, lambda found: found["step"] > 250)
        if how == "raise":  # one that took long is tried again when that has been paid for
            server.unnoticed(run, "view-failed")
    server.post(f"/api/runs/{run}/pause")
    rows = server.rows(run)
    assert rows == server.alone(rows["step"][-1], seed=6)
    assert server.call("GET", f"/api/runs/{run}/views/plain?step=4").status_code == 200
    report(
        f"a view that {'hangs' if how == 'sleep' else 'raises'}",
        "said by its title; training went on, losses unchanged",
    )


# ---------------------------------------------------------------- files

GOOD = (ROOT / "tests/faults/labs/wrong/faulty.py").read_text(encoding="utf-8")
FILES = {
    "good": GOOD,
    "no_syntax": "class Broken(:\n",
    "no_module": "import a_module_that_nobody_has\n",
    "no_lab": "x = 1\n",
    "leaves": "raise SystemExit(3)\n",
    "no_touch": GOOD.replace('@view("Plain")', '@view("Plain", edit="what_it_has_not")'),
    "no_text": GOOD,
}


def test_files_that_do_not_import_are_entries_with_the_reason_and_the_others_live(tmp_path: Path) -> None:
    folder = tmp_path / "packages" / "students_labs" / "first"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "__init__.py").touch()
    (folder / "chapter.md").write_text("---\nnumber: 96\ntitle: First\nsummary: A first try.\n---\n")
    for name, source in FILES.items():
        (folder / f"{name}.py").write_text(source)
        if name != "no_text":
            shutil.copy(ROOT / "tests/faults/labs/wrong/faulty.md", folder / f"{name}.md")
    environment = {"ORRERY_LABS": "students_labs", "PYTHONPATH": str(tmp_path / "packages")}
    with LiveServer(**environment) as server:
        chapter = next(found for found in server.get("/api/chapters") if found["number"] == 96)
        broken = {lab["id"]: lab["message"] for lab in chapter["broken"]}
        assert [lab["id"] for lab in chapter["labs"]] == ["good"]
        assert set(broken) == {name.replace("_", "-") for name in FILES} - {"good"}
        assert "SyntaxError" in broken["no-syntax"]
        assert "a_module_that_nobody_has" in broken["no-module"]
        assert all(broken.values())
        for name in broken:
            assert broken[name] in server.client.get(f"/api/labs/{name}").json()["detail"]
        run = server.post("/api/runs", {"lab": "good", "autoplay": False})["id"]
        assert server.post(f"/api/runs/{run}/step", {"count": 3})["step"] == 3
        assert server.get("/api/labs/perceptron")["id"] == "perceptron"
        assert server.client.get("/").status_code == server.client.get("/labs/good").status_code == 200
        assert {server.client.get(f"/labs/{name}").status_code for name in broken} == {404}
    report(
        f"{len(broken)} lab files that do not import or describe themselves",
        "an entry with its reason each; the site lives",
    )
    assert "students_labs" not in sys.modules
