// @ts-check
/** Lines over steps or any x, thinned to two points a pixel, with bands, marks and rules. */
import { invalidate } from "../loop.js";
import { named } from "../palette.js";
import { axisText, drawAxes, number, Range, Scale } from "./axes.js";
import { Figure } from "./figure.js";
import { drawKey, flow, pen } from "./legend.js";
import { band, cursor, dots, markers, marks, rules } from "./line-work.js";
import { Stroke } from "./stroke.js";
import { nearest, thin } from "./thin.js";

export class Curves extends Figure {
  sx = new Scale();
  sy = new Scale();
  xr = new Range();
  yr = new Range();
  plot = { x: 0, y: 0, w: 0, h: 0 };
  logY = false;
  /** @type {number | null} x of the cursor in data units */
  cursor = null;
  /** @type {number | null} x that is looked back to: what is after it is faint */
  here = null;
  /** @type {Set<string>} */
  silenced = new Set();
  stroke = new Stroke(this);
  /** @type {Map<string, {data: any, key: string, path: Path2D, band: Path2D}>} */
  paths = new Map();
  /** @type {(import("./legend.js").Key & {id: string, y: number})[]} */
  keys = [];

  options() {
    return [{ label: "Logarithmic y", on: () => this.#log, flip: () => { this.logY = !this.#log; this.restyle(); } }];
  }

  get #log() {
    return this.logY !== Boolean(this.figure?.y?.log);
  }

  show(figure) {
    super.show(figure);
    this.#ranges();
  }

  get lines() {
    return /** @type {any[]} */ (this.figure?.lines ?? []);
  }

  /** @returns {Record<string, [number, number]>} */
  extents() {
    const f = /** @type {any} */ (this.figure);
    const log = this.#log;
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const line of this.lines) {
      if (this.silenced.has(line.id)) continue;
      const [x, y] = [line.x.data, line.y.data];
      for (let i = 0; i < y.length; i += 1) {
        const v = y[i];
        if (!(v > -Infinity && v < Infinity) || (log && v <= 0)) continue;
        if (v < y0) y0 = v;
        if (v > y1) y1 = v;
        if (x[i] < x0) x0 = x[i];
        if (x[i] > x1) x1 = x[i];
      }
    }
    const reach = (/** @type {number} */ x, /** @type {number} */ y) => {
      if (Number.isFinite(x)) [x0, x1] = [Math.min(x0, x), Math.max(x1, x)];
      if (Number.isFinite(y) && (!log || y > 0)) [y0, y1] = [Math.min(y0, y), Math.max(y1, y)];
    };
    for (const rule of f.rules ?? []) rule.axis === "y" ? reach(NaN, rule.at) : reach(rule.at, NaN);
    for (const mark of f.marks ?? []) reach(mark.x, mark.y);
    if (!(x0 <= x1)) [x0, x1] = [0, 1];
    if (!(y0 <= y1)) [y0, y1] = [log ? 0.1 : 0, 1];
    return { x: [x0, x1 > x0 ? x1 : x0 + 1], y: [y0, y1] };
  }

  /** Ranges that hold still; given ones are law. */
  #ranges() {
    const { x, y } = this.extents();
    this.xr.hold(...x, Boolean(this.figure?.x?.log) && x[0] > 0);
    this.yr.hold(...y, this.#log);
    for (const [range, held] of /** @type {[Range, number[] | undefined][]} */ ([[this.xr, this.common.x], [this.yr, this.common.y]])) if (held) [range.lo, range.hi] = held;
  }

  stillKey() {
    const f = /** @type {any} */ (this.figure);
    this.#ranges();
    return `${this.xr.lo} ${this.xr.hi} ${this.yr.lo} ${this.yr.hi} ${this.#log} ${axisText(f.x)} ${axisText(f.y)} ${f.x?.lo} ${f.x?.hi} ${f.y?.lo} ${f.y?.hi} ${this.lines.map((l) => l.label + l.style + l.colour)} ${[...this.silenced]}`;
  }

  paintStill(ctx, c) {
    const f = /** @type {any} */ (this.figure);
    const { em } = this;
    const legend = this.#legend(ctx, em);
    const top = em * 2.1 + legend * em * 1.6;
    this.plot = { x: Math.round(em * 3.9), y: Math.round(top), w: Math.max(20, Math.round(this.width - em * 5.9)), h: Math.max(20, Math.round(this.height - top - em * 3.3)) };
    const { x, y, w, h } = this.plot;
    const log = this.#log;
    const lo = (this.common.y ? null : f.y?.lo) ?? this.yr.lo;
    this.sx.set((this.common.x ? null : f.x?.lo) ?? this.xr.lo, (this.common.x ? null : f.x?.hi) ?? this.xr.hi, x, x + w, Boolean(f.x?.log));
    this.sy.set(log && lo <= 0 ? this.yr.lo : lo, (this.common.y ? null : f.y?.hi) ?? this.yr.hi, y + h, y, log);
    drawAxes(ctx, this.plot, this.sx, this.sy, f.x ?? { label: "" }, f.y ?? { label: "" }, c, em, { grid: true });
    this.#paintLegend(ctx, c, em);
  }

  /** Place the legend's entries in rows; returns how many rows there are beyond the first. @param {CanvasRenderingContext2D} ctx @param {number} em */
  #legend(ctx, em) {
    const [only] = this.lines;
    const plain = this.lines.length < 2 && (!only?.label || [this.figure?.y?.label, this.spec.title].includes(only.label));
    const entries = plain ? [] : this.lines.map((line, index) => ({ ...line, index })).filter((line) => line.label && !line.unnamed);
    const start = Math.max(em * 1.2, em * 2.4 + ctx.measureText(axisText(this.figure?.y)).width);
    this.keys = flow(ctx, entries, start, this.width - em * 0.6, em).map((key) => ({ ...key, id: key.entry.id, y: em * 1.1 + key.row * em * 1.6 }));
    return this.keys.at(-1)?.row ?? 0;
  }

  #paintLegend(ctx, c, em) {
    for (const key of this.keys) {
      ctx.globalAlpha = this.silenced.has(key.id) ? 0.35 : 1;
      drawKey(ctx, key, key.y, this.width, this.ratio, em, c);
    }
    ctx.globalAlpha = 1;
  }

  paint(ctx, c) {
    const f = /** @type {any} */ (this.figure);
    const { x, y, w, h } = this.plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(x - 1, y - 2, w + 2, h + 4);
    ctx.clip();
    rules(this, ctx, f, c);
    for (const [i, line] of this.lines.entries()) {
      if (this.silenced.has(line.id)) continue;
      if (line.lower && line.upper) band(this, ctx, line, i);
      const faint = this.lit && this.lines.some((l) => l.id === this.lit) && this.lit !== line.id ? 0.3 : 1;
      if (line.style === "points") {
        dots(this, ctx, line, i, faint);
        continue;
      }
      const { path, band: spread } = this.#path(line);
      pen(ctx, line, i);
      ctx.globalAlpha = 0.22 * faint;
      ctx.fillStyle = ctx.strokeStyle;
      ctx.fill(spread);
      ctx.globalAlpha = faint;
      ctx.stroke(path);
      ctx.setLineDash([]);
      if (line.marker !== undefined) markers(this, ctx, line);
    }
    ctx.globalAlpha = 1;
    marks(this, ctx, f, c);
    this.stroke.paint(ctx, c);
    if (this.here !== null) {
      const px = this.sx.px(this.here);
      ctx.globalAlpha = 0.66;
      ctx.fillStyle = c.card;
      ctx.fillRect(px, y - 2, x + w - px + 2, h + 3);
      ctx.globalAlpha = 1;
      cursor(this, ctx, c, this.here);
    }
    if (this.cursor !== null) cursor(this, ctx, c, this.cursor);
    ctx.restore();
  }

  /** The line's path, made anew only when its numbers or the scales change. @param {any} line */
  #path(line) {
    const { sx, sy } = this;
    const n = line.x.data.length;
    const key = `${sx.offset} ${sx.slope} ${sy.offset} ${sy.slope} ${n} ${sx.log}${sy.log}`;
    const kept = this.paths.get(line.id);
    if (kept && kept.data === line.y.data && kept.key === key) return kept;
    const made = { data: line.y.data, key, path: new Path2D(), band: new Path2D() };
    thin(made.path, made.band, line.x.data, line.y.data, sx, sy, line.style === "steps");
    this.paths.set(line.id, made);
    return made;
  }

  /** @param {number} x data units @param {number} py @param {boolean} [aloud] */
  #tell(x, py, aloud = false) {
    const f = /** @type {any} */ (this.figure);
    let best = Infinity;
    let snapped = x;
    for (const line of this.lines) {
      const k = this.silenced.has(line.id) ? -1 : nearest(line.x.data, x);
      if (k >= 0 && Math.abs(line.x.data[k] - x) < best) [best, snapped] = [Math.abs(line.x.data[k] - x), line.x.data[k]];
    }
    this.cursor = snapped;
    this.dispatchEvent(new CustomEvent("cursor", { bubbles: true, detail: { x: snapped } }));
    const lines = [`${f.x?.label || "x"} ${number(snapped, Number.isInteger(snapped) ? 0 : undefined)}${f.x?.unit ? ` ${f.x.unit}` : ""}`];
    let close = { id: "", far: 12 };
    for (const line of this.lines) {
      const k = this.silenced.has(line.id) ? -1 : nearest(line.x.data, snapped);
      if (k < 0) continue;
      lines.push(`${line.label || f.y?.label || "y"} ${number(line.y.data[k])}${f.y?.unit ? ` ${f.y.unit}` : ""}`);
      const far = Math.abs(this.sy.px(line.y.data[k]) - py);
      if (far < close.far) close = { id: line.id, far };
    }
    this.point({ x: this.sx.px(snapped), y: py, lines }, close.id ? { id: close.id, text: lines.join(", ") } : null, aloud);
  }

  moved(x, y) {
    const { plot } = this;
    const key = this.keys.find((k) => x >= k.x && x < k.x + k.w && Math.abs(y - k.y) < this.em);
    if (this.stroke.drawing && !this.stroke.pen) return this.stroke.to(x, y);
    this.canvas.style.cursor = key ? "pointer" : this.stroke.able && this.#inside(x, y) ? "crosshair" : "default";
    if (x < plot.x - 4 || x > plot.x + plot.w + 4 || y < plot.y || y > plot.y + plot.h) this.left();
    else this.#tell(this.sx.at(x), y);
  }

  /** A click on a legend's entry hides its line, or shows it again; in the plot a curve is begun, where one can be drawn. */
  pressed(x, y, e) {
    const key = this.keys.find((k) => x >= k.x && x < k.x + k.w && Math.abs(y - k.y) < this.em);
    if (!key && this.stroke.able && this.#inside(x, y)) {
      this.canvas.setPointerCapture(e.pointerId);
      return this.stroke.begin(x, y);
    }
    if (!key) return;
    const silent = this.silenced.has(key.id);
    for (const { id } of this.lines) if (id.split(":")[0] === key.id.split(":")[0]) silent ? this.silenced.delete(id) : this.silenced.add(id);
    this.restyle();
  }

  #inside(x, y) {
    const { plot } = this;
    return x >= plot.x && x <= plot.x + plot.w && y >= plot.y && y <= plot.y + plot.h;
  }

  released() {
    if (this.stroke.drawing && !this.stroke.pen) this.stroke.end();
  }

  cancelled() {
    this.stroke.drop();
  }

  grabs(e) {
    const box = this.canvas.getBoundingClientRect();
    return this.stroke.able && this.#inside(e.touches[0].clientX - box.left, e.touches[0].clientY - box.top);
  }

  /** The cursor of another chart of the same x. @param {number | null} x */
  follow(x) {
    if (this.cursor === x) return;
    this.cursor = x;
    if (x === null) this.readout = null;
    invalidate(this);
  }

  left() {
    if (this.cursor !== null) this.dispatchEvent(new CustomEvent("cursor", { bubbles: true, detail: { x: null } }));
    this.cursor = null;
    super.left();
  }

  reset() {
    this.silenced.clear();
    this.xr = new Range();
    this.yr = new Range();
    this.restyle();
  }

  key(e) {
    const move = { ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9 }[e.key];
    if (this.stroke.key(e)) return true;
    if (e.key === "Escape") return this.left(), true;
    if (!move) return false;
    const line = this.lines.find((l) => !this.silenced.has(l.id) && l.x.data.length);
    if (!line) return true;
    const { data } = line.x;
    const k = this.cursor === null ? data.length - 1 : nearest(data, this.cursor) + move * (e.shiftKey ? Math.ceil(data.length / 20) : 1);
    const i = Math.max(0, Math.min(data.length - 1, k));
    this.#tell(data[i], this.sy.px(line.y.data[i]), true);
    return true;
  }

  words() {
    return this.lines.map((l) => (l.y.data.length ? `${l.label} now ${number(l.y.data[l.y.data.length - 1])}` : `${l.label} empty`)).join(", ");
  }

  rows() {
    const f = /** @type {any} */ (this.figure);
    const rows = [["line", axisText(f.x) || "x", axisText(f.y) || "y"]];
    for (const line of this.lines) for (let i = 0; i < line.x.data.length; i += 1) rows.push([line.label || line.id, line.x.data[i], line.y.data[i]]);
    return rows;
  }
}

customElements.define("orrery-curves", Curves);
