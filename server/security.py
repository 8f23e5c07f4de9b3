"""One guard in front of everything, http and websocket alike: who may speak to this server, and what a page may load.

Middleware for http alone would leave the websocket open, and nothing is decided on a URL that was put together from
headers: only on the path of the scope and on fixed lists. In order:

1. Host: exactly one, of the allow-list. A name that another site points at this machine (DNS rebinding) is refused.
2. Origin: the server's own, or one of ORRERY_ORIGINS, on every websocket and every request that changes something.
   None at all means a script, which comes without cookie and without Sec-Fetch-Site.
3. Sec-Fetch-Site: what another site's page asks for (an image, a script, a fetch) is refused; following a link here
   is not.
4. Token, where one is set: in the first URL of a page, swapped for a cookie; as Bearer for scripts.
"""

import contextlib
import hashlib
import hmac
import ipaddress
import secrets
import socket
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import MutableHeaders
from starlette.middleware.body_limit import RequestBodyLimitResponder
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.problems import Problem
from server.settings import Settings, is_loopback

TOKEN_COOKIE, CLIENT_COOKIE = "orrery_token", "orrery_client"
OPEN_PATHS = frozenset({"/healthz", "/readyz"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ASSETS = ("/static/", "/assets/")
UPLOADS = frozenset({"/api/checkpoints", "/api/datasets"})
YEAR_S = 365 * 24 * 3600
PLOTLY_STYLES = (  # what Plotly writes as <style>, and then fills from script: nothing, and the rules of its maps
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='"
)
CSP = "; ".join((
    "default-src 'none'", "script-src 'self'", f"style-src 'self' {PLOTLY_STYLES}", "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:", "font-src 'self'",
    "connect-src 'self'", "worker-src 'self' blob:", "manifest-src 'self'", "frame-ancestors 'none'",
    "base-uri 'none'", "form-action 'self'",
))  # fmt: skip
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
LOGIN = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Orrery</title>
<h1>This Orrery asks for its token</h1>
<p>Whoever runs it has printed a link with it. Open that link, or type the token here.</p>
<form method="get">
<label>Token <input name="token" type="password" autocomplete="off" required></label> <button>Open</button>
</form></html>"""


class Guard:
    """Pure ASGI: nothing gets past it unseen."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings
        self.names = {"localhost", *settings.allowed_hosts}
        if not is_loopback(settings.host):
            self.names |= {socket.gethostname().lower(), settings.host.lower()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope["headers"])
        cookies = read_cookies(headers.all("cookie"))
        scope.setdefault("state", {})["client"] = cookies.get(CLIENT_COOKIE, "")[:64] or address(scope)
        answer = self.refuse(scope, headers, cookies) or self.swap(scope, headers)
        if answer is None and not self.knows_token(scope, headers, cookies):
            answer = self.ask_token(scope, headers)
        if answer is not None:
            await deny(answer, scope, receive, with_headers(send))
            return
        send = with_headers(send, self.new_client(scope, cookies))
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
        else:  # a body in pieces names no length: they are counted as they come
            await RequestBodyLimitResponder(self.app, self.body_limit(scope))(scope, receive, send)

    # ------------------------------------------------------------ the rules

    def refuse(self, scope: Scope, headers: "Headers", cookies: dict[str, str]) -> Response | None:
        """The answer to a request that has no business here."""
        hosts, origins, sites = headers.all("host"), headers.all("origin"), headers.all("sec-fetch-site")
        if len(hosts) != 1 or not self.is_ours(hosts[0]):
            return forbidden(400, "This server does not answer to that Host. ORRERY_ALLOWED_HOSTS names those it does.")
        if len(origins) > 1 or len(sites) > 1:
            return forbidden(400, "A header came twice.")
        origin = origins[0] if origins else None
        site = sites[0] if sites else None
        head, longest = len(scope["path"]) + len(scope["query_string"]) + headers.size, self.settings.headers_bytes
        if head > longest:
            return Problem(431, f"A head has at most {longest:,} bytes here.", kind="head-too-large").response()
        lengths, most = headers.all("content-length"), self.body_limit(scope)
        if not all(length.isascii() and length.isdigit() for length in lengths):
            return forbidden(400, "Content-Length is not a whole number.")
        if any(len(length) > 18 or int(length) > most for length in lengths):
            return Problem(413, f"A body has at most {most:,} bytes here.", kind="too-large").response()
        if scope["path"].startswith("/api/") and scope["path"] not in UPLOADS and not is_json(headers):
            hint = "Send Content-Type: application/json."
            return Problem(415, "A body here is JSON.", kind="not-json", hint=hint).response()
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if changes and origin is not None and not self.is_own_origin(origin, hosts[0], scope):
            return forbidden(403, "Another site's page may not do this.")
        if changes and origin is None and (cookies or site is not None):
            return forbidden(403, "A browser's request comes with an Origin, a script's without cookies.")
        if not changes and site not in (None, "same-origin", "none") and not follows_link(scope, headers):
            return forbidden(403, "Another site's page may link here, and no more.")
        return None

    def body_limit(self, scope: Scope) -> int:
        """How many bytes a request may bring."""
        return self.settings.upload_bytes if scope["path"] in UPLOADS else self.settings.body_bytes

    def is_ours(self, host: str) -> bool:
        """Whether a Host header names this server: an address always does, a name must be on the list."""
        name = host_name(host)
        if name is None:
            return False
        try:
            address = ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return name in self.names
        return address.is_loopback or not is_loopback(self.settings.host)

    def is_own_origin(self, origin: str, host: str, scope: Scope) -> bool:
        """Whether an Origin is, to the letter, that of this server."""
        scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        return origin == f"{scheme}://{host}".lower() or origin in self.settings.origins

    # ------------------------------------------------------------ the token

    def cookie_value(self) -> str:
        """What the cookie holds: derived from the token, which it does not give away."""
        return hmac.new(self.settings.token.encode(), b"orrery cookie", hashlib.sha256).hexdigest()

    def knows_token(self, scope: Scope, headers: "Headers", cookies: dict[str, str]) -> bool:
        """Whether the request carries the token, if there is one."""
        if not self.settings.token or scope["path"] in OPEN_PATHS:
            return True
        scheme, _, bearer = (headers.all("authorization") or [""])[0].partition(" ")
        if scheme.lower() == "bearer" and same(bearer.strip(), self.settings.token):
            return True
        return same(cookies.get(TOKEN_COOKIE, ""), self.cookie_value())

    def swap(self, scope: Scope, headers: "Headers") -> Response | None:
        """?token=… of a page becomes a cookie, and leaves the address bar."""
        if scope["type"] != "http" or scope["method"] != "GET" or not self.settings.token or not is_page(scope["path"]):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == "token"]
        if not given or not same(given[0], self.settings.token):
            return None
        rest = urlencode([pair for pair in query if pair[0] != "token"])
        path = "/" + scope["raw_path"].decode("latin-1").split("?")[0].lstrip("/\\")
        response = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
        response.set_cookie(TOKEN_COOKIE, self.cookie_value(), **self.cookie_kind())  # type: ignore[arg-type]
        return response

    def ask_token(self, scope: Scope, headers: "Headers") -> Response:
        """401."""
        if scope["type"] == "http" and is_page(scope["path"]):
            return HTMLResponse(LOGIN, 401)
        problem = Problem(
            401, "This server asks for its token.", kind="no-token", headers={"WWW-Authenticate": "Bearer"},
            hint="Send Authorization: Bearer <token>.",
        )  # fmt: skip
        return problem.response()

    def new_client(self, scope: Scope, cookies: dict[str, str]) -> str | None:
        """A page gives its visitor a name, so that limits count people and not addresses."""
        if (
            scope["type"] != "http"
            or scope["method"] != "GET"
            or not is_page(scope["path"])
            or CLIENT_COOKIE in cookies
        ):
            return None
        response = Response()
        response.set_cookie(CLIENT_COOKIE, secrets.token_urlsafe(16), **self.cookie_kind())  # type: ignore[arg-type]
        return response.headers["set-cookie"]

    def cookie_kind(self) -> dict[str, object]:
        secure = bool(self.settings.origins) and all(origin.startswith("https:") for origin in self.settings.origins)
        return {"max_age": YEAR_S, "httponly": True, "samesite": "lax", "path": "/", "secure": secure}


class Headers:
    """Header values by lower-case name; one that came twice is seen twice."""

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self.raw = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw]

    @property
    def size(self) -> int:
        """Bytes of all names and values."""
        return sum(len(name) + len(value) for name, value in self.raw)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.raw if key == name]


def host_name(host: str) -> str | None:
    """The name in a Host header, without its port; None if it is malformed."""
    name, colon, port = host.lower().rpartition(":")
    if not colon or host.endswith("]"):
        name, port = host.lower(), ""
    elif not (port.isascii() and port.isdigit() and len(port) <= 5):
        return None
    plain = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    return (
        name
        if plain
        and all(c.isascii() and (c.isalnum() or c in ".-:_") for c in plain)
        and (":" not in plain or plain != name)
        else None
    )


def is_page(path: str) -> bool:
    """Whether a path is a page: only pages set cookies and take the token."""
    return not path.startswith(("/api/", *ASSETS)) and path not in OPEN_PATHS | {"/metrics", "/openapi.json", "/api"}


def is_json(headers: Headers) -> bool:
    """Whether a body, if there is one, says that it is JSON: no form of another site's page can say so."""
    if headers.all("content-length") in ([], ["0"]) and not headers.all("transfer-encoding"):
        return True
    kinds = [kind.partition(";")[0].strip().lower() for kind in headers.all("content-type")]
    return len(kinds) == 1 and (kinds[0] == "application/json" or kinds[0].endswith("+json"))


def follows_link(scope: Scope, headers: Headers) -> bool:
    """Whether a request of another site's page is a visitor following a link to a page."""
    modes, places = headers.all("sec-fetch-mode"), headers.all("sec-fetch-dest")
    return modes == ["navigate"] and places in ([], ["document"]) and is_page(scope["path"])


def read_cookies(lines: list[str]) -> dict[str, str]:
    """The cookies of a request; what is no cookie is still a sign of a browser."""
    found: dict[str, str] = {}
    for line in lines:
        with contextlib.suppress(CookieError):
            found.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})
        found.setdefault("", "")
    return found


def same(given: str, wanted: str) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode())


def address(scope: Scope) -> str:
    """The client's address."""
    return str((scope.get("client") or ["unknown"])[0])


def client_of(scope: Scope) -> str:
    """Who asks: a browser by its cookie, a script by its address."""
    return str(scope.get("state", {}).get("client") or address(scope))


def forbidden(status: int, detail: str) -> Response:
    return Problem(status, detail, kind="refused-by-guard").response()


def with_headers(send: Send, cookie: str | None = None) -> Send:
    """Every answer carries the security headers; what is not an asset is not kept by caches."""

    async def sending(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
            if message["status"] == 413:  # what is still to come is not wanted
                headers["Connection"] = "close"
            if cookie and message["type"] == "http.response.start":
                headers.append("Set-Cookie", cookie)
        await send(message)

    return sending


async def deny(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a refusal; to a websocket before it is accepted."""
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    await answer(scope, receive, send)
