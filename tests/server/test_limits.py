"""Every limit: what stands at it is taken, what is one above is refused, clearly and before anything is allocated."""

import contextlib
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psutil
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from websockets.exceptions import ConnectionClosed

from server.app import create_app
from server.problems import Problem
from server.runs.limits import CLIENTS, Bucket, Buckets, Rates, UploadLimits
from server.security import CLIENT_COOKIE, UPLOADS, Guard
from server.settings import Settings
from tests.server.conftest import Server
from tests.server.test_routes_guarded import CHANGES, Place, body_of, filled

# ---------------------------------------------------------------- the parts


def test_a_burst_then_a_rate() -> None:
    now = [0.0]
    bucket = Bucket(2, 3, lambda: now[0])
    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 0.5]
    now[0] = 0.5
    assert [bucket.take(), bucket.take()] == [0, 0.5]
    now[0] = 1_000.0
    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 0.5]


def test_the_smallest_rate_still_lets_one_by() -> None:
    bucket = Bucket(0.01, 0.06, lambda: 0.0)
    assert [bucket.take(), bucket.take()] == [0, 100]


def test_clients_do_not_share() -> None:
    buckets = Buckets(1, 1)
    assert buckets.take("a") == 0
    assert buckets.take("b") == 0
    assert buckets.take("a") > 0


def test_as_many_clients_as_one_likes_take_no_more_memory() -> None:
    buckets = Buckets(1, 1)
    for number in range(CLIENTS + 500):
        buckets.take(str(number))
    assert len(buckets.buckets) == CLIENTS
    assert buckets.take(str(CLIENTS + 499)) > 0, "the newest is still known"


def test_rates_come_from_the_settings_and_say_when_to_come_back() -> None:
    rates = Rates(Settings(creates_per_s=0.5, commands_per_s=0.3, probes_per_s=0.2))
    for deed, burst, wait in (("creates", 3, "2"), ("commands", 3, "3"), ("probes", 2, "5")):
        for _ in range(burst):
            rates.take(deed, "me")  # type: ignore[arg-type]
        with pytest.raises(Problem) as refused:
            rates.take(deed, "me")  # type: ignore[arg-type]
        assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, wait)
        rates.take(deed, "another")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "at", "above"),
    [("uploaded", (1 << 20,), ((1 << 20) + 1,)), ("unpacked", (3 << 20,), ((3 << 20) + 1,)),
     ("image", (50, 40), (87, 23)), ("table", (100, 7), (701, 1))],
)  # fmt: skip
def test_uploads(what: str, at: tuple[int, ...], above: tuple[int, ...]) -> None:
    limits = UploadLimits.of(Settings(upload_mb=1, unpacked_mb=3, image_pixels=2_000, csv_cells=700))
    getattr(limits, what)(*at)
    with pytest.raises(Problem) as refused:
        getattr(limits, what)(*above)
    problem = refused.value
    assert (problem.status, problem.kind) == (413, "too-large")
    assert problem.more["value"] == problem.more["bound"]["le"] + 1
    assert f"{problem.more['bound']['le']:,}" in problem.detail


# ---------------------------------------------------------------- bodies, at the door


async def post(settings: Settings, path: str, size: int, chunk: int | None = None, beside: int = 0) -> int:
    """The status of a POST with a body of this size, read whole; in chunks that name no length if told so."""
    sent: list[Message] = []
    left = size

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        await Response(str(len(body)))(scope, receive, send)

    async def receive() -> Message:
        nonlocal left
        part = min(left, chunk or left)
        left -= part
        return {"type": "http.request", "body": b"x" * part, "more_body": left > 0}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    headers.append((b"transfer-encoding", b"chunked") if chunk else (b"content-length", str(size).encode()))
    headers += [(b"x-beside", b"x" * beside)] if beside else []
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
        "scheme": "http", "headers": headers, "client": ("127.0.0.1", 1),
    }  # fmt: skip
    await Guard(app, settings)(scope, receive, send)
    return int(next(message["status"] for message in sent if "status" in message))


@pytest.mark.parametrize("chunk", [None, 100])
async def test_bodies_and_uploads(chunk: int | None) -> None:
    settings = Settings(body_bytes=2_048, upload_mb=1)
    assert await post(settings, "/api/runs", 2_048, chunk) == 200
    assert await post(settings, "/api/runs", 2_049, chunk) == 413
    chunk = chunk and 100_000
    for path in UPLOADS:
        assert await post(settings, path, 1 << 20, chunk) == 200
        assert await post(settings, path, (1 << 20) + 1, chunk) == 413
        assert await post(settings, f"{path}/x", 2_049, chunk) == 413


async def test_heads() -> None:
    settings = Settings(headers_bytes=8_192)
    known = len("".join(("/api/runs", "host", "localhost", "content-type", "application/json", "content-length", "1")))
    known += len("x-beside")
    assert await post(settings, "/api/runs", 1, beside=8_192 - known) == 200
    assert await post(settings, "/api/runs", 1, beside=8_193 - known) == 431


# ---------------------------------------------------------------- a server with little of everything


@pytest.fixture(scope="module")
def tight() -> Iterator[Server]:
    with Server(
        ORRERY_MAX_PARAMETERS="1000", ORRERY_MAX_STEPS="500", ORRERY_MAX_BATCH="64", ORRERY_RUN_WALL_S="1",
        ORRERY_RUNS_PER_CLIENT="3", ORRERY_RUNS_ALIVE="8", ORRERY_QUEUE="2", ORRERY_RUNNING="1", ORRERY_TURN_S="3600",
        ORRERY_CREATES_PER_S="1", ORRERY_COMMANDS_PER_S="1", ORRERY_PROBES_PER_S="1",
        ORRERY_BODY_BYTES="2048", ORRERY_MESSAGE_BYTES="2048", ORRERY_MESSAGES_PER_S="0.1", ORRERY_WATCHED_VIEWS="2",
        ORRERY_VIEWERS="4", ORRERY_VIEWERS_PER_CLIENT="2",
    ) as server:  # fmt: skip
        yield server


class Visitor:
    """A browser of its own: a cookie nobody else has."""

    count = 0

    def __init__(self, server: Server) -> None:
        Visitor.count += 1
        self.server = server
        self.headers = {"Cookie": f"{CLIENT_COOKIE}=visitor-{Visitor.count}", "Origin": server.url}

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return self.server.call(method, path, body, **self.headers, **headers)

    def make(self, **wish: Any) -> httpx.Response:
        return self.call("POST", "/api/runs", {"lab": "toy", "autoplay": False, **wish})

    def made(self, **wish: Any) -> str:
        answer = self.make(**wish)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@pytest.fixture
def visitor(tight: Server) -> Iterator[Visitor]:
    """A visitor, after whom every run is gone."""
    yield Visitor(tight)
    drafts = tight.client.get("/metrics").text
    assert "orrery_runs" in drafts
    for run in made_here:
        Visitor(tight).call("DELETE", f"/api/runs/{run}")
    made_here.clear()


made_here: list[str] = []


@pytest.fixture(autouse=True)
def _remember(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drafts are in no list: their ids are kept."""
    call = Server.call

    def noting(self: Server, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        answer = call(self, method, path, body, **headers)
        if (method, path, answer.status_code) == ("POST", "/api/runs", 201):
            made_here.append(answer.json()["id"])
        return answer

    monkeypatch.setattr(Server, "call", noting)


def assert_over(answer: httpx.Response, field: str, value: float, bound: float) -> None:
    """422 that names field, value and bound."""
    told = answer.json()
    assert answer.status_code == 422, answer.text
    assert (told["field"], told["value"], told["bound"]) == (field, value, {"le": bound})


def assert_later(answer: httpx.Response) -> None:
    """429 that says when to come back."""
    assert answer.status_code == 429, answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json()["kind"] == "too-many"


def processes(server: Server) -> int:
    """Processes of runs."""
    [line] = [line for line in server.client.get("/metrics").text.splitlines() if line.startswith("orrery_processes ")]
    return int(float(line.split()[1]))


def below(server: Server) -> set[int]:
    return {process.pid for process in psutil.Process(server.process.pid).children(recursive=True)}


def test_parameters(tight: Server, visitor: Visitor) -> None:
    run = visitor.made(config={"size": 1_000})
    tight.status(run, "paused")
    before = processes(tight)
    assert_over(visitor.make(config={"size": 1_001}), "config", 1_001, 1_000)
    assert_over(visitor.call("POST", f"/api/runs/{run}/reset", {"config": {"size": 1_001}}), "config", 1_001, 1_000)
    assert_over(visitor.call("POST", f"/api/runs/{run}/branch", {"config": {"size": 1_001}}), "config", 1_001, 1_000)
    [error] = visitor.call("POST", "/api/labs/toy/check", {"config": {"size": 1_001}}).json()["errors"]
    assert error["bound"] == {"le": 1_000}
    assert visitor.call("POST", "/api/labs/toy/check", {"config": {"size": 1_000}}).json()["errors"] == []
    assert processes(tight) == before == 1


def test_steps(visitor: Visitor) -> None:
    run = visitor.made(max_steps=500)
    assert_over(visitor.make(max_steps=501), "max_steps", 501, 500)
    assert_over(visitor.call("PATCH", f"/api/runs/{run}", {"max_steps": 501}), "max_steps", 501, 500)
    assert visitor.call("PATCH", f"/api/runs/{run}", {"max_steps": 500}).status_code == 200
    assert visitor.call("POST", f"/api/runs/{run}/step", {"count": 1_001}).status_code == 422


def test_the_labs_own_length_is_within_the_servers(visitor: Visitor) -> None:
    """The toy would make 100,000 steps."""
    run = visitor.made()
    assert visitor.call("GET", f"/api/runs/{run}").json()["max_steps"] == 500


def test_batch(visitor: Visitor) -> None:
    run = visitor.made(config={"batch_size": 64})
    assert_over(visitor.make(config={"batch_size": 65}), "batch_size", 65, 64)
    assert visitor.call("PATCH", f"/api/runs/{run}", {"config": {"batch_size": 63}}).status_code == 200
    assert_over(visitor.call("PATCH", f"/api/runs/{run}", {"config": {"batch_size": 65}}), "batch_size", 65, 64)


def test_memory_of_a_run() -> None:
    """The toy says 4 bytes a number: 64 MiB are 16,777,216 of them. Nothing of it is built."""
    with Server(ORRERY_RUN_MEMORY_MB="64", ORRERY_MAX_PARAMETERS="1000000000") as server:
        at, above = 1 << 24, (1 << 24) + 1
        assert server.post("/api/labs/toy/check", {"config": {"size": at}})["errors"] == []
        before = processes(server)
        answer = server.call("POST", "/api/runs", {"lab": "toy", "config": {"size": above}})
        assert_over(answer, "config", 4 * above, 4 * at)
        assert processes(server) == before == 0


def test_wall_time(tight: Server, visitor: Visitor) -> None:
    run = visitor.made(autoplay=True, steps_per_second=5)
    found = tight.until(run, lambda found: "was paused" in found["message"])
    assert found["status"] == "paused"
    assert found["message"].startswith("The run has trained for 1 s")
    assert visitor.call("POST", f"/api/runs/{run}/play").status_code == 200
    tight.status(run, "running")


def test_runs_of_one_client(tight: Server, visitor: Visitor) -> None:
    runs = [visitor.made() for _ in range(3)]
    assert_later(visitor.make())
    assert Visitor(tight).make().status_code == 201
    visitor.call("DELETE", f"/api/runs/{runs[0]}")
    assert visitor.make().status_code == 201


def test_runs_of_the_whole_server(tight: Server, visitor: Visitor) -> None:
    visitors = [visitor, *(Visitor(tight) for _ in range(3))]
    answers = [visitors[number // 2].make() for number in range(8)]
    assert {answer.status_code for answer in answers} == {201}
    assert_later(Visitor(tight).make())


def test_the_queue(tight: Server, visitor: Visitor) -> None:
    """For new runs, and for those that stand and are to go on."""
    others = [Visitor(tight) for _ in range(3)]
    rested = visitor.made()
    tight.status(rested, "paused")
    for other in others:  # one trains, two wait
        other.made(autoplay=True, steps_per_second=0.5)
    assert_later(visitor.make(autoplay=True))
    assert_later(visitor.call("POST", f"/api/runs/{rested}/play"))
    assert tight.run(rested)["status"] == "paused"
    assert visitor.make(autoplay=False).status_code == 201


def test_a_run_that_stands_counts_when_it_comes_back(tight: Server, visitor: Visitor) -> None:
    """A run without a process gets one only where there is room for it."""
    before = below(tight)
    parked = visitor.made()
    assert visitor.call("POST", f"/api/runs/{parked}/step").status_code == 200
    for process in below(tight) - before:  # the run's, and what an earlier test left
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(process).kill()
    tight.status(parked, "failed")
    for run in [visitor.made() for _ in range(3)]:
        tight.status(run, "paused")
    before = processes(tight)
    for method, path in (("GET", "views/values"), ("POST", "play"), ("POST", "step"), ("POST", "rewind")):
        body = {"step": 0} if path == "rewind" else None
        assert_later(visitor.call(method, f"/api/runs/{parked}/{path}", body))
    assert processes(tight) == before == 3
    visitor.call("DELETE", f"/api/runs/{made_here[-1]}")
    assert visitor.call("POST", f"/api/runs/{parked}/step").status_code == 200


# ---------------------------------------------------------------- rates


def test_new_runs_a_second(tight: Server, visitor: Visitor) -> None:
    """A burst of six seconds' worth; what is refused for another reason counts too."""
    answers = [visitor.make(lab="nothing") for _ in range(6)]
    assert {answer.status_code for answer in answers} == {404}
    assert_later(visitor.make())
    assert Visitor(tight).make().status_code == 201


@pytest.mark.parametrize("place", [place for place in CHANGES if place.method != "WS"], ids=str)
def test_every_change_is_counted(tight: Server, visitor: Visitor, place: Place) -> None:
    """Ten at once, at one a second; on a slow machine a few more may have come due. Nothing needs to exist."""
    path = filled(place.path, "nothing").replace("toy", "nothing")
    body = json.loads(body_of(place)) | ({"lab": "nothing"} if path == "/api/runs" else {})
    answers = []
    for _ in range(60):
        answers.append(visitor.call(place.method, path, body))
        if answers[-1].status_code == 429:
            break
    assert_later(answers[-1])
    assert len(answers) > 6
    assert {answer.status_code for answer in answers[:-1]} <= {404, 415, 422}


def test_probes_are_counted_apart_from_commands(visitor: Visitor) -> None:
    run = visitor.made()
    answers = [visitor.call("POST", f"/api/runs/{run}/probes/ask", {"x": 1, "y": 1}) for _ in range(30)]
    assert [answer.status_code for answer in answers[:10]] == [200] * 10
    assert_later(next(answer for answer in answers if answer.status_code != 200))
    assert visitor.call("PATCH", f"/api/runs/{run}", {"name": "still"}).status_code == 200


class Link:
    """A process that has been asked something so many times and has not answered yet."""

    alive, silent_s = True, 0.0

    def __init__(self, asked: int) -> None:
        self.asked = dict.fromkeys(range(asked))

    async def ask(self, do: str, **fields: Any) -> tuple[dict[str, Any], bytes]:
        return {"did": do}, b""


@pytest.mark.parametrize(("asked", "taken"), [(0, True), (2, True), (3, False), (4, False)])
async def test_requests_under_way(tmp_path: Path, asked: int, taken: bool) -> None:
    manager = create_app(Settings(home=tmp_path, pending=3)).state.manager
    run = SimpleNamespace(ready=True, starting=None, ending=None, link=Link(asked), alive=True)
    if taken:
        assert await manager.ask(run, "view") == ({"did": "view"}, b"")
        return
    with pytest.raises(Problem) as refused:
        await manager.ask(run, "view")
    assert (refused.value.status, refused.value.headers["Retry-After"]) == (429, "1")


# ---------------------------------------------------------------- what comes in


def test_a_body(tight: Server, visitor: Visitor) -> None:
    short = json.dumps({"lab": "toy", "autoplay": False}).encode()
    headers = {**visitor.headers, "Content-Type": "application/json"}
    at = tight.client.post("/api/runs", content=short.ljust(2_048), headers=headers)
    assert at.status_code == 201
    made_here.append(at.json()["id"])
    above = tight.client.post("/api/runs", content=short.ljust(2_049), headers=headers)
    assert (above.status_code, above.headers["Content-Type"]) == (413, "application/problem+json")


def test_a_body_in_pieces_that_never_ends(tight: Server) -> None:
    """It is answered as soon as it is too long, and the server is there for the next."""
    connection = HTTPConnection("127.0.0.1", tight.port, timeout=30)
    connection.putrequest("POST", "/api/runs")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    sent = 0
    try:
        while sent < 64 << 20:
            connection.send(b"1000\r\n" + b" " * 4_096 + b"\r\n")
            sent += 4_096
    except OSError:
        pass  # hung up on
    else:
        raise AssertionError("it took 64 MiB")
    finally:
        connection.close()
    assert tight.client.get("/healthz").status_code == 200
    assert psutil.Process(tight.process.pid).memory_full_info().uss < 200e6


def closed(viewer: Any) -> int:
    """The code with which a stream ends."""
    while True:
        try:
            viewer.hear()
        except ConnectionClosed as gone:
            return gone.rcvd.code if gone.rcvd else 0


def ping(size: int) -> str:
    return '{"type":"ping"}'.ljust(size)


def test_the_size_of_a_message(tight: Server, visitor: Visitor) -> None:
    run = visitor.made()
    with tight.watch(run) as viewer:
        viewer.socket.send(ping(2_048))
        assert viewer.until_type("pong")
        viewer.socket.send(ping(2_049))
        assert closed(viewer) == 1009


def test_the_rate_of_messages(tight: Server, visitor: Visitor) -> None:
    """A hundred at once; at one in ten seconds a hundred and first is too many, and a few on a slow machine."""
    run = visitor.made()
    with tight.watch(run) as viewer:
        for _ in range(100):
            viewer.socket.send(ping(20))
        for _ in range(100):
            assert viewer.until_type("pong")
        with contextlib.suppress(ConnectionClosed):  # it may be shut before the last of them
            for _ in range(10):
                viewer.socket.send(ping(20))
        assert closed(viewer) == 1008


def test_views_watched(tight: Server, visitor: Visitor) -> None:
    run = visitor.made()
    with tight.watch(run) as viewer:
        viewer.send({"type": "watch", "views": {"values": 1, "line": 1}})
        assert viewer.frame()
        viewer.send({"type": "watch", "views": {"values": 1, "line": 1, "big": 1}})
        assert "at most 2" in viewer.until_type("error")["message"]


def test_streams(tight: Server, visitor: Visitor) -> None:
    """Two of one client, four in all."""
    run = visitor.made()
    me, other, third = ({"Cookie": Visitor(tight).headers["Cookie"], "Origin": tight.url} for _ in range(3))
    with tight.watch(run, additional_headers=me) as a, tight.watch(run, additional_headers=me) as b:
        for viewer in (a, b):
            viewer.until_type("hello")
        with tight.watch(run, additional_headers=me) as refused:
            assert closed(refused) == 4429
        with tight.watch(run, additional_headers=other) as c, tight.watch(run, additional_headers=other) as d:
            for viewer in (c, d):
                viewer.until_type("hello")
            with tight.watch(run, additional_headers=third) as refused:
                assert closed(refused) == 4429


def test_every_limit_of_the_design_is_a_setting() -> None:
    wanted = {
        "max_parameters", "max_steps", "max_batch", "run_memory_mb", "run_wall_s", "runs_per_client", "queue",
        "upload_mb", "unpacked_mb", "image_pixels", "csv_cells", "message_bytes", "messages_per_s",
        "creates_per_s", "commands_per_s", "probes_per_s",
    }  # fmt: skip
    assert wanted <= set(Settings.model_fields)
