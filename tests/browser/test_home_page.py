"""The map of the course."""

import pytest

from tests.browser.conftest import PHONE, Opener
from tests.live import LiveServer

pytestmark = pytest.mark.browser


def test_every_chapter_stands_on_the_map(opened: Opener, live_server: LiveServer) -> None:
    page = opened("/")
    chapters = live_server.get("/api/chapters")
    assert page.locator(".chapter").count() == len(chapters) == 11
    for chapter in chapters:
        cards = sum(len(chapter[name]) for name in ("labs", "planned", "broken"))
        assert page.locator(f"#chapter-{chapter['number']} .card").count() == cards


def test_a_living_lab_opens_and_a_planned_one_says_so(opened: Opener) -> None:
    page = opened("/")
    assert "to come" in page.inner_text(".card.planned >> nth=0")
    page.click('.card.live[data-lab="mlp"] a')
    page.wait_for_url("**/labs/mlp")


def test_a_living_card_has_a_picture(opened: Opener) -> None:
    page = opened("/")
    page.wait_for_function("""() => {
      const canvas = document.querySelector('.card.live canvas');
      return canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((byte) => byte > 0);
    }""")


def test_the_map_reads_without_javascript(opened: Opener) -> None:
    page = opened("/", java_script_enabled=False)
    assert "Multilayer perceptron" in page.inner_text("main")
    assert page.locator(".card.live a").count() >= 2


def test_no_sideways_scroll_on_a_phone(opened: Opener) -> None:
    page = opened("/", viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_the_theme_is_kept(opened: Opener) -> None:
    page = opened("/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("d")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert light != dark
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
