"""The description of the API is kept to the letter: Schemathesis makes what it allows and what it forbids.

All of its checks but `positive_data_acceptance`: a lab's settings, a run's state and its steps are not in a schema, so
a request that fits it may still be refused. Nothing is left to chance: the same requests each time.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import Server

TOKEN = "correct horse battery staple"
EXAMPLES, LIMIT_S = 12, 300
MANY = "100000"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server with a token, so that `ignored_auth` has something to find, and no rate to be met by thousands."""
    rates = dict.fromkeys(("CREATES_PER_S", "COMMANDS_PER_S", "PROBES_PER_S", "RUNS_PER_CLIENT", "RUNS_ALIVE"), MANY)
    with Server(ORRERY_TOKEN=TOKEN, ORRERY_RUNNING="1", **{f"ORRERY_{name}": n for name, n in rates.items()}) as server:
        server.client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield server


def schemathesis(server: Server, folder: Path, *options: str, config: str = "") -> str:
    """What it says; it must have found nothing."""
    (folder / "schemathesis.toml").write_text(config)
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--no-color",
        "--header", f"Authorization: Bearer {TOKEN}",
        "--checks", "all", "--exclude-checks", "positive_data_acceptance",
        "--generation-deterministic", "--max-examples", str(EXAMPLES), "--request-timeout", "60", *options,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-8_000:]
    assert "❌" not in said
    return said


def counts(said: str) -> tuple[int, int]:
    """(operations, requests)."""
    operations = re.search(r"Tested: (\d+)", said)
    requests = re.search(r"(\d+) generated", said)
    assert operations, said
    assert requests, said
    return int(operations[1]), int(requests[1])


def test_nothing_breaks_and_nothing_forbidden_is_taken(server: Server, tmp_path: Path) -> None:
    """Every operation, and sequences of them on the runs that they made."""
    described = sum(len(methods) for methods in server.get("/openapi.json")["paths"].values())
    operations, requests = counts(schemathesis(server, tmp_path))
    assert operations == described >= 24
    assert requests >= 400
    assert "Traceback" not in server.log.read_text()


def test_the_same_on_a_run_that_exists(server: Server, tmp_path: Path) -> None:
    """So that what is generated gets beyond the 404."""
    run = server.make()
    places = {"run": run, "lab": "toy", "view": "values", "probe": "ask", "action": "put"}
    config = "[parameters]\n" + "".join(f'"path.{name}" = "{value}"\n' for name, value in places.items())
    options = ("--exclude-method", "DELETE", "--phases", "examples,coverage,fuzzing")
    _, requests = counts(schemathesis(server, tmp_path, *options, config=config))
    assert requests >= 400
    about = server.run(run)
    assert about["take"] > 0, "something was reset, rewound or undone"
    assert about["error"] is None
    assert "Traceback" not in server.log.read_text()


def test_every_answer_of_the_description_is_explained(server: Server) -> None:
    api = server.get("/openapi.json")
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            for code, answer in operation["responses"].items():
                name = answer.get("$ref", "").rsplit("/", 1)[-1]
                told = api["components"]["responses"][name] if name else answer
                assert told["description"], (method, path, code)
                assert code < "400" or name or path == "/readyz", (method, path, code)


@pytest.mark.parametrize(
    ("path", "methods"),
    [("/api/runs", "GET, POST"), ("/api/runs/x", "DELETE, GET, PATCH"), ("/api/runs/x/play", "POST"), ("/", "GET"),
     ("/static/css/tokens.css", "GET, HEAD")],
)  # fmt: skip
def test_what_is_not_allowed_says_what_is(server: Server, path: str, methods: str) -> None:
    answer = server.call("PUT", path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, methods)


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b'{"lab": "toy"', nested(50).encode(), nested(100_000).encode(), b'{"a":' * 50_000,
     b'{"lab": "toy", "config": {"rate": NaN}}', b'{"lab": "toy", "config": {"rate": 1e999}}',
     b'{"lab": "toy", "config": {"size": 1' + b"0" * 5_000 + b"}}", b'"' + b"x" * 900_000 + b'"',
     b'{"lab": "\\ud800"}', b'{"lab": "toy\\u0000"}', json.dumps({str(i): i for i in range(50_000)}).encode()],
    ids=range(13),
)  # fmt: skip
def test_bodies_that_are_no_request(server: Server, body: bytes) -> None:
    """JSON that is broken, deep, long, or holds what JSON has not."""
    run = server.make()
    kind = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    calls: list[tuple[str, str]] = [
        ("POST", "/api/runs"), ("POST", "/api/labs/toy/check"), ("PATCH", f"/api/runs/{run}"),
        ("POST", f"/api/runs/{run}/reset"), ("POST", f"/api/runs/{run}/actions/put"),
        ("POST", f"/api/runs/{run}/probes/ask"),
    ]  # fmt: skip
    before: Any = server.run(run)
    for method, path in calls:
        answer = server.client.request(method, path, content=body, headers=kind)
        assert 400 <= answer.status_code < 500, (path, answer.text[:500])
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert len(answer.content) < 20_000, "an answer does not repeat what was sent"
    after = server.run(run)
    assert {name: after[name] for name in ("config", "take", "step")} == {
        name: before[name] for name in ("config", "take", "step")
    }
    server.call("DELETE", f"/api/runs/{run}", Authorization=f"Bearer {TOKEN}")
