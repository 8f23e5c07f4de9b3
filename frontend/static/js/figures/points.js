// @ts-check
/** A scatter in two or three dimensions, with a lattice drawn as bent lines: the plane as a layer sees it. */
import { named } from "../palette.js";
import { axisText, drawAxes, number, Range, Scale } from "./axes.js";
import { Figure } from "./figure.js";
import { drawLattice } from "./lattice.js";
import { label, legendWidth, pointEntries, pointLegend, sprite, stamp } from "./marks.js";

const START = { turn: -0.6, tilt: 0.42 };

export class Points extends Figure {
  sx = new Scale();
  sy = new Scale();
  sz = new Scale();
  ranges = [new Range(), new Range(), new Range()];
  plot = { x: 0, y: 0, w: 0, h: 0 };
  /** Pixels of every point, kept from the last picture for the pointer. */
  places = new Float32Array(0);
  order = new Uint32Array(0);
  view = { ...START };
  /** @type {{x: number, y: number} | null} */
  hold = null;
  /** @type {number | null} */
  over = null;

  get f() {
    return /** @type {any} */ (this.figure);
  }

  get solid() {
    return this.f.points.shape[1] === 3;
  }

  /** @param {number} i */
  mark(i) {
    return this.f.ids?.[i] ?? `point-${i}`;
  }

  #range(axis, k) {
    const held = this.common["xyz"[k]];
    if (axis?.lo !== null && axis?.lo !== undefined && axis.hi !== null && axis.hi !== undefined) {
      this.ranges[k].lo = axis.lo;
      this.ranges[k].hi = axis.hi;
      return;
    }
    if (held) return void Object.assign(this.ranges[k], { lo: held[0], hi: held[1] });
    const [lo, hi] = this.#extent(k);
    if (lo <= hi) this.ranges[k].hold(lo, hi);
  }

  /** @param {number} k @returns {[number, number]} */
  #extent(k) {
    const { f } = this;
    let [lo, hi] = [Infinity, -Infinity];
    for (const tensor of [f.points, k < 2 ? f.grid : null]) {
      if (!tensor) continue;
      const d = tensor.shape.at(-1);
      for (let i = k; i < tensor.data.length; i += d) {
        if (tensor.data[i] < lo) lo = tensor.data[i];
        if (tensor.data[i] > hi) hi = tensor.data[i];
      }
    }
    return [lo, hi];
  }

  /** @returns {Record<string, [number, number]>} */
  extents() {
    return Object.fromEntries(["x", "y", "z"].slice(0, this.f.points.shape[1]).map((name, k) => [name, this.#extent(k)]));
  }

  stillKey() {
    const { f } = this;
    [f.x, f.y, f.z].forEach((axis, k) => k < f.points.shape[1] && this.#range(axis, k));
    return `${this.ranges.map((r) => `${r.lo} ${r.hi}`)} ${axisText(f.x)} ${axisText(f.y)} ${axisText(f.z)} ${f.class_names} ${f.points.shape[1]} ${this.solid ? `${this.view.turn} ${this.view.tilt}` : ""}`;
  }

  paintStill(ctx, c) {
    const { f, em } = this;
    const solid = this.solid;
    const entries = pointEntries(f);
    const name = solid ? 0 : ctx.measureText(axisText(f.y)).width;
    const apart = name + legendWidth(ctx, entries, em) > this.width - em * 3; // then the legend has a line of its own
    const top = em * (entries.length && apart ? 3.6 : 2.2);
    const w = Math.max(20, this.width - em * (solid ? 1 : 4.8));
    const h = Math.max(20, this.height - top - em * (solid ? 0.4 : 3.3));
    const side = Math.min(w, h * 1.5);
    this.plot = { x: Math.round(em * (solid ? 0.5 : 3.4) + (w - side) / 2), y: Math.round(top), w: Math.floor(side), h: Math.floor(Math.min(h, side)) };
    const { x, y } = this.plot;
    const [rx, ry, rz] = this.ranges;
    const pad = (/** @type {Range} */ r, /** @type {any} */ axis) => (axis?.lo === null || axis?.lo === undefined ? 0 : (r.hi - r.lo) * 0.04);
    if (solid) {
      this.sx.set(rx.lo, rx.hi, -1, 1);
      this.sy.set(ry.lo, ry.hi, -1, 1);
      this.sz.set(rz.lo, rz.hi, -1, 1);
      this.#cage(ctx, c);
    } else {
      this.sx.set(rx.lo - pad(rx, f.x), rx.hi + pad(rx, f.x), x, x + this.plot.w);
      this.sy.set(ry.lo - pad(ry, f.y), ry.hi + pad(ry, f.y), y + this.plot.h, y);
      drawAxes(ctx, this.plot, this.sx, this.sy, f.x ?? { label: "" }, f.y ?? { label: "" }, c, em, { frame: true });
    }
    pointLegend(ctx, entries, apart ? em : x + name - em, x + this.plot.w, apart ? em * 0.9 : y - em * 1.05, this.ratio, em);
  }

  /** Where a place in the cage (each −1 … 1) stands on the page; z is up. @returns {[number, number, number]} and how near it is */
  project(a, b, z) {
    const { turn, tilt } = this.view;
    const [s, t] = [Math.sin(turn), Math.cos(turn)];
    const across = a * t - b * s;
    const away = a * s + b * t;
    const scale = Math.min(this.plot.w, this.plot.h) * 0.32;
    const up = z * Math.cos(tilt) + away * Math.sin(tilt);
    return [this.plot.x + this.plot.w / 2 + across * scale, this.plot.y + this.plot.h / 2 - up * scale, z * Math.sin(tilt) - away * Math.cos(tilt)];
  }

  /** The floor and the edges of the three axes, named. */
  #cage(ctx, c) {
    const { f } = this;
    ctx.strokeStyle = c.rule;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (let k = -1; k <= 1.001; k += 0.5) {
      for (const [from, to] of [[[k, -1], [k, 1]], [[-1, k], [1, k]]]) {
        const [x0, y0] = this.project(from[0], from[1], -1);
        const [x1, y1] = this.project(to[0], to[1], -1);
        ctx.moveTo(x0, y0);
        ctx.lineTo(x1, y1);
      }
    }
    ctx.stroke();
    ctx.strokeStyle = c.ink3;
    ctx.beginPath();
    const [ox, oy] = this.project(-1, -1, -1);
    /** @type {[number[], any][]} */
    const axes = [[[1, -1, -1], f.x], [[-1, 1, -1], f.y], [[-1, -1, 1], f.z]];
    for (const [end] of axes) {
      const [x, y] = this.project(end[0], end[1], end[2]);
      ctx.moveTo(ox, oy);
      ctx.lineTo(x, y);
    }
    ctx.stroke();
    ctx.textAlign = "left";
    for (const [end, axis] of axes) {
      const [x, y] = this.project(end[0] * 1.04, end[1] * 1.04, end[2] * 1.04);
      const w = ctx.measureText(axisText(axis)).width;
      label(ctx, axisText(axis), Math.max(2, Math.min(this.width - w - 2, x > ox ? x + 4 : x - w - 4)), y, c.ink, c.card);
    }
  }

  paint(ctx, c) {
    const { f, solid } = this;
    const n = f.points.shape[0];
    if (this.places.length !== 2 * n) {
      this.places = new Float32Array(2 * n);
      this.order = new Uint32Array(n).map((_, i) => i);
    }
    ctx.save();
    ctx.beginPath();
    ctx.rect(this.plot.x, this.plot.y, this.plot.w, this.plot.h);
    if (!solid) ctx.clip();
    if (f.grid) drawLattice(ctx, f.grid, f.grid_classes, this.sx, this.sy, c);
    this.#place(n);
    const r = Math.round(this.em * (n > 500 ? 0.2 : n > 150 ? 0.28 : 0.38) * 2) / 2;
    for (let k = 0; k < n; k += 1) {
      const i = this.order[k];
      stamp(ctx, sprite(f.labels ? f.labels.data[i] : 255, r, this.ratio), this.places[2 * i], this.places[2 * i + 1], this.ratio);
    }
    if (f.path) this.#path(ctx, f.path, c);
    const lit = this.over ?? this.#litIndex();
    if (lit !== null && lit < n) {
      ctx.strokeStyle = c.brass;
      ctx.lineWidth = 2.5;
      ctx.beginPath();
      ctx.arc(this.places[2 * lit], this.places[2 * lit + 1], r + 4.5, 0, 7);
      ctx.stroke();
    }
    ctx.restore();
  }

  #litIndex() {
    if (this.lit === null) return null;
    const i = this.f.ids ? this.f.ids.indexOf(this.lit) : this.lit.startsWith("point-") ? Number(this.lit.slice(6)) : -1;
    return i >= 0 ? i : null;
  }

  /** @param {number} n */
  #place(n) {
    const { data, shape: [, d] } = this.f.points;
    const { places, order } = this;
    if (!this.solid) {
      for (let i = 0; i < n; i += 1) {
        places[2 * i] = this.sx.px(data[d * i]);
        places[2 * i + 1] = this.sy.px(data[d * i + 1]);
      }
      return;
    }
    const near = new Float32Array(n);
    for (let i = 0; i < n; i += 1) {
      const [x, y, z] = this.project(this.sx.px(data[3 * i]), this.sy.px(data[3 * i + 1]), this.sz.px(data[3 * i + 2]));
      places[2 * i] = x;
      places[2 * i + 1] = y;
      near[i] = z;
    }
    order.sort((a, b) => near[a] - near[b]);
  }

  #path(ctx, { data, shape: [n, d] }, c) {
    ctx.beginPath();
    for (let i = 0; i < n; i += 1) {
      const [px, py] = this.solid ? this.project(this.sx.px(data[d * i]), this.sy.px(data[d * i + 1]), this.sz.px(data[d * i + 2])) : [this.sx.px(data[d * i]), this.sy.px(data[d * i + 1])];
      ctx.lineTo(px, py);
    }
    ctx.strokeStyle = named("ink", 0);
    ctx.lineWidth = 1.5;
    ctx.stroke();

  }

  #tell(i, aloud = false) {
    const { f } = this;
    this.over = i;
    const d = f.points.shape[1];
    const axes = [f.x, f.y, f.z];
    const lines = [f.names?.[i] ?? `point ${i}${f.labels && f.labels.data[i] !== 255 ? `, ${f.class_names?.[f.labels.data[i]] ?? `class ${f.labels.data[i]}`}` : ""}`];
    lines.push(Array.from({ length: d }, (_, k) => `${(axes[k]?.label || "xyz"[k]).split(" (")[0].slice(0, 22)} ${number(f.points.data[d * i + k], 2)}`).join(", "));
    this.point({ x: this.places[2 * i], y: this.places[2 * i + 1], lines }, { id: this.mark(i), text: lines.join(", ") }, aloud);
  }

  moved(x, y) {
    if (!this.figure) return;
    if (this.hold) {
      this.view.turn += (x - this.hold.x) * 0.01;
      this.view.tilt = Math.max(-1.4, Math.min(1.4, this.view.tilt + (y - this.hold.y) * 0.01));
      this.hold = { x, y };
      return this.restyle();
    }
    let best = 14 * 14;
    let found = null;
    for (let i = 0; i < this.places.length / 2; i += 1) {
      const d = (this.places[2 * i] - x) ** 2 + (this.places[2 * i + 1] - y) ** 2;
      if (d < best) [best, found] = [d, i];
    }
    this.canvas.style.cursor = this.solid ? "grab" : "default";
    if (found !== null) this.#tell(found);
    else if (this.over !== null) this.left();
  }

  pressed(x, y, e) {
    if (!this.solid) {
      if (this.over !== null && this.takes("Item")) this.touch("Item", { index: this.over }, "commit");
      return;
    }
    this.hold = { x, y };
    this.canvas.setPointerCapture(e.pointerId);
  }

  released() { this.hold = null; }
  cancelled() { this.hold = null; }
  grabs() { return this.solid; }

  reset() {
    this.view = { ...START };
    this.restyle();
  }

  left() {
    if (this.hold) return;
    this.over = null;
    super.left();
  }

  key(e) {
    const n = this.f.points.shape[0];
    if (e.key === "Escape") return this.left(), true;
    if ((e.key === "]" || e.key === "[") && n) return this.#tell(((this.over ?? -1) + (e.key === "]" ? 1 : n - 1)) % n, true), true;
    const turn = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] }[e.key];
    if (!turn) return false;
    if (!this.solid) return this.#tell(((this.over ?? -1) + (turn[0] + turn[1] > 0 ? 1 : n - 1)) % n, true), true;
    this.view.turn += turn[0];
    this.view.tilt = Math.max(-1.4, Math.min(1.4, this.view.tilt + turn[1]));
    this.restyle();
    return true;
  }

  words() {
    return `${this.f.points.shape[0]} points over ${axisText(this.f.x) || "x"} and ${axisText(this.f.y) || "y"}`;
  }

  rows() {
    const { f } = this;
    const [n, d] = f.points.shape;
    const head = ["point", ...[f.x, f.y, f.z].slice(0, d).map((a, k) => axisText(a) || "xyz"[k]), "class"];
    return [head, ...Array.from({ length: n }, (_, i) => [f.names?.[i] ?? this.mark(i), ...f.points.data.slice(d * i, d * i + d), f.labels ? f.class_names?.[f.labels.data[i]] ?? f.labels.data[i] : ""])];
  }
}
customElements.define("orrery-points", Points);
