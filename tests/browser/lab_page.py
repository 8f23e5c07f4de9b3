"""What the tests of the lab page look at: the run behind it, its steps, its pictures, its settings."""

from typing import Any

from playwright.sync_api import Page

PLAY = "#transport .toggle"
COUNTER = "Number(document.querySelector('#transport .counters b').textContent.replaceAll(',', ''))"
PICTURE = """(selector) => [...document.querySelectorAll(selector)].map((canvas) => {
  const small = Object.assign(document.createElement('canvas'), { width: 48, height: 48 });
  const pen = small.getContext('2d', { willReadFrequently: true });
  if (canvas.width && canvas.height) pen.drawImage(canvas, 0, 0, 48, 48);
  return pen.getImageData(0, 0, 48, 48).data.reduce((hash, byte) => (hash * 31 + byte) | 0, 0);
}).join()"""


def stands(page: Page) -> None:
    """The run exists and its first picture is drawn."""
    page.wait_for_function("() => document.body.dataset.status === 'paused'")
    page.wait_for_function("() => document.querySelector('#stage figure-frame canvas')?.width > 0")


def steps(page: Page) -> int:
    """The step counter as it is read."""
    return int(page.evaluate(COUNTER))


def picture(page: Page, selector: str = "#stage figure-frame canvas") -> str:
    """A hash of the canvases."""
    return str(page.evaluate(PICTURE, selector))


def moves(page: Page, before: str, selector: str = "#stage figure-frame canvas") -> None:
    """Waits until the canvases show something else."""
    page.wait_for_function(f"([selector, before]) => ({PICTURE})(selector) !== before", arg=[selector, before])


def run_id(page: Page) -> str:
    """The run that the page drives."""
    return str(page.get_attribute("body", "data-run"))


def field(page: Page, name: str) -> Any:
    """A setting's row."""
    return page.locator(f'.field[data-field="{name}"]')


def number(page: Page, name: str) -> Any:
    """A setting's number box."""
    return field(page, name).locator("input.number")


def unfold(page: Page) -> None:
    """Opens every folded group."""
    page.evaluate("document.querySelectorAll('#controls details').forEach((fold) => (fold.open = true))")


def problem(page: Page, name: str) -> Any:
    """What stands beside a setting when something is wrong with it."""
    return field(page, name).locator(".problem")


def at_step(page: Page, step: int) -> None:
    """Waits until the counter reads this step."""
    page.wait_for_function(f"() => {COUNTER} === {step}")


def beyond_step(page: Page, step: int) -> None:
    """Waits until the counter has passed this step."""
    page.wait_for_function(f"() => {COUNTER} > {step}")


def has_status(page: Page, status: str) -> None:
    """Waits until the run is running, paused …"""
    page.wait_for_function("(status) => document.body.dataset.status === status", arg=status)


def at_rest(page: Page, place: str) -> list[float]:
    """What `place` says of point 0 once it has said the same for a third of a second: nothing is laid out any more."""
    known = page.evaluate(place, 0)
    for _ in range(50):
        page.wait_for_timeout(350)
        now = page.evaluate(place, 0)
        if now == known:
            break
        known = now
    return list(known)
