"""Texts that would be scripts if a page took them for markup: shown to the letter, and nothing happens."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opener
from tests.browser.lab_page import PLAY, stands
from tests.live import LiveServer

pytestmark = pytest.mark.browser

HURT = "document.body.dataset.hurt=1;alert(1)"
PAYLOADS = [
    f"<img src=x data-injected onerror=\"{HURT}\">",
    f"<script data-injected>{HURT}</script>",
    f"</script><script data-injected>{HURT}</script>",
    f"</textarea></title></style><svg data-injected onload={HURT}>",
    f"\" data-injected autofocus onfocus=\"{HURT}\" x=\"",
    f"' data-injected onmouseover='{HURT}",
    f"javascript:{HURT}",
    f"<a data-injected href=\"javascript:{HURT}\">run</a>",
    f"<iframe data-injected srcdoc=\"<script>parent.{HURT}</script>\"></iframe>",
    f"<math data-injected><mi xlink:href=\"javascript:{HURT}\">x</mi></math>",
    "{{ 7 * 7 }} {% raw %} ${7*7} #{7*7} <%= 7*7 %>",
    "&lt;b data-injected&gt; &#60;b data-injected&#62; \\u003cb data-injected\\u003e",
    "--><b data-injected>x</b><!--",
    "]]><b data-injected>x</b>",
    "$\\href{javascript:alert(1)}{x}$ $<b data-injected>$",
    "\u202egnp.exe\u202c \u200bzero\u200b 𝕏 ‮ ☃",
]  # fmt: skip
every_payload = pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))


class Watch:
    """What must not happen on a page: a dialog, an element that was a text, a mark on the body."""

    def __init__(self, page: Page) -> None:
        self.page, self.dialogs = page, []  # type: ignore[var-annotated]
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

    def assert_unhurt(self) -> None:
        found = self.page.evaluate("""() => [document.querySelectorAll('[data-injected]').length,
          document.body.dataset.hurt ?? null, document.querySelectorAll('a[href^="javascript:"]').length,
          document.querySelectorAll('img[src="x"], iframe').length]""")
        assert found == [0, None, 0, 0]
        assert self.dialogs == []


def watched(opened: Opener, path: str) -> tuple[Page, Watch]:
    page = opened("/healthz")
    watch = Watch(page)
    page.goto(page.url.removesuffix("/healthz") + path)
    return page, watch


def forgive(opened: Any, *statuses: int) -> None:
    """The browser says of an answer's status that it was no success."""
    opened.forgiven.extend(f"status of {status}" for status in statuses)


def make(server: LiveServer, payload: str, **wish: Any) -> str:
    run = str(server.post("/api/runs", {"lab": "mlp", "autoplay": False, "name": payload, **wish})["id"])
    server.post(f"/api/runs/{run}/step", {"count": 3})
    server.client.patch(f"/api/runs/{run}", json={"notes": f"{payload}\n{payload}"}).raise_for_status()
    return run


@pytest.fixture(scope="module")
def runs(live_server: LiveServer) -> Iterator[dict[str, str]]:
    """A run of every name: {id: name}."""
    made = {make(live_server, payload): payload for payload in PAYLOADS}
    yield made
    for run in made:
        live_server.delete(f"/api/runs/{run}")


def test_names_and_notes_in_the_table(opened: Opener, runs: dict[str, str]) -> None:
    page, watch = watched(opened, "/runs?limit=500")
    for run, payload in runs.items():
        page.wait_for_selector(f'tr[data-run="{run}"] .run-notes:not([hidden])')
        row = page.locator(f'tr[data-run="{run}"]')
        assert row.locator(".run-name").text_content() == payload
        assert row.locator(".run-notes").text_content() == f"{payload}\n{payload}"
        row.locator(".run-name").hover()
    watch.assert_unhurt()


@pytest.mark.parametrize("half", [slice(0, 8), slice(8, 16)], ids=["first", "second"])
def test_names_in_a_comparison(opened: Opener, runs: dict[str, str], half: slice) -> None:
    some = list(runs)[half]
    page, watch = watched(opened, f"/compare?runs={','.join(some)}")
    page.wait_for_function("(n) => document.querySelectorAll('.compared-run .run-name').length === n", arg=len(some))
    shown = page.locator(".compared-run .run-name").all_text_contents()
    assert [text.strip() for text in shown] == [runs[run].strip() for run in some]
    watch.assert_unhurt()


@pytest.mark.parametrize("number", [0, 2, 4])
def test_the_page_of_a_run(opened: Opener, runs: dict[str, str], number: int) -> None:
    page, watch = watched(opened, f"/runs/{list(runs)[number]}")
    stands(page)
    watch.assert_unhurt()


@every_payload
def test_paths(opened: Opener, payload: str) -> None:
    """An address that is no page is repeated as text."""
    forgive(opened, 404)
    coded = quote(payload, safe="")
    page, watch = watched(opened, f"/labs/{coded}")
    if "/" not in payload:
        assert repr(payload)[1:-1] in (page.locator("main").text_content() or "")
    watch.assert_unhurt()
    page.goto(page.url.replace("/labs/", "/runs/"))
    watch.assert_unhurt()


@pytest.mark.parametrize("number", [0, 1, 4, 10])
def test_the_state_of_a_page_in_its_address(opened: Opener, number: int) -> None:
    payload = PAYLOADS[number]
    forgive(opened, 400, 404, 422)
    coded = quote(payload, safe="")
    page, watch = watched(opened, "/healthz")
    root = page.url.removesuffix("/healthz")
    state = dict.fromkeys(("seed", "speed", "hide", "stage", "off", "on", "learning_rate", "data", "x"), payload)
    for path in (
        f"/runs?{urlencode({'q': payload, 'runs': payload, 'status': payload, 'lab': payload})}",
        f"/compare?{urlencode({'runs': payload, 'view': payload, 'by': payload})}",
        f"/?{urlencode({payload: payload})}#{coded}",
    ):
        page.goto(root + path)
        page.wait_for_load_state("networkidle")
        watch.assert_unhurt()
    page.goto(f"{root}/labs/mlp?{urlencode(state)}#{coded}")
    page.wait_for_function("() => document.body.dataset.status || document.querySelector('.notice, .problem')")
    watch.assert_unhurt()


@pytest.mark.parametrize("payload", PAYLOADS[:5], ids=range(5))
def test_messages_of_errors(opened: Opener, live_server: LiveServer, payload: str) -> None:
    """A refusal repeats what it refuses: the API never as HTML, the page as text."""
    answer = live_server.client.post("/api/runs", json={"lab": payload[:100], "autoplay": False})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page, watch = watched(opened, "/labs/mlp")
    stands(page)
    forgive(opened, 409)
    problem = {"type": "about:blank", "title": payload, "status": 409, "detail": payload, "hint": payload}
    page.route(
        "**/api/runs/*/play",
        lambda route: route.fulfill(status=409, content_type="application/problem+json", body=json.dumps(problem)),
    )
    page.click(PLAY)
    page.wait_for_function(
        "(text) => [...document.querySelectorAll('.notice')].some((notice) => notice.textContent.includes(text))",
        arg=payload,
    )
    watch.assert_unhurt()


def test_a_labs_description_cannot_break_out_of_its_script(opened: Opener, live_server: LiveServer) -> None:
    """The page carries JSON in a script element: no `<` of it may end that element."""
    html = httpx.get(f"{live_server.url}/labs/mlp").text
    start = html.index('<script type="application/json"')
    text = html[html.index(">", start) + 1 : html.index("</script>", start)]
    assert "<" not in text
    assert json.loads(text)["id"] == "mlp"
