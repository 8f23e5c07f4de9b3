"""A trained run taken away as a file, and brought back: in the browser, as a user does it."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Opener
from tests.browser.lab_page import run_id, stands
from tests.live import LiveServer

pytestmark = pytest.mark.browser


def brought(page: Page, path: Path, button: str) -> None:
    """Choose a file behind a button."""
    with page.expect_file_chooser() as chooser:
        page.get_by_text(button, exact=True).click()
    chooser.value.set_files(path)


def losses(server: LiveServer, run: str) -> dict[int, float]:
    columns = server.get(f"/api/runs/{run}/metrics")
    return dict(zip(columns["step"], columns["train_loss"], strict=True))


def test_downloaded_and_uploaded_a_run_plays_on(opened: Opener, live_server: LiveServer, tmp_path: Path) -> None:
    page = opened("/labs/mlp?seed=4")
    stands(page)
    run = run_id(page)
    live_server.post(f"/api/runs/{run}/step", {"count": 40})
    page.click("#more")
    with page.expect_download() as download:
        page.get_by_text("Download this trained run").click()
    assert download.value.suggested_filename == f"mlp-step-40-{run}.safetensors"
    file = tmp_path / "run.safetensors"
    download.value.save_as(file)
    page.click("#more")
    brought(page, file, "Upload a checkpoint")
    page.wait_for_url("**/runs/*")
    stands(page)
    new = run_id(page)
    assert new != run
    page.wait_for_function(
        "() => document.body.innerText.includes('step 40') || document.body.innerText.includes('40')"
    )
    live_server.post(f"/api/runs/{run}/step", {"count": 60})
    page.keyboard.press("Space")
    live_server.client.patch(f"/api/runs/{new}", json={"steps_per_second": None}).raise_for_status()
    page.wait_for_function("() => document.body.dataset.status === 'running'")
    page.wait_for_function(f"""async () => (await (await fetch("/api/runs/{new}")).json()).step >= 100""")
    page.keyboard.press("Space")
    page.wait_for_function("() => document.body.dataset.status === 'paused'")
    before, after = losses(live_server, run), losses(live_server, new)
    assert [after[step] for step in range(41, 101)] == [before[step] for step in range(41, 101)]
    live_server.delete(f"/api/runs/{new}")


def test_a_file_that_is_none_is_refused_in_place(opened: Opener, live_server: LiveServer, tmp_path: Path) -> None:
    page = opened("/runs")
    page.wait_for_selector("body[data-ready]")
    wrong = tmp_path / "weights.safetensors"
    wrong.write_bytes(b"no weights at all")
    brought(page, wrong, "Upload a checkpoint")
    page.wait_for_selector(".notice:has-text('not a whole safetensors file')")
    assert page.url.endswith("/runs")
    opened.complaints.clear()  # type: ignore[attr-defined]  # the browser says the 422 aloud


@pytest.mark.slow
def test_a_link_carries_a_trained_run_to_a_fresh_browser_over_a_restart(
    chromium_browser: Browser, tmp_path: Path
) -> None:
    with LiveServer(tmp_path) as first:
        run = first.post("/api/runs", {"lab": "mlp", "seed": 4, "autoplay": False})["id"]
        first.post(f"/api/runs/{run}/step", {"count": 30})
    with LiveServer(tmp_path) as second:
        page = chromium_browser.new_context().new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{second.url}/runs/{run}")
        page.wait_for_function("() => document.body.dataset.status === 'paused'")
        page.wait_for_function("() => /step\\s*30\\b/.test(document.getElementById('transport').innerText)")
        page.wait_for_function("() => document.querySelector('#stage figure-frame')?.figure?.figure")
        page.keyboard.press("ArrowRight")
        page.wait_for_function("() => /step\\s*31\\b/.test(document.getElementById('transport').innerText)")
        page.context.close()
        assert second.get(f"/api/runs/{run}")["step"] == 31
        assert complaints == []
