"""Runs over REST: their life, what they are asked, and what is refused."""

import json
import math
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.conftest import Server

PROBLEM = "application/problem+json"


# ---------------------------------------------------------------- life


def test_a_run_trains_to_its_end(server: Server) -> None:
    made = server.call("POST", "/api/runs", {"lab": "toy", "seed": 3, "name": "mine", "max_steps": 50})
    assert made.status_code == 201
    run = made.json()
    assert made.headers["Location"] == f"/api/runs/{run['id']}"
    assert (run["lab"], run["seed"], run["name"], run["config"]["size"]) == ("toy", 3, "mine", 4)
    done = server.status(run["id"], "finished")
    assert (done["step"], done["epoch"], done["max_steps"]) == (50, 5.0, 50)
    columns = server.get(f"/api/runs/{run['id']}/metrics")
    assert columns["step"] == list(range(51))
    assert {len(column) for column in columns.values()} == {51}
    assert columns["train_loss"][0] is None
    assert columns["train_loss"][50] == pytest.approx(100 * 0.99 ** (2 * 50), rel=0.05)


def test_same_config_and_seed_same_losses(server: Server) -> None:
    def losses(seed: int) -> list[float]:
        run = server.make(seed=seed)
        return list(server.post(f"/api/runs/{run}/step", {"count": 30})["metrics"]["train_loss"])

    assert losses(1) == losses(1) != losses(2)


def test_play_and_pause_may_be_repeated(server: Server) -> None:
    run = server.make(steps_per_second=50)
    for _ in range(2):
        assert server.post(f"/api/runs/{run}/play")["status"] in ("starting", "running")
    server.until(run, lambda found: found["step"] >= 2)
    for _ in range(2):
        assert server.post(f"/api/runs/{run}/pause")["status"] == "paused"
    assert server.run(run)["step"] == server.run(run)["step"]


def test_step_answers_with_its_metrics(server: Server) -> None:
    run = server.make()
    answer = server.post(f"/api/runs/{run}/step", {"count": 3})
    assert (answer["step"], answer["status"]) == (3, "paused")
    assert answer["metrics"]["step"] == [1, 2, 3]
    assert server.post(f"/api/runs/{run}/step")["metrics"]["step"] == [4]
    assert server.get(f"/api/runs/{run}/metrics?since=2")["step"] == [3, 4]


def test_step_needs_a_paused_run_and_gives_nothing_once_finished(server: Server) -> None:
    run = server.make(max_steps=2)
    assert server.post(f"/api/runs/{run}/step", {"count": 5})["metrics"]["step"] == [1, 2]
    after = server.post(f"/api/runs/{run}/step")
    assert (after["status"], after["metrics"]) == ("finished", {"step": []})
    assert server.call("POST", f"/api/runs/{run}/play").status_code == 409
    playing = server.make(steps_per_second=5)
    server.post(f"/api/runs/{playing}/play")
    refused = server.call("POST", f"/api/runs/{playing}/step")
    assert refused.status_code == 409
    assert "ause it first" in refused.text


def test_more_steps_let_a_finished_run_go_on(server: Server) -> None:
    run = server.make(max_steps=5)
    server.post(f"/api/runs/{run}/play")
    server.status(run, "finished")
    assert server.call("PATCH", f"/api/runs/{run}", {"max_steps": 9}).json()["status"] == "paused"
    server.post(f"/api/runs/{run}/play")
    assert server.status(run, "finished")["step"] == 9


def test_a_lab_that_is_done_says_why(server: Server) -> None:
    run = server.make(config={"finish_at": 4}, autoplay=True)
    done = server.status(run, "finished")
    assert (done["message"], done["step"]) == ("Nothing is left to do.", 3)


def test_reset_begins_a_new_take(server: Server) -> None:
    run = server.make()
    server.post(f"/api/runs/{run}/step", {"count": 5})
    after = server.post(f"/api/runs/{run}/reset", {"config": {"start": 5.0}, "seed": 9})
    assert (after["step"], after["take"], after["seed"], after["config"]["start"]) == (0, 1, 9, 5.0)
    server.until(run, lambda found: server.get(f"/api/runs/{run}/metrics")["step"] == [0])
    assert server.call("POST", f"/api/runs/{run}/reset", {"config": {"start": 1e9}}).status_code == 422
    assert server.run(run)["take"] == 1


def test_a_step_that_raises_fails_the_run_alone(server: Server) -> None:
    run = server.make(config={"crash_at": 3}, autoplay=True)
    failed = server.status(run, "failed")
    assert failed["error"]["kind"] == "step-failed"
    assert failed["error"]["message"] == "ValueError: crashed as asked at step 3"
    assert failed["error"]["hint"]
    assert "Traceback" not in json.dumps(failed)
    assert "crashed as asked" in server.log.read_text()
    assert server.call("POST", f"/api/runs/{run}/play").status_code == 409
    again = server.post(f"/api/runs/{run}/reset", {"config": {"crash_at": 0}})
    assert (again["status"], again["error"], again["take"]) == ("paused", None, 1)
    assert server.post(f"/api/runs/{run}/step")["step"] == 1


def test_list_is_of_runs_that_have_begun(server: Server) -> None:
    draft, run = server.make(), server.make("slow", config={"seconds": 0.0})
    server.post(f"/api/runs/{run}/step")
    page = server.get("/api/runs?lab=slow&limit=1")
    assert [found["id"] for found in page["runs"]] == [run]
    everything = server.get("/api/runs?limit=500")["runs"]
    assert draft not in [found["id"] for found in everything]
    listed = [found["id"] for found in everything]
    first = server.get("/api/runs?limit=2")
    then = server.get(f"/api/runs?limit=500&before={first['next']}")
    assert [found["id"] for found in first["runs"] + then["runs"]] == listed
    assert server.call("GET", "/api/runs?before=nonsense").status_code == 422


def test_the_list_is_searched_by_name_notes_and_lab(server: Server) -> None:
    made = [server.make("slow", config={"seconds": 0.0}, name=name) for name in ("50% ÄPFEL_x", "else")]
    for run in made:
        server.post(f"/api/runs/{run}/step")
    server.call("PATCH", f"/api/runs/{made[1]}", {"notes": "the <b>Pear</b> of it"})

    def found(words: str) -> list[str]:
        return [run["id"] for run in server.call("GET", f"/api/runs?limit=500&q={words}").json()["runs"]]

    assert found("äpfel".upper()) == found("50%25%20") == found("fel_") == [made[0]]
    assert found("%3Cb%3Epear") == [made[1]]
    assert set(made) <= set(found("SLOW"))
    assert found("5_%25") == found("nowhere") == []
    assert server.call("GET", f"/api/runs?q={'a' * 300}").status_code == 422


def test_a_listed_run_stands_beside_the_one_before_it(server: Server) -> None:
    first, other, last = (
        server.make("toy", config={"start": start}, seed=seed, name="beside")
        for start, seed in ((1.0, 1), (1.0, 2), (3.0, 2))
    )
    for run in (first, other, last):
        server.post(f"/api/runs/{run}/step")
    listed = {run["id"]: run["previous"] for run in server.get("/api/runs?q=beside")["runs"]}
    assert listed[last] == {"id": other, "seed": 2, "config": {"start": 1.0}}
    assert listed[other] == {"id": first, "seed": 1, "config": {}}
    server.call("DELETE", f"/api/runs/{other}")
    assert server.get("/api/runs?limit=1")["runs"][0]["previous"]["id"] == first


def test_delete(server: Server) -> None:
    run = server.make()
    server.post(f"/api/runs/{run}/step")
    assert server.call("DELETE", f"/api/runs/{run}").status_code == 204
    assert server.call("GET", f"/api/runs/{run}").status_code == 404


# ---------------------------------------------------------------- change and ask


def test_change(server: Server) -> None:
    run = server.make()
    after = server.call(
        "PATCH", f"/api/runs/{run}", {"config": {"rate": 0.5}, "name": "n", "notes": "why", "steps_per_second": 2}
    )
    found = after.json()
    assert (found["config"]["rate"], found["name"], found["notes"], found["speed"]) == (0.5, "n", "why", 2)
    assert server.call("PATCH", f"/api/runs/{run}", {"steps_per_second": None}).json()["speed"] is None
    server.post(f"/api/runs/{run}/step", {"count": 2})
    assert server.run(run)["step"] == 2


def test_a_speed_is_kept(server: Server) -> None:
    run = server.make(steps_per_second=20, autoplay=True)
    begun = server.until(run, lambda found: found["step"] >= 1)
    later = server.until(run, lambda found: found["step"] >= 5)
    assert later["step"] - begun["step"] <= 12
    server.post(f"/api/runs/{run}/pause")


def test_edits_are_kept_with_their_step_and_gesture(server: Server) -> None:
    run = server.make()
    server.post(f"/api/runs/{run}/step", {"count": 2})
    assert server.post(f"/api/runs/{run}/actions/put?gesture=drag-1", {"id": "a", "x": 3, "y": 0}) == {"step": 2}
    server.call("PATCH", f"/api/runs/{run}", {"config": {"rate": 0.2}, "gesture": "slide"})
    server.post(f"/api/runs/{run}/step")
    edits = server.get(f"/api/runs/{run}/edits")["edits"]
    assert [(e["step"], e["name"], e["gesture"]) for e in edits] == [(2, "put", "drag-1"), (2, "config", "slide")]
    assert edits[1]["arguments"] == {"rate": 0.2}


def test_a_probe_answers_and_changes_nothing(server: Server) -> None:
    run = server.make()
    figure = server.post(f"/api/runs/{run}/probes/ask", {"x": 1, "y": 2})["figures"][0]
    assert (figure["kind"], figure["values"]) == ("Bars", {"shape": [1], "data": [3.0]})
    assert server.get(f"/api/runs/{run}/edits") == {"edits": []}


def test_a_view_in_three_forms(server: Server) -> None:
    run = server.make()
    frame = server.call("GET", f"/api/runs/{run}/views/values")
    assert frame.headers["Content-Type"] == "application/x-safetensors"
    size = struct.unpack("<Q", frame.content[:8])[0]
    about = json.loads(frame.content[8 : 8 + size])["__metadata__"]
    assert (about["view"], about["run"], about["step"], about["kind"]) == ("values", run, "0", "Bars")
    plain = server.call("GET", f"/api/runs/{run}/views/values", accept="application/json").json()
    assert plain["values"] == [10.0] * 4
    plotly = server.call("GET", f"/api/runs/{run}/views/values", accept="application/vnd.plotly.v1+json").json()
    assert {"data", "layout"} <= set(plotly)


def test_metrics_thinned_and_as_csv(server: Server) -> None:
    run = server.make(max_steps=2_000, autoplay=True)
    server.status(run, "finished")
    whole = server.get(f"/api/runs/{run}/metrics")
    thin = server.get(f"/api/runs/{run}/metrics?points=100")
    assert 20 < len(thin["step"]) <= 120
    assert {min(whole["distance"][1:]), max(whole["distance"][1:])} <= set(thin["distance"])
    text = server.call("GET", f"/api/runs/{run}/metrics?since=1998", accept="text/csv")
    assert text.headers["Content-Type"].startswith("text/csv")
    lines = text.text.splitlines()
    assert lines[0].split(",")[0] == "step"
    assert [line.split(",")[0] for line in lines[1:]] == ["1999", "2000"]


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lab": "toy", "config": {"rate": 11}}, "rate"),
        ({"lab": "toy", "config": {"rate": "fast"}}, "rate"),
        ({"lab": "toy", "config": {"rate": True}}, "rate"),
        ({"lab": "toy", "config": {"nonsense": 1}}, "nonsense"),
        ({"lab": "toy", "config": {"size": 999_999_999}}, "config"),
        ({"lab": "toy", "config": {"size": 10**30}}, "size"),
        ({"lab": "toy", "config": {"layers": [1] * 10_000}}, "layers"),
        ({"lab": "toy", "config": {"start": 13.0}}, "start"),
        ({"lab": "toy", "config": []}, "config"),
        ({"lab": "toy", "seed": -1}, "seed"),
        ({"lab": "toy", "seed": 1 << 70}, "seed"),
        ({"lab": "toy", "max_steps": 0}, "max_steps"),
        ({"lab": "toy", "max_steps": 10_000_001}, "max_steps"),
        ({"lab": "toy", "name": "x" * 201}, "name"),
        ({"lab": "toy", "autoplay": "yes"}, "autoplay"),
        ({"lab": "toy", "steps_per_second": 0}, "steps_per_second"),
        ({"lab": "toy", "what": 1}, "what"),
        ({}, "lab"),
    ],
)
def test_what_cannot_be_made_names_its_field(server: Server, body: dict, field: str) -> None:
    answer = server.call("POST", "/api/runs", body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, PROBLEM), answer.text
    problem = answer.json()
    assert problem["field"].startswith(field), problem
    assert problem["status"] == 422
    assert problem["detail"]
    assert answer.elapsed.total_seconds() < 1


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize(
    "where", ['{{"lab":"toy","config":{{"rate":{0}}}}}', '{{"lab":"toy","config":{{"layers":[{0}]}}}}']
)
def test_what_is_not_finite_is_refused(server: Server, value: str, where: str) -> None:
    answer = server.client.post("/api/runs", content=where.format(value), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "config" in answer.json()["field"]


@pytest.mark.parametrize("body", ["", "{", "[" * 100_000, "null", '"x"', "\xff", '{"lab": ' + "9" * 10_000 + "}"])
def test_a_body_that_is_no_body(server: Server, body: str) -> None:
    answer = server.client.post(
        "/api/runs", content=body.encode("latin-1"), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["Content-Type"] == PROBLEM


def test_a_body_over_the_limit(server: Server) -> None:
    answer = server.call("POST", "/api/runs", {"lab": "toy", "config": {"layers": "x" * (1 << 20)}})
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, PROBLEM)
    parts = (b" " * 100_000 for _ in range(20))
    answer = server.client.post("/api/runs", content=parts, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (413, PROBLEM)


def test_a_bound_is_named(server: Server) -> None:
    problem = server.call("POST", "/api/runs", {"lab": "toy", "config": {"rate": 11.0}}).json()
    assert (problem["value"], problem["bound"]) == (11.0, {"le": 10})
    assert problem["errors"][0]["field"] == "rate"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "word"),
    [
        ("POST", "/actions/put", {"id": "a", "x": 500, "y": 0}, 422, "500"),
        ("POST", "/actions/put", {"id": "a"}, 422, "x"),
        ("POST", "/actions/put", None, 422, ""),
        ("POST", "/actions/nothing", {}, 404, "nothing"),
        ("POST", "/actions/__init__", {}, 404, "__init__"),
        ("POST", "/probes/ask", {"x": 99, "y": 0}, 422, "at most 50"),
        ("POST", "/probes/nothing", {}, 404, "nothing"),
        ("POST", "/probes/trip", {}, 500, "KeyError"),
        ("GET", "/views/nothing", None, 404, "nothing"),
        ("PATCH", "", {"config": {"size": 5}}, 409, "size"),
        ("PATCH", "", {"config": {"rate": 50}}, 422, "rate"),
        ("PATCH", "", {"config": {"nonsense": 1}}, 422, "nonsense"),
        ("PATCH", "", {"max_steps": 10**9}, 422, "max_steps"),
        ("POST", "/step", {"count": 1001}, 422, "count"),
        ("GET", "/metrics?since=x", None, 422, "since"),
        ("POST", "/nonsense", {}, 404, ""),
        ("PUT", "", {}, 405, ""),
    ],
)
def test_what_a_run_refuses(
    server: Server, draft: str, method: str, path: str, body: dict, status: int, word: str
) -> None:
    answer = server.call(method, f"/api/runs/{draft}{path}", body)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    assert word in answer.text
    assert server.run(draft)["status"] == "paused"


@pytest.fixture(scope="module")
def draft(server: Server) -> str:
    return server.make()


@pytest.mark.parametrize("id_", ["nonsense", "../x", "%2e%2e", "x" * 90, "\u00e9"])
def test_unknown_run(server: Server, id_: str) -> None:
    for method, path in [("GET", ""), ("DELETE", ""), ("POST", "/play"), ("GET", "/metrics"), ("GET", "/views/values")]:
        assert server.call(method, f"/api/runs/{id_}{path}").status_code in (404, 405)


def test_unknown_and_broken_labs(server: Server) -> None:
    assert "nope" in server.call("POST", "/api/runs", {"lab": "nope"}).json()["detail"]
    broken = server.call("POST", "/api/runs", {"lab": "broken"})
    assert broken.status_code == 404
    assert "broken on purpose" in broken.json()["detail"]


def test_numbers_in_metrics_are_json(server: Server) -> None:
    run = server.make(max_steps=5, autoplay=True)
    server.status(run, "finished")
    columns = json.loads(server.call("GET", f"/api/runs/{run}/metrics").text, parse_constant=lambda name: math.nan)
    assert all(value is None or math.isfinite(value) for column in columns.values() for value in column)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    "lab",
    "config",
    "seed",
    "name",
    "autoplay",
    "max_steps",
    "count",
    "x",
    "y",
    "id",
    "rate",
    "layers",
    "start",
    "steps_per_second",
    "notes",
    "gesture",
)
BODIES = JSON | st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5)
CALLS = [
    ("POST", "/api/runs"), ("POST", "/api/labs/toy/check"), ("PATCH", "/api/runs/{}"), ("POST", "/api/runs/{}/step"),
    ("POST", "/api/runs/{}/reset"),
    ("POST", "/api/runs/{}/probes/ask"), ("POST", "/api/runs/{}/actions/put"),
]  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(call=st.sampled_from(CALLS), body=BODIES)
def test_no_body_is_a_fault_of_the_server(server: Server, draft: str, call: tuple[str, str], body: object) -> None:
    method, path = call
    content = json.dumps(body).encode()
    answer = server.client.request(
        method, path.format(draft), content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code < 500, (body, answer.text)
    assert server.get("/readyz")["status"] == "ready"


@pytest.mark.parametrize("name", ["\ud800", "a\0b"])
def test_a_text_no_database_holds_is_refused(server: Server, name: str) -> None:
    content = json.dumps({"lab": "toy", "name": name}).encode()
    answer = server.client.post("/api/runs", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["field"]) == (422, "name")
