// @ts-check
/** Painting points on a field: a class is chosen, a click or a drag paints, the eraser takes away. Sends the whole set. */
import { invalidate, soon } from "../loop.js";
import { h } from "../dom.js";
import { palette } from "../palette.js";
import { round } from "./hand.js";
import { sprite, stamp } from "./marks.js";

const MOST = 200;
const ERASE_PX = 12;
const ECHO_MS = 900;

export class Brush {
  /** @param {import("./field.js").Field} field */
  constructor(field) {
    this.field = field;
    /** "hand", "erase" or the number of a class. @type {"hand" | "erase" | number} */
    this.tool = "hand";
    /** @type {[number, number, number][]} what the server knows of */
    this.base = [];
    /** @type {[number, number, number][] | null} what is being painted, until the server's frame has it too */
    this.own = null;
    this.until = 0;
    /** @type {HTMLElement | null} */
    this.bar = null;
    this.names = "";
  }

  get active() {
    return this.tool !== "hand" && Boolean(this.field.figure?.draws);
  }

  get cursor() {
    return this.tool === "erase" ? "cell" : "crosshair";
  }

  /** Make the bar when the figure can be painted, with one swatch a class. @param {any} f */
  update(f) {
    const names = f.draws ? (f.class_names?.length ? f.class_names : ["class 0", "class 1"]) : [];
    const version = palette().version;
    if (`${names}${version}` === this.names) return;
    this.names = `${names}${version}`;
    this.bar?.remove();
    this.bar = null;
    if (!f.draws) return;
    const bar = (this.bar = document.createElement("div"));
    bar.className = "figure-brush";
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", "Paint points");
    /** @param {"hand" | "erase" | number} tool @param {string} words @param {string} title */
    const button = (tool, words, title) => {
      const b = document.createElement("button");
      b.type = "button";
      b.title = title;
      b.dataset.tool = String(tool);
      b.setAttribute("aria-label", title);
      b.setAttribute("aria-pressed", String(this.tool === tool));
      if (typeof tool === "number") b.append(this.#swatch(tool));
      b.append(h("span", {}, words));
      b.addEventListener("click", () => this.choose(tool));
      bar.append(b);
    };
    button("hand", "Point", "Point and drag, without painting");
    names.forEach((/** @type {string} */ name, /** @type {number} */ k) => button(k, name, `Paint points of ${name} (key ${k + 1})`));
    button("erase", "Erase", "Erase painted points");
    const clear = document.createElement("button");
    clear.type = "button";
    clear.textContent = "Clear";
    clear.title = "Take all points away";
    clear.addEventListener("click", () => this.set([], this.field.gesture()));
    bar.append(clear);
    this.field.append(bar);
    this.place(this.field.plot);
  }

  /** @param {number} k */
  #swatch(k) {
    const ratio = Math.max(2, this.field.ratio);
    const canvas = document.createElement("canvas");
    canvas.className = "figure-swatch";
    canvas.width = canvas.height = 16 * ratio;
    stamp(/** @type {any} */ (canvas.getContext("2d")), sprite(k, 5.5 * ratio, 1), 8 * ratio, 8 * ratio, 1);
    return canvas;
  }

  /** @param {import("./axes.js").Box} plot */
  place(plot) {
    if (!this.bar) return;
    const { em, width } = this.field;
    const words = [...this.bar.children].reduce((sum, b) => sum + (b.textContent?.length ?? 0), 0);
    this.bar.classList.toggle("tight", words * em * 0.55 + this.bar.childElementCount * em * 1.6 > width - em * 2); // then shapes alone stand for the classes
    this.bar.style.insetInlineEnd = `${Math.max(0, Math.round(width - plot.x - plot.w))}px`;
    this.bar.style.maxInlineSize = `${Math.round(width - em)}px`;
  }

  /** @param {"hand" | "erase" | number} tool */
  choose(tool) {
    this.tool = tool;
    if (tool !== "hand") this.learn();
    for (const b of this.bar?.querySelectorAll("[data-tool]") ?? []) {
      b.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (b).dataset.tool === String(tool)));
    }
  }

  /** The points painted so far. @returns {[number, number, number][]} */
  points() {
    return this.own ?? this.base;
  }

  /** What the run's setting holds: asked when painting begins, for a preset or another reader may have changed it. */
  async learn() {
    const { touches, api } = this.field.spec;
    const name = touches.find((t) => t.touch === "PointSet" && (t.does === "live" || t.does === "reset"))?.name;
    if (!name || !api?.includes("/views/")) return;
    const answer = await fetch(api.slice(0, api.indexOf("/views/")));
    if (answer.ok && !this.own) this.base = (await answer.json()).config?.[name] ?? [];
  }

  /** What is painted and not yet in the figure. @returns {[number, number, number][] | null} */
  echo() {
    if (this.own && !this.field.hand.busy && performance.now() > this.until) this.own = null;
    return this.own;
  }

  /** @param {number} px @param {number} py @param {boolean} first of a stroke */
  stroke(px, py, first) {
    const { sx, sy, radius } = this.field;
    const points = this.points();
    if (this.tool === "erase") {
      this.own = points.filter(([x, y]) => Math.hypot(sx.px(x) - px, sy.px(y) - py) > ERASE_PX);
    } else {
      const last = points.at(-1);
      const apart = radius * 3.2;
      if (!first && last && Math.hypot(sx.px(last[0]) - px, sy.px(last[1]) - py) < apart) return;
      const { x, y } = this.field.hand.place(px, py);
      this.own = [...points.slice(Math.max(0, points.length + 1 - MOST)), [x, y, /** @type {number} */ (this.tool)]];
    }
    invalidate(this.field);
  }

  /** @param {string} gesture */
  commit(gesture) {
    if (this.own) this.set(this.own, gesture);
  }

  /** @param {[number, number, number][]} points @param {string} gesture */
  set(points, gesture) {
    this.own = this.base = points;
    this.until = performance.now() + ECHO_MS;
    soon(this.field, ECHO_MS + 20);
    const touch = this.field.spec.touches.find((t) => t.touch === "PointSet");
    const bare = touch && touch.does !== "action" && touch.does !== "probe";
    this.field.touch("PointSet", bare ? points : { points }, "commit", gesture);
    invalidate(this.field);
  }

  /** @param {string} key @param {{x: number, y: number}} at */
  byKey(key, at) {
    const { sx, sy } = this.field;
    const points = this.points();
    if (/\d/.test(key)) {
      if (Number(key) > Math.max(2, this.field.figure?.class_names?.length ?? 0)) return;
      this.set([...points.slice(Math.max(0, points.length + 1 - MOST)), [round(at.x), round(at.y), Number(key) - 1]], this.field.gesture());
    } else {
      this.set(points.filter(([x, y]) => Math.hypot(sx.px(x - at.x) - sx.px(0), sy.px(y - at.y) - sy.px(0)) > ERASE_PX), this.field.gesture());
    }
  }
}
