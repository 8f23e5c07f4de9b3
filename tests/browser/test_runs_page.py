"""The table of runs: search, differences, names and notes in place, delete with a way back."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PHONE, Opener
from tests.live import LiveServer

pytestmark = pytest.mark.browser

PAYLOAD = "<img src=x onerror=\"document.body.dataset.hurt='yes'\">"
Maker = Callable[..., str]


@pytest.fixture
def make(live_server: LiveServer) -> Maker:
    """A run that has made a few steps, and stands."""

    def made(lab: str = "mlp", steps: int = 8, **wish: Any) -> str:
        run = str(live_server.post("/api/runs", {"lab": lab, "autoplay": False, **wish})["id"])
        live_server.post(f"/api/runs/{run}/step", {"count": steps})
        return run

    return made


def row(page: Page, run: str) -> Any:
    return page.locator(f'tr[data-run="{run}"]')


def test_a_run_stands_with_what_sets_it_apart(opened: Opener, make: Maker) -> None:
    make(config={"learning_rate": 0.1}, name="apart-1")
    run = make(config={"learning_rate": 0.25}, seed=3, name="apart-2")
    page = opened("/runs?q=apart")
    page.wait_for_selector(f'tr[data-run="{run}"] .differs')
    chips = row(page, run).locator(".differs").all_inner_texts()
    assert chips == ["Learning rate 0.25", "Seed 3"]
    assert row(page, run).locator(".run-status").inner_text() == "paused"
    assert row(page, run).locator(".run-steps").inner_text() == "8"
    page.wait_for_function(
        '(id) => Number(document.querySelector(`tr[data-run="${id}"] .run-loss`).textContent) > 0', arg=run
    )
    assert page.evaluate(
        """(id) => { const c = document.querySelector(`tr[data-run="${id}"] canvas`);
        return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((byte) => byte > 0); }""",
        run,
    )
    assert row(page, run).locator("a.run-name").get_attribute("href") == f"/runs/{run}"


def test_the_table_follows_a_live_run(opened: Opener, live_server: LiveServer) -> None:
    run = live_server.post("/api/runs", {"lab": "mlp", "name": "live-one", "steps_per_second": 20})["id"]
    page = opened("/runs?q=live-one")
    page.wait_for_selector(f'tr[data-run="{run}"]')
    before = int(row(page, run).locator(".run-steps").inner_text())
    page.wait_for_function(
        '([id, n]) => Number(document.querySelector(`tr[data-run="${id}"] .run-steps`).textContent) > n',
        arg=[run, before],
    )
    live_server.delete(f"/api/runs/{run}")
    page.wait_for_selector("#nothing:not([hidden])")


def test_search_by_name_and_lab(opened: Opener, make: Maker) -> None:
    one, other = make(name="seek alpha"), make("perceptron", name="seek beta")
    page = opened("/runs")
    page.fill("#q", "seek BETA")
    page.wait_for_selector(f'tr[data-run="{one}"]', state="detached")
    assert row(page, other).is_visible()
    page.fill("#q", "seek")
    page.wait_for_selector(f'tr[data-run="{one}"]')
    page.select_option("#lab", "perceptron")
    page.wait_for_selector(f'tr[data-run="{one}"]', state="detached")
    assert "q=seek&lab=perceptron" in page.url
    page.fill("#q", "no such run")
    page.click("#clear")
    page.wait_for_selector(f'tr[data-run="{one}"]')


def test_names_and_notes_are_shown_as_they_are_typed(opened: Opener, live_server: LiveServer, make: Maker) -> None:
    run = make(name="to rename")
    page = opened("/runs?q=rename")
    row(page, run).locator(".edit-name").click()
    page.keyboard.press("Control+a")
    page.keyboard.type(f"rename {PAYLOAD}")
    page.keyboard.press("Enter")
    row(page, run).locator(".edit-notes").click()
    page.keyboard.type(f"first\nrename {PAYLOAD}")
    page.keyboard.press("Control+Enter")
    page.wait_for_function('(id) => document.querySelector(`tr[data-run="${id}"] .run-notes`)?.textContent', arg=run)
    assert row(page, run).locator(".run-name").inner_text() == f"rename {PAYLOAD}"
    page.reload()
    page.wait_for_selector(f'tr[data-run="{run}"]')
    assert row(page, run).locator(".run-name").inner_text() == f"rename {PAYLOAD}"
    assert row(page, run).locator(".run-notes").inner_text() == f"first\nrename {PAYLOAD}"
    assert page.locator("img").count() == 0
    assert page.get_attribute("body", "data-hurt") is None
    found = live_server.get(f"/api/runs/{run}")
    assert (found["name"], found["notes"]) == (f"rename {PAYLOAD}", f"first\nrename {PAYLOAD}")


def test_escape_leaves_a_name_as_it_was(opened: Opener, live_server: LiveServer, make: Maker) -> None:
    run = make(name="stay so")
    page = opened("/runs?q=stay+so")
    row(page, run).locator(".edit-name").click()
    page.keyboard.type("another")
    page.keyboard.press("Escape")
    assert row(page, run).locator(".run-name").inner_text() == "stay so"
    assert live_server.get(f"/api/runs/{run}")["name"] == "stay so"


def test_delete_can_be_undone_until_the_notice_goes(opened: Opener, live_server: LiveServer, make: Maker) -> None:
    run = make(name="doomed")
    page = opened("/runs?q=doomed")
    row(page, run).get_by_role("button", name="Delete").click()
    assert not row(page, run).is_visible()
    assert live_server.get(f"/api/runs/{run}")["name"] == "doomed"
    page.get_by_role("button", name="Undo").click()
    assert row(page, run).is_visible()
    row(page, run).get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Dismiss").click()
    page.wait_for_selector(f'tr[data-run="{run}"]', state="detached")
    assert live_server.client.get(f"/api/runs/{run}").status_code == 404


def test_delete_happens_when_the_page_is_left(opened: Opener, live_server: LiveServer, make: Maker) -> None:
    run = make(name="left behind")
    page = opened("/runs?q=left+behind")
    row(page, run).get_by_role("button", name="Delete").click()
    page.goto(live_server.url + "/")
    for _ in range(50):
        if live_server.client.get(f"/api/runs/{run}").status_code == 404:
            break
        page.wait_for_timeout(100)
    assert live_server.client.get(f"/api/runs/{run}").status_code == 404


def test_the_metrics_are_saved_as_csv(opened: Opener, make: Maker) -> None:
    run = make(name="as csv")
    page = opened("/runs?q=as+csv")
    with page.expect_download() as saved:
        row(page, run).get_by_role("button", name="CSV", exact=True).click()
    assert saved.value.suggested_filename == f"mlp-{run}.csv"
    assert saved.value.path().read_text().startswith("step,")


def test_chosen_runs_lead_to_the_comparison(opened: Opener, make: Maker) -> None:
    runs = [make(name=f"pick {k}", seed=k) for k in range(2)]
    page = opened("/runs?q=pick")
    for run in runs:
        row(page, run).locator("input[type=checkbox]").focus()
        page.keyboard.press("Space")
    page.click("#compare")
    page.wait_for_url(f"**/compare?runs={runs[0]},{runs[1]}")


def test_no_sideways_scroll_on_a_phone_and_every_page_leads_here(opened: Opener, make: Maker) -> None:
    make(name=f"narrow {PAYLOAD} and a name as long as it takes to need several lines of a narrow card")
    page = opened("/", viewport=PHONE)
    page.click("header >> text=Runs")
    page.wait_for_selector("tr.run")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_an_empty_table_teaches(opened: Opener) -> None:
    page = opened("/runs?q=there+is+nothing+like+it")
    page.wait_for_selector("#nothing:not([hidden])")
    assert not page.is_visible("#table")
