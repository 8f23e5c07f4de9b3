// @ts-check
/** One level bar a label, its number beside it; the right answer is marked; bars that can be dragged say so. */
import { axisText, number, Range, Scale, signed } from "./axes.js";
import { Figure } from "./figure.js";
import { shape } from "./marks.js";

export class Bars extends Figure {
  sx = new Scale();
  range = new Range();
  plot = { x: 0, y: 0, w: 0, h: 0 };
  row = 20;
  /** @type {number | null} */
  over = null;
  /** @type {{index: number, value: number, gesture: string} | null} */
  hold = null;

  get f() {
    return /** @type {any} */ (this.figure);
  }

  #range() {
    const { f } = this;
    let [lo, hi] = this.common.value ?? this.extents().value;
    if (f.signed) [lo, hi] = [-Math.max(-lo, hi), Math.max(-lo, hi)];
    if (this.common.value) Object.assign(this.range, { lo, hi });
    else this.range.hold(lo, hi);
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
    return `${this.range.lo} ${this.range.hi} ${f.labels} ${f.notes} ${axisText(f.y)} ${f.y?.lo} ${f.y?.hi} ${f.truth} ${f.values.shape}`;
  }

  paintStill(ctx, c) {
    const { em, f } = this;
    const n = f.labels.length || 1;
    const names = Math.min(this.width * 0.36, Math.max(em, ...f.labels.map((/** @type {string} */ l) => ctx.measureText(l).width)) + em * 1.9);
    const numbers = em * 4.2;
    const top = axisText(f.y) ? em * 1.9 : em * 0.4;
    this.row = Math.max(em * 0.5, Math.min(em * 2.4, (this.height - top - em * 0.4) / n));
    this.plot = { x: Math.round(names), y: Math.round(top), w: Math.max(20, this.width - names - numbers), h: this.row * n };
    this.sx.set(f.y?.lo ?? this.range.lo, f.y?.hi ?? this.range.hi, this.plot.x, this.plot.x + this.plot.w);
    ctx.textBaseline = "middle";
    ctx.fillStyle = c.ink;
    ctx.textAlign = "left";
    ctx.fillText(axisText(f.y), this.plot.x, em * 0.8);
    if (this.row < em) return;
    ctx.textAlign = "right";
    f.labels.forEach((/** @type {string} */ text, /** @type {number} */ i) => {
      const y = top + (i + 0.5) * this.row;
      const right = names - em * (f.colours === "class" ? 1.7 : 0.6);
      ctx.font = `${i === f.truth ? 600 : 400} ${em}px ${c.font}`;
      ctx.fillText(text, right, y, right - 2);
      if (f.colours === "class") {
        ctx.save();
        ctx.translate(names - em * 0.9, y);
        ctx.beginPath();
        shape(ctx, i, em * 0.36);
        ctx.fillStyle = c.classes[i % 8];
        ctx.fill();
        ctx.strokeStyle = c.ink;
        ctx.lineWidth = 1;
        ctx.stroke();
        ctx.fillStyle = c.ink;
        ctx.restore();
      }
    });
    ctx.font = `${em}px ${c.font}`;
  }

  paint(ctx, c) {
    const { f, em, plot, row } = this;
    const zero = Math.round(this.sx.px(Math.max(this.sx.lo, Math.min(this.sx.hi, 0))));
    ctx.textBaseline = "middle";
    ctx.fillStyle = c.paper2;
    const inset = Math.max(1, row * 0.16);
    for (let i = 0; i < f.labels.length; i += 1) ctx.fillRect(plot.x, plot.y + i * row + inset, plot.w, row - inset * 2);
    for (let i = 0; i < f.labels.length; i += 1) {
      const v = this.hold?.index === i ? this.hold.value : f.values.data[i];
      const y = plot.y + i * row;
      const x = Math.max(plot.x, Math.min(plot.x + plot.w, this.sx.px(v)));
      ctx.fillStyle = f.colours === "class" ? c.classes[i % 8] : f.colours === "sign" ? (v < 0 ? c.neg : c.pos) : c.ink2;
      const [a, b] = [Math.min(zero, x), Math.max(zero, x)];
      if (Number.isFinite(v)) ctx.fillRect(a, y + inset, b - a, row - inset * 2);
      ctx.strokeStyle = this.over === i ? c.brass : c.ink;
      ctx.lineWidth = this.over === i ? 2 : 1;
      if (b - a > 1 && (this.over === i || f.colours === "class")) ctx.strokeRect(a + 0.5, y + inset + 0.5, b - a - 1, row - inset * 2 - 1);
      if (i === f.truth) {
        ctx.fillStyle = c.ink;
        ctx.fillRect(plot.x + plot.w + 2, y + inset, 2, row - inset * 2);
      }
      if (f.drag && this.takes("Item")) {
        ctx.fillStyle = c.brass;
        ctx.fillRect(x - 1.5, y + inset - 1, 3, row - inset * 2 + 2);
      }
      if (row < em) continue;
      ctx.fillStyle = c.ink;
      ctx.textAlign = "right";
      ctx.fillText(f.signed ? signed(v, digits(this.sx)) : number(v, digits(this.sx)), this.width - em * 0.3, y + row / 2);
      if (f.notes?.[i]) {
        ctx.textAlign = "left";
        ctx.fillStyle = c.ink2;
        ctx.fillText(f.notes[i], Math.min(b + 6, plot.x + plot.w * 0.6), y + row / 2);
      }
    }
    ctx.strokeStyle = c.ink3;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(zero + 0.5, plot.y);
    ctx.lineTo(zero + 0.5, plot.y + plot.h);
    ctx.stroke();
    ctx.textBaseline = "alphabetic";
  }

  #find(y) {
    const i = Math.floor((y - this.plot.y) / this.row);
    return this.figure && i >= 0 && i < this.f.labels.length ? i : null;
  }

  #tell(i, aloud = false) {
    const { f } = this;
    this.over = i;
    const text = `${f.labels[i]}: ${f.signed ? signed(f.values.data[i]) : number(f.values.data[i])}${f.y?.unit ? ` ${f.y.unit}` : ""}${i === f.truth ? ", the right one" : ""}`;
    this.point({ x: this.sx.px(f.values.data[i]), y: this.plot.y + i * this.row, lines: [text] }, { id: `bar-${f.labels[i]}`, text }, aloud);
  }

  moved(x, y) {
    if (this.hold) {
      this.hold.value = Math.max(this.sx.lo, Math.min(this.sx.hi, this.sx.at(x)));
      this.touch("Item", { index: this.hold.index, value: this.hold.value }, "drag", this.hold.gesture);
      return;
    }
    const i = this.#find(y);
    if (i === null) return this.left();
    this.canvas.style.cursor = this.f.drag && this.takes("Item") ? "ew-resize" : this.takes("Item") ? "pointer" : "default";
    this.#tell(i);
  }

  pressed(x, y, e) {
    const i = this.#find(y);
    if (i === null || !this.takes("Item")) return;
    if (!this.f.drag) return this.touch("Item", { index: i }, "commit");
    this.canvas.setPointerCapture(e.pointerId);
    this.hold = { index: i, value: this.sx.at(x), gesture: this.gesture() };
    this.moved(x, y);
  }

  released() {
    if (!this.hold) return;
    this.touch("Item", { index: this.hold.index, value: this.hold.value }, "commit", this.hold.gesture);
    this.hold = null;
  }

  cancelled() { this.hold = null; }
  grabs() { return Boolean(this.f?.drag && this.takes("Item")); }

  left() {
    if (this.hold) return;
    this.over = null;
    super.left();
  }

  key(e) {
    const { f } = this;
    const n = f.labels.length;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      this.#tell(((this.over ?? (e.key === "ArrowDown" ? -1 : n)) + (e.key === "ArrowDown" ? 1 : n - 1)) % n, true);
    } else if ((e.key === "ArrowLeft" || e.key === "ArrowRight") && this.over !== null && f.drag && this.takes("Item")) {
      const value = f.values.data[this.over] + ((e.key === "ArrowRight" ? 1 : -1) * (this.sx.hi - this.sx.lo)) / 50;
      this.touch("Item", { index: this.over, value: Math.max(this.sx.lo, Math.min(this.sx.hi, value)) }, "commit");
    } else if (e.key === "Enter" && this.over !== null && this.takes("Item") && !f.drag) this.touch("Item", { index: this.over }, "commit");
    else if (e.key === "Escape") this.left();
    else return false;
    return true;
  }

  words() {
    return this.f.labels.map((/** @type {string} */ l, /** @type {number} */ i) => `${l} ${number(this.f.values.data[i])}`).join(", ");
  }

  rows() {
    return [["label", axisText(this.f.y) || "value"], ...this.f.labels.map((/** @type {string} */ l, /** @type {number} */ i) => [l, this.f.values.data[i]])];
  }
}

/** @param {Scale} s */
const digits = (s) => Math.max(0, Math.min(4, 3 - Math.ceil(Math.log10(Math.max(Math.abs(s.lo), Math.abs(s.hi))) + 0.01)));
customElements.define("orrery-bars", Bars);
