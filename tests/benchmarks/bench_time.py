"""Looking back: from a movement on the scrub bar to the frame in which all figures in sight show that step.

Each figure's file is asked for on its own, so a step from disk is as many requests as there are figures.
"""

import math
import statistics
import time

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.harness import Figure
from tests.live import CHROMIUM_FLAGS, LiveServer, chromium

PAGES, STEPS, WITHIN_S = 2, 4_000, 30.0
NOW_PX = 10  # so near to its right end the bar means now
WIDE = {"width": 1440, "height": 900}

# Resolves with the milliseconds from the next movement, by the event's own time stamp, to the end of the browser frame
# that draws the last of the figures in sight at step `step`.
MOVED = """(step) => {
  const seen = [...document.querySelectorAll('figure-frame[data-view]')].filter((card) => {
    const at = card.getBoundingClientRect();
    return !card.dataset.view.startsWith('metric:') && card.value && at.bottom > 0 && at.top < innerHeight;
  });
  window.moved = new Promise((resolve) => document.addEventListener('pointermove', (event) => {
    const drawn = () => requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - event.timeStamp)));
    const look = () => (seen.every((card) => card.value.step === step) ? drawn() : setTimeout(look));
    look();
  }, { once: true }));
  return seen.length;
}"""


def measure() -> list[Figure]:
    """On the mlp page at 1440 × 900, a paused run."""
    path = chromium()
    if path is None:
        raise RuntimeError("There is no Chromium here: `make test` says how to get one.")
    fresh: list[float] = []
    again: list[float] = []
    with LiveServer() as server, sync_playwright() as playwright:
        run = trained(server)
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        for number in range(PAGES):
            page = browser.new_page(viewport=WIDE)
            page.goto(f"{server.url}/runs/{run}")
            page.wait_for_selector(".timeline[aria-disabled='false']")
            page.wait_for_timeout(1_500)
            steps = server.get(f"/api/runs/{run}/keyframes")["steps"]
            steps.sort(key=lambda step, turn=number: (step * 7919 + turn) % 101)
            fresh += drags(page, steps)
            again += drags(page, steps)
            page.close()
        browser.close()
    return [
        Figure("scrub, a step from disk", statistics.median(fresh), "<=", 150, "ms", f"median of {len(fresh)} drags"),
        Figure("scrub, a step from memory", statistics.median(again), "<=", 50, "ms", f"median of {len(again)} drags"),
    ]


def trained(server: LiveServer) -> str:
    """A paused run of many steps."""
    run = server.full_speed("mlp")
    deadline = time.monotonic() + WITHIN_S
    while server.get(f"/api/runs/{run}")["step"] < STEPS and time.monotonic() < deadline:
        time.sleep(0.1)
    server.post(f"/api/runs/{run}/pause")
    return run


def drags(page: Page, steps: list[int]) -> list[float]:
    """Milliseconds for each kept step before the newest, in one drag."""
    rail = page.locator(".timeline-rail").bounding_box()
    if rail is None:
        raise RuntimeError("The page has no scrub bar.")
    y, now = rail["y"] + rail["height"] / 2, max(steps)
    page.mouse.move(rail["x"] + rail["width"] - 1, y)
    page.mouse.down()
    times = []
    for step in steps:
        at = rail["width"] * math.log1p(step) / math.log1p(now)
        if at > rail["width"] - NOW_PX:
            continue
        page.evaluate(MOVED, step)
        page.mouse.move(rail["x"] + at, y)
        times.append(float(page.evaluate("window.moved")))
    page.mouse.up()
    page.keyboard.press("Escape")
    return times
