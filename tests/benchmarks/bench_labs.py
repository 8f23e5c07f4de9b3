"""Every lab: how soon its first picture comes, and how soon a dragged point or handle has its new one in Chromium."""

import asyncio
import statistics
import time
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.benchmarks.harness import Figure, median_of
from tests.benchmarks.viewer import first_frame
from tests.live import CHROMIUM_FLAGS, LiveServer, chromium

TIMES, MOVES = 5, 40
WIDE = {"width": 1440, "height": 900}

# Where a stage figure can be grabbed, in pixels of the page, and `bench.shown()`: the milliseconds from the next move
# of the pointer, by the event's own time stamp, to the animation frame after the figure has been given a newer value.
SCRIPT = """
window.bench = {
  place() {
    for (const frame of document.querySelectorAll('#stage figure-frame')) {
      const edits = (frame.spec?.touches ?? []).filter((touch) => touch.does !== 'probe').map((touch) => touch.touch);
      const drawn = frame.figure;
      const value = drawn?.figure;
      if (!value || !drawn.sx || !drawn.sy) continue;
      const grips = [];
      if (edits.includes('Handle')) {
        grips.push(...(value.handles ?? []).map((each) => [each.x, each.y]));
        const tips = (value.arrows ?? []).filter((each) => each.grab);
        grips.push(...tips.map((each) => [each.x + each.dx, each.y + each.dy]));
      }
      if (edits.includes('PointMove') && value.points) {
        const { data, shape } = value.points;
        for (let i = 0; i < shape[0]; i += 1) grips.push([data[shape[1] * i], data[shape[1] * i + 1]]);
      }
      const inside = grips.find(([x, y]) => Number.isFinite(drawn.sx.px(x)) && Number.isFinite(drawn.sy.px(y)));
      if (!inside) continue;
      const box = drawn.canvas.getBoundingClientRect();
      window.bench.frame = frame;
      return [box.left + drawn.sx.px(inside[0]), box.top + drawn.sy.px(inside[1])];
    }
    return null;
  },
  watch() {
    const { frame } = window.bench;
    const show = frame.show.bind(frame);
    frame.show = (value) => {
      show(value);
      requestAnimationFrame(() => window.bench.told?.(performance.now()));
    };
  },
  shown: () => new Promise((resolve) => {
    document.addEventListener('pointermove', (event) => {
      window.bench.told = (now) => {
        window.bench.told = null;
        resolve(now - event.timeStamp);
      };
    }, { capture: true, once: true });
  }),
};
"""


def measure() -> list[Figure]:
    """One figure a lab and question; a lab in which nothing is dragged on the stage has none for that."""
    path = chromium()
    if path is None:
        raise RuntimeError("There is no Chromium here: `make test` says how to get one.")
    figures = []
    with LiveServer() as server:
        labs = [lab["id"] for chapter in server.get("/api/chapters") for lab in chapter["labs"]]
        for lab in labs:
            first = median_of(TIMES, lambda lab=lab: first_picture(server, lab))
            figures.append(Figure(f"{lab}: first view", first, "<=", 150, "ms", f"POST → frame, median of {TIMES}"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
            for lab in labs:
                if waits := dragged(browser, server, lab):
                    p95 = statistics.quantiles(waits, n=20)[-1]
                    note = f"p95 of {MOVES} moves, median {statistics.median(waits):.0f} ms"
                    figures.append(Figure(f"{lab}: dragging", p95, "<=", 50, "ms", note))
            browser.close()
    return figures


def first_picture(server: LiveServer, lab: str) -> float:
    """Milliseconds from POST /api/runs to the first frame on the socket."""
    views = server.default_views(lab)
    started = time.perf_counter()
    run = server.post("/api/runs", {"lab": lab, "autoplay": False})["id"]
    seconds = asyncio.run(first_frame(server.stream(run), views)) - started
    server.delete(f"/api/runs/{run}")
    return seconds * 1000


def dragged(browser: Browser, server: LiveServer, lab: str) -> list[float]:
    """Milliseconds from a move of the pointer to the figure that follows it, move by move; none if nothing is held."""
    page = browser.new_page(viewport=WIDE)
    page.add_init_script(SCRIPT)
    page.goto(f"{server.url}/labs/{lab}")
    page.wait_for_function("() => document.body.dataset.status === 'paused'")
    page.wait_for_function("() => document.querySelector('#stage figure-frame canvas')?.width > 0")
    page.wait_for_timeout(1_000)
    place = page.evaluate("window.bench.place()")
    waits = moves(page, place) if place else []
    page.close()
    return waits


def moves(page: Page, place: list[float]) -> list[float]:
    """A drag to and fro, waiting for the figure at each move."""
    x, y = place
    page.evaluate("window.bench.watch()")
    page.mouse.move(x, y)
    page.mouse.down()
    waits = []
    for n in range(MOVES):
        waiting: Any = page.evaluate_handle("() => ({ promise: window.bench.shown() })")
        page.mouse.move(x + 3 * (1 + n % 8), y + 2 * (1 + n % 5))
        waits.append(float(waiting.evaluate("(it) => it.promise")))
    page.mouse.up()
    return waits
