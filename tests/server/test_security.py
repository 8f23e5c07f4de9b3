"""The guard, for http and websocket alike: deny by default."""

from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Scope

from server.security import CLIENT_COOKIE, CSP, TOKEN_COOKIE, Guard, client_of, host_name
from server.settings import Settings
from tests.server.conftest import Server

TOKEN = "a long enough secret"
OWN = "http://127.0.0.1:8000"
SITES = ("cross-site", "same-site")


class Answer:
    """What came out of the guard: an HTTP status, or "passed" for what reached the application."""

    def __init__(self, sent: list[Message], reached: list[Scope]) -> None:
        self.passed = bool(reached)
        self.client = client_of(reached[0]) if reached else ""
        start = next((m for m in sent if "status" in m), {})
        self.status = start.get("status")
        self.headers = {name.decode().lower(): value.decode() for name, value in start.get("headers", [])}
        self.accepted = any(m["type"] == "websocket.accept" for m in sent)


async def ask(settings: Settings | None = None, kind: str = "http", method: str = "GET", path: str = "/api/runs",
query: str = "",
              extra: list[tuple[str, str]] | None = None, **headers: str) -> Answer:  # fmt: skip
    """Send one request through a guard. Header names are written with _ for -."""
    reached: list[Scope] = []
    sent: list[Message] = []

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        reached.append(scope)
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        else:
            await PlainTextResponse("here")(scope, receive, send)

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    headers = {"host": "127.0.0.1:8000", **headers}
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items() if value != ""] + (extra or [])
    scope = {
        "type": kind, "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "scheme": "ws" if kind == "websocket" else "http",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs],
        "client": ("10.0.0.9", 5),
        "extensions": {"websocket.http.response": {}},
    }  # fmt: skip
    await Guard(app, settings or Settings())(scope, receive, send)
    return Answer(sent, reached)


# ---------------------------------------------------------------- Host


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:9", "LOCALHOST", "[::1]:8000", "127.0.0.2"])
async def test_own_hosts(kind: str, host: str) -> None:
    assert (await ask(kind=kind, host=host)).passed


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "10.1.2.3", "",
    "localhost:8000/x", "localhost@evil.example",
     "[::1", "localhost:80:80", "localhost,evil.example", "localhost evil", "localhost:x"],
)  # fmt: skip
async def test_foreign_hosts(kind: str, host: str) -> None:
    answer = await ask(kind=kind, host=host)
    assert (answer.passed, answer.status, answer.accepted) == (False, 400, False)


async def test_two_hosts() -> None:
    assert (await ask(extra=[("host", "evil.example")])).status == 400


async def test_a_public_server_answers_to_addresses_and_to_the_names_it_is_given() -> None:
    settings = Settings(host="0.0.0.0", token=TOKEN, allowed_hosts=frozenset({"orrery.example.edu"}))
    for host, status in [("10.1.2.3:8000", 200), ("orrery.example.edu", 200), ("evil.example", 400)]:
        assert (await ask(settings, host=host, authorization=f"Bearer {TOKEN}")).status == status


def test_host_names() -> None:
    assert host_name("[::1]:80") == "[::1]"
    assert host_name("a.b:80") == "a.b"
    assert host_name("::1") is None


# ---------------------------------------------------------------- Origin


@pytest.mark.parametrize(
    ("kind", "method"), [("websocket", "GET"), ("http", "POST"), ("http", "DELETE"), ("http", "PATCH"), ("http", "PUT")]
)
class TestChanges:
    """Every websocket, and every request that changes something."""

    async def test_own_origin(self, kind: str, method: str) -> None:
        assert (await ask(kind=kind, method=method, origin=OWN, cookie="a=b", sec_fetch_site="same-origin")).passed

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", "null", "http://127.0.0.1:8001", "https://127.0.0.1:8000", "http://localhost:8000",
        "http://127.0.0.1", "HTTP://127.0.0.1:8000",
         "http://127.0.0.1:8000.", "http://127.0.0.1:8000/", "http://127.0.0.1:8000.evil.example", " "],
    )  # fmt: skip
    async def test_foreign_origin(self, kind: str, method: str, origin: str) -> None:
        answer = await ask(kind=kind, method=method, origin=origin)
        assert (answer.passed, answer.status, answer.accepted) == (False, 403, False)

    async def test_a_script_comes_without_origin_and_without_cookie(self, kind: str, method: str) -> None:
        assert (await ask(kind=kind, method=method)).passed
        assert (await ask(kind=kind, method=method, cookie="a=b")).status == 403
        assert (await ask(kind=kind, method=method, cookie="garbage")).status == 403
        assert (await ask(kind=kind, method=method, sec_fetch_site="none")).status == 403

    async def test_two_origins(self, kind: str, method: str) -> None:
        assert (await ask(kind=kind, method=method, origin=OWN, extra=[("origin", OWN)])).status == 400

    async def test_a_trusted_proxy(self, kind: str, method: str) -> None:
        settings = Settings(
            origins=frozenset({"https://orrery.example.edu"}), allowed_hosts=frozenset({"orrery.example.edu"})
        )
        given = {"kind": kind, "method": method, "host": "orrery.example.edu"}
        assert (await ask(settings, origin="https://orrery.example.edu", **given)).passed
        assert not (await ask(settings, origin="https://evil.example", **given)).passed


@pytest.mark.parametrize("site", SITES)
async def test_another_site_may_link_to_a_page_and_no_more(site: str) -> None:
    link = {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert (await ask(path="/labs/mlp", sec_fetch_site=site, **link)).passed
    assert not (
        await ask(path="/labs/mlp", sec_fetch_site=site, sec_fetch_mode="navigate", sec_fetch_dest="iframe")
    ).passed
    assert not (await ask(path="/labs/mlp", sec_fetch_site=site, sec_fetch_mode="no-cors")).passed
    for path in ("/api/runs", "/static/x.js", "/metrics", "/openapi.json"):
        assert not (await ask(path=path, sec_fetch_site=site, **link)).passed
    assert (await ask(sec_fetch_site="same-origin")).passed


# ---------------------------------------------------------------- token


async def test_without_the_token_nothing_but_health() -> None:
    settings = Settings(token=TOKEN)
    for path in ("/", "/labs/mlp", "/api/runs", "/static/x.js", "/docs", "/metrics", "/openapi.json", "/nonsense"):
        assert (await ask(settings, path=path)).status == 401, path
    assert (await ask(settings, kind="websocket", origin=OWN)).status == 401
    for path in ("/healthz", "/readyz"):
        assert (await ask(settings, path=path)).passed


async def test_bearer() -> None:
    settings = Settings(token=TOKEN)
    for kind in ("http", "websocket"):
        assert (await ask(settings, kind=kind, method="POST", authorization=f"Bearer {TOKEN}")).passed
        for wrong in ("Bearer nope", f"Basic {TOKEN}", "Bearer", f"Bearer {TOKEN}x", "Bearer \xff"):
            assert (await ask(settings, kind=kind, method="POST", authorization=wrong)).status == 401


async def test_the_token_of_the_first_url_becomes_a_cookie() -> None:
    settings = Settings(token=TOKEN)
    answer = await ask(settings, path="/labs/mlp", query=f"token={TOKEN.replace(' ', '+')}&seed=3")
    assert (answer.status, answer.headers["location"]) == (303, "/labs/mlp?seed=3")
    cookie = answer.headers["set-cookie"]
    assert TOKEN not in cookie
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    pair = cookie.split(";")[0]
    assert pair.startswith(TOKEN_COOKIE)
    assert (await ask(settings, path="/labs/mlp", cookie=pair)).passed
    assert (await ask(settings, kind="websocket", cookie=pair, origin=OWN)).passed
    assert (await ask(settings, kind="websocket", cookie=pair)).status == 403
    assert (await ask(settings, path="/labs/mlp", cookie=f"{TOKEN_COOKIE}={TOKEN.replace(' ', '')}")).status == 401


async def test_only_a_page_takes_the_token_and_only_the_right_one() -> None:
    settings = Settings(token=TOKEN)
    query = f"token={TOKEN.replace(' ', '+')}"
    assert (await ask(settings, path="/api/runs", query=query)).status == 401
    assert (await ask(settings, kind="websocket", query=query, origin=OWN)).status == 401
    assert (await ask(settings, path="/", query="token=wrong")).status == 401


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "///evil.example/x"])
async def test_the_way_back_stays_here(path: str) -> None:
    answer = await ask(Settings(token=TOKEN), path=path, query=f"token={TOKEN.replace(' ', '+')}")
    assert answer.headers["location"].lstrip("/").startswith("evil.example")
    assert not answer.headers["location"].startswith(("//", "/\\"))


# ---------------------------------------------------------------- clients and headers


async def test_only_pages_set_cookies() -> None:
    assert CLIENT_COOKIE in (await ask(path="/")).headers["set-cookie"]
    for path in ("/api/runs", "/static/x.js", "/healthz", "/metrics"):
        assert "set-cookie" not in (await ask(path=path)).headers
    assert "set-cookie" not in (await ask(path="/", cookie=f"{CLIENT_COOKIE}=me")).headers


async def test_a_client_is_its_cookie_or_its_address() -> None:
    assert (await ask(cookie=f"{CLIENT_COOKIE}=me")).client == "me"
    assert (await ask()).client == "10.0.0.9"


async def test_a_body_that_says_it_is_too_large() -> None:
    for length, status in [(str(1 << 30), 413), ("9" * 5_000, 413), ("-1", 400), ("x", 400), ("²", 400)]:
        assert (await ask(method="POST", content_length=length)).status == status


async def test_a_body_is_json() -> None:
    """A form of another site's page can send text/plain, and no JSON."""
    some = {"method": "POST", "content_length": "2"}
    for kind in ("application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"):
        assert (await ask(content_type=kind, **some)).passed
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "json"):
        assert (await ask(content_type=kind, **some)).status == 415
    assert (await ask(method="POST", transfer_encoding="chunked", content_type="text/plain")).status == 415
    assert (await ask(extra=[("content-type", "text/plain")], content_type="application/json", **some)).status == 415
    assert (await ask(method="POST", content_length="0")).passed


def test_security_headers_on_every_kind_of_answer(server: Server) -> None:
    for path in ("/", "/api/chapters", "/static/css/tokens.css", "/nonsense", "/docs", "/readyz"):
        headers = server.call("GET", path).headers
        static = path.startswith("/static/")  # files that are no page are allowed nothing at all
        assert headers["Content-Security-Policy"] == ("default-src 'none'" if static else CSP), path
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert "unsafe-eval" not in CSP
    assert "script-src 'self';" in CSP


def test_every_route_is_behind_the_guard(server: Server) -> None:
    """Every method of every path of the API, from another site's page."""
    paths = server.get("/openapi.json")["paths"]
    assert len(paths) >= 15
    for path, methods in paths.items():
        for method in methods:
            foreign = server.call(
                method.upper(), path, origin="https://evil.example", **{"Sec-Fetch-Site": "cross-site"}
            )
            assert foreign.status_code == 403, (method, path)
            assert server.call(method.upper(), path, host="evil.example").status_code == 400


def test_files_outside_are_out_of_reach(server: Server) -> None:
    for path in (
        "../server/app.py",
        "..%2fserver/app.py",
        "%2e%2e/server/app.py",
        "..%5cserver",
        "/etc/passwd",
        "css/%00",
        "css",
    ):
        answer = server.call("GET", f"/static/{path}")
        assert answer.status_code in (404, 405), path
