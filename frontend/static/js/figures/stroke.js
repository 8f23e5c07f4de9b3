// @ts-check
/** A curve drawn by hand over a chart, by pointer or by keys: one y for every x, sent whole as `Path`. */
import { invalidate, soon } from "../loop.js";
import { round } from "./hand.js";

const MOST = 500;
const APART_PX = 2;
const COLUMNS = 40;
const ECHO_MS = 1500;

export class Stroke {
  /** @param {import("./curves.js").Curves} chart */
  constructor(chart) {
    this.chart = chart;
    /** @type {[number, number][]} by rising x, in data units */
    this.points = [];
    this.drawing = false;
    /** @type {{x: number, y: number} | null} where the keys' pen stands, in data units */
    this.pen = null;
    this.until = 0;
    /** @type {[number, number] | null} */
    this.last = null;
  }

  get able() {
    return Boolean(this.chart.figure?.draws) && this.chart.takes("Path");
  }

  /** @param {number} px @param {number} py @returns {[number, number]} inside the plot */
  #at(px, py) {
    const { plot, sx, sy } = this.chart;
    const x = sx.at(Math.max(plot.x, Math.min(plot.x + plot.w, px)));
    const y = sy.at(Math.max(plot.y, Math.min(plot.y + plot.h, py)));
    return [round(x), round(y)];
  }

  /** @param {number} px @param {number} py */
  begin(px, py) {
    this.points = [this.#at(px, py)];
    this.last = [px, py];
    this.drawing = true;
    invalidate(this.chart);
  }

  /** What lay between the last place and this one is drawn over. @param {number} px @param {number} py */
  to(px, py) {
    const { chart, last } = this;
    if (!last || Math.abs(px - last[0]) < APART_PX) return;
    const [a, b] = [this.#at(...last), this.#at(px, py)];
    const [lo, hi] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
    this.points = [...this.points.filter(([x]) => x < lo || x > hi), a, b].sort((p, q) => p[0] - q[0]);
    this.points = this.points.filter(([x], i, all) => !i || x > all[i - 1][0]);
    this.last = [px, py];
    invalidate(chart);
  }

  /** Send what is drawn, thinned to what a `Path` holds. */
  end() {
    const { chart, points } = this;
    this.drawing = false;
    this.last = this.pen = null;
    if (points.length < 2) return this.drop();
    const stride = Math.max(1, (points.length - 1) / (MOST - 1));
    const sent = points.length <= MOST ? points : Array.from({ length: MOST }, (_, i) => points[Math.round(i * stride)]);
    this.until = performance.now() + ECHO_MS;
    soon(chart, ECHO_MS + 20);
    chart.touch("Path", { points: sent }, "commit");
    invalidate(chart);
  }

  drop() {
    this.points = [];
    this.pen = this.last = null;
    this.drawing = false;
    invalidate(this.chart);
  }

  /** Enter puts the pen down at the left and sends at the end; arrows move it; Escape lifts it. @param {KeyboardEvent} e @returns {boolean} */
  key(e) {
    const { chart, pen } = this;
    const { sx, sy } = chart;
    if (!pen) {
      if (e.key !== "Enter" || !this.able) return false;
      this.pen = { x: sx.lo, y: (sy.lo + sy.hi) / 2 };
      this.begin(sx.px(this.pen.x), sy.px(this.pen.y));
      this.#say("Drawing: arrow keys move the pen, Enter sends the curve, Escape drops it.");
      return true;
    }
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
    if (e.key === "Enter") this.end();
    else if (e.key === "Escape") this.drop();
    else if (move) {
      const step = e.shiftKey ? 4 : 1;
      pen.x = Math.max(sx.lo, Math.min(sx.hi, pen.x + (move[0] * step * (sx.hi - sx.lo)) / COLUMNS));
      pen.y = Math.max(sy.lo, Math.min(sy.hi, pen.y + (move[1] * step * (sy.hi - sy.lo)) / COLUMNS));
      if (move[0]) this.to(sx.px(pen.x), sy.px(pen.y));
      else this.#lift(pen);
      this.#say(`x ${round(pen.x)}, y ${round(pen.y)}`);
    } else return false;
    return true;
  }

  /** The last point goes up and down with the pen. @param {{x: number, y: number}} pen */
  #lift(pen) {
    const { sx, sy } = this.chart;
    this.last = [sx.px(pen.x), sy.px(pen.y)];
    const x = round(pen.x);
    this.points = [...this.points.filter(([px]) => px !== x), /** @type {[number, number]} */ ([x, round(pen.y)])].sort((p, q) => p[0] - q[0]);
    invalidate(this.chart);
  }

  /** @param {string} text */
  #say(text) {
    if (this.chart.status) this.chart.status.textContent = text;
  }

  /** @param {CanvasRenderingContext2D} ctx @param {import("../palette.js").Palette} c */
  paint(ctx, c) {
    const { sx, sy, em } = this.chart;
    if (!this.drawing && this.points.length && performance.now() > this.until) this.points = [];
    if (!this.points.length) return;
    ctx.strokeStyle = c.brass;
    ctx.lineWidth = 3;
    ctx.beginPath();
    for (const [x, y] of this.points) ctx.lineTo(sx.px(x), sy.px(y));
    ctx.stroke();
    if (!this.pen) return;
    ctx.fillStyle = c.card;
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.arc(sx.px(this.pen.x), sy.px(this.pen.y), em * 0.5, 0, 7);
    ctx.fill();
    ctx.stroke();
  }
}
