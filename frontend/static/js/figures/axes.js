// @ts-check
/** Scales, ticks and numbers: what every figure with axes shares. */

/** @typedef {{label: string, unit?: string, lo?: number | null, hi?: number | null, log?: boolean}} Axis */
/** @typedef {{x: number, y: number, w: number, h: number}} Box */

/** A number's place between two pixels. Made once a figure and set anew, so that drawing allocates nothing. */
export class Scale {
  constructor() {
    this.set(0, 1, 0, 1);
  }

  /** @param {number} lo @param {number} hi @param {number} from pixel of lo @param {number} to pixel of hi @param {boolean} [log] */
  set(lo, hi, from, to, log = false) {
    this.log = log && lo > 0;
    this.lo = lo;
    this.hi = hi > lo ? hi : lo + 1;
    this.from = from;
    this.to = to;
    const start = this.log ? Math.log10(lo) : lo;
    const end = this.log ? Math.log10(this.hi) : this.hi;
    this.slope = (to - from) / (end - start);
    this.offset = from - start * this.slope;
    return this;
  }

  /** @param {number} value @returns {number} pixel */
  px(value) {
    return this.offset + this.slope * (this.log ? Math.log10(value) : value);
  }

  /** @param {number} pixel @returns {number} value */
  at(pixel) {
    const v = (pixel - this.offset) / this.slope;
    return this.log ? 10 ** v : v;
  }
}

/** A range that holds still: it grows by round steps when the data leave it, and shrinks only when they need less than half of it. */
export class Range {
  lo = NaN;
  hi = NaN;

  /** @param {number} lo @param {number} hi @param {boolean} [log] @returns {boolean} whether it changed */
  hold(lo, hi, log = false) {
    if (!(hi > lo)) [lo, hi] = log ? [lo / 2 || 1e-3, lo * 2 || 1] : [lo - (Math.abs(lo) || 1) / 2, hi + (Math.abs(hi) || 1) / 2];
    const used = log ? Math.log(hi / lo) / Math.log(this.hi / this.lo) : (hi - lo) / (this.hi - this.lo);
    if (lo >= this.lo && hi <= this.hi && used > 0.45) return false;
    if (!log && hi > this.hi && lo >= this.lo) hi += (hi - lo) * 0.3; // what grows will grow on: leave it room
    if (log) {
      this.lo = 10 ** Math.floor(Math.log10(lo) + 1e-9);
      this.hi = 10 ** Math.ceil(Math.log10(hi) - 1e-9);
    } else {
      const step = roundStep((hi - lo) / 5);
      this.lo = Math.floor(lo / step + 1e-9) * step;
      this.hi = Math.ceil(hi / step - 1e-9) * step;
    }
    return true;
  }
}

/** The least of 1, 2, 5 times a power of ten that is not below. @param {number} raw */
export function roundStep(raw) {
  if (!(raw > 0) || !Number.isFinite(raw)) return 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const m = raw / power;
  return power * (m <= 1 ? 1 : m <= 2 ? 2 : m <= 5 ? 5 : 10);
}

/** The least round number (1, 1.5, 2, 3, 5, 7 …) not below: a colour scale's end that seldom moves. @param {number} x */
export function roundUp(x) {
  if (!(x > 0) || !Number.isFinite(x)) return 1;
  const power = 10 ** Math.floor(Math.log10(x));
  const m = x / power;
  return power * ([1, 1.5, 2, 3, 5, 7, 10].find((r) => m <= r * 1.0001) ?? 10);
}

/** @param {number} lo @param {number} hi @param {number} count @param {boolean} [log] @returns {number[]} */
export function ticks(lo, hi, count, log = false) {
  if (log && lo > 0) {
    const out = [];
    const from = Math.ceil(Math.log10(lo) - 1e-9);
    const to = Math.floor(Math.log10(hi) + 1e-9);
    const stride = Math.max(1, Math.ceil((to - from) / count));
    for (let e = from; e <= to; e += stride) out.push(10 ** e);
    return out.length > 1 ? out : [lo, hi];
  }
  const step = roundStep((hi - lo) / Math.max(1, count));
  const out = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + step * 1e-9; i += 1) out.push(i * step);
  return out;
}

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A tick's words, with as many digits as the step between ticks needs. @param {number} value @param {number} step @param {boolean} [log] */
export function tickText(value, step, log = false) {
  if (log) {
    const e = Math.log10(value);
    if (Math.abs(e) < 4) return minus(String(Number(value.toPrecision(3))));
    return Math.abs(e - Math.round(e)) < 1e-9 ? `10${superscript(Math.round(e))}` : minus(value.toExponential(0));
  }
  if (Math.abs(value) < step * 1e-6) return "0";
  if (Math.abs(value) >= 1e6 || step < 1e-5) return minus(value.toExponential(1));
  const digits = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)));
  return digits ? minus(value.toFixed(digits)) : minus(grouped.format(value));
}

/** A number to read, with a fixed count of digits. @param {number} value @param {number} [digits] after the point; none: as its size asks */
export function number(value, digits) {
  if (value === null || value === undefined || Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (digits !== undefined && size < 1e7) return minus(digits ? value.toFixed(digits) : grouped.format(value));
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return minus(value.toExponential(2));
  if (Number.isInteger(value) && size >= 100) return minus(grouped.format(value));
  return minus(value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : size >= 0.1 ? 3 : 4));
}

/** With its sign printed, + or −. @param {number} value @param {number} [digits] */
export function signed(value, digits) {
  return value > 0 ? `+${number(value, digits)}` : number(value, digits);
}

/** @param {string} text */
const minus = (text) => text.replace(/-/g, "−");

/** @param {number} n */
const superscript = (n) => String(n).replace(/-/, "⁻").replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(d)]);

/** "Loss (nats)". @param {Axis | undefined | null} axis */
export function axisText(axis) {
  if (!axis) return "";
  return axis.unit ? `${axis.label} (${axis.unit})` : axis.label ?? "";
}

/** As much of a text as there is room for. @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} room */
export function fit(ctx, text, room) {
  let n = text.length;
  while (n > 1 && ctx.measureText(n < text.length ? `${text.slice(0, n)}…` : text).width > room) n -= 1;
  return n < text.length ? `${text.slice(0, n)}…` : text;
}

/**
 * Ticks, labels and hairlines around a plot: y's name above its axis, x's at its right end, both level.
 * @param {CanvasRenderingContext2D} ctx @param {Box} box @param {Scale} x @param {Scale} y @param {Axis} xAxis @param {Axis} yAxis
 * @param {import("../palette.js").Palette} c @param {number} em @param {{grid?: boolean, plane?: boolean, frame?: boolean}} [look] plane: lines both ways, those of zero stronger
 */
export function drawAxes(ctx, box, x, y, xAxis, yAxis, c, em, look = {}) {
  const bottom = box.y + box.h;
  ctx.lineWidth = 1;
  ctx.fillStyle = c.ink2;
  ctx.textBaseline = "alphabetic";
  const across = Math.max(2, Math.floor(box.w / (em * Math.max(3.4, 1.4 + tickText(x.hi, roundStep((x.hi - x.lo) / 5), x.log).length * 0.75))));
  const up = Math.max(2, Math.floor(box.h / (em * 2.8)));
  const xs = ticks(x.lo, x.hi, across, x.log);
  const ys = ticks(y.lo, y.hi, up, y.log);
  const xStep = xs.length > 1 ? xs[1] - xs[0] : x.hi - x.lo;
  const yStep = ys.length > 1 ? ys[1] - ys[0] : y.hi - y.lo;
  ctx.strokeStyle = c.rule;
  ctx.beginPath();
  const level = (/** @type {number} */ v) => {
    const p = Math.round(y.px(v)) + 0.5;
    ctx.moveTo(box.x, p);
    ctx.lineTo(box.x + box.w, p);
  };
  const upright = (/** @type {number} */ v) => {
    const p = Math.round(x.px(v)) + 0.5;
    ctx.moveTo(p, box.y);
    ctx.lineTo(p, bottom);
  };
  if (look.grid || look.plane) ys.forEach(level);
  if (look.plane) xs.forEach(upright);
  ctx.stroke();
  if (look.plane) {
    ctx.strokeStyle = c.rule2;
    ctx.beginPath();
    if (y.lo < 0 && y.hi > 0) level(0);
    if (x.lo < 0 && x.hi > 0) upright(0);
    ctx.stroke();
  }
  ctx.strokeStyle = c.rule2;
  ctx.beginPath();
  if (look.frame) ctx.rect(Math.round(box.x) - 0.5, Math.round(box.y) - 0.5, Math.round(box.w) + 1, Math.round(box.h) + 1);
  else {
    ctx.moveTo(box.x, Math.round(bottom) + 0.5);
    ctx.lineTo(box.x + box.w, Math.round(bottom) + 0.5);
  }
  for (const v of xs) {
    const p = Math.round(x.px(v)) + 0.5;
    ctx.moveTo(p, bottom);
    ctx.lineTo(p, bottom + 4);
  }
  if (look.frame) {
    for (const v of ys) {
      const p = Math.round(y.px(v)) + 0.5;
      ctx.moveTo(box.x - 4, p);
      ctx.lineTo(box.x, p);
    }
  }
  ctx.stroke();
  ctx.textAlign = "center";
  for (const v of xs) ctx.fillText(tickText(v, xStep, x.log), x.px(v), bottom + 5 + em);
  ctx.textAlign = "right";
  for (const v of ys) ctx.fillText(tickText(v, yStep, y.log), box.x - 7, y.px(v) + em * 0.35);
  ctx.fillStyle = c.ink;
  ctx.textAlign = "right";
  ctx.fillText(fit(ctx, axisText(xAxis), box.x + box.w), box.x + box.w, bottom + 7 + em * 2.2);
  ctx.textAlign = "left";
  const left = Math.max(2, box.x - em * 2.6);
  ctx.fillText(fit(ctx, axisText(yAxis), box.x + box.w - left), left, box.y - em * 0.8);
}
