"""Time on the lab page: looking back, rewinding, branching, undoing, in a real browser against a real server."""

import math
import os
import signal
import time
from typing import Any

import psutil
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PHONE, Opener
from tests.browser.lab_page import PLAY, at_step, beyond_step, has_status, number, run_id, stands
from tests.live import LiveServer

pytestmark = pytest.mark.browser
BAR, STRIP = ".timeline", ".looking"
SHOWN = """() => [...document.querySelectorAll('figure-frame[data-view]')]
  .filter((card) => !card.dataset.view.startsWith('metric:') && card.value?.step !== undefined)
  .filter((card) => { const at = card.getBoundingClientRect(); return at.bottom > 0 && at.top < innerHeight; })
  .map((card) => card.value.step)"""


def trained(server: LiveServer, steps: int = 20, lab: str = "mlp") -> str:
    """A paused run after some steps."""
    run = server.post("/api/runs", {"lab": lab, "autoplay": False})["id"]
    server.post(f"/api/runs/{run}/step", {"count": steps})
    return str(run)


def kept(server: LiveServer, run: str) -> list[int]:
    """The steps that can be looked at: a busy machine keeps fewer."""
    return list(server.get(f"/api/runs/{run}/keyframes")["steps"])


def words(page: Page) -> str:
    """What the strip says, on one line."""
    return " ".join(page.inner_text(f"{STRIP} p").split())


def shows(page: Page, step: int) -> None:
    """Waits until every figure in sight is of a step."""
    page.wait_for_function(
        f"(step) => {{ const at = ({SHOWN})(); return at.length > 1 && at.every((one) => one === step); }}", arg=step
    )


def curve_ends(page: Page, step: int) -> None:
    """Waits until the first curve has something, and nothing after a step."""
    last = "document.querySelector('orrery-curves')?.figure?.lines[0].x.data.at(-1)"
    page.wait_for_function(f"() => {last} >= 0 && {last} <= {step}")


def ready(page: Page, now: int) -> None:
    """The bar knows the present and the kept steps."""
    at_step(page, now)
    page.wait_for_function(f"() => document.querySelector('{BAR}').getAttribute('aria-disabled') === 'false'")


def drag(page: Page, share: float, release: bool = True) -> None:
    """From the right end of the bar to a share of its width."""
    box: Any = page.locator(f"{BAR} .timeline-rail").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] - 1, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * share, y, steps=6)
    if release:
        page.mouse.up()


def test_dragging_shows_every_figure_as_it_was(opened: Opener, live_server: LiveServer) -> None:
    run = trained(live_server)
    page = opened(f"/runs/{run}")
    stands(page)
    ready(page, 20)
    *_, past, after, _ = kept(live_server, run)
    drag(page, (math.log1p(past) + math.log1p(after)) / 2 / math.log1p(20))
    shows(page, past)
    assert words(page) == f"You are looking at step {past} of 20"
    assert page.get_attribute(BAR, "aria-valuetext") == f"step {past} of 20, the past"
    accept = {"Accept": "application/json"}
    then = live_server.client.get(f"/api/runs/{run}/views/decision?step={after - 1}", headers=accept)
    assert then.headers["X-Step"] == str(past)
    mine = page.evaluate("""async () => {
      const { plain } = await import('/static/js/frames.js');
      return plain(document.querySelector('figure-frame[data-view="decision"]').value).values;
    }""")
    theirs = then.json()["values"]
    assert len(mine) == len(theirs)
    assert (
        max(abs(a - b) for one, other in zip(mine, theirs, strict=True) for a, b in zip(one, other, strict=True)) < 1e-5
    )
    chart = page.wait_for_function("() => document.querySelector('orrery-curves')?.here")
    assert chart.json_value() == past
    page.get_by_role("button", name="Back to now").click()
    shows(page, 20)
    assert not page.is_visible(STRIP)
    assert page.evaluate("document.querySelector('orrery-curves').here") is None


def test_the_keyboard_looks_back_and_comes_to_now(opened: Opener, live_server: LiveServer) -> None:
    run = trained(live_server)
    page = opened(f"/runs/{run}")
    stands(page)
    ready(page, 20)
    first, second, *_, before, last, now = kept(live_server, run)
    page.focus(BAR)
    page.keyboard.press("ArrowLeft")
    shows(page, last)
    page.keyboard.press("Home")
    shows(page, first)
    page.keyboard.press("ArrowRight")
    shows(page, second)
    page.keyboard.press("Escape")
    shows(page, now)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Shift+ArrowLeft")
    shows(page, last)
    page.keyboard.press("ArrowLeft")
    shows(page, before)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    shows(page, now)
    assert not page.is_visible(STRIP)


def test_it_looks_back_while_it_trains(opened: Opener, live_server: LiveServer) -> None:
    page = opened(f"/runs/{trained(live_server)}")
    stands(page)
    ready(page, 20)
    page.click(PLAY)
    beyond_step(page, 40)
    page.focus(BAR)
    page.keyboard.press("Home")
    shows(page, 0)
    before = words(page)
    of = "document.querySelector('.looking p').innerText"
    page.wait_for_function(f"(before) => {of}.replace(/\\s+/g, ' ').trim() !== before", arg=before)
    assert set(page.evaluate(SHOWN)) == {0}
    has_status(page, "running")
    page.keyboard.press("Escape")
    page.wait_for_function(f"() => Math.min(...({SHOWN})()) > 40")


def test_the_past_takes_no_touch(opened: Opener, live_server: LiveServer) -> None:
    page = opened(f"/runs/{trained(live_server, lab='perceptron', steps=9)}")
    stands(page)
    ready(page, 9)
    page.focus(BAR)
    page.keyboard.press("Home")
    shows(page, 0)
    asked: list[str] = []
    page.on("request", lambda request: request.method != "GET" and asked.append(request.url))
    box: Any = page.locator("#stage orrery-field").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.4, steps=4)
    page.mouse.up()
    assert page.locator("#controls").get_attribute("inert") is not None
    page.keyboard.press("Escape")
    shows(page, 9)
    assert asked == []
    assert page.locator("#controls").get_attribute("inert") is None


def test_rewind_here_goes_on_from_there(opened: Opener, live_server: LiveServer) -> None:
    run = trained(live_server)
    page = opened(f"/runs/{run}")
    stands(page)
    ready(page, 20)
    page.focus(BAR)
    *_, past, _ = earlier = kept(live_server, run)
    page.keyboard.press("ArrowLeft")
    shows(page, past)
    page.get_by_role("button", name="Rewind here").click()
    at_step(page, past)
    shows(page, past)
    assert not page.is_visible(STRIP)
    assert live_server.get(f"/api/runs/{run}")["step"] == past
    curve_ends(page, past)
    assert kept(live_server, run) == earlier[:-1]
    page.click("#transport .step")
    at_step(page, past + 1)
    shows(page, past + 1)


def test_branch_here_opens_a_run_of_its_own(opened: Opener, live_server: LiveServer) -> None:
    run = trained(live_server)
    page = opened(f"/runs/{run}")
    stands(page)
    ready(page, 20)
    page.focus(BAR)
    past = kept(live_server, run)[-2]
    page.keyboard.press("ArrowLeft")
    shows(page, past)
    page.get_by_role("button", name="Branch here").click()
    page.wait_for_url(lambda url: "/runs/" in url and run not in url)
    stands(page)
    at_step(page, past)
    assert run_id(page) != run
    assert live_server.get(f"/api/runs/{run}")["step"] == 20


def test_one_step_back(opened: Opener, live_server: LiveServer) -> None:
    run = trained(live_server)
    page = opened(f"/runs/{run}")
    stands(page)
    ready(page, 20)
    page.keyboard.press("ArrowLeft")
    at_step(page, 19)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    at_step(page, 17)
    shows(page, 17)
    assert live_server.get(f"/api/runs/{run}")["step"] == 17
    page.keyboard.press("ArrowRight")
    at_step(page, 18)


def test_undo_takes_back_the_last_change(opened: Opener, live_server: LiveServer) -> None:
    run = trained(live_server)
    page = opened(f"/runs/{run}")
    stands(page)
    ready(page, 20)
    usual = live_server.get(f"/api/runs/{run}")["config"]["learning_rate"]
    undo = page.get_by_role("button", name="Undo", exact=True)
    assert undo.is_disabled()
    number(page, "learning_rate").fill("0.5")
    number(page, "learning_rate").press("Enter")
    page.wait_for_function("() => !document.querySelector('.undo').disabled")
    page.click("#transport .step")
    at_step(page, 21)
    page.keyboard.press("Control+z")
    page.wait_for_selector('.notice[data-key="undo"]')
    assert "Learning rate" in page.inner_text('.notice[data-key="undo"]')
    page.wait_for_function("() => document.querySelector('.undo').disabled")
    at_step(page, 21)
    assert live_server.get(f"/api/runs/{run}")["config"]["learning_rate"] == usual
    box = """document.querySelector('.field[data-field="learning_rate"] input.number')"""
    page.wait_for_function(f"() => Number({box}.value) === {usual}")


def test_a_finished_run_is_looked_at_after_a_reload(opened: Opener, live_server: LiveServer) -> None:
    run = live_server.post("/api/runs", {"lab": "mlp", "autoplay": False, "max_steps": 30})["id"]
    live_server.post(f"/api/runs/{run}/step", {"count": 30})
    page = opened(f"/runs/{run}")
    page.reload()
    has_status(page, "finished")
    ready(page, 30)
    page.focus(BAR)
    page.keyboard.press("Home")
    shows(page, 0)
    page.keyboard.press("End")
    shows(page, 30)


def test_another_viewers_rewind_cuts_the_curves_and_the_bar(opened: Opener, live_server: LiveServer) -> None:
    run = trained(live_server)
    page = opened(f"/runs/{run}")
    stands(page)
    ready(page, 20)
    page.focus(BAR)
    past = kept(live_server, run)[-2]
    page.keyboard.press("ArrowLeft")
    shows(page, past)
    live_server.post(f"/api/runs/{run}/rewind", {"step": past - 1})
    at_step(page, past - 1)
    shows(page, past - 1)
    assert not page.is_visible(STRIP)
    curve_ends(page, past - 1)
    page.click("#transport .reset")
    at_step(page, 0)
    page.wait_for_function(f"() => document.querySelector('{BAR}').getAttribute('aria-disabled') === 'true'")


def test_a_viewer_away_during_a_rewind_keeps_what_stands(opened: Opener, live_server: LiveServer) -> None:
    run = trained(live_server)
    page = opened("/")
    sockets: list[Any] = []
    page.route_web_socket("**/stream**", lambda socket: (sockets.append(socket), socket.connect_to_server()))
    page.goto(f"{live_server.url}/runs/{run}")
    stands(page)
    ready(page, 20)
    sockets[0].close(code=1012)
    live_server.post(f"/api/runs/{run}/rewind", {"step": 12})
    at_step(page, 12)
    shows(page, 12)
    curve_ends(page, 12)
    assert len(sockets) == 2
    assert page.evaluate("document.querySelector('orrery-curves').figure.lines[0].x.data[0]") == 0


def test_a_diverged_run_goes_on_at_a_third_of_the_rate(opened: Opener, live_server: LiveServer) -> None:
    presets = live_server.get("/api/labs/mlp")["presets"]
    wild = next(preset["config"] for preset in presets if "rate too high" in preset["title"])
    run = live_server.full_speed("mlp", config=wild, autoplay=True)
    page = opened(f"/runs/{run}")
    page.wait_for_selector('.notice[data-key="problem"]')
    before = live_server.get(f"/api/runs/{run}")
    labels = page.locator('.notice[data-key="problem"] button').all_inner_texts()
    assert labels[0] == "Try a third of the rate"
    assert "Start again" in labels
    with page.expect_response(lambda answer: answer.url.endswith("/play")) as played:
        page.get_by_role("button", name="Try a third of the rate").click()
    assert played.value.ok
    after = live_server.get(f"/api/runs/{run}")["config"]["learning_rate"]
    assert after == pytest.approx(before["config"]["learning_rate"] / 3, rel=0.1)


def test_a_thumb_looks_back_on_a_phone(opened: Opener, live_server: LiveServer) -> None:
    page = opened(f"/runs/{trained(live_server)}", viewport=PHONE, has_touch=True)
    stands(page)
    ready(page, 20)
    drag(page, 0.4)
    page.wait_for_selector(STRIP)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    sizes = page.locator(f"{STRIP} button").evaluate_all(
        "(all) => all.map((one) => one.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 24
    page.get_by_role("button", name="Back to now").click()
    assert not page.is_visible(STRIP)


def test_a_run_whose_process_was_lost_goes_on_from_its_checkpoint(opened: Opener, live_server: LiveServer) -> None:
    before = {process.pid for process in psutil.Process(live_server.process.pid).children(recursive=True)}
    run = trained(live_server)
    kept = live_server.home / "runs" / run / "checkpoints"
    page = opened(f"/runs/{run}")
    stands(page)
    deadline = time.monotonic() + 10
    while not any(kept.glob("0000000020-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    lost = {process.pid for process in psutil.Process(live_server.process.pid).children(recursive=True)} - before
    for pid in lost:
        os.kill(pid, signal.SIGKILL)
    page.get_by_role("button", name="Go on from there").click()
    page.wait_for_selector('.notice[data-key="failed"]', state="detached")
    deadline = time.monotonic() + 20
    while live_server.get(f"/api/runs/{run}")["step"] <= 20 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert live_server.get(f"/api/runs/{run}")["step"] > 20
