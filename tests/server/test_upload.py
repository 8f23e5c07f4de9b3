"""A trained run as a file over REST: out, and in again, where it goes on bit for bit; all else is refused in words."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from server.runs import sealed
from tests.server.conftest import Server

BINARY = "application/octet-stream"


def sent(server: Server, data: Any, kind: str = BINARY) -> httpx.Response:
    """The answer to an upload."""
    answer = server.client.post("/api/checkpoints", content=data, headers={"Content-Type": kind} if kind else {})
    server.client.cookies.clear()
    return answer


def downloaded(server: Server, run: str) -> httpx.Response:
    return server.client.get(f"/api/runs/{run}/checkpoint").raise_for_status()


def stepped(server: Server, run: str, count: int) -> dict[str, list[float]]:
    """The metrics of some more steps, without the clock, which nobody can repeat."""
    columns: dict[str, list[float]] = server.post(f"/api/runs/{run}/step", {"count": count})["metrics"]
    assert len(columns.pop("time_s")) == count
    return columns


def forged(data: bytes, **claims: Any) -> bytes:
    """A checkpoint that says something else of itself, with a digest that is right."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    metadata |= {name: value if name in sealed.TEXTS else json.dumps(value) for name, value in claims.items()}
    metadata["digest"] = sealed.NO_DIGEST
    whole = sealed.Envelope({}, header, 8 + length, len(data)).head(metadata) + data[8 + length :]
    digest = hashlib.sha256(whole).hexdigest()
    return whole.replace(sealed.NO_DIGEST.encode(), digest.encode(), 1)


@pytest.fixture(scope="module")
def file(server: Server) -> bytes:
    """A checkpoint of the toy at step 20."""
    run = server.make(seed=5)
    stepped(server, run, 20)
    return downloaded(server, run).content


@pytest.mark.parametrize("lab", ["toy", "mlp", "perceptron"])
def test_downloaded_and_uploaded_it_goes_on_bit_for_bit(server: Server, lab: str) -> None:
    run = server.make(lab, seed=3)
    stepped(server, run, 12)
    answer = downloaded(server, run)
    assert answer.headers["X-Step"] == "12"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{lab}-step-12-{run}.safetensors"'
    assert len(load(answer.content)) > 0
    made = sent(server, answer.content)
    assert made.status_code == 201, made.text
    new = made.json()
    assert made.headers["Location"] == f"/api/runs/{new['id']}"
    assert (new["status"], new["step"], new["lab"], new["seed"]) == ("paused", 12, lab, 3)
    assert new["config"] == server.run(run)["config"]
    assert stepped(server, new["id"], 12) == stepped(server, run, 12)


def test_edits_come_along_and_can_be_taken_back(server: Server) -> None:
    run = server.make(seed=3)
    before = stepped(server, run, 5)
    server.call("PATCH", f"/api/runs/{run}", {"config": {"rate": 0.5}})
    stepped(server, run, 5)
    new = sent(server, downloaded(server, run).content).json()["id"]
    assert server.run(new)["config"]["rate"] == 0.5
    assert server.get(f"/api/runs/{new}/edits") == server.get(f"/api/runs/{run}/edits")
    assert stepped(server, new, 5) == stepped(server, run, 5)
    server.post(f"/api/runs/{new}/rewind", {"step": 0})
    assert stepped(server, new, 5) == before


def test_a_running_run_gives_the_step_where_it_is_asked(server: Server) -> None:
    run = server.make(steps_per_second=200, max_steps=100_000)
    server.post(f"/api/runs/{run}/play")
    at = server.until(run, lambda found: found["step"] >= 10)["step"]
    answer = downloaded(server, run)
    assert int(answer.headers["X-Step"]) >= at
    assert server.run(run)["status"] == "running"
    server.post(f"/api/runs/{run}/pause")
    assert sent(server, answer.content).json()["step"] == int(answer.headers["X-Step"])


def test_a_draft_and_a_finished_run_can_be_taken_away(server: Server) -> None:
    draft = sent(server, downloaded(server, server.make()).content).json()
    assert (draft["step"], draft["status"]) == (0, "paused")
    ended = server.make(max_steps=4)
    stepped(server, ended, 4)
    assert server.run(ended)["status"] == "finished"
    again = sent(server, downloaded(server, ended).content).json()
    server.call("PATCH", f"/api/runs/{again['id']}", {"max_steps": 8}).raise_for_status()
    assert stepped(server, again["id"], 4)["step"] == [5, 6, 7, 8]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "0 bytes"),
        (b"\x80\x04\x95pickle" * 40, "not a whole safetensors file"),
        (save({"weight": np.zeros(3)}), "no checkpoint of Orrery"),
        (save({"weight": np.zeros(3)}, {"format": "pt"}), "no checkpoint of Orrery"),
    ],
)
def test_other_files_are_refused_in_words(server: Server, data: bytes, words: str) -> None:
    answer = sent(server, data)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert answer.json()["hint"]


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"lab": "alchemy"}, "which this server has not"),
        ({"lab": "mlp"}, "rate: There is no such field"),
        ({"config": {"size": 10**9}}, "at most 20,000,000"),
        ({"first_config": {"rate": "fast"}}, "rate"),
        ({"config": {"unheard": 1}}, "unheard"),
        ({"config": None}, "no settings"),
        ({"first_config": {"size": 7}, "config": {"size": 7}}, "the lab makes another|these settings build"),
        ({"step": -1}, "no step"),
        ({"step": 1 << 62}, "step"),
        ({"threads": 64}, "threads"),
        ({"seed": "seven"}, "seed"),
        ({"edits": [{"step": 1, "name": "__init__", "arguments": {}, "gesture": None}]}, "edit"),
        ({"state": {"tree": {}, "blocks": {}}}, "checkpoint"),
    ],
)
def test_what_does_not_fit_here_is_refused_in_words(server: Server, file: bytes, claims: dict, words: str) -> None:
    runs = len(list((Path(server.home) / "runs").iterdir()))
    answer = sent(server, forged(file, **claims))
    assert answer.status_code == 422, answer.text
    assert any(word in answer.json()["detail"] for word in words.split("|")), answer.text
    assert len(list((Path(server.home) / "runs").iterdir())) == runs


def test_a_newer_format_and_another_kind_of_body_are_refused(server: Server, file: bytes) -> None:
    newer = sent(server, file.replace(b'"version":"1"', b'"version":"7"', 1))
    assert newer.status_code == 422
    assert "format 7" in newer.json()["detail"]
    assert sent(server, file, "application/json").status_code == 415
    assert sent(server, file, "").status_code == 201
    assert sent(server, file, "application/x-safetensors; v=1").status_code == 201


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_is_loaded_and_none_is_a_fault(server: Server, file: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(file) - 1))
    damaged = bytearray(file)
    damaged[place] ^= 1 << data.draw(st.integers(0, 7))
    for attempt in (bytes(damaged), file[:place], file + file[:place] + b"x"):
        answer = sent(server, attempt)
        assert answer.status_code == 422, answer.text
        assert answer.json()["kind"] == "bad-checkpoint"


def test_the_server_never_loads_torch_for_it(server: Server, file: bytes) -> None:
    sent(server, file).raise_for_status()
    loaded = {Path(row.path).name for row in psutil.Process(server.process.pid).memory_maps()}
    assert not any("torch" in name for name in loaded)


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """A server that takes uploads of one MiB and models of a hundred parameters."""
    with Server(ORRERY_UPLOAD_MB="1", ORRERY_MAX_PARAMETERS="100") as server:
        yield server


def test_too_large_is_refused_before_it_is_held(small: Server) -> None:
    length = sent(small, b"x" * (1 << 21))
    assert length.status_code == 413
    pieces = sent(small, (b"x" * 65_536 for _ in range(40)))
    assert pieces.status_code == 413


def test_more_parameters_than_allowed_are_refused(server: Server, small: Server) -> None:
    run = server.make("mlp", config={"layers": [{"units": 8, "activation": "tanh"}] * 3})
    answer = sent(small, downloaded(server, run).content)
    assert answer.status_code == 422
    assert "at most 100" in answer.json()["detail"]


@pytest.mark.slow
def test_a_link_carries_a_trained_run_over_a_restart(tmp_path: Path) -> None:
    with Server(tmp_path) as first:
        run = first.make(seed=3)
        stepped(first, run, 10)
        after = sent(first, downloaded(first, run).content).json()["id"]
    with Server(tmp_path) as second:
        assert second.call("GET", f"/runs/{run}", accept="text/html").status_code == 200
        assert downloaded(second, run).headers["X-Step"] == "10"  # no process was needed
        assert stepped(second, after, 5) == stepped(second, run, 5)
