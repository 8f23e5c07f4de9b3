// @ts-check
/** One level bar a label, or several side by side for `series`; its number beside it; the right answer is marked; bars that can be dragged say so. */
import { soon } from "../loop.js";
import { named } from "../palette.js";
import { axisText, number, Range, Scale, signed } from "./axes.js";
import { Figure } from "./figure.js";
import { flow } from "./legend.js";
import { shape } from "./marks.js";

const ECHO_MS = 1500;

export class Bars extends Figure {
  sx = new Scale();
  range = new Range();
  plot = { x: 0, y: 0, w: 0, h: 0 };
  row = 20;
  /** @type {number | null} the bar pointed at, among all S·N */
  over = null;
  /** What is dragged, and what was until the server has it. @type {{index: number, value: number, gesture: string, until: number} | null} */
  hold = null;
  dragging = false;

  get f() {
    return /** @type {any} */ (this.figure);
  }

  /** How many series stand side by side. */
  get series() {
    return Math.max(1, this.f.series?.length || (this.f.values.shape.length > 1 ? this.f.values.shape[0] : 1));
  }

  #range() {
    const { f } = this;
    let [lo, hi] = this.common.value ?? this.extents().value;
    if (f.signed) [lo, hi] = [-Math.max(-lo, hi), Math.max(-lo, hi)];
    if (this.common.value) Object.assign(this.range, { lo, hi });
    else if (!this.dragging) this.range.hold(lo, hi);
    if (f.signed) this.range.lo = -(this.range.hi = Math.max(-this.range.lo, this.range.hi));
  }

  /** @returns {Record<string, [number, number]>} */
  extents() {
    let [lo, hi] = [0, 0];
    for (const v of this.f.values.data) if (Number.isFinite(v)) [lo, hi] = [Math.min(lo, v), Math.max(hi, v)];
    return { value: [lo, hi] };
  }

  stillKey() {
    this.#range();
    const { f } = this;
    return `${this.range.lo} ${this.range.hi} ${f.labels} ${f.series} ${f.notes} ${axisText(f.y)} ${f.y?.lo} ${f.y?.hi} ${f.truth} ${f.values.shape}`;
  }

  paintStill(ctx, c) {
    const { em, f } = this;
    const n = f.labels.length || 1;
    const names = Math.min(this.width * 0.36, Math.max(em, ...f.labels.map((/** @type {string} */ l) => ctx.measureText(l).width)) + em * 1.9);
    const numbers = em * 4.2;
    const start = names + ctx.measureText(axisText(f.y)).width + em * 1.2;
    const keys = flow(ctx, (f.series ?? []).map((/** @type {string} */ label, /** @type {number} */ index) => ({ id: label, label, index })), start, this.width - em * 0.4, em);
    const rows = keys.at(-1)?.row ?? 0;
    const top = axisText(f.y) || keys.length ? em * (1.9 + rows * 1.6) : em * 0.4;
    this.row = Math.max(em * 0.5, Math.min(em * (this.series > 1 ? 1.5 * this.series + 0.6 : 2.4), (this.height - top - em * 0.4) / n));
    this.plot = { x: Math.round(names), y: Math.round(top), w: Math.max(20, this.width - names - numbers), h: this.row * n };
    this.sx.set(f.y?.lo ?? this.range.lo, f.y?.hi ?? this.range.hi, this.plot.x, this.plot.x + this.plot.w);
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    for (const key of keys) this.#key(ctx, key, c);
    ctx.fillStyle = c.ink;
    ctx.fillText(axisText(f.y), this.plot.x, em * 0.8);
    if (this.row < em) return;
    f.labels.forEach((/** @type {string} */ text, /** @type {number} */ i) => this.#name(ctx, text, i, names, c));
    ctx.font = `${em}px ${c.font}`;
  }

  #name(ctx, text, i, names, c) {
    const { em, f } = this;
    const y = this.plot.y + (i + 0.5) * this.row;
    ctx.textAlign = "right";
    ctx.font = `${i === f.truth ? 600 : 400} ${em}px ${c.font}`;
    ctx.fillText(text, names - em * (f.colours === "class" ? 1.7 : 0.6), y, names - em * (f.colours === "class" ? 1.7 : 0.6) - 2);
    if (f.colours !== "class") return;
    ctx.save();
    ctx.translate(names - em * 0.9, y);
    ctx.beginPath();
    shape(ctx, i, em * 0.36);
    ctx.fillStyle = c.classes[i % 8];
    ctx.fill();
    ctx.strokeStyle = c.ink;
    ctx.lineWidth = 1;
    ctx.stroke();
    ctx.restore();
  }

  /** A series in the legend: a piece of its bar. */
  #key(ctx, { entry, x, row }, c) {
    const { em } = this;
    const y = em * (0.8 + 1.6 * row);
    ctx.fillStyle = this.#colour(entry.index, 0, 1, c);
    ctx.fillRect(x + em * 0.9, y - em * 0.4, em, em * 0.8);
    ctx.strokeStyle = c.ink;
    ctx.lineWidth = 1;
    ctx.strokeRect(Math.round(x + em * 0.9) + 0.5, Math.round(y - em * 0.4) + 0.5, em, em * 0.8);
    ctx.fillStyle = c.ink2;
    ctx.fillText(entry.label, x + em * 2.3, y);
  }

  /** @param {number} s series @param {number} i label @param {number} v @param {import("../palette.js").Palette} c */
  #colour(s, i, v, c) {
    const { f } = this;
    if (this.series > 1) return named("auto", s);
    return f.colours === "class" ? c.classes[i % 8] : f.colours === "sign" ? (v < 0 ? c.neg : c.pos) : c.ink2;
  }

  /** The value of a bar as it is shown: where it was dragged to, until the server has it. @param {number} index */
  shown(index) {
    const { hold, f } = this;
    const v = f.values.data[index];
    if (!hold || hold.index !== index) return v;
    if (!this.dragging && (performance.now() > hold.until || Math.abs(v - hold.value) < (this.sx.hi - this.sx.lo) * 1e-3)) this.hold = null;
    return this.hold ? this.hold.value : v;
  }

  /** Top and height of a bar. @param {number} index @returns {[number, number]} */
  #bar(index) {
    const n = this.f.labels.length;
    const inset = Math.max(1, this.row * (this.series > 1 ? 0.1 : 0.16));
    const high = (this.row - 2 * inset) / this.series;
    return [this.plot.y + (index % n) * this.row + inset + Math.floor(index / n) * high, Math.max(1, high - (this.series > 1 ? 1 : 0))];
  }

  paint(ctx, c) {
    const { f, plot } = this;
    const zero = Math.round(this.sx.px(Math.max(this.sx.lo, Math.min(this.sx.hi, 0))));
    ctx.textBaseline = "middle";
    for (let k = 0; k < f.labels.length * this.series; k += 1) this.#paintBar(ctx, k, zero, c);
    if (f.truth !== null && f.truth !== undefined) {
      ctx.fillStyle = c.ink;
      const inset = Math.max(1, this.row * 0.16);
      ctx.fillRect(plot.x + plot.w + 2, plot.y + f.truth * this.row + inset, 2, this.row - inset * 2);
    }
    ctx.strokeStyle = c.ink3;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(zero + 0.5, plot.y);
    ctx.lineTo(zero + 0.5, plot.y + plot.h);
    ctx.stroke();
    ctx.textBaseline = "alphabetic";
  }

  #paintBar(ctx, index, zero, c) {
    const { f, em, plot } = this;
    const n = f.labels.length;
    const [s, i] = [Math.floor(index / n), index % n];
    const v = this.shown(index);
    const [y, high] = this.#bar(index);
    ctx.fillStyle = c.paper2;
    ctx.fillRect(plot.x, y, plot.w, high);
    const x = Math.max(plot.x, Math.min(plot.x + plot.w, this.sx.px(v)));
    const [a, b] = [Math.min(zero, x), Math.max(zero, x)];
    ctx.fillStyle = this.#colour(s, i, v, c);
    if (Number.isFinite(v)) ctx.fillRect(a, y, b - a, high);
    ctx.strokeStyle = this.over === index ? c.brass : c.ink;
    ctx.lineWidth = this.over === index ? 2 : 1;
    if (b - a > 1 && high > 3 && (this.over === index || f.colours === "class")) ctx.strokeRect(a + 0.5, y + 0.5, b - a - 1, high - 1);
    if (f.drag && this.takes("Item") && Number.isFinite(v)) {
      ctx.fillStyle = c.brass;
      ctx.fillRect(x - 1.5, y - 1, 3, high + 2);
    }
    if (high < em * 0.62) return;
    ctx.fillStyle = c.ink;
    ctx.textAlign = "right";
    ctx.fillText(f.signed ? signed(v, digits(this.sx)) : number(v, digits(this.sx)), this.width - em * 0.3, y + high / 2);
    if (!f.notes?.[i] || s) return;
    ctx.textAlign = "left";
    ctx.fillStyle = c.ink2;
    ctx.fillText(f.notes[i], Math.min(b + 6, plot.x + plot.w * 0.6), y + high / 2);
  }

  /** @param {number} y @returns {number | null} the bar at this height */
  #find(y) {
    const i = Math.floor((y - this.plot.y) / this.row);
    if (!this.figure || i < 0 || i >= this.f.labels.length) return null;
    const [top, high] = this.#bar(i);
    const s = Math.max(0, Math.min(this.series - 1, Math.floor((y - top) / (high + (this.series > 1 ? 1 : 0)))));
    return s * this.f.labels.length + i;
  }

  /** @param {number} index */
  #words(index) {
    const { f } = this;
    const n = f.labels.length;
    const v = this.shown(index);
    const name = [f.labels[index % n], this.series > 1 ? f.series?.[Math.floor(index / n)] ?? `series ${Math.floor(index / n) + 1}` : ""].filter(Boolean).join(", ");
    return `${name}: ${f.signed ? signed(v) : number(v)}${f.y?.unit ? ` ${f.y.unit}` : ""}${index % n === f.truth ? ", the right one" : ""}`;
  }

  #tell(index, aloud = false) {
    this.over = index;
    const text = this.#words(index);
    this.point({ x: this.sx.px(this.shown(index)), y: this.#bar(index)[0], lines: [text] }, { id: `bar-${this.f.labels[index % this.f.labels.length]}`, text }, aloud);
  }

  get #movable() {
    return Boolean(this.f?.drag && this.takes("Item"));
  }

  /** @param {number} index @param {number} value @param {"drag" | "commit"} phase @param {string} gesture */
  #send(index, value, phase, gesture) {
    const held = Number(Math.max(this.sx.lo, Math.min(this.sx.hi, value)).toPrecision(6));
    this.hold = { index, value: held, gesture, until: performance.now() + ECHO_MS };
    soon(this, ECHO_MS + 20);
    this.touch("Item", { index, value: held }, phase, gesture);
  }

  moved(x, y) {
    if (this.dragging && this.hold) {
      this.#send(this.hold.index, this.sx.at(x), "drag", this.hold.gesture);
      return this.#tell(this.hold.index);
    }
    const index = this.#find(y);
    if (index === null) return this.left();
    this.canvas.style.cursor = this.#movable ? "ew-resize" : this.takes("Item") ? "pointer" : "default";
    this.#tell(index);
  }

  pressed(x, y, e) {
    const index = this.#find(y);
    if (index === null || !this.takes("Item")) return;
    if (!this.f.drag) return this.touch("Item", { index }, "commit");
    this.canvas.setPointerCapture(e.pointerId);
    this.dragging = true;
    this.hold = { index, value: this.sx.at(x), gesture: this.gesture(), until: Infinity };
    this.moved(x, y);
  }

  released() {
    if (!this.dragging || !this.hold) return;
    this.dragging = false;
    this.#send(this.hold.index, this.hold.value, "commit", this.hold.gesture);
  }

  cancelled() {
    this.dragging = false;
    this.hold = null;
  }

  grabs() {
    return this.#movable;
  }

  left() {
    if (this.dragging) return;
    this.over = null;
    super.left();
  }

  /** Up and down go from bar to bar as they stand, left and right move one that can be dragged. */
  key(e) {
    const n = this.f.labels.length;
    const all = n * this.series;
    const move = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    const side = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (move) {
      const place = this.over === null ? (move > 0 ? -1 : all) : (this.over % n) * this.series + Math.floor(this.over / n);
      const next = (place + move + all) % all;
      this.#tell((next % this.series) * n + Math.floor(next / this.series), true);
    } else if (side && this.over !== null && this.#movable) {
      const step = (this.sx.hi - this.sx.lo) / (e.shiftKey ? 10 : 50);
      this.#send(this.over, this.shown(this.over) + side * step, "commit", this.gesture());
      this.#tell(this.over, true);
    } else if (e.key === "Enter" && this.over !== null && this.takes("Item") && !this.f.drag) this.touch("Item", { index: this.over }, "commit");
    else if (e.key === "Escape") this.left();
    else return false;
    return true;
  }

  words() {
    return Array.from({ length: this.f.labels.length * this.series }, (_, k) => this.#words(k)).join("; ");
  }

  rows() {
    const { f } = this;
    const n = f.labels.length;
    const heads = this.series > 1 ? Array.from({ length: this.series }, (_, s) => f.series?.[s] ?? `series ${s + 1}`) : [axisText(f.y) || "value"];
    return [["label", ...heads], ...f.labels.map((/** @type {string} */ l, /** @type {number} */ i) => [l, ...heads.map((_, s) => f.values.data[s * n + i])])];
  }
}

/** @param {Scale} s */
const digits = (s) => Math.max(0, Math.min(4, 3 - Math.ceil(Math.log10(Math.max(Math.abs(s.lo), Math.abs(s.hi))) + 0.01)));
customElements.define("orrery-bars", Bars);
