# ruff: noqa: E501
"""Every figure in a real browser: decoding, drawing, touches, keys, saving. The frames come from models.core.frames."""

import base64
import json
import struct
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Page, expect
from safetensors.torch import save

from models.core.frames import encode, to_json
from tests.browser import gallery

pytestmark = pytest.mark.browser
READ = """async (text) => {
  const { decode, at, plain } = await import("/static/js/frames.js");
  const frame = decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const list = (t) => Array.from(t.data, (x) => (Number.isFinite(x) ? x : String(x)));
  return { meta: frame.meta, tensors: Object.fromEntries(Object.entries(frame.tensors).map(([k, t]) => [k, { shape: t.shape, data: list(t) }])),
    figure: frame.figure && plain(frame.figure) };
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with gallery.serving() as url:
        yield url


@pytest.fixture
def show(chromium_browser: Browser, address: str) -> Iterator[Any]:
    """Opens the gallery with some figures; at the end no page may have complained."""
    complaints: list[str] = []
    contexts = []

    def open_gallery(names: str, *, height: int = 900, **context: Any) -> Page:
        made = chromium_browser.new_context(**{"viewport": {"width": 1000, "height": height}, **context})
        contexts.append(made)
        page = made.new_page()
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/?only={names}")
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_gallery
    for each in contexts:
        each.close()
    assert not complaints, complaints


def touches(page: Page, touch: str, phase: str | None = None) -> list[dict[str, Any]]:
    log = page.evaluate("gallery.log")
    return [e for e in log if e.get("touch") == touch and (phase is None or e["phase"] == phase)]


def plot(page: Page, name: str) -> dict[str, float]:
    """The plot's box in pixels of the window."""
    return page.evaluate(
        """(name) => { const f = gallery.figures[name].figure; const b = f.canvas.getBoundingClientRect();
        return { x: b.left + f.plot.x, y: b.top + f.plot.y, w: f.plot.w, h: f.plot.h }; }""", name)  # fmt: skip


def place(page: Page, name: str, x: float, y: float) -> tuple[float, float]:
    """Where data coordinates stand in the window."""
    return tuple(page.evaluate(
        """([name, x, y]) => { const f = gallery.figures[name].figure; const b = f.canvas.getBoundingClientRect();
        return [b.left + f.sx.px(x), b.top + f.sy.px(y)]; }""", [name, x, y]))  # fmt: skip


def frames_done(page: Page) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


# ---- frames


def test_every_dtype_is_read_as_the_library_wrote_it(show: Any) -> None:
    page = show("text")
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randn(3, 5, generator=generator) * 100
    tensors = {
        "f64": numbers.double(), "f32": numbers, "bf16": numbers.bfloat16(), "i64": numbers.long(), "i32": numbers.int(),
        "i16": numbers.short(), "i8": numbers.to(torch.int8), "u8": numbers.abs().to(torch.uint8), "bool": numbers > 0,
        "f16": torch.tensor([0.0, -0.0, 1.5, -2.25, 65504.0, 6e-8, 6.1e-5, float("inf"), float("-inf"), float("nan")]).half(),
    }  # fmt: skip
    read = page.evaluate(READ, base64.b64encode(save(tensors, {"run": "r"})).decode())
    assert read["meta"] == {"run": "r"}
    for name, tensor in tensors.items():
        assert read["tensors"][name]["shape"] == list(tensor.shape)
        got = [float(str(x).replace("Infinity", "inf")) for x in read["tensors"][name]["data"]]
        torch.testing.assert_close(
            torch.tensor(got, dtype=torch.float64),
            tensor.double().reshape(-1),
            rtol=0,
            atol=0,
            equal_nan=True,
            msg=name,
        )


def test_an_unaligned_tensor_is_read(show: Any) -> None:
    """Any writer of safetensors will do, even one that does not sort by alignment."""
    page = show("text")
    body = bytes([7]) + struct.pack("<2f", 1.5, -2.5)
    header = json.dumps(
        {
            "a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
            "b": {"dtype": "F32", "shape": [2], "data_offsets": [1, 9]},
        }
    ).encode()
    read = page.evaluate(READ, base64.b64encode(struct.pack("<Q", len(header)) + header + body).decode())
    assert read["tensors"]["b"]["data"] == [1.5, -2.5]


@pytest.mark.parametrize("name", ["field", "classes", "surface", "network", "choices"])
def test_a_figure_is_hydrated_to_what_python_reads_back(show: Any, name: str) -> None:
    """The page's real units equal core's decode: quantised levels to 1e-6 of their range, halves exactly."""
    from models.core.frames import decode

    page = show("text")
    frame = encode(gallery.KINDS[name](0.5), run="r", take=0, view=name, step=12, epoch=0.5)
    read = page.evaluate(READ, base64.b64encode(frame).decode())["figure"]
    assert read.pop("step") == 12
    expected = to_json(decode(frame)[0])

    def same(a: Any, b: Any, where: str) -> None:
        if isinstance(b, dict):
            for key in b:
                same(a[key], b[key], f"{where}.{key}")
        elif isinstance(b, list):
            assert len(a) == len(b), where
            for i, (x, y) in enumerate(zip(a, b, strict=True)):
                same(x, y, f"{where}[{i}]")
        elif isinstance(b, float):
            assert a == pytest.approx(b, rel=1e-5, abs=1e-5), where
        else:
            assert a == b, where

    same(read, expected, name)


def test_a_probe_answer_is_hydrated_to_the_same_shape(show: Any) -> None:
    page = show("text")
    got = page.evaluate(
        """async (json) => { const { hydrate } = await import("/static/js/frames.js"); const f = hydrate(json);
        return [f.kind, f.values.shape, f.values.data.constructor.name, Array.from(f.values.data)]; }""",
        to_json(gallery.KINDS["bars"](0.5), flat=True),
    )
    assert got[:3] == ["Bars", [4], "Float32Array"]
    assert sum(got[3]) == pytest.approx(1, abs=1e-6)


# ---- drawing


ALL = ",".join(gallery.KINDS)


def test_every_kind_is_drawn_described_and_saved(show: Any) -> None:
    page = show(ALL, height=12_000)  # all in sight: what is not seen is not drawn
    page.wait_for_function("() => Object.values(gallery.figures).every((f) => !f.figure.canvas || f.figure.alt)")
    for name in gallery.KINDS:
        got = page.evaluate(
            """async (name) => {
              const el = gallery.figures[name].figure;
              const png = await el.toPNG();
              const bytes = Array.from(new Uint8Array(await png.slice(0, 8).arrayBuffer()));
              const csv = el.toData("csv");
              const canvas = el.querySelector("canvas:not([aria-hidden])");
              let inked = -1;
              if (el.canvas) {
                const d = el.ctx.getImageData(0, 0, el.canvas.width, el.canvas.height).data;
                inked = 0;
                for (let i = 3; i < d.length; i += 4) if (d[i]) inked += 1;
              }
              return { bytes, size: png.size, csv: csv.split("\\r\\n").length, json: JSON.parse(el.toData("json")).kind, inked,
                role: el.canvas?.getAttribute("role"), label: el.canvas?.getAttribute("aria-label"), tab: el.canvas?.tabIndex, text: el.textContent.trim().length };
            }""", name)  # fmt: skip
        assert got["bytes"] == [137, 80, 78, 71, 13, 10, 26, 10], name
        assert got["size"] > 1500, name
        assert got["csv"] >= 2, name
        assert got["json"], name
        if got["inked"] == -1:
            assert got["text"] > 20, name
        else:
            assert got["inked"] > 500, name
            assert got["role"] == "img", name
            assert got["tab"] == 0, name
            assert len(got["label"]) > 10, name


def test_the_theme_changes_every_picture(show: Any) -> None:
    page = show("field,network")
    shot = "() => { const f = gallery.figures.field.figure; return Array.from(f.ctx.getImageData(f.canvas.width / 2, f.canvas.height / 2, 1, 1).data); }"
    before = page.evaluate(shot)
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    frames_done(page)
    assert page.evaluate(shot) != before


@pytest.mark.parametrize("scale", [1, 2])
def test_canvases_have_the_screens_own_pixels(show: Any, scale: int) -> None:
    page = show("field", device_scale_factor=scale)
    wide, width = page.evaluate(
        "(() => { const f = gallery.figures.field.figure; return [f.canvas.width, f.width]; })()"
    )
    assert wide == pytest.approx(width * scale, abs=1)


def test_nothing_overflows_a_phone(show: Any) -> None:
    page = show(ALL, height=740, device_scale_factor=1)
    page.set_viewport_size({"width": 360, "height": 740})
    frames_done(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_axes_hold_still_while_the_data_move(show: Any) -> None:
    page = show("curves")
    keys = page.evaluate(
        """async () => { const el = gallery.figures.curves.figure; const seen = new Set();
        for (let i = 4; i < 24; i += 1) { el.show(await gallery.load("curves", i)); await new Promise(requestAnimationFrame); seen.add(el.stillKey()); }
        return seen.size; }"""
    )
    assert keys <= 8  # 1,700 to 10,000 steps by round ends


def test_noise_keeps_its_spikes(show: Any) -> None:
    """Ten thousand points on 400 pixels: a single spike is still seen."""
    page = show("curves")
    inked = page.evaluate(
        """async () => { const el = gallery.figures.curves.figure; const n = 10000; const x = Float32Array.from({length: n}, (_, i) => i); const y = new Float32Array(n).fill(0.1); y[5003] = 0.95;
        const t = (data) => ({ shape: [n], data });
        el.show({ kind: "Curves", title: "", alt: "", lines: [{ id: "a", label: "a", x: t(x), y: t(y), style: "solid", colour: "train" }], x: { label: "step", lo: 0, hi: 10000 }, y: { label: "y", lo: 0, hi: 1 }, marks: [], rules: [] });
        await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame);
        const px = Math.round(el.sx.px(5003)); const y0 = Math.round(el.sy.px(0.8));
        return el.ctx.getImageData(px - 3, y0, 6, 1).data.some((v) => v > 0); }"""
    )
    assert inked


# ---- touches


def test_a_point_is_dragged_with_one_gesture(show: Any) -> None:
    page = show("field")
    x, y = page.evaluate("Array.from(gallery.figures.field.figure.figure.points.data.slice(0, 2))")
    page.mouse.move(*place(page, "field", x, y))
    page.mouse.down()
    page.mouse.move(*place(page, "field", x + 0.5, y), steps=3)
    page.mouse.move(*place(page, "field", 2.0, 3.0), steps=3)
    page.mouse.up()
    drags, commits = touches(page, "PointMove", "drag"), touches(page, "PointMove", "commit")
    assert len(drags) >= 2
    assert len(commits) == 1
    assert {e["gesture"] for e in drags + commits} == {commits[0]["gesture"]}
    assert commits[0]["payload"]["index"] == drags[0]["payload"]["index"]
    assert commits[0]["payload"]["x"] == pytest.approx(2.0, abs=0.05)
    assert commits[0]["payload"]["y"] == pytest.approx(3.0, abs=0.05)


def test_hovering_a_field_asks_and_leaving_says_so(show: Any) -> None:
    page = show("field")
    page.mouse.move(*place(page, "field", 4.5, -4.5))
    hover = touches(page, "Point", "hover")[-1]["payload"]
    assert hover["x"] == pytest.approx(4.5, abs=0.05)
    assert page.evaluate("gallery.figures.field.figure.readout.lines[0]").startswith("output −")
    page.mouse.move(2, 2)
    assert touches(page, "Point", "leave")


def test_an_arrows_tip_and_a_handle_can_be_dragged(show: Any) -> None:
    page = show("perceptron")
    for find, name in (
        ("f.arrows[0].x + f.arrows[0].dx, f.arrows[0].y + f.arrows[0].dy", "w"),
        ("f.handles[0].x, f.handles[0].y", "start"),
    ):
        x, y = page.evaluate(f"(() => {{ const f = gallery.figures.perceptron.figure.figure; return [{find}]; }})()")
        page.mouse.move(*place(page, "perceptron", x, y))
        page.mouse.down()
        page.mouse.move(*place(page, "perceptron", -3, -2), steps=3)
        page.mouse.up()
        last = touches(page, "Handle", "commit")[-1]["payload"]
        assert last["id"] == name
        assert last["x"] == pytest.approx(-3, abs=0.1)


@pytest.mark.parametrize(
    ("name", "grip", "to"),
    [("plane", "left", (-2.0, 1.0)), ("walks", "start", (3.0, -2.0)), ("steps", "slope", (20.0, 5.0))],
)
def test_a_grip_is_dragged_by_mouse_and_stays_until_the_server_has_it(
    show: Any, name: str, grip: str, to: tuple[float, float]
) -> None:
    page = show(name)
    x, y = page.evaluate(
        "([name, id]) => { const s = gallery.figures[name].figure.hand.stops().find((each) => each.id === id); return [s.x, s.y]; }",
        [name, grip],
    )
    page.mouse.move(*place(page, name, x, y))
    page.mouse.down()
    page.mouse.move(*place(page, name, (x + to[0]) / 2, (y + to[1]) / 2), steps=3)
    page.mouse.move(*place(page, name, *to), steps=3)
    held = page.evaluate("(name) => ({ ...gallery.figures[name].figure.ghost })", name)
    page.mouse.up()
    sent = touches(page, "Handle", "commit")
    assert [e["payload"]["id"] for e in sent] == [grip]
    assert sent[0]["payload"]["x"] == pytest.approx(to[0], abs=0.2)
    assert sent[0]["payload"]["y"] == pytest.approx(to[1], abs=0.2)
    assert {e["gesture"] for e in touches(page, "Handle")} == {sent[0]["gesture"]}
    assert held["id"] == grip
    assert held["x"] == pytest.approx(to[0], abs=0.2)


def test_grips_are_reached_and_moved_by_keys(show: Any) -> None:
    page = show("plane")
    canvas = page.locator("#plane canvas[role=img]")
    canvas.focus()
    for key in ("]", "Enter", "ArrowUp", "ArrowUp", "Enter"):
        canvas.press(key)
    moved = touches(page, "Handle")
    assert [e["phase"] for e in moved] == ["drag", "drag", "commit"]
    assert {e["payload"]["id"] for e in moved} == {"left"}
    assert moved[-1]["payload"]["y"] - moved[0]["payload"]["y"] == pytest.approx(0.2)  # one step of 1/50 of ten
    for key in ("]", "]"):
        canvas.press(key)
    assert page.evaluate("gallery.figures.plane.figure.hand.chosen") == {"kind": "point", "id": 0}
    assert "point 0" in (page.locator("#plane .figure-status").text_content() or "")


def test_a_finger_drags_a_handle_without_scrolling(show: Any) -> None:
    page = show("walks", has_touch=True)
    x, y = place(page, "walks", -4.5, 4.0)
    session = page.context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": x + 12, "y": y}]),
        ("touchMove", [{"x": x + 60, "y": y + 60}]),
        ("touchMove", [{"x": x + 90, "y": y + 90}]),
        ("touchEnd", []),
    ):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function("() => gallery.log.some((e) => e.touch === 'Handle' && e.phase === 'commit')")
    assert touches(page, "Handle", "commit")[-1]["payload"]["id"] == "start"
    assert page.evaluate("scrollY") == 0


def test_a_plane_fills_its_card_only_where_its_units_differ(show: Any) -> None:
    page = show("plane,steps")
    box = plot(page, "plane")
    assert box["w"] == pytest.approx(box["h"], abs=1)  # ten by ten of one unit
    wide = page.evaluate("() => { const f = gallery.figures.steps.figure; return f.width - f.plot.w - f.em * 4.6; }")
    assert abs(wide) <= 1
    assert box["h"] > 100


def test_curves_of_a_plane_are_read_out_and_light_up(show: Any) -> None:
    page = show("plane")
    fit = page.evaluate(
        "() => { const l = gallery.figures.plane.figure.figure.lines[0]; return [l.x.data[60], l.y.data[60]]; }"
    )
    page.mouse.move(*place(page, "plane", *fit))
    lines = page.evaluate("gallery.figures.plane.figure.readout.lines")
    assert any(line.startswith("ŷ = ax + b ") for line in lines)
    assert page.evaluate("gallery.figures.plane.figure.lit") == "fit"
    assert "curves ŷ = ax + b, truth" in page.evaluate("gallery.figures.plane.figure.words()")
    csv = page.evaluate("gallery.figures.plane.figure.toData('csv')")
    assert csv.count("\r\ntruth,") == 80
    assert csv.count("\r\nbox r") == 24


def test_a_surface_is_turned_by_hand_and_by_keys(show: Any) -> None:
    page = show("envelope")
    view = "(() => { const s = gallery.figures.envelope.figure; return [s.inSpace, s.relief.yaw, s.relief.pitch]; })()"
    space, yaw, pitch = page.evaluate(view)
    assert space  # points and classes are seen best there
    box = plot(page, "envelope")
    x, y = box["x"] + box["w"] / 2, box["y"] + box["h"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 100, y + 20, steps=4)
    page.mouse.up()
    _, turned, raised = page.evaluate(view)
    assert turned - yaw == pytest.approx(1.1, abs=0.01)
    assert raised > pitch
    assert not touches(page, "Point", "commit")  # a turn is no click
    canvas = page.locator("#envelope canvas[role=img]")
    canvas.focus()
    canvas.press("ArrowLeft")
    assert page.evaluate(view)[1] < turned
    assert "turned" in (page.locator("#envelope .figure-status").text_content() or "")
    page.mouse.dblclick(x, y)
    assert page.evaluate(view) == [True, yaw, pitch]
    page.get_by_role("button", name="From above").click()
    assert page.evaluate(view)[0] is False
    page.mouse.move(x, y)
    assert page.evaluate("gallery.figures.envelope.figure.readout.lines[0]") in ("Adelie", "Gentoo", "Chinstrap")


def test_a_place_on_a_turned_surface_is_the_one_in_front(show: Any) -> None:
    """The corner nearest to the eye is asked for where it is drawn, and a point of the cloud names itself."""
    page = show("envelope")
    got = page.evaluate(
        """() => { const s = gallery.figures.envelope.figure; const b = s.canvas.getBoundingClientRect(); const r = s.relief;
        const k = r.columns.length - 1; return { corner: [b.left + r.px[k], b.top + r.py[k]], spot: [b.left + r.spots[7][0], b.top + r.spots[7][1]], point: Array.from(s.f.points.data.slice(21, 24)) }; }"""
    )
    page.mouse.move(*got["spot"])
    assert page.evaluate("gallery.figures.envelope.figure.readout.lines[0]").startswith("point ")
    page.mouse.move(*got["corner"])
    page.mouse.down()
    page.mouse.up()
    asked = touches(page, "Point", "commit")[-1]["payload"]
    assert asked["x"] == pytest.approx(2.0, abs=0.25)
    assert asked["y"] == pytest.approx(-2.0, abs=0.25)


def test_points_are_painted_and_erased(show: Any) -> None:
    page = show("classes")
    with page.expect_response("**/api/runs/gallery"):
        page.get_by_role("button", name="Paint points of Gentoo (key 2)").click()
    box = plot(page, "classes")
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 180, box["y"] + 60, steps=12)
    page.mouse.up()
    painted = touches(page, "PointSet", "commit")[-1]["payload"]
    assert isinstance(painted, list)  # a setting: the bare list
    assert 4 <= len(painted) <= 20
    assert painted[0] == [1.0, 1.0, 0]  # what the run's setting held already
    assert {label for _, _, label in painted[1:]} == {1}
    assert all(round(v, 3) == v for x, y, _ in painted for v in (x, y))
    page.get_by_role("button", name="Erase painted points").click()
    page.mouse.click(box["x"] + 60, box["y"] + 60)
    assert len(touches(page, "PointSet", "commit")[-1]["payload"]) < len(painted)


def test_a_weight_is_typed_and_a_bias_dragged(show: Any) -> None:
    page = show("network")
    at = page.evaluate(
        """() => { const n = gallery.figures.network.figure; const b = n.canvas.getBoundingClientRect(); const { xs, ys, size } = n.layout;
        const x = (xs[0][0] + size + xs[1][0]) / 2, t = 0.5; return [b.left + x, b.top + (ys[0][0] + ys[1][0] + size) / 2, b.left + xs[1][2], b.top + ys[1][2] + size]; }"""
    )
    page.mouse.click(at[0], at[1])
    box = page.get_by_role("textbox", name="Value", exact=True)
    expect(box).to_be_focused()
    box.fill("-1,25")
    box.press("Enter")
    edge = touches(page, "Weight", "commit")[-1]["payload"]
    assert edge == {"layer": 1, "source": 0, "target": 0, "value": -1.25}
    box.fill("nonsense")
    box.press("Enter")
    assert len(touches(page, "Weight", "commit")) == 1
    box.press("Escape")
    page.mouse.click(at[2], at[3])
    page.get_by_role("slider", name="Value, by dragging").press("ArrowRight")
    drag = touches(page, "Weight", "drag")[-1]["payload"]
    assert drag["source"] is None
    assert (drag["layer"], drag["target"]) == (1, 2)


def test_a_hovered_unit_is_shown_large_in_the_field(show: Any) -> None:
    page = show("network,field")
    x, y = page.evaluate(
        "(() => { const n = gallery.figures.network.figure; const b = n.canvas.getBoundingClientRect(); return [b.left + n.layout.xs[1][0] + 8, b.top + n.layout.ys[1][0] + 8]; })()"
    )
    page.mouse.move(x, y)
    assert touches(page, "UnitAt", "hover")[-1]["payload"] == {"layer": 1, "unit": 0}
    assert page.evaluate("gallery.figures.field.figure.preview.index") == 0
    page.evaluate("gallery.figures.field.highlight('1-0')")  # the page repeats it
    assert page.evaluate("gallery.figures.field.figure.preview !== null")
    page.mouse.move(2, 2)
    assert page.evaluate("gallery.figures.field.figure.preview") is None


def test_the_network_is_built_by_clicking(show: Any) -> None:
    page = show("network")
    for name in (
        "Add a unit to layer 1",
        "Remove a unit from layer 2",
        "Add a hidden layer",
        "Remove the last hidden layer",
    ):
        page.get_by_role("button", name=name).click()
    built = [(e["field"], e["op"], e["layer"]) for e in page.evaluate("gallery.log") if e["type"] == "build"]
    assert built == [
        ("layers", "add-unit", 0),
        ("layers", "remove-unit", 1),
        ("layers", "add-layer", 2),
        ("layers", "remove-layer", 1),
    ]


def test_a_cell_is_typed_and_a_bar_dragged(show: Any) -> None:
    page = show("weights,forces")
    box = plot(page, "weights")
    page.mouse.click(box["x"] + box["w"] / 12, box["y"] + box["h"] / 8)
    cell = page.locator(".figure-cell")
    cell.fill("0.5")
    cell.press("Enter")
    assert touches(page, "Cell", "commit")[-1]["payload"] == {"row": 0, "column": 0, "value": 0.5}
    box = plot(page, "forces")
    page.mouse.move(box["x"] + box["w"] * 0.5, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["w"] * 0.75, box["y"] + 10, steps=3)
    page.mouse.up()
    bar = touches(page, "Item", "commit")[-1]["payload"]
    assert bar["index"] == 0
    assert bar["value"] > 0.3


def test_a_bar_of_a_series_is_dragged_by_its_place_among_all(show: Any) -> None:
    page = show("series")
    page.mouse.move(*page.evaluate(BAR, [0, 0.4]))
    page.mouse.down()
    page.mouse.move(*page.evaluate(BAR, [0, -0.5]), steps=4)
    assert page.evaluate("gallery.figures.series.figure.shown(0)") == pytest.approx(-0.5, abs=0.02)  # before any answer
    page.mouse.up()
    page.mouse.click(*page.evaluate(BAR, [4 + 2, 0.3]))  # the second series' third
    sent = [e["payload"] for e in touches(page, "Item", "commit")]
    assert [e["index"] for e in sent] == [0, 6]
    assert sent[0]["value"] == pytest.approx(-0.5, abs=0.02)
    assert sent[1]["value"] == pytest.approx(0.3, abs=0.02)
    canvas = page.locator("#series canvas[role=img]")
    canvas.focus()
    for key in (
        "Escape",
        "ArrowDown",
        "ArrowDown",
        "ArrowRight",
        "ArrowRight",
    ):  # the second bar is the second series' first
        canvas.press(key)
    first, second = [e["payload"] for e in touches(page, "Item", "commit")][-2:]
    assert first["index"] == second["index"] == 4
    assert second["value"] - first["value"] == pytest.approx(2 / 50)  # presses add up before the server answers
    assert "queen" in (page.locator("#series .figure-status").text_content() or "")
    assert page.evaluate("gallery.figures.series.figure.rows()[0]") == ["label", "king", "queen", "pawn"]


BAR = """([k, v]) => { const s = gallery.figures.series.figure; const b = s.canvas.getBoundingClientRect(); const n = 4; const part = s.row / s.series;
  return [b.left + s.sx.px(v), b.top + s.plot.y + (k % n) * s.row + s.row * 0.1 + (Math.floor(k / n) + 0.4) * part * 0.8]; }"""


def test_a_curve_is_drawn_by_hand(show: Any) -> None:
    page = show("sketch")
    page.mouse.move(*place(page, "sketch", 1.0, -1.0))
    page.mouse.down()
    page.mouse.move(*place(page, "sketch", 3.0, 1.0), steps=10)
    page.mouse.move(*place(page, "sketch", 5.0, 0.0), steps=10)
    page.mouse.up()
    (drawn,) = touches(page, "Path", "commit")
    points = drawn["payload"]["points"]
    assert 8 <= len(points) <= 500
    assert points == sorted(points)
    assert len({x for x, _ in points}) == len(points)  # one y for every x
    middle = min(points, key=lambda p: abs(p[0] - 3.0))
    assert middle[1] == pytest.approx(1.0, abs=0.12)
    assert points[0] == pytest.approx([1.0, -1.0], abs=0.05)
    assert points[-1] == pytest.approx([5.0, 0.0], abs=0.05)


def test_a_curve_is_drawn_by_keys(show: Any) -> None:
    page = show("sketch")
    canvas = page.locator("#sketch canvas[role=img]")
    canvas.focus()
    for key in ("Enter", "ArrowRight", "ArrowUp", "ArrowUp", "ArrowRight", "ArrowRight", "Enter"):
        canvas.press(key)
    (drawn,) = touches(page, "Path", "commit")
    step = 6.28 / 40
    expected = [[0, 0], [step, 2 * 3 / 40], [2 * step, 0.15], [3 * step, 0.15]]
    for got, wanted in zip(drawn["payload"]["points"], expected, strict=True):
        assert got == pytest.approx(wanted, abs=2e-3)
    canvas.press("Enter")
    canvas.press("Escape")
    assert len(touches(page, "Path")) == 1


NODE = """(id) => { const g = gallery.figures.graph.figure; const b = g.canvas.getBoundingClientRect(); const p = g.layout.nodes.get(id); return [b.left + p.x - g.pan, b.top + p.y, p.h]; }"""


def test_a_graphs_gradient_is_the_sum_over_its_paths(show: Any) -> None:
    """Two edges leave w: what is pointed at says both products, and their sum is what the figure holds."""
    page = show("graph")
    x, y, _ = page.evaluate(NODE, "w")
    page.mouse.move(x, y)
    assert touches(page, "Node", "hover")[-1]["payload"] == {"id": "w"}
    products, total = page.evaluate("gallery.figures.graph.figure.readout.lines.slice(2, 4)")
    graph = gallery.KINDS["graph"](17 / 23)
    gradient = {n.id: n.gradient for n in graph.nodes}
    parts = [gradient[e.target] * e.local for e in graph.edges if e.source == "w"]
    assert products.startswith("∂L/∂w = ")
    assert products.count("·") == 2
    assert float(total.removeprefix("= ").replace("−", "-")) == pytest.approx(
        sum(parts), rel=5e-3
    )  # three digits are shown
    page.mouse.move(x, 2)
    assert touches(page, "Node", "leave")


def test_numbers_of_a_graph_are_typed(show: Any) -> None:
    page = show("graph")
    x, y, h = page.evaluate(NODE, "w")
    page.mouse.click(x, y + h + 8)  # its gradient
    box = page.get_by_role("textbox", name="gradient of w")
    expect(box).to_be_focused()
    box.fill("nonsense")
    box.press("Enter")
    assert not touches(page, "Node", "commit")
    box.fill("−0,25")
    box.press("Enter")
    expect(box).to_have_count(0)
    page.mouse.click(x, y - h - 8)  # its value
    box = page.get_by_role("textbox", name="value of w")
    expect(box).to_be_focused()
    box.fill("2")
    box.press("Enter")
    x, y, _ = page.evaluate(NODE, "z")
    page.mouse.click(x, y)  # what is computed cannot be typed
    expect(page.get_by_role("textbox", name="gradient of z")).to_be_focused()
    assert page.get_by_role("textbox", name="value of z").count() == 0
    sent = [e["payload"] for e in touches(page, "Node", "commit")]
    assert sent == [{"id": "w", "what": "gradient", "value": -0.25}, {"id": "w", "what": "value", "value": 2}]


def test_keys_walk_along_a_graphs_edges(show: Any) -> None:
    page = show("graph")
    canvas = page.locator("#graph canvas[role=img]")
    canvas.focus()
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowRight", "End", "ArrowLeft"):
        canvas.press(key)
        seen.append(page.evaluate("gallery.figures.graph.figure.over"))
    assert seen == ["x", "z", "y", "t", "e", "L", "e"]
    assert "½(y − t)²" in (page.locator("#graph .figure-status").text_content() or "")
    canvas.press("Enter")
    expect(page.get_by_role("textbox", name="gradient of ½(y − t)²")).to_be_focused()
    page.keyboard.press("Escape")
    expect(canvas).to_be_focused()


def test_a_graph_wider_than_a_phone_is_panned_and_shows_where_it_stands(show: Any) -> None:
    page = show("graph")
    page.set_viewport_size({"width": 360, "height": 740})
    frames_done(page)
    wide, width = page.evaluate(
        "(() => { const g = gallery.figures.graph.figure; return [g.layout.wide, g.width]; })()"
    )
    assert wide > width
    canvas = page.locator("#graph canvas[role=img]")
    canvas.focus()
    canvas.press("End")
    x, _, _ = page.evaluate(NODE, "L")
    assert 0 < x < 360
    box = canvas.bounding_box() or {}
    page.mouse.move(box["x"] + 40, box["y"] + box["height"] - 8)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + box["height"] - 8, steps=4)
    page.mouse.up()
    assert page.evaluate("gallery.figures.graph.figure.pan") == 0
    assert not touches(page, "Node", "commit")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_what_is_lit_sends_a_wave_unless_motion_is_unwanted(show: Any, motion: str) -> None:
    page = show("graph", reduced_motion=motion)
    drawn = page.evaluate(
        """async () => { const g = gallery.figures.graph.figure; const next = await gallery.load("graph", 5); let n = 0; const paint = g.paint.bind(g);
        g.paint = (...all) => { n += 1; paint(...all); }; next.nodes[0].lit = true; g.show(next);
        for (let i = 0; i < 12; i += 1) await new Promise(requestAnimationFrame); return n; }"""
    )
    assert drawn >= 4 if motion == "no-preference" else drawn <= 2


PICTURE = """([name, index, row, column]) => { const g = gallery.figures[name].figure; const b = g.canvas.getBoundingClientRect(); const { x, y, w, h, stepX, stepY, columns } = g.grid;
  const [, rows, wide] = g.f.images.shape; const k = g.close === null ? index : 0;
  return [b.left + x + (k % columns) * stepX + ((column + 0.5) / wide) * w, b.top + y + Math.floor(k / columns) * stepY + ((row + 0.5) / rows) * h]; }"""


def test_a_pictures_pixel_is_read_and_drawn_as_it_is(show: Any) -> None:
    page = show("images,photo")
    pictures = gallery.KINDS["images"](17 / 23).images
    for index, row, column in ((2, 9, 4), (7, 0, 0), (9, 15, 15)):
        page.mouse.move(*page.evaluate(PICTURE, ["images", index, row, column]))
        lines = page.evaluate("gallery.figures.images.figure.readout.lines")
        assert lines[0].startswith(f"ring {index}")
        assert float(lines[1].split()[-1]) == pytest.approx(float(pictures[index, row, column]), abs=1 / 254 + 5e-4)
        assert lines[2] == f"row {row}, column {column}"  # row 0 is the top one
    page.mouse.move(2, 2)
    frames_done(page)
    drawn = page.evaluate(
        """([at, wide]) => { const g = gallery.figures.photo.figure; const b = g.canvas.getBoundingClientRect();
        return Array.from(g.ctx.getImageData((at[0] - b.left) * g.ratio, (at[1] - b.top) * g.ratio, 1, 1).data); }""",
        [page.evaluate(PICTURE, ["photo", 0, 3, 20]), 24],
    )
    colour = gallery.KINDS["photo"](17 / 23).images[0, 3, 20]
    assert drawn == [pytest.approx(255 * float(v), abs=2) for v in colour] + [255]
    assert page.evaluate("gallery.figures.images.figure.toData('csv')").count("\r\n") == 10 * 16 * 16


def test_a_picture_is_picked_and_looked_at_closely(show: Any) -> None:
    page = show("images")
    page.mouse.click(*page.evaluate(PICTURE, ["images", 4, 8, 8]))
    assert touches(page, "Item", "commit")[-1]["payload"] == {"index": 4}
    canvas = page.locator("#images canvas[role=img]")
    canvas.focus()
    for key in ("Escape", "ArrowRight", "ArrowRight", "Enter"):
        canvas.press(key)
    assert touches(page, "Item", "commit")[-1]["payload"] == {"index": 1}
    assert "ring 1" in (page.locator("#images .figure-status").text_content() or "")
    canvas.press("z")
    frames_done(page)
    small, large = page.evaluate("(() => { const g = gallery.figures.images.figure; return [g.grid.w, g.close]; })()")
    assert large == 1
    assert small > 100
    canvas.press("ArrowDown")
    assert "row 8, column 8" in (page.locator("#images .figure-status").text_content() or "")
    canvas.press("Escape")
    assert page.evaluate("gallery.figures.images.figure.close") is None
    frames_done(page)  # the grid stands again
    page.mouse.dblclick(*page.evaluate(PICTURE, ["images", 6, 8, 8]))
    assert page.evaluate("gallery.figures.images.figure.close") == 6


# ---- keys


def test_a_field_works_from_the_keyboard(show: Any) -> None:
    page = show("field")
    canvas = page.locator("#field canvas[role=img]")
    canvas.focus()
    for key in ("]", "Enter", "ArrowRight", "ArrowRight", "Enter"):
        canvas.press(key)
    moved = touches(page, "PointMove")
    assert [e["phase"] for e in moved] == ["drag", "drag", "commit"]
    assert len({e["gesture"] for e in moved}) == 1
    assert page.locator("#field .figure-status").text_content()
    canvas.press("Escape")
    canvas.press("ArrowUp")
    canvas.press("Enter")
    assert page.evaluate("gallery.figures.field.figure.hand.cursor.y") > 0


def test_a_network_works_from_the_keyboard(show: Any) -> None:
    page = show("network")
    canvas = page.locator("#network canvas[role=img]")
    canvas.focus()
    for key in ("ArrowRight", "ArrowDown", "+"):
        canvas.press(key)
    built = [e for e in page.evaluate("gallery.log") if e["type"] == "build"]
    assert built[-1]["op"] == "add-unit"
    canvas.press("Enter")
    expect(page.get_by_role("textbox", name="Value", exact=True)).to_be_focused()
    page.get_by_role("combobox", name="Which weight of this unit").select_option(index=1)
    page.get_by_role("textbox", name="Value", exact=True).fill("2")
    page.keyboard.press("Enter")
    sent = touches(page, "Weight", "commit")[-1]["payload"]
    assert sent["value"] == 2
    assert sent["source"] == 0


@pytest.mark.parametrize("name", ["curves", "surface", "matrix", "points", "points3", "histograms", "bars"])
def test_arrow_keys_read_a_figure_out(show: Any, name: str) -> None:
    page = show(name)
    canvas = page.locator(f"#{name} canvas[role=img]")
    canvas.focus()
    for key in ("]", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft"):
        canvas.press(key)
    assert any(ch.isdigit() for ch in page.locator(f"#{name} .figure-status").text_content() or "")
    canvas.press("Escape")
    assert page.evaluate(f"gallery.figures.{name}.figure.readout") is None


def test_a_key_meant_for_a_figure_does_not_reach_the_page(show: Any) -> None:
    page = show("field")
    page.evaluate("window.heard = []; addEventListener('keydown', (e) => window.heard.push(e.key))")
    canvas = page.locator("#field canvas[role=img]")
    canvas.focus()
    for key in ("ArrowRight", "r", " "):
        canvas.press(key)
    assert page.evaluate("window.heard") == ["r", " "]


# ---- the card


def test_choices_are_radio_buttons_and_keep_the_choice(show: Any) -> None:
    page = show("choices")
    page.get_by_role("radio", name="Layer 2").click()
    expect(page.get_by_role("radio", name="Layer 2")).to_have_attribute("aria-checked", "true")
    page.evaluate("(async () => gallery.figures.choices.show(await gallery.load('choices', 3)))()")
    assert page.evaluate("gallery.figures.choices.chosen") == 1


def test_the_menu_saves_picture_and_data(show: Any) -> None:
    page = show("curves")
    for entry, ending in (("Save picture PNG", ".png"), ("Save data CSV", ".csv"), ("Save data JSON", ".json")):
        page.get_by_role("button", name="Menu of Curves").press("Enter")
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=entry).click()
        assert download.value.suggested_filename.endswith(ending)
    page.get_by_role("button", name="Menu of Curves").click()
    page.get_by_role("menuitem", name="Show as a table").click()
    assert page.get_by_role("dialog").locator("tr").count() > 100


def test_an_opened_figure_is_plotlys(show: Any) -> None:
    page = show("surface")
    page.get_by_role("button", name="Menu of Surface").click()
    page.get_by_role("menuitem", name="The API call").click()
    expect(page.get_by_role("dialog")).to_contain_text("/api/runs/gallery/views/surface")
    page.keyboard.press("Escape")
    page.evaluate("gallery.figures.field ?? 0")
    page.goto(page.url.replace("surface", "curves"))
    page.wait_for_selector("html[data-ready]")
    page.get_by_role("button", name="Menu of Curves").click()
    page.get_by_role("menuitem", name="Open zoom, hover").click()
    expect(page.locator(".figure-open .main-svg").first).to_be_visible(timeout=20_000)


# ---- words


def test_mathml_lets_only_mathematics_in(show: Any) -> None:
    page = show("equation")
    got = page.evaluate(
        """async () => { const { mathml } = await import("/static/js/figures/equation.js");
        const m = mathml('<math xmlns="http://www.w3.org/1998/Math/MathML"><mi href="javascript:1">a</mi><script>window.bad = 1</script><annotation-xml><img/></annotation-xml><mtext>⟦w1⟧</mtext></math>');
        document.body.append(m);
        return [m.querySelectorAll("*").length, m.outerHTML, window.bad ?? null]; }"""
    )
    assert got[0] == 2
    assert "script" not in got[1]
    assert "href" not in got[1]
    assert got[2] is None


def test_an_equations_numbers_change_without_a_new_element(show: Any) -> None:
    page = show("equation")
    same = page.evaluate(
        """async () => { const el = gallery.figures.equation.figure; const slot = el.querySelector('[data-slot=a]'); const before = slot.textContent;
        el.show(await gallery.load('equation', 3)); await new Promise(requestAnimationFrame); await new Promise(requestAnimationFrame);
        return [slot.isConnected, before, slot.textContent, el.querySelector('[data-slot=b]').dataset.sign]; }"""
    )
    assert same == [True, "0.89", "0.16", "-"]


def test_a_form_is_made_from_a_schema(show: Any) -> None:
    from models.core.inputs import Choice, Point

    page = show("text")
    page.evaluate(
        """async (schema) => { const { form } = await import("/static/js/inputs/form.js"); window.sent = [];
        document.body.append(form(schema, (payload, phase) => window.sent.push([payload, phase]), "Ask")); }""",
        Point.model_json_schema(),
    )
    page.get_by_label("X", exact=True).fill("1.5")
    page.get_by_label("Y", exact=True).fill("-2")
    page.get_by_role("button", name="Ask").click()
    assert page.evaluate("window.sent.at(-1)") == [{"x": 1.5, "y": -2}, "commit"]
    page.get_by_role("application").press("ArrowRight")
    assert page.evaluate("window.sent.at(-1)[1]") == "drag"
    assert Choice.model_json_schema()["properties"]


def test_the_page_of_figures_is_idle_at_thirty_frames_a_second(show: Any) -> None:
    """Field, network with two layers, histograms, surface, points, three curves of 10,000 points: drawing takes at most half a core."""
    page = show("field,network,histograms,surface,points,curves", height=2200)
    busy = page.evaluate("gallery.play(2, 30)")
    assert busy["drawing"] + busy["decoding"] < 0.5, busy
