"""A headless Chromium, and pages that must stay without a console error or a request to another host."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.live import CHROMIUM_FLAGS, LiveServer

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium_browser(chromium_path: str) -> Iterator[Browser]:
    """One browser a file: Playwright keeps an event loop running, which asynchronous tests could not share."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium_browser: Browser, live_server: LiveServer) -> Iterator[Opener]:
    """Opens a path of the server in a fresh context; at the end no page may have complained."""
    complaints: list[str] = []
    contexts = []
    host = urlparse(live_server.url).netloc

    def open_page(path: str, **context: Any) -> Page:
        made = chromium_browser.new_context(**{"viewport": WIDE, **context})
        contexts.append(made)
        page = made.new_page()
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: urlparse(request.url).netloc in (host, "") or complaints.append(request.url))
        page.goto(live_server.url + path)
        return page

    open_page.complaints = complaints  # type: ignore[attr-defined]
    forgiven: list[str] = []  # what a test expects the browser to say: parts of complaints
    open_page.forgiven = forgiven  # type: ignore[attr-defined]
    yield open_page
    for each in contexts:
        each.close()
    unexpected = [text for text in complaints if not any(part in text for part in forgiven)]
    assert not unexpected, unexpected
