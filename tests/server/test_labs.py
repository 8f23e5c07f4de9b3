"""The course over REST."""

import pytest

from tests.server.conftest import Server


def test_chapters_hold_what_starts_what_is_to_come_and_what_is_broken(server: Server) -> None:
    chapter = next(found for found in server.get("/api/chapters") if found["number"] == 99)
    assert [lab["id"] for lab in chapter["labs"]] == ["toy", "slow", "table"]
    assert [lab["id"] for lab in chapter["planned"]] == ["hanging"]
    assert [lab["id"] for lab in chapter["broken"]] == ["broken"]
    assert "broken on purpose" in chapter["broken"][0]["message"]


def test_a_lab_is_described(server: Server) -> None:
    lab = server.get("/api/labs/toy")
    assert lab["config_schema"]["properties"]["rate"]["x-orrery"]["live"] is True
    assert [view["id"] for view in lab["views"]] == ["values", "line", "big"]
    assert [probe["id"] for probe in lab["probes"]] == ["ask", "trip"]
    assert [action["id"] for action in lab["actions"]] == ["put"]
    assert server.call("GET", "/api/labs/nonsense").status_code == 404
    assert "toy" in [found["id"] for found in server.get("/api/labs")]


def test_a_config_is_counted_before_anything_is_built(server: Server) -> None:
    found = server.post("/api/labs/toy/check", {"config": {"size": 1_000}})
    assert (found["errors"], found["parameters"], found["config"]["size"]) == ([], 1_000, 1_000)


@pytest.mark.parametrize(
    ("config", "field", "word"),
    [
        ({"size": 10**9}, "config", "parameters"),
        ({"size": 10**9 + 1}, "size", "1000000000"),
        ({"start": 13.0}, "start", "impossible"),
        ({"x": 1}, "x", "no such"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(server: Server, config: dict, field: str, word: str) -> None:
    errors = server.post("/api/labs/toy/check", {"config": config})["errors"]
    assert errors[0]["field"] == field
    assert word in errors[0]["message"]
