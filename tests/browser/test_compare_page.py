"""Runs in lock step: overlaid curves, seeds folded, views at one moment on one scale, five seeds from a lab."""

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PHONE, Opener
from tests.browser.lab_page import run_id, stands
from tests.live import LiveServer

pytestmark = pytest.mark.browser

PAYLOAD = "<img src=x onerror=\"document.body.dataset.hurt='yes'\">"
LOSS = '[data-chart="metric:loss"]'
PANELS = "[...document.querySelectorAll('#panels figure-frame')]"
CHARTS = "[...document.querySelectorAll('#charts figure-frame')]"
LINES = f"document.querySelector('{LOSS}')?.value?.lines"


@pytest.fixture(scope="module")
def runs(live_server: LiveServer) -> list[str]:
    """Three seeds of one config, and another config whose name is a script."""
    made = []
    for seed, rate, name in ((0, 0.1, ""), (1, 0.1, ""), (2, 0.1, ""), (0, 0.4, PAYLOAD)):
        wish = {"lab": "mlp", "config": {"learning_rate": rate}, "seed": seed, "name": name, "autoplay": False}
        run = live_server.post("/api/runs", wish)["id"]
        live_server.post(f"/api/runs/{run}/step", {"count": 60})
        made.append(str(run))
    return made


def drawn(page: Page, lines: int) -> list[dict[str, Any]]:
    """The lines of the loss chart, once there are so many."""
    page.wait_for_function(f"(n) => {LINES}?.length === n", arg=lines)
    read = """{ label: l.label, style: l.style, colour: l.colour, marker: l.marker, band: Boolean(l.lower),
        last: l.y.data.at(-1), x: l.x.data.at(-1) }"""
    return list(page.evaluate(f"{LINES}.map((l) => ({read}))"))


def folded(page: Page, seeds: int) -> None:
    """The first line is the mean of so many seeds: the runs arrive one by one."""
    page.wait_for_function(f"(n) => {LINES}?.[0]?.label.endsWith(`mean ± sd, n = ${{n}}`)", arg=seeds)


def panels(page: Page) -> None:
    """Every panel is drawn."""
    page.wait_for_function(f"() => {PANELS}.length && {PANELS}.every((frame) => frame.figure?.figure)")


def test_curves_are_overlaid_and_seeds_folded(opened: Opener, live_server: LiveServer, runs: list[str]) -> None:
    page = opened("/compare?part=test&runs=" + ",".join(runs))
    folded(page, 3)
    mean, other = drawn(page, 2)
    assert (mean["label"], mean["style"], mean["band"]) == ("learning rate 0.1, mean ± sd, n = 3", "dashed", True)
    lasts = []
    for run in runs[:3]:
        column = live_server.get(f"/api/runs/{run}/metrics")["test_loss"]
        lasts.append([value for value in column if value is not None][-1])
    assert mean["last"] == pytest.approx(sum(lasts) / 3, rel=1e-5)
    assert mean["colour"] != other["colour"]
    assert mean["marker"] != other["marker"]
    page.click(".fold")
    assert len({line["colour"] for line in drawn(page, 4)}) == 4
    page.check('input[value="both"]')
    assert {line["style"] for line in drawn(page, 8)} == {"solid", "dashed"}
    assert "fold=0" in page.url


def test_by_epoch(opened: Opener, runs: list[str]) -> None:
    page = opened("/compare?part=train&runs=" + ",".join(runs[2:]))
    steps = drawn(page, 2)[0]["x"]
    page.check('input[value="epoch"]')
    page.wait_for_function(f"(x) => {LINES}[0].x.data.at(-1) < x", arg=steps)
    assert "by=epoch" in page.url


def test_by_wall_time_each_run_stands_where_it_stood_then(
    opened: Opener, live_server: LiveServer, runs: list[str]
) -> None:
    page = opened("/compare?part=train&by=time&fold=0&view=network&runs=" + ",".join(runs[2:]))
    panels(page)
    columns = [live_server.get(f"/api/runs/{run}/metrics") for run in runs[2:]]
    clocks = [found["time_s"] for found in columns]
    ends = [max(row for row, loss in enumerate(found["train_loss"]) if loss is not None) for found in columns]
    assert all(clock == sorted(clock) and clock[0] == 0 for clock in clocks)
    assert [line["x"] for line in drawn(page, 2)] == pytest.approx(
        [clock[end] for clock, end in zip(clocks, ends, strict=True)], rel=1e-5
    )
    assert page.evaluate(f"document.querySelector('{LOSS}').value.x") | {"hi": 0} == {
        "label": "time trained", "unit": "s", "lo": 0, "hi": 0, "log": False,
    }  # fmt: skip
    assert page.locator('[data-chart*="time"]').count() == 0
    kept = [live_server.get(f"/api/runs/{run}/keyframes")["steps"] for run in runs[2:]]
    page.wait_for_function(f"() => Number(document.querySelector('#moment input').max) >= {len(kept[0])}")
    stops = sorted({clock[step] for clock, steps in zip(clocks, kept, strict=True) for step in steps})
    for place in (0, len(stops) // 2, len(stops) - 2):
        page.evaluate(
            """(place) => { const s = document.querySelector('#moment input'); s.value = place;
            s.dispatchEvent(new Event('input')); }""",
            place,
        )
        then = [
            max(step for step in steps if clock[step] <= stops[place])
            for clock, steps in zip(clocks, kept, strict=True)
        ]
        page.wait_for_function(
            "(words) => [...document.querySelectorAll('.panel-step')].every((e, k) => e.textContent === words[k])",
            arg=[f"step {step}" for step in then],
        )


def test_a_legend_says_what_differs_and_hides_a_run(opened: Opener, runs: list[str]) -> None:
    page = opened("/compare?part=train&runs=" + ",".join(runs[2:]))
    drawn(page, 2)
    assert page.locator(".compared-run").first.locator(".differs").all_inner_texts() == ["Learning rate 0.1", "Seed 2"]
    assert page.locator(".compared-run").last.locator(".run-name").inner_text() == PAYLOAD
    assert page.locator("img").count() == 0
    assert page.get_attribute("body", "data-hurt") is None
    page.get_by_role("button", name="Hide").first.click()
    assert drawn(page, 1)[0]["label"].startswith("2 ")
    page.locator(".compared-run").last.get_by_role("button", name="out of the comparison").click()
    page.wait_for_function("() => document.querySelectorAll('.compared-run').length === 1")


def test_views_stand_at_one_moment_on_one_scale(opened: Opener, runs: list[str]) -> None:
    page = opened("/compare?view=network&runs=" + ",".join(runs[2:]))
    panels(page)
    assert set(page.locator(".panel-step").all_inner_texts()) == {"step 60"}
    shared = f"{PANELS}.map((frame) => JSON.stringify(frame.figure?.common))"
    page.wait_for_function(f"() => {{ const [a, b] = {shared}; return a !== '{{}}' && a === b; }}")
    own = page.evaluate(
        "[...document.querySelectorAll('#panels figure-frame')].map((f) => f.figure.extents().weight[1])"
    )
    common = page.evaluate("document.querySelector('#panels figure-frame').figure.common.weight[1]")
    assert own[0] != own[1]
    assert common >= max(own)
    page.focus("#moment input")
    page.keyboard.press("Home")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.panel-step')].every((e) => e.textContent === 'step 0')"
    )
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.panel-step')].every((e) => e.textContent === 'step 1')"
    )
    page.get_by_role("button", name="To now").click()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.panel-step')].every((e) => e.textContent === 'step 60')"
    )


REBINNED = """async ([counts, lo, hi, from, to]) => {
    const { rebinned } = await import("/static/js/figures/histograms.js");
    return [...rebinned(Float32Array.from(counts), lo, hi, from, to)]; }"""


@pytest.mark.parametrize("to", [(-3.0, 5.0), (-1.0, 2.0), (-1.7, 9.1), (0.25, 0.5)])
def test_counts_in_other_bins_are_those_of_the_distribution(
    opened: Opener, runs: list[str], to: tuple[float, float]
) -> None:
    """Against the cumulative distribution, interpolated by NumPy; what lies outside counts at the ends."""
    page = opened("/compare?runs=" + runs[0])
    counts = [3.0, 0.0, 7.0, 11.0, 1.0, 2.0]
    found = page.evaluate(REBINNED, [counts, -1.0, 2.0, *to])
    edges = np.linspace(*to, len(counts) + 1)
    below = np.interp(edges, np.linspace(-1, 2, len(counts) + 1), np.cumsum([0, *counts]))
    below[0], below[-1] = 0, sum(counts)
    assert found == pytest.approx(np.diff(below), abs=1e-4)


def test_histograms_share_their_bins_and_heights(opened: Opener, runs: list[str]) -> None:
    page = opened("/compare?view=gradient_sizes&runs=" + ",".join(runs[2:]))
    panels(page)
    shared = f"{PANELS}.map((frame) => JSON.stringify(frame.figure.common))"
    page.wait_for_function(
        f"() => {{ const [a, b] = {shared}; return a === b && a.includes('range 0') && a.includes('count 0'); }}"
    )
    groups = page.evaluate(f"{PANELS}.map((frame) => frame.figure.groups.map(({{ lo, hi }}) => [lo, hi]))")
    common = page.evaluate(f"{PANELS}[0].figure.common")
    for k, pair in enumerate(zip(*groups, strict=True)):
        assert common[f"range {k}"] == [min(lo for lo, _ in pair), max(hi for _, hi in pair)]
        tallest = page.evaluate(f"{PANELS}.map((frame) => frame.figure.extents()['count {k}'][1])")
        assert common[f"count {k}"][1] >= max(tallest)


def test_seeds_fold_into_mean_and_standard_deviation(opened: Opener, live_server: LiveServer, runs: list[str]) -> None:
    page = opened("/compare?part=test&runs=" + ",".join(runs[:3]))
    drawn(page, 1)
    folded(page, 3)
    columns = [live_server.get(f"/api/runs/{run}/metrics")["test_loss"] for run in runs[:3]]
    values = np.array([[value for value in column if value is not None] for column in columns])
    told = page.evaluate(f"(({{ y, lower, upper }}) => [y, lower, upper].map((t) => [...t.data]))({LINES}[0])")
    mean, deviation = values.mean(0), values.std(0, ddof=1)
    assert np.array(told) == pytest.approx(np.array([mean, mean - deviation, mean + deviation]), rel=1e-5, abs=1e-7)


def test_hover_is_linked_by_x(opened: Opener, runs: list[str]) -> None:
    page = opened("/compare?runs=" + ",".join(runs[2:]))
    drawn(page, 4)
    page.hover(f"{LOSS} canvas >> nth=1", position={"x": 160, "y": 150})
    cursors = f"{CHARTS}.map((frame) => frame.figure.cursor)"
    page.wait_for_function(f"() => {cursors}.length > 1 && {cursors}.every((x, _, all) => x !== null && x === all[0])")
    page.mouse.move(5, 5)
    page.wait_for_function(f"() => {cursors}.every((x) => x === null)")


def test_now_follows_a_live_run(opened: Opener, live_server: LiveServer, runs: list[str]) -> None:
    run = live_server.post("/api/runs", {"lab": "mlp", "steps_per_second": 30, "max_steps": 100_000})["id"]
    page = opened(f"/compare?runs={runs[0]},{run}")
    panels(page)
    step = "Number(document.querySelectorAll('.panel-step')[1].textContent.replace(/\\D/g, ''))"
    before = page.evaluate(step)
    page.wait_for_function(f"(n) => {step} > n + 3", arg=before)
    page.click("#play-all")
    page.wait_for_function("() => document.querySelectorAll('.compared-run .run-status')[1].textContent === 'paused'")
    page.goto("about:blank")
    live_server.delete(f"/api/runs/{run}")


def test_a_run_that_is_gone_is_said_and_none_teaches(opened: Opener, runs: list[str]) -> None:
    page = opened(f"/compare?runs=nothing,{runs[0]}")
    page.wait_for_selector(".compared-run")
    assert "1 of 2 runs is no longer on the server." in page.inner_text("#notices")
    opened.complaints.clear()  # type: ignore[attr-defined]  # the browser says the 404 aloud
    page = opened("/compare")
    assert "Nothing to compare yet" in page.inner_text("main")


def test_no_sideways_scroll_on_a_phone(opened: Opener, runs: list[str]) -> None:
    page = opened("/compare?runs=" + ",".join(runs), viewport=PHONE)
    drawn(page, 4)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_five_seeds_train_together(opened: Opener, live_server: LiveServer) -> None:
    page = opened("/labs/mlp?seed=11&learning_rate=0.07&speed=20")
    stands(page)
    first = run_id(page)
    page.click("#five-seeds")
    page.get_by_role("button", name="Compare them").click()
    page.wait_for_selector(".compared-run >> nth=4")
    ids = page.evaluate("[...document.querySelectorAll('.compared-run')].map((e) => e.dataset.run)")
    made = [live_server.get(f"/api/runs/{run}") for run in ids]
    assert ids[0] == first
    assert [run["seed"] for run in made] == [11, 12, 13, 14, 15]
    assert len({str((run["config"], run["max_steps"], run["speed"])) for run in made}) == 1
    assert made[0]["status"] in ("running", "queued")
    page.goto("about:blank")
    for run in ids:
        live_server.delete(f"/api/runs/{run}")


def test_a_refusal_of_more_runs_is_said(opened: Opener) -> None:
    page = opened("/labs/mlp")
    stands(page)
    refusal = '{"status": 429, "detail": "You keep 64 runs alive; at most 64 are allowed."}'
    page.route(
        "**/api/runs", lambda route: route.fulfill(status=429, content_type="application/problem+json", body=refusal)
    )
    page.click("#five-seeds")
    page.wait_for_selector(".notice:has-text('at most 64 are allowed')")
    opened.complaints.clear()  # type: ignore[attr-defined]
