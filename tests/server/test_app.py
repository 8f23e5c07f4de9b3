"""The application: errors, the description of the API, and what the process has loaded."""

import json
from pathlib import Path

import psutil
import pytest

from tests.server.conftest import Server

MEGABYTE = 1e6


def test_errors_are_problem_details(server: Server) -> None:
    for method, path, status in [("GET", "/api/nonsense", 404), ("PUT", "/api/runs", 405), ("POST", "/api/runs", 422)]:
        answer = server.call(method, path, {})
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert {"type", "title", "status", "detail"} <= set(answer.json())
        assert answer.json()["status"] == status


def test_a_visitor_gets_a_page_for_an_error(server: Server) -> None:
    answer = server.call("GET", "/labs/nonsense", accept="text/html")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "nonsense" in answer.text


def test_the_server_never_loads_torch(server: Server) -> None:
    """Neither torch nor a lab is mapped into the server's memory, after it has served everything else."""
    run = server.make()
    server.post(f"/api/runs/{run}/step")
    server.call("GET", "/")
    server.call("GET", "/labs/toy")
    maps = Path(f"/proc/{server.process.pid}/maps")
    if not maps.exists():
        pytest.skip("needs /proc")
    assert "torch" not in maps.read_text()


def test_importing_the_server_does_not_import_torch() -> None:
    import subprocess
    import sys

    code = "import sys, server.serve, server.__main__; print([m for m in sys.modules if m in ('torch', 'models')])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_memory_of_the_server(server: Server) -> None:
    assert psutil.Process(server.process.pid).memory_full_info().uss < 150 * MEGABYTE


def test_every_example_of_the_api_runs(server: Server) -> None:
    """The bodies shown in /docs are accepted: `mlp` stands for any lab."""
    api = server.get("/openapi.json")
    lab = "mlp" if "mlp" in [found["id"] for found in server.get("/api/labs")] else "toy"
    shown = 0
    for path, methods in api["paths"].items():
        for method, about in methods.items():
            body = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            for option in [body, *body.get("anyOf", []), *body.get("allOf", [])]:
                name = option.get("$ref", "").rsplit("/", 1)[-1]
                for example in api["components"]["schemas"].get(name, {}).get("x-examples", []):
                    if lab == "toy":
                        example = json.loads(json.dumps(example).replace("learning_rate", "rate").replace("mlp", "toy"))
                    run = server.make(lab)
                    server.post(f"/api/runs/{run}/step")
                    answer = server.call(method.upper(), path.replace("{run}", run).replace("{lab}", lab), example)
                    assert answer.status_code < 300, (path, example, answer.text)
                    shown += 1
    assert shown >= 6


def test_every_call_is_explained(server: Server) -> None:
    for path, methods in server.get("/openapi.json")["paths"].items():
        for method, about in methods.items():
            assert about.get("description"), (method, path)
