"""What goes wrong is said on the page, with a way out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.faults.harness import Home
from tests.live import CHROMIUM_FLAGS

pytestmark = pytest.mark.browser
PATIENCE_MS = 60_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Home]:
    with Home(tmp_path, ORRERY_VIEW_S="1") as server:
        yield server


@pytest.fixture
def page(chromium_path: str, server: Home) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_FLAGS)
        page = browser.new_page(base_url=server.url)
        page.set_default_timeout(PATIENCE_MS)
        yield page
        browser.close()


def playing(server: Home, where: str, how: str) -> str:
    config = {"where": where, "how": how}
    return server.make("faulty", config=config, autoplay=True, steps_per_second=20)


def test_a_step_that_hangs_is_said_and_one_click_ends_it(server: Home, page: Page) -> None:
    run = playing(server, "step", "sleep")
    page.goto(f"/runs/{run}")
    notice = page.locator(".notice", has_text="Step 5 has taken more than 10 s")
    notice.wait_for()
    assert "After 300 s it is given up; start again ends it now." in notice.inner_text()
    notice.get_by_role("button", name="Start again").click()
    notice.wait_for(state="detached")
    found = server.until(run, lambda found: found["take"] == 1)
    assert found["step"] == 0


def test_a_view_that_raises_is_said_by_its_title_and_a_dismissed_notice_stays_away(server: Home, page: Page) -> None:
    run = playing(server, "view", "raise")
    page.goto(f"/runs/{run}")
    notice = page.locator(".notice", has_text="“Values” cannot be drawn")
    notice.wait_for()
    assert "Training goes on without it." in notice.inner_text()
    notice.get_by_role("button", name="Dismiss").click()
    step = server.run(run)["step"]
    server.until(run, lambda found: found["step"] > step + 30)
    assert notice.count() == 0


def test_a_damaged_checkpoint_is_said(server: Home, page: Page) -> None:
    run = server.make("faulty")
    for count in (10, 10):
        step = server.post(f"/api/runs/{run}/step", {"count": count})["step"]
        server.until(run, lambda found, step=step: any(f"{step:010d}" in path.name for path in server.checkpoints(run)))
    server.newest().kill()
    server.status(run, "failed")
    newest = server.checkpoints(run)[0]
    newest.write_bytes(newest.read_bytes()[:-1])
    page.goto(f"/runs/{run}")
    page.get_by_role("button", name="Go on from there").click()
    page.locator(".notice", has_text="What was saved at step 20 is damaged and was not used").wait_for()
