"""Configs and inputs meant to hurt: refused quickly, with nothing allocated, for every lab.

What is measured is the processor's time of the server and the catalog, not the clock's: a busy machine is no fault.
"""

import json
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.live import ROOT, LiveServer

CPU_S, TICK_S = 0.1, 0.02  # the promise, and what the kernel's clock of processes leaves uncertain on each side
TRIES = 5
JSON = {"Content-Type": "application/json"}
MEGABYTE = 1 << 20
GROWTH_BYTES = 48 * MEGABYTE  # a body of 512 KiB as Python objects is at most sixty times as large, and is let go
LABS = sorted(path.stem.replace("_", "-") for path in (ROOT / "models" / "labs").glob("*/*.py") if path.stem[0] != "_")
every_lab = pytest.mark.parametrize("lab", LABS)
few = settings(
    max_examples=30, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)  # fmt: skip


class Bench(NamedTuple):
    """A server, and what can be measured of it."""

    server: LiveServer
    processes: list[psutil.Process]

    def cpu_s(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self.processes)

    def memory_bytes(self) -> int:
        return sum(process.memory_full_info().uss for process in self.processes)

    def runs(self) -> float:
        """Runs and their processes."""
        lines = self.server.client.get("/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(("orrery_runs{", "orrery_processes ")))

    def send(self, method: str, path: str, body: bytes) -> httpx.Response:
        """The answer, which took no more than it may; what disturbs one try does not disturb them all."""
        least_s = math.inf
        for _ in range(TRIES):
            before = self.cpu_s()
            answer = self.server.client.request(method, path, content=body, headers=JSON)
            least_s = min(least_s, self.cpu_s() - before)
            if least_s <= CPU_S + TICK_S:
                break
        assert least_s <= CPU_S + TICK_S, (method, path, least_s, len(body), body[:200], answer.status_code)
        assert len(answer.content) < 64 << 10 or answer.status_code < 300
        return answer


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    many = {f"ORRERY_{name}_PER_S": "100000" for name in ("CREATES", "COMMANDS", "PROBES")}
    with LiveServer(**many) as server:
        server.post(f"/api/labs/{LABS[0]}/check", {"config": {}})
        root = psutil.Process(server.process.pid)
        yield Bench(server, [root, *root.children(recursive=True)])


def as_json(value: Any) -> bytes:
    """With what JSON has not: NaN and Infinity as Python writes them."""
    return json.dumps(value).encode()


# ---------------------------------------------------------------- what hurts

HUGE = st.sampled_from([10**9, 2**31, 2**53 + 1, 2**63, 2**64, 10**30, 10**300, 10**4_000])
NUMBERS = st.one_of(
    HUGE, HUGE.map(lambda n: -n), st.sampled_from([1e308, -1e308, 5e-324, float("nan"), float("inf"), float("-inf")])
)
TEXTS = st.one_of(
    st.sampled_from([
        "", "\0", "\ud800", "\u202e", "\u2028", "é" * 1_000, "x" * 500_000, "x" * 1_000_000, "𝕏" * 50_000, "1e999",
        "__import__('os')", "{{7*7}}", "${jndi:ldap://x}", "../../etc/passwd", "'; DROP TABLE runs; --", "%00", "=1+1",
        "(a+)+" * 1_000, "<script>alert(1)</script>",
    ]),
    st.text(max_size=50),
)  # fmt: skip
KEYS = st.sampled_from([
    "__proto__", "constructor", "prototype", "__class__", "__dict__", "__init__", "self", "cls", "config", "seed", "",
    "a" * 10_000, "\0", "model_config", "summary", "model_fields", "$ref", "\u202e",
])  # fmt: skip


def nested(depth: int, inner: Any, mapping: bool) -> Any:
    for _ in range(depth):
        inner = {"a": inner} if mapping else [inner]
    return inner


DEEP = st.builds(nested, st.sampled_from([5, 31, 32, 33, 500]), NUMBERS | TEXTS, st.booleans())
LONG = st.sampled_from([
    [0] * 120_000, ["x"] * 90_000, [[]] * 120_000, [{}] * 120_000, [1e308] * 60_000, [None] * 80_000,
    [[0] * 10] * 20_000, [0] * 19_000, ["x"] * 19_000, [{}] * 19_000,
])  # fmt: skip
WIDE = st.sampled_from([{str(number): number for number in range(40_000)}, {"x" * 100: {"y": [1] * 100_000}}])
WRONG = st.one_of(NUMBERS, TEXTS, DEEP, LONG, WIDE, st.none(), st.booleans(), st.just([]), st.just({}))


def hostile_configs(names: list[str]) -> Any:
    """Settings of a lab, one to three of them with a value meant to hurt; and names that no lab has."""
    fields = st.dictionaries(st.sampled_from(names), WRONG, min_size=1, max_size=3)
    return fields | st.dictionaries(KEYS, WRONG, min_size=1, max_size=2)


# ---------------------------------------------------------------- configs


@every_lab
def test_hostile_configs(bench: Bench, lab: str) -> None:
    """What /check finds wrong is refused by POST too, and by neither is anything begun."""
    names = list(bench.server.get(f"/api/labs/{lab}")["config_schema"]["properties"])
    memory, runs = bench.memory_bytes(), bench.runs()
    refused = 0

    @few
    @given(config=hostile_configs(names))
    def refuses(config: dict[str, Any]) -> None:
        nonlocal refused
        checked = bench.send("POST", f"/api/labs/{lab}/check", as_json({"config": config}))
        assert checked.status_code in (200, 413, 422), checked.text
        if checked.status_code == 200 and not checked.json()["errors"]:
            return  # it happens to be a config of this lab, within all limits
        made = bench.send("POST", "/api/runs", as_json({"lab": lab, "config": config, "autoplay": False}))
        assert made.status_code in (413, 422), made.text
        assert made.headers["Content-Type"] == "application/problem+json"
        refused += 1

    refuses()
    assert refused >= 10
    assert bench.runs() == runs
    assert bench.memory_bytes() - memory < GROWTH_BYTES


@every_lab
def test_ten_megabytes_are_not_even_read(bench: Bench, lab: str) -> None:
    body = as_json({"lab": lab, "config": {"x": "y" * 10_000_000}})
    memory = bench.memory_bytes()
    try:
        answer = bench.send("POST", "/api/runs", body)
    except (httpx.WriteError, httpx.ReadError):  # hung up on before it was all sent
        return
    assert answer.status_code == 413
    assert bench.memory_bytes() - memory < 8 * MEGABYTE


# ---------------------------------------------------------------- changes, actions and probes

PAYLOADS = st.one_of(
    NUMBERS, TEXTS, DEEP, LONG, WIDE, st.booleans(),
    st.dictionaries(KEYS | st.sampled_from(["x", "y", "index", "value", "id", "layer"]), WRONG, min_size=1, max_size=3),
)  # fmt: skip


@every_lab
def test_hostile_inputs(bench: Bench, lab: str) -> None:
    """Each action, each probe, and live fields, of a run that stands: after all of it, it stands as it stood."""
    server = bench.server
    about = server.get(f"/api/labs/{lab}")
    run = server.post("/api/runs", {"lab": lab, "autoplay": False})["id"]
    first = about["views"][0]["id"]
    assert server.client.get(f"/api/runs/{run}/views/{first}").status_code == 200  # it is built
    before = standing(server, run)
    memory = bench.memory_bytes()
    taking = [("actions", item["id"]) for item in about["actions"] if item["schema"]]
    taking += [("probes", item["id"]) for item in about["probes"] if item["schema"]]
    names = list(about["config_schema"]["properties"])

    @few
    @given(payload=PAYLOADS, config=hostile_configs(names))
    def refuses(payload: Any, config: dict[str, Any]) -> None:
        for kind, name in taking:
            answer = bench.send("POST", f"/api/runs/{run}/{kind}/{name}", as_json(payload))
            assert answer.status_code in (400, 413, 422), (kind, name, answer.text[:500])
        changed = bench.send("PATCH", f"/api/runs/{run}", as_json({"config": config}))
        assert changed.status_code in (409, 413, 422), changed.text[:500]

    refuses()
    assert standing(server, run) == before
    assert bench.memory_bytes() - memory < GROWTH_BYTES
    server.delete(f"/api/runs/{run}")


def standing(server: LiveServer, run: str) -> tuple[Any, ...]:
    about = server.get(f"/api/runs/{run}")
    edits = server.get(f"/api/runs/{run}/edits")
    return (*(about[name] for name in ("status", "step", "take", "config", "seed", "error")), edits)
