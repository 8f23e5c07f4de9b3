"""The content security policy on every page: nothing it forbids is ever tried, whatever one does there."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Page

from server.app import create_app
from server.security import CSP
from server.settings import Settings
from tests.browser.conftest import Opener
from tests.browser.lab_page import PLAY, beyond_step, has_status
from tests.live import ROOT, LiveServer, free_port

pytestmark = pytest.mark.browser

LABS = sorted(path.stem.replace("_", "-") for path in (ROOT / "models" / "labs").glob("*/*.py") if path.stem[0] != "_")
LISTEN = """window.violations = [];
document.addEventListener('securitypolicyviolation',
  (event) => window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`));"""


def visit(opened: Opener, path: str) -> Page:
    """A page that notes what its policy forbids from the first line on."""
    page = opened("/healthz")
    page.add_init_script(LISTEN)
    answer = page.goto(page.url.removesuffix("/healthz") + path)
    assert answer
    assert answer.headers["content-security-policy"] == CSP
    return page


def assert_no_violation(page: Page) -> None:
    assert page.evaluate("() => window.violations") == []


def forgive(opened: Any, *statuses: int) -> None:
    """The browser says of an answer's status that it was no success."""
    opened.forgiven.extend(f"status of {status}" for status in statuses)


def test_what_would_be_a_violation_is_noticed(opened: Opener) -> None:
    """So that the tests below can fail."""
    page = visit(opened, "/")
    page.evaluate("""() => { const s = document.createElement('script'); s.textContent = 'window.bad = 1';
      document.body.append(s); const i = document.createElement('img'); i.src = 'http://127.0.0.1:9/x.png';
      document.body.append(i); }""")
    page.wait_for_function("() => window.violations.length === 2")
    assert page.evaluate("() => window.bad") is None
    opened.forgiven.extend(["Content Security Policy", "http://127.0.0.1:9/"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", ["/", "/runs", "/compare", "/docs"])
def test_pages(opened: Opener, path: str) -> None:
    page = visit(opened, path)
    page.wait_for_load_state("networkidle")
    for key in ("d", "?"):
        page.keyboard.press(key)
    assert_no_violation(page)


def test_the_description_of_the_api_unfolds(opened: Opener) -> None:
    page = visit(opened, "/docs")
    page.wait_for_selector(".opblock")
    page.locator(".opblock-summary-control").first.click()
    page.wait_for_selector(".opblock-body")
    assert_no_violation(page)


@pytest.mark.parametrize("lab", LABS)
def test_labs(opened: Opener, live_server: LiveServer, lab: str) -> None:
    """Played, asked and opened with Plotly."""
    page = visit(opened, f"/labs/{lab}")
    page.wait_for_function(
        "() => document.body.dataset.status === 'paused' && document.querySelector('#stage figure-frame')"
    )
    page.click(PLAY)
    beyond_step(page, 0)
    if page.evaluate("() => document.body.dataset.status") == "running":
        page.click(PLAY)
    page.wait_for_function("() => ['paused', 'finished'].includes(document.body.dataset.status)")
    for canvas in page.locator("#stage figure-frame canvas").all()[:4]:  # hovered and clicked: asked
        if box := canvas.bounding_box():
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("() => ['paused', 'finished'].includes(document.body.dataset.status)")
    open_with_plotly(page)
    forgive(opened, 409, 422)  # a place that cannot be asked says so
    assert_no_violation(page)


def open_with_plotly(page: Page) -> None:
    """The first figure that Plotly can take over."""
    page.keyboard.press("Escape")
    for menu in page.locator("figure-frame .frame-menu").all():
        if not menu.is_visible():
            continue
        menu.click()
        entry = page.get_by_role("menuitem", name="Open zoom, hover")
        if entry.count():
            entry.click()
            page.wait_for_selector(".figure-open .main-svg")
            return
        page.keyboard.press("Escape")


def test_runs_and_comparisons(opened: Opener, live_server: LiveServer) -> None:
    runs = []
    for seed in (0, 1):
        run = live_server.post("/api/runs", {"lab": "mlp", "autoplay": False, "seed": seed, "name": "policy"})["id"]
        live_server.post(f"/api/runs/{run}/step", {"count": 20})
        runs.append(run)
    page = visit(opened, f"/runs/{runs[0]}")
    has_status(page, "paused")
    assert_no_violation(page)
    page = visit(opened, "/runs?q=policy")
    page.wait_for_selector(f'tr[data-run="{runs[1]}"]')
    assert_no_violation(page)
    page = visit(opened, f"/compare?runs={','.join(runs)}")
    page.wait_for_function("() => document.querySelectorAll('.compared-run').length === 2")
    page.wait_for_load_state("networkidle")
    assert_no_violation(page)


@pytest.mark.parametrize("path", ["/nothing", "/labs/nothing", "/runs/nothing"])
def test_a_page_that_is_not_there(opened: Opener, path: str) -> None:
    page = visit(opened, path)
    assert "There is no such page" in page.inner_text("main")
    assert_no_violation(page)
    forgive(opened, 404)


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[str]:
    """The address of a server in which everything goes wrong."""
    app: Any = create_app(Settings(home=tmp_path))
    app.state.manager = None
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, lifespan="off", log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_a_fault(chromium_browser: Any, faulty: str) -> None:
    context = chromium_browser.new_context()
    page = context.new_page()
    page.add_init_script(LISTEN)
    answer = page.goto(faulty + "/runs")
    assert answer
    assert (answer.status, answer.headers["content-security-policy"]) == (500, CSP)
    assert "The server has a fault" in page.inner_text("main")
    page.wait_for_load_state("networkidle")
    assert_no_violation(page)
    context.close()
