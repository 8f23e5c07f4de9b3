"""The page in Chromium: how soon play moves the picture, how busy the main thread is, how much script it loads."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.benchmarks.harness import Figure
from tests.live import CHROMIUM_FLAGS, LiveServer, chromium

TIMES, WARM_S, SECONDS = 9, 3.0, 8.0
PLAY = "#transport button[aria-label*='lay']"
WIDE = {"width": 1440, "height": 900}

# A picture is a hash of the stage's canvases, each shrunk to 64×64. `moved()` resolves with the milliseconds from
# the next click, by the event's own time stamp, to the first frame whose picture differs from the one before.
SCRIPT = """
(() => {
  const small = Object.assign(document.createElement('canvas'), { width: 64, height: 64 });
  const pen = small.getContext('2d', { willReadFrequently: true });
  const canvases = (root) => [...root.querySelectorAll('*')].flatMap((e) =>
    [...(e.tagName === 'CANVAS' && e.width && e.height ? [e] : []), ...(e.shadowRoot ? canvases(e.shadowRoot) : [])]);
  const picture = () => canvases(document.querySelector('#stage')).map((canvas) => {
    pen.clearRect(0, 0, 64, 64);
    pen.drawImage(canvas, 0, 0, 64, 64);
    return pen.getImageData(0, 0, 64, 64).data.reduce((hash, byte) => (hash * 31 + byte) | 0, 0);
  }).join();
  window.bench = {
    picture,
    moved: () => new Promise((resolve) => {
      const before = picture();
      document.addEventListener('click', (event) => {
        const done = () => resolve(performance.now() - event.timeStamp);
        const look = () => (picture() === before ? requestAnimationFrame(look) : done());
        requestAnimationFrame(look);
      }, { capture: true, once: true });
    }),
    long: [],
  };
  new PerformanceObserver((list) => list.getEntries().forEach((e) => window.bench.long.push([e.startTime, e.duration])))
    .observe({ entryTypes: ['longtask'] });
})();
"""


def measure() -> list[Figure]:
    """All of it on the mlp page at 1440 × 900."""
    path = chromium()
    if path is None:
        raise RuntimeError("There is no Chromium here: `make test` says how to get one.")
    with LiveServer() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        clicks = [click_to_move(browser.new_page(viewport=WIDE), server) for _ in range(TIMES)]
        busy, longest = main_thread(browser.new_page(viewport=WIDE), server)
        script_kb = script_bytes(browser.new_page(viewport=WIDE), server) / 1000
        browser.close()
    return [
        Figure("click on play → picture moves", statistics.median(clicks), "<=", 250, "ms", f"median of {TIMES} pages"),
        Figure("main thread at full speed", 100 * busy, "<=", 50, "% busy", f"{SECONDS:.0f} s of mlp, unthrottled run"),
        Figure("longest task after load", longest, "<=", 100, "ms", "0: none over 50 ms"),
        Figure("JavaScript without Plotly", script_kb, "<=", 150, "kB", "bodies as they come over the wire"),
    ]


@contextmanager
def opened(page: Page, address: str) -> Iterator[CDPSession]:
    """The page with its picture drawn and at rest."""
    page.add_init_script(SCRIPT)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("Network.enable")
    page.goto(address)
    page.wait_for_selector(f"{PLAY}:enabled")
    settled(page)
    yield session
    page.close()


def settled(page: Page) -> None:
    """Wait until a picture is there and has stayed the same for half a second."""
    page.wait_for_function(
        """() => {
          const now = window.bench.picture(), known = window.bench.known;
          if (!known || known[0] !== now || !now) window.bench.known = [now, performance.now()];
          return Boolean(known && known[0] === now && performance.now() - known[1] > 500);
        }""",
        polling=50,
    )


def click_to_move(page: Page, server: LiveServer) -> float:
    """Milliseconds from a real click to the first changed picture."""
    with opened(page, f"{server.url}/labs/mlp"):
        waiting = page.evaluate_handle("() => ({ promise: window.bench.moved() })")
        page.click(PLAY)
        return float(waiting.evaluate("(it) => it.promise"))


def main_thread(page: Page, server: LiveServer) -> tuple[float, float]:
    """The share of time in tasks, and the longest task in milliseconds, while a long run trains at full speed."""
    run = server.full_speed("mlp", autoplay=False)
    with opened(page, f"{server.url}/runs/{run}") as session:
        page.click(PLAY)
        time.sleep(WARM_S)
        page.evaluate("window.bench.long.length = 0")
        before, started = task_s(session), time.perf_counter()
        time.sleep(SECONDS)
        busy = (task_s(session) - before) / (time.perf_counter() - started)
        longest = page.evaluate("Math.max(0, ...window.bench.long.map((entry) => entry[1]))")
        if server.get(f"/api/runs/{run}")["status"] != "running":
            raise RuntimeError("The run stopped while the page was measured.")
    server.delete(f"/api/runs/{run}")
    return busy, float(longest)


def task_s(session: CDPSession) -> float:
    """Seconds that the main thread has spent in tasks."""
    metrics = {entry["name"]: entry["value"] for entry in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def script_bytes(page: Page, server: LiveServer) -> float:
    """Bytes of script that a visit of the lab page moves, a few seconds of play included."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    headers: dict[str, float] = {}
    bodies: list[float] = []

    def begun(event: dict) -> None:
        if event["type"] == "Script":
            headers[event["requestId"]] = event["response"]["encodedDataLength"]

    def ended(event: dict) -> None:
        if event["requestId"] in headers:
            bodies.append(event["encodedDataLength"] - headers[event["requestId"]])

    session.on("Network.responseReceived", begun)
    session.on("Network.loadingFinished", ended)
    with opened(page, f"{server.url}/labs/mlp"):
        page.click(PLAY)
        page.wait_for_timeout(2_000)
    return sum(bodies)
