"""What is dragged on a figure and kept as a setting moves that setting's slider, and stands in the address."""

import pytest

from tests.browser.conftest import Opener
from tests.browser.lab_page import at_rest, stands

pytestmark = pytest.mark.browser

PLACE = """([view, x, y]) => {
  const field = document.querySelector(`figure-frame[data-view="${view}"] orrery-field`);
  if (!field?.figure) return [0, performance.now()];
  const box = field.canvas.getBoundingClientRect();
  return [box.left + field.sx.px(x), box.top + field.sy.px(y)];
}"""
NEAR = """([name, value]) => {
  const shown = document.querySelector(`.field[data-field="${name}"] input`).value.replace("−", "-");
  return Math.abs(Number(shown) - value) < 0.05;
}"""


@pytest.mark.parametrize(
    ("lab", "view", "start", "end", "reads"),
    [
        ("linear-maps", "plane", (1, 1), (-1, 2), {"a11": 2, "a12": -1, "a22": 2}),
        ("estimation", "curves", (0.5, 1.5), (0.5, 1), {"a": 1, "b": 1}),  # as high as a flat prior is
    ],
)
def test_a_dragged_arrow_or_handle_moves_its_sliders(
    opened: Opener, lab: str, view: str, start: tuple[float, ...], end: tuple[float, ...], reads: dict[str, float]
) -> None:
    page = opened(f"/labs/{lab}")
    stands(page)
    page.mouse.move(*at_rest(page, f"() => ({PLACE})({[view, *start]})"))
    page.mouse.down()
    page.mouse.move(*page.evaluate(PLACE, [view, *end]), steps=8)
    page.mouse.up()
    for name, value in reads.items():
        page.wait_for_function(NEAR, arg=[name, value])
    last = next(reversed(reads))
    page.wait_for_function("(name) => location.search.includes(`${name}=`)", arg=last)
