"""Every route of the application, whatever it will be: from elsewhere nobody gets in, and a script does.

The list is read from the application, so that a route is covered from the day it is made.
"""

import contextlib
import json
import re
from collections.abc import Iterator
from functools import cache
from http.client import HTTPConnection, HTTPResponse
from tempfile import mkdtemp
from typing import Any, NamedTuple

import psutil
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, WebSocketRoute

from server.app import create_app
from server.security import CLIENT_COOKIE, SAFE_METHODS, TOKEN_COOKIE, UPLOADS
from server.settings import Settings
from tests.server.conftest import Server

TOKEN = "correct horse battery staple"
OPEN = ("/healthz", "/readyz")
Pairs = list[tuple[str, str]]


class Place(NamedTuple):
    """One method of one route; WS for a websocket."""

    method: str
    path: str

    @property
    def changes(self) -> bool:
        return self.method == "WS" or self.method not in SAFE_METHODS


@cache
def places() -> list[Place]:
    """Every method of every route."""
    found: list[Place] = []
    for context in iter_route_contexts(create_app(Settings(home=mkdtemp(prefix="orrery-routes-"))).routes):
        route = context.original_route
        if isinstance(route, Mount):
            found.append(Place("GET", f"{route.path}/css/tokens.css"))
        elif isinstance(route, WebSocketRoute):
            found.append(Place("WS", context.path))
        else:
            found += [Place(method, context.path) for method in sorted(context.methods)]
    return found


PLACES = places()
CHANGES = [place for place in PLACES if place.changes]
named = {"ids": lambda place: f"{place.method} {place.path}"}
everywhere = pytest.mark.parametrize("place", PLACES, **named)
changing = pytest.mark.parametrize("place", CHANGES, **named)


@pytest.fixture(scope="module")
def locked() -> Iterator[Server]:
    """A server with a token."""
    with Server(ORRERY_TOKEN=TOKEN, ORRERY_RUNNING="8", ORRERY_CREATES_PER_S="1000") as server:
        server.client.headers["Authorization"] = f"Bearer {TOKEN}"
        yield server


@pytest.fixture(scope="module")
def run(server: Server) -> str:
    """A run that a request could change."""
    run = server.make(name="untouched")
    server.status(run, "paused")
    return run


@pytest.fixture(scope="module")
def locked_run(locked: Server) -> str:
    run = locked.make(name="untouched")
    locked.status(run, "paused")
    return run


@pytest.fixture
def fresh(server: Server) -> Iterator[str]:
    """A run of the test's own."""
    run = server.make()
    yield run
    server.call("DELETE", f"/api/runs/{run}")


@pytest.fixture
def locked_fresh(locked: Server) -> Iterator[str]:
    run = locked.make()
    yield run
    locked.call("DELETE", f"/api/runs/{run}")


def filled(path: str, run: str) -> str:
    """A path with a real run and lab in it."""
    real = {"run": run, "lab": "toy", "view": "values", "probe": "ask", "action": "put", "name": "start.js"}
    path = re.sub(r"{(\w+)(?::\w+)?}", lambda match: real.get(match[1], "1"), path)
    assert "{" not in path
    return path


def ask(server: Server, place: Place, run: str, headers: Pairs, host: str | None = "own") -> HTTPResponse:
    """One raw request: just these headers, in this order; `host` None sends none at all."""
    path = filled(place.path, run)
    connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.putrequest(
            "GET" if place.method == "WS" else place.method, path, skip_host=True, skip_accept_encoding=True
        )
        if host is not None:
            connection.putheader("Host", f"127.0.0.1:{server.port}" if host == "own" else host)
        upgrade = [
            ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Protocol", "orrery.v1"),
        ]  # fmt: skip
        for name, value in headers + (upgrade if place.method == "WS" else []):
            connection.putheader(name, value)
        body = body_of(place) if place.changes and place.method != "WS" else b""
        if body:
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        response.text = b"" if response.status == 101 else response.read()  # type: ignore[attr-defined]
        return response
    finally:
        connection.close()


def body_of(place: Place) -> bytes:
    """A body that the route would take."""
    bodies: dict[str, Any] = {
        "/api/runs": {"lab": "toy", "autoplay": False},
        "/api/runs/{run}": {"name": "changed"},
        "/api/runs/{run}/rewind": {"step": 0},
        "/api/runs/{run}/probes/{probe}": {"x": 1, "y": 1},
        "/api/runs/{run}/actions/{action}": {"id": "x", "x": 1, "y": 1},
        "/api/labs/{lab}/check": {"config": {}},
    }
    return json.dumps(bodies.get(place.path, {})).encode()


def state(server: Server, run: str) -> tuple[Any, ...]:
    """What a request that got in could have changed."""
    about = server.get(f"/api/runs/{run}")
    names = ("name", "notes", "status", "step", "take", "config", "seed", "speed", "max_steps")
    metrics = server.client.get("/metrics").text
    alive = sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith("orrery_runs{"))
    listed = server.get("/api/runs?limit=500")["runs"]
    return (*(about[name] for name in names), alive, len(listed), server.get(f"/api/runs/{run}/edits"))


def assert_refused(response: HTTPResponse, statuses: tuple[int, ...] = (400, 403)) -> None:
    """A problem from the guard, with the headers of every answer, no cookie, and no upgrade."""
    assert response.status in statuses, (response.status, response.text[:200])  # type: ignore[attr-defined]
    assert response.headers.get("Upgrade") is None
    assert response.headers.get("Set-Cookie") is None
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    if response.text and response.headers["Content-Type"].startswith("application/problem+json"):  # type: ignore[attr-defined]
        assert json.loads(response.text)["status"] == response.status  # type: ignore[attr-defined]


def test_the_list_is_whole() -> None:
    """It holds what the description of the API holds, the pages, the stream, and the files."""
    paths = {place.path for place in PLACES}
    assert {"/", "/labs/{lab}", "/runs/{run}", "/docs", "/openapi.json", "/metrics"} <= paths
    assert Place("WS", "/api/runs/{run}/stream") in PLACES
    assert Place("GET", "/static/css/tokens.css") in PLACES
    assert len(CHANGES) >= 13
    assert {place.path for place in PLACES if place.path in UPLOADS and place.changes} <= UPLOADS


# ---------------------------------------------------------------- Host


def foreign_hosts(port: int) -> list[Any]:
    """Names that are not this server's, in every dress; None is no Host at all."""
    names = [
        "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example.localhost", "xlocalhost",
        "127.0.0.1@evil.example", "evil.example#127.0.0.1", "[::ffff:10.1.2.3]", "[2001:db8::1]", "::1", "0.0.0.0",
        "10.1.2.3", "127.0.0.1.", "127.1", "2130706433", "0x7f.0.0.1", "localhost,evil.example", "[::1", "[]",
    ]  # fmt: skip
    ports = [f"{name}:{port}" for name in names if not name.startswith("::")]
    bad_ports = ["127.0.0.1:", f"127.0.0.1:{port}x", "127.0.0.1:-1", "127.0.0.1:999999", f"localhost:80:{port}"]
    return [*names, *ports, *bad_ports, "", " ", None]


@everywhere
def test_another_host_is_refused(server: Server, run: str, place: Place) -> None:
    before = state(server, run)
    for host in foreign_hosts(server.port):
        assert_refused(ask(server, place, run, [], host=host), (400,))
    own = f"127.0.0.1:{server.port}"
    for hosts in (["evil.example", own], [own, "evil.example"], [own, own]):
        assert_refused(ask(server, place, run, [("Host", host) for host in hosts], host=None), (400,))
    assert state(server, run) == before


@everywhere
def test_what_a_proxy_would_say_counts_for_nothing(server: Server, run: str, place: Place) -> None:
    """X-Forwarded-… and Forwarded neither open the server nor make the client another."""
    own = f"127.0.0.1:{server.port}"
    forwarded = [
        ("X-Forwarded-Host", own), ("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Port", str(server.port)), ("Forwarded", f"for=127.0.0.1;host={own}"), ("X-Real-IP", "127.0.0.1"),
        ("X-Original-URL", "/healthz"), ("X-HTTP-Method-Override", "GET"), ("X-Host", own),
    ]  # fmt: skip
    before = state(server, run)
    assert_refused(ask(server, place, run, forwarded, host="evil.example"), (400,))
    if place.changes:
        assert_refused(ask(server, place, run, [*forwarded, ("Origin", "https://evil.example")]))
        assert_refused(ask(server, place, run, [*forwarded, ("Origin", f"https://{own}")]))
    assert state(server, run) == before


# ---------------------------------------------------------------- Origin


def foreign_origins(port: int) -> list[str]:
    """Other sites, `null`, and everything that looks like this server and is not it."""
    own = f"http://127.0.0.1:{port}"
    return [
        "null", "", " ", "https://evil.example", f"http://evil.example:{port}", own.replace("http:", "https:"),
        own.replace("http:", "ws:"), "http://127.0.0.1", f"http://127.0.0.1:{port + 1}", f"http://127.0.0.1:0{port}",
        f"{own}.evil.example", f"http://127.0.0.1.evil.example:{port}", f"http://evil.example.127.0.0.1:{port}",
        f"{own}/", f"{own}/x", f"{own}?", f"{own}#", own.upper(), own.replace("http", "Http"),
        f"http://user@127.0.0.1:{port}", f"http://127.0.0.1:{port}@evil.example", f"http://evil.example@127.0.0.1:{port}",
        f"http://localhost:{port}", f"http://[::1]:{port}", f"http://127.0.0.2:{port}", f"http://127.1:{port}",
        f"{own}0", f"{own} https://evil.example", f"https://evil.example {own}", f"{own},{own}", f"//127.0.0.1:{port}",
        "file://", "chrome-extension://abcdef", "data:", "about:blank", f"http://127.0.0.1.:{port}",
    ]  # fmt: skip


@changing
def test_another_origin_changes_nothing(server: Server, run: str, place: Place) -> None:
    before = state(server, run)
    for origin in foreign_origins(server.port):
        assert_refused(ask(server, place, run, [("Origin", origin)]))
        assert_refused(ask(server, place, run, [("Origin", origin), ("Sec-Fetch-Site", "same-origin")]))
    own = f"http://127.0.0.1:{server.port}"
    for origins in ([own, own], [own, "https://evil.example"], ["null", own]):
        response = ask(server, place, run, [("Origin", origin) for origin in origins])
        if place.method == "WS":  # the protocol's library refuses two of them before the guard sees any
            assert response.status == 400
        else:
            assert_refused(response)
    assert state(server, run) == before


@changing
def test_no_origin_beside_what_only_a_browser_sends(server: Server, run: str, place: Place) -> None:
    before = state(server, run)
    for header in [
        ("Cookie", f"{CLIENT_COOKIE}=me"), ("Cookie", "a=b"), ("Cookie", ""), ("Cookie", "no cookie at all"),
        ("Cookie", f"{TOKEN_COOKIE}=x"), ("COOKIE", "a=b"), ("Sec-Fetch-Site", "none"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Site", ""),
        ("sec-fetch-site", "None"),
    ]:  # fmt: skip
        assert_refused(ask(server, place, run, [header]))
    assert state(server, run) == before


@everywhere
def test_another_site_may_not_ask_for_anything(server: Server, run: str, place: Place) -> None:
    """What <img>, <script>, fetch and <iframe> of another site would send."""
    for site in ("cross-site", "same-site", "nonsense"):
        for mode, dest in [("no-cors", "image"), ("no-cors", "script"), ("cors", "empty"), ("navigate", "iframe")]:
            told = [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest)]
            assert_refused(ask(server, place, run, told))


# ---------------------------------------------------------------- who gets in


@everywhere
def test_a_script_gets_in(server: Server, fresh: str, place: Place) -> None:
    """Without Origin, cookie and Sec-Fetch-Site: whatever the route then says of it, the guard lets it by."""
    assert_let_in(place, ask(server, place, fresh, []))


@changing
def test_the_servers_own_page_gets_in(server: Server, fresh: str, place: Place) -> None:
    for host in ("127.0.0.1", "localhost", "[::1]"):
        own = f"{host}:{server.port}"
        told = [("Origin", f"http://{own}"), ("Cookie", f"{CLIENT_COOKIE}=me"), ("Sec-Fetch-Site", "same-origin")]
        assert_let_in(place, ask(server, place, fresh, told, host=own))


def assert_let_in(place: Place, response: HTTPResponse) -> None:
    if place.method == "WS":
        assert response.status == 101
    else:
        assert response.status not in (101, 401, 403, 413, 429), response.text  # type: ignore[attr-defined]
        assert b"refused-by-guard" not in response.text  # type: ignore[attr-defined]
        assert response.status < 500, response.text  # type: ignore[attr-defined]


# ---------------------------------------------------------------- the token


@everywhere
def test_without_the_token_there_is_only_health(locked: Server, locked_run: str, place: Place) -> None:
    own = f"http://127.0.0.1:{locked.port}"
    wrong: list[Pairs] = [
        [], [("Origin", own)], [("Authorization", f"Bearer {TOKEN}x")], [("Authorization", f"Bearer {TOKEN[:-1]}")],
        [("Authorization", f"Basic {TOKEN}")], [("Authorization", TOKEN)], [("Authorization", "Bearer")],
        [("Authorization", f"Bearer {TOKEN.upper()}")], [("Origin", own), ("Cookie", f"{TOKEN_COOKIE}={TOKEN}")],
        [("Origin", own), ("Cookie", f"{TOKEN_COOKIE}=")], [("Origin", own), ("Cookie", f"{TOKEN_COOKIE}={'0' * 64}")],
        [("Authorization", "Bearer nope"), ("Authorization", f"Bearer {TOKEN}")], [("X-Token", TOKEN)],
        [("Authorization", "Bearer \xff\xfe")],
    ]  # fmt: skip
    before = state(locked, locked_run)
    for headers in wrong:
        response = ask(locked, place, locked_run, headers)
        if place.path in OPEN:
            assert response.status == 200
        else:
            assert_refused(response, (401,))
            assert TOKEN.encode() not in response.text  # type: ignore[attr-defined]
    assert state(locked, locked_run) == before


@everywhere
def test_with_the_token_a_script_gets_in(locked: Server, locked_fresh: str, place: Place) -> None:
    assert_let_in(place, ask(locked, place, locked_fresh, [("Authorization", f"Bearer {TOKEN}")]))


@changing
def test_the_token_does_not_excuse_a_foreign_page(locked: Server, locked_run: str, place: Place) -> None:
    bearer = ("Authorization", f"Bearer {TOKEN}")
    before = state(locked, locked_run)
    for header in (
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Cookie", "a=b"),
        ("Sec-Fetch-Site", "none"),
    ):
        assert_refused(ask(locked, place, locked_run, [bearer, header]))
    assert_refused(ask(locked, place, locked_run, [bearer], host="evil.example"))
    assert state(locked, locked_run) == before


# ---------------------------------------------------------------- the token's ways


def first_visit(locked: Server, path: str = "/labs/toy") -> HTTPResponse:
    return ask(locked, Place("GET", f"{path}?seed=3&token={TOKEN.replace(' ', '+')}"), "", [])


def test_the_token_leaves_the_address_for_a_cookie(locked: Server) -> None:
    response = first_visit(locked)
    cookie = response.headers["Set-Cookie"]
    assert (response.status, response.headers["Location"]) == (303, "/labs/toy?seed=3")
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert response.headers["Referrer-Policy"] == "same-origin"  # no other site hears of an address
    assert "no-store" in response.headers["Cache-Control"]
    assert all(TOKEN not in value and TOKEN.replace(" ", "+") not in value for value in response.headers.values())
    own = f"http://127.0.0.1:{locked.port}"
    pair = ("Cookie", cookie.split(";")[0])
    page = ask(locked, Place("GET", "/labs/{lab}"), "", [pair])
    assert page.status == 200
    assert TOKEN.encode() not in page.text  # type: ignore[attr-defined]
    assert ask(locked, Place("POST", "/api/runs"), "", [pair, ("Origin", own)]).status == 201


@everywhere
def test_only_pages_set_cookies(locked: Server, locked_fresh: str, place: Place) -> None:
    response = ask(locked, place, locked_fresh, [("Authorization", f"Bearer {TOKEN}")])
    is_page = place.method == "GET" and not place.path.startswith(("/api", "/static", "/assets"))
    is_page &= place.path not in {*OPEN, "/metrics", "/openapi.json"}
    assert (response.headers.get("Set-Cookie") is not None) == is_page


def test_the_token_is_in_no_log(locked: Server) -> None:
    """After pages, refusals, faults of a lab and a stream, each with the token in its address or head."""
    bearer = [("Authorization", f"Bearer {TOKEN}")]
    query = f"?token={TOKEN.replace(' ', '%20')}"
    for path in (f"/{query}", f"/nothing{query}", f"/api/runs{query}", f"/api/runs/nothing/stream{query}"):
        for headers in ([], bearer, [("Origin", "https://evil.example")]):
            ask(locked, Place("GET", path), "", headers)
            ask(locked, Place("WS", path), "", headers)
    run = locked.make(config={"crash_at": 1})
    ask(locked, Place("POST", f"/api/runs/{run}/step{query}"), run, bearer)
    ask(locked, Place("POST", f"/api/runs/{run}/probes/trip{query}"), run, bearer)
    log = locked.log.read_text()
    assert "failed at step" in log  # something was written
    for form in (TOKEN, TOKEN.replace(" ", "+"), TOKEN.replace(" ", "%20")):
        assert form not in log
    for folder in locked.home.rglob("*"):
        if folder.is_file():
            assert TOKEN.encode() not in folder.read_bytes(), folder


def test_a_workers_environment_holds_no_token(locked: Server) -> None:
    """What computes with users' settings does not know the secret."""
    locked.make()
    read = 0
    for process in psutil.Process(locked.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # a run's that has just been deleted
            assert TOKEN not in str(process.environ()), process.cmdline()
            read += 1
    assert read >= 3  # the forkserver, the catalog, the run
