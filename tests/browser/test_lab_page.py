"""The lab page: open, play, change, touch, share, in a real browser against a real server."""

import json
import re

import pytest

from tests.browser.conftest import PHONE, Opener
from tests.browser.lab_page import (
    PLAY,
    at_rest,
    at_step,
    beyond_step,
    field,
    has_status,
    moves,
    number,
    picture,
    problem,
    run_id,
    stands,
    steps,
    unfold,
)
from tests.live import LiveServer

pytestmark = pytest.mark.browser
LABS = ["mlp", "perceptron"]


@pytest.mark.parametrize("lab", LABS)
def test_play_moves_the_picture_and_the_curves(opened: Opener, lab: str) -> None:
    page = opened(f"/labs/{lab}?speed=5")  # a perceptron at full speed is done before one can look twice
    stands(page)
    before = picture(page)
    page.click(PLAY)
    moves(page, before)
    page.wait_for_selector('#side figure-frame[data-view^="metric:"] canvas')
    curves = picture(page, '#side figure-frame[data-view^="metric:"] canvas')
    moves(page, curves, '#side figure-frame[data-view^="metric:"] canvas')
    beyond_step(page, 0)


def test_pause_stops_and_one_step_is_one_step(opened: Opener) -> None:
    page = opened("/labs/mlp")
    stands(page)
    page.click("#transport .step")
    at_step(page, 1)
    page.click("#transport .step")
    at_step(page, 2)


def test_a_live_setting_acts_while_it_trains(opened: Opener, live_server: LiveServer) -> None:
    page = opened("/labs/mlp")
    stands(page)
    page.click(PLAY)
    has_status(page, "running")
    before, page_take = steps(page), live_server.get(f"/api/runs/{run_id(page)}")["take"]
    number(page, "learning_rate").fill("0.03")
    with page.expect_response(lambda answer: answer.request.method == "PATCH") as patched:
        number(page, "learning_rate").press("Enter")
    assert patched.value.ok
    run = live_server.get(f"/api/runs/{run_id(page)}")
    assert run["config"]["learning_rate"] == 0.03
    assert run["step"] >= before
    assert run["take"] == page_take
    page.wait_for_url("**learning_rate=0.03**")


def test_a_slider_acts_while_it_is_dragged(opened: Opener) -> None:
    page = opened("/labs/mlp")
    stands(page)
    track = field(page, "learning_rate").locator(".track")
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()


def test_a_restart_setting_begins_again_in_the_same_run(opened: Opener, live_server: LiveServer) -> None:
    page = opened("/labs/mlp")
    stands(page)
    run = run_id(page)
    page.click("#transport .step")
    at_step(page, 1)
    before = picture(page)
    field(page, "data").locator("select").select_option(label="spiral")
    moves(page, before)
    at_step(page, 0)
    state = live_server.get(f"/api/runs/{run}")
    assert run_id(page) == run
    assert (state["config"]["data"], state["step"]) == ("spiral", 0)


def test_layers_are_added_counted_and_taken_away(opened: Opener) -> None:
    page = opened("/labs/mlp")
    stands(page)
    page.wait_for_selector(".summary-box b")
    before = page.inner_text(".summary-box b")
    field(page, "layers").locator(".add").click()
    page.wait_for_function("(before) => document.querySelector('.summary-box b').textContent !== before", arg=before)
    assert field(page, "layers").locator(".item").count() == 2
    field(page, "layers").locator(".item .remove").last.click()
    page.wait_for_function("(before) => document.querySelector('.summary-box b').textContent === before", arg=before)


def test_a_number_out_of_range_is_explained_beside_its_field(opened: Opener) -> None:
    page = opened("/labs/mlp")
    stands(page)
    number(page, "learning_rate").fill("99999")
    number(page, "learning_rate").press("Enter")
    assert "lies" in problem(page, "learning_rate").inner_text()
    number(page, "learning_rate").press("Escape")
    assert not problem(page, "learning_rate").is_visible()


def test_the_address_holds_the_whole_page(opened: Opener, live_server: LiveServer) -> None:
    layers = json.dumps([{"units": 3, "activation": "relu"}, {"units": 2, "activation": "tanh"}])
    first = opened(f"/labs/mlp?data=xor&learning_rate=0.05&seed=7&layers={layers}&hide=noise")
    stands(first)
    run = live_server.get(f"/api/runs/{run_id(first)}")
    assert (run["seed"], run["config"]["data"], run["config"]["learning_rate"]) == (7, "xor", 0.05)
    assert run["config"]["layers"] == json.loads(layers)
    assert not field(first, "noise").is_visible()
    number(first, "batch_size").fill("20")
    number(first, "batch_size").press("Enter")
    first.wait_for_url("**batch_size=20**")
    second = opened(first.url.split("/", 3)[3].join(["/", ""]))
    stands(second)
    again = live_server.get(f"/api/runs/{run_id(second)}")
    assert again["id"] != run["id"]
    assert again["config"] == {**run["config"], "batch_size": 20}
    assert again["seed"] == 7


def test_a_setting_the_lab_cannot_use_is_said_and_the_page_still_stands(opened: Opener) -> None:
    page = opened("/labs/mlp?learning_rate=-3")
    stands(page)
    assert problem(page, "learning_rate").is_visible()
    opened.complaints.clear()  # type: ignore[attr-defined]  # the browser notes the 422


def test_presets_by_key(opened: Opener, live_server: LiveServer) -> None:
    page = opened("/labs/mlp")
    stands(page)
    preset = live_server.get("/api/labs/mlp")["presets"][0]
    with page.expect_response(lambda answer: answer.url.endswith("/reset")) as reset:
        page.keyboard.press("1")
    config = reset.value.json()["config"]
    assert {name: config[name] for name in preset["config"]} == preset["config"]


def test_everything_from_the_keyboard(opened: Opener) -> None:
    page = opened("/labs/perceptron")
    stands(page)
    page.keyboard.press("ArrowRight")
    at_step(page, 1)
    page.keyboard.press("Space")
    has_status(page, "running")
    page.keyboard.press("Space")
    has_status(page, "paused")
    page.keyboard.press("r")
    at_step(page, 0)
    page.keyboard.press("p")
    assert not page.locator("#panel").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_visible()
    page.keyboard.press("?")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    for _ in range(40):  # Tab reaches every control, and each says by a ring where the focus is
        page.keyboard.press("Tab")
        assert page.evaluate(HAS_RING)


def test_the_lecturer_walks_through_the_steps(opened: Opener) -> None:
    page = opened("/labs/perceptron")
    stands(page)
    first = page.inner_text("#moment .moment-words")
    page.keyboard.press("PageDown")
    assert page.inner_text("#moment .moment-words") == first
    page.keyboard.press("PageDown")
    assert page.inner_text("#moment .moment-words") != first
    assert page.locator("#try > li.now").count() == 1
    page.keyboard.press("PageUp")
    assert page.inner_text("#moment .moment-words") == first


HAS_RING = """() => {
  const now = document.activeElement;
  return now === document.body || now.type === 'radio' || getComputedStyle(now).outlineStyle !== 'none';
}"""
AT = """(index) => {
  const field = document.querySelector('#stage orrery-field');
  const box = field.getBoundingClientRect();
  const [x, y] = field.figure.points.data.slice(2 * index, 2 * index + 2);
  return [box.x + field.sx.px(x), box.y + field.sy.px(y)];
}"""


def test_a_point_is_dragged(opened: Opener) -> None:
    page = opened("/labs/perceptron")
    stands(page)
    page.wait_for_function("() => document.querySelector('#stage orrery-field')?.figure?.points")
    x, y = at_rest(page, AT)
    page.mouse.move(x, y)
    page.mouse.down()
    with page.expect_response(lambda answer: answer.url.split("?")[0].endswith("/actions/move_point")) as moved:
        page.mouse.move(x + 30, y + 20, steps=5)
        page.mouse.up()
    assert moved.value.ok
    gone = f"([x, y]) => {{ const [u, v] = ({AT})(0); return Math.hypot(u - x, v - y) > 20; }}"
    page.wait_for_function(gone, arg=[x, y])


def test_points_are_drawn(opened: Opener, live_server: LiveServer) -> None:
    page = opened("/labs/mlp")
    stands(page)
    page.wait_for_function("() => document.querySelector('#stage orrery-field')?.figure?.points")
    page.click("#stage .figure-brush button >> nth=1")
    box = page.locator("#stage orrery-field").bounding_box()
    with page.expect_response(lambda answer: answer.request.method == "PATCH") as patched:
        page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
    assert len(patched.value.json()["config"]["points"]) == 1
    page.wait_for_url("**points=**")
    assert "1 given by hand" in field(page, "points").inner_text()


def test_a_weight_is_typed(opened: Opener, live_server: LiveServer) -> None:
    page = opened("/labs/mlp")
    stands(page)
    canvas = page.locator('#stage orrery-network canvas[role="img"]')
    canvas.focus()
    run = run_id(page)
    live_server.post(f"/api/runs/{run}/actions/set_weight", {"layer": 1, "source": 0, "target": 0, "value": 2.5})
    page.wait_for_function("""() => {
      const network = document.querySelector('#stage orrery-network');
      return Math.abs(network.figure.links[0].weights.data[0] - 2.5) < 0.01;
    }""")


def test_hovering_asks_and_shows_the_answer(opened: Opener) -> None:
    page = opened("/labs/perceptron")
    stands(page)
    page.wait_for_function("() => document.querySelector('#stage orrery-field')?.figure?.points")
    box = page.locator("#stage orrery-field").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.5)
    page.mouse.move(box["x"] + box["width"] * 0.47, box["y"] + box["height"] * 0.5, steps=3)
    page.wait_for_selector("#popover:not([hidden]) canvas, #popover:not([hidden]) section")
    page.mouse.move(5, 5)
    page.wait_for_selector("#popover", state="hidden")


def test_views_move_onto_the_stage_and_away(opened: Opener) -> None:
    page = opened("/labs/perceptron")
    stands(page)
    card = page.locator("#side figure-frame[data-view]:not([data-view^='metric:'])").first
    name = card.get_attribute("data-view")
    card.locator(".frame-menu").click()
    page.get_by_role("menuitem", name="Move onto the stage").click()
    assert page.locator(f'#stage figure-frame[data-view="{name}"]').count() == 1
    page.wait_for_url(re.compile("stage="))
    page.locator(f'#stage figure-frame[data-view="{name}"] .frame-menu').click()
    page.get_by_role("menuitem", name="Put away").click()
    assert page.locator(f'figure-frame[data-view="{name}"]').count() == 0
    page.click("#more")
    page.get_by_role("menuitemcheckbox").nth(0).wait_for()


def test_a_lost_connection_comes_back_and_misses_nothing(opened: Opener, live_server: LiveServer) -> None:
    page = opened("/labs/mlp")
    stands(page)
    page.click(PLAY)
    has_status(page, "running")
    page.context.set_offline(True)
    page.wait_for_timeout(300)
    page.context.set_offline(False)
    before = steps(page)
    beyond_step(page, before + 50)
    opened.complaints.clear()  # type: ignore[attr-defined]  # the browser notes what failed meanwhile


@pytest.mark.parametrize("lab", LABS)
def test_a_phone_scrolls_down_only_and_keeps_the_transport(opened: Opener, lab: str) -> None:
    page = opened(f"/labs/{lab}", viewport=PHONE, has_touch=True)
    stands(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.evaluate("scrollTo(0, 1500)")
    assert page.locator(PLAY).is_visible()
    assert not page.locator("#controls").is_visible()
    page.click(".open-panel")
    page.wait_for_function("() => getComputedStyle(document.querySelector('#panel')).visibility === 'visible'")
    page.click("#panel-close")


@pytest.mark.parametrize("lab", LABS)
def test_the_lab_reads_without_javascript(opened: Opener, lab: str, live_server: LiveServer) -> None:
    page = opened(f"/labs/{lab}", java_script_enabled=False)
    assert page.locator(".prose p").count() > 2
    assert page.locator("math").count() > 0
    assert "class " in page.inner_text("#code")
    assert not page.locator(".instrument").is_visible()


def test_dark_is_dark(opened: Opener) -> None:
    page = opened("/labs/perceptron", color_scheme="dark")
    stands(page)
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = map(int, re.findall(r"\d+", colour)[:3])
    assert max(red, green, blue) < 60


def test_a_viewer_of_a_run_follows_it(opened: Opener, live_server: LiveServer) -> None:
    run = live_server.post("/api/runs", {"lab": "mlp", "config": {"learning_rate": 0.07}, "autoplay": False})["id"]
    page = opened(f"/runs/{run}")
    stands(page)
    assert number(page, "learning_rate").input_value() == "0.07"
    live_server.post(f"/api/runs/{run}/step", {"count": 12})
    at_step(page, 12)
    live_server.client.patch(f"/api/runs/{run}", json={"config": {"learning_rate": 0.2}}).raise_for_status()
    page.wait_for_function(
        "() => document.querySelector('[data-field=learning_rate] input.number').value === '0.2'"
    )  # a class sees the lecturer's sliders move
    live_server.post(f"/api/runs/{run}/reset", {"config": {"data": "moons"}})
    page.wait_for_function("() => document.querySelector('[data-field=data] select').value === 'moons'")
    live_server.delete(f"/api/runs/{run}")
    page.get_by_text("no longer on the server").wait_for()
    unfold(page)


def test_a_challenge_lights_up_when_the_server_confirms_it(opened: Opener) -> None:
    page = opened("/labs/perceptron?speed=full&data=xor-points&features=x, x₁x₂")
    stands(page)
    page.keyboard.press("Space")
    page.wait_for_selector("#challenges li.passed")
    assert "passed at step" in page.inner_text("#challenges li.passed")
    has_status(page, "finished")
    assert page.inner_text("#transport .phase")


def test_a_diverged_run_says_what_happened_and_offers_a_way_out(opened: Opener, live_server: LiveServer) -> None:
    presets = live_server.get("/api/labs/mlp")["presets"]
    number_of = next(i for i, preset in enumerate(presets) if "rate too high" in preset["title"]) + 1
    page = opened("/labs/mlp?speed=full")
    stands(page)
    with page.expect_response(lambda answer: answer.url.endswith("/reset")):
        page.keyboard.press(str(number_of))
    page.keyboard.press("Space")
    page.wait_for_selector('.notice[data-key="problem"]')
    page.click('.notice[data-key="problem"] button:has-text("Start again")')
    at_step(page, 0)
    page.wait_for_selector('.notice[data-key="problem"]', state="detached")


def test_only_what_is_seen_is_asked_for(opened: Opener) -> None:
    page = opened("/labs/perceptron")
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda text: sent.append(str(text))))
    page.reload()
    stands(page)
    page.wait_for_function("() => document.querySelectorAll('#side figure-frame').length > 3")
    page.wait_for_timeout(500)
    views = json.loads([text for text in sent if "watch" in text][-1])["views"]
    assert "boundary" in views
    assert not any(name.startswith("metric:") for name in views)
    assert len(views) < page.locator("#side figure-frame:not([data-view^='metric:'])").count() + 1


def test_every_control_has_a_name(opened: Opener) -> None:
    page = opened("/labs/mlp")
    stands(page)
    unfold(page)
    nameless = page.evaluate("""() => [...document.querySelectorAll('button, input, select, a[href]')]
      .filter((node) => node.checkVisibility() && !node.labels?.length)
      .filter((node) => !(node.getAttribute('aria-label') || node.textContent.trim() || node.title))
      .map((node) => node.outerHTML.slice(0, 120))""")
    assert nameless == []
    page.wait_for_function("""() => [...document.querySelectorAll('#stage [role="img"]')]
      .every((canvas) => canvas.getAttribute('aria-label')?.length > 20)""")
