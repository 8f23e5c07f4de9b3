// @ts-check
/** Distributions over time: what has been seen recedes as ridges, the newest stands in front. */
import { axisText, number, roundUp, Scale, tickText, ticks } from "./axes.js";
import { Figure } from "./figure.js";

const RIDGES = 20;
/** How much of a panel's height the newest distribution may take. */
const TALL = 0.42;

/** @typedef {{counts: Float32Array, lo: number, hi: number}} Spread one distribution: how many lie in each of the equal bins of lo … hi */
/** @typedef {{step: number, spreads: Spread[]}} Ridge */

/**
 * Counts in as many equal bins of another range, as if each bin held its values evenly; what lies outside counts at the ends.
 * @param {ArrayLike<number>} counts in bins of lo … hi @param {number} lo @param {number} hi @param {number} from @param {number} to
 */
export function rebinned(counts, lo, hi, from, to) {
  const n = counts.length;
  const bins = new Float32Array(n);
  const [width, step] = [(hi - lo) / n, (to - from) / n];
  for (let i = 0; i < n; i += 1) {
    const [a, b] = [lo + i * width, lo + (i + 1) * width];
    const first = Math.max(0, Math.min(n - 1, Math.floor((a - from) / step)));
    const last = Math.max(first, Math.min(n - 1, Math.ceil((b - from) / step) - 1));
    for (let k = first; k <= last; k += 1) {
      const left = k === first ? a : from + k * step;
      const right = k === last ? b : from + (k + 1) * step;
      bins[k] += (counts[i] * (right - left)) / width;
    }
  }
  return bins;
}

export class Histograms extends Figure {
  /** What was shown before, evenly spaced in steps over the whole run. @type {Ridge[]} */
  past = [];
  stride = 0;
  scale = new Scale();
  /** @type {{x: number, y: number, w: number, h: number}[]} */
  panels = [];
  /** The ridges of the past, drawn once for each new one. */
  #back = new OffscreenCanvas(1, 1);
  #backKey = "";
  #reach = new Map();
  /** Counts in other bins than their own, kept as long as they are. @type {WeakMap<ArrayLike<number>, {from: number, to: number, bins: Float32Array}>} */
  #moved = new WeakMap();
  /** @type {{group: number, bin: number} | null} */
  over = null;

  get groups() {
    return /** @type {any[]} */ (this.figure?.groups ?? []);
  }

  show(figure) {
    const before = this.figure;
    if (before && before.groups.length !== figure.groups.length) this.past = [];
    const step = figure.step ?? (this.past.at(-1)?.step ?? 0) + 1;
    if (this.past.length && step < /** @type {Ridge} */ (this.past.at(-1)).step) this.past = this.past.filter((r) => r.step < step);
    if (!this.past.length) this.stride = 0;
    const last = this.past.at(-1);
    if (!last || step - last.step >= this.stride) {
      this.past.push({ step, spreads: figure.groups.map((/** @type {any} */ g) => ({ counts: Float32Array.from(g.counts.data), lo: g.lo, hi: g.hi })) });
      if (this.past.length > RIDGES) {
        this.past = this.past.filter((_, i) => i % 2 === 0);
        this.stride = Math.max(1, (step - this.past[0].step) / this.past.length);
      }
    }
    super.show(figure);
  }

  /** The range of a group's bins: its own, or the one it shares with others beside it. @param {any} group @param {number} k @returns {[number, number]} */
  #range(group, k) {
    return this.common[`range ${k}`] ?? [group.lo, group.hi];
  }

  /** What a group counts, in the bins that are drawn. @param {Spread} spread @param {number} k @returns {ArrayLike<number>} */
  #binned({ counts, lo, hi }, k) {
    const group = this.groups[k];
    const [from, to] = group ? this.#range(group, k) : [lo, hi];
    if (from === lo && to === hi) return counts;
    let known = this.#moved.get(counts);
    if (known?.from !== from || known.to !== to) this.#moved.set(counts, (known = { from, to, bins: rebinned(counts, lo, hi, from, to) }));
    return known.bins;
  }

  /** The newest distribution of a group, in the bins that are drawn. @param {any} group @param {number} k */
  #now(group, k) {
    return this.#binned({ counts: group.counts.data, lo: group.lo, hi: group.hi }, k);
  }

  /** The tallest bin of a group so far: heights are compared over time. @param {any} group @param {number} k */
  #top(group, k) {
    const shared = this.common[`count ${k}`];
    if (shared) {
      this.#reach.set(k, shared[1] || 1);
      return shared[1] || 1;
    }
    let most = 0;
    for (let i = 0; i < group.counts.data.length; i += 1) if (group.counts.data[i] > most) most = group.counts.data[i];
    const held = this.#reach.get(k) ?? 0;
    if (most > held || most < held * 0.35) this.#reach.set(k, roundUp(most));
    return this.#reach.get(k) || 1;
  }

  /** @returns {Record<string, [number, number]>} */
  extents() {
    /** @type {[string, [number, number]][]} */
    const ends = this.groups.flatMap((group, k) => [[`range ${k}`, [group.lo, group.hi]], [`count ${k}`, [0, Math.max(1, ...Array.from(this.#now(group, k)))]]]);
    return Object.fromEntries(ends);
  }

  stillKey() {
    return `${this.groups.map((g, k) => `${g.label} ${this.#range(g, k)} ${this.#top(g, k)}`)} ${axisText(this.figure?.x)}`;
  }

  paintStill(ctx, c) {
    const { em, groups } = this;
    const n = Math.max(1, groups.length);
    let best = { cols: 1, score: -1 };
    for (let cols = 1; cols <= n; cols += 1) {
      const [w, h] = [this.width / cols, this.height / Math.ceil(n / cols)];
      const score = Math.min(w / 1.6, h) - (Math.ceil(n / cols) * cols - n) * 2;
      if (score > best.score) best = { cols, score };
    }
    const lines = Math.ceil(n / best.cols);
    const [w, h] = [this.width / best.cols, this.height / lines];
    this.panels = groups.map((_, k) => ({ x: Math.round((k % best.cols) * w + em * 0.6), y: Math.round(Math.floor(k / best.cols) * h + em * 1.7), w: Math.round(w - em * 1.2), h: Math.round(h - em * 4.4) }));
    groups.forEach((group, k) => {
      const { x, y, w: wide, h: high } = this.panels[k];
      ctx.textAlign = "left";
      ctx.fillStyle = c.ink;
      ctx.fillText(group.label, x, y - em * 0.7);
      const [from, to] = this.#range(group, k);
      this.scale.set(from, to, x, x + wide * 0.86);
      ctx.strokeStyle = c.rule2;
      ctx.lineWidth = 1;
      ctx.beginPath();
      ctx.moveTo(x, y + high + 0.5);
      ctx.lineTo(x + wide * 0.86, y + high + 0.5);
      const marks = ticks(from, to, Math.max(2, Math.min(5, Math.floor(wide / (em * 5)))));
      for (const v of marks) {
        ctx.moveTo(Math.round(this.scale.px(v)) + 0.5, y + high);
        ctx.lineTo(Math.round(this.scale.px(v)) + 0.5, y + high + 4);
      }
      ctx.stroke();
      ctx.fillStyle = c.ink2;
      ctx.textAlign = "center";
      for (const v of marks) ctx.fillText(tickText(v, marks.length > 1 ? marks[1] - marks[0] : 1), Math.max(x + em * 0.6, this.scale.px(v)), y + high + em * 1.3);
      ctx.fillStyle = c.ink;
      ctx.textAlign = "right";
      if (k === groups.length - 1) ctx.fillText(axisText(this.figure?.x), x + wide * 0.86, y + high + em * 2.4);
    });
    this.#backKey = "";
  }

  paint(ctx, c) {
    this.#paintBack(c);
    ctx.drawImage(this.#back, 0, 0, this.width, this.height);
    this.groups.forEach((group, k) => {
      if (!this.panels[k]) return;
      this.#ridge(ctx, this.#now(group, k), k, 0, c, true);
      if (this.over?.group === k) this.#bin(ctx, group, k, c);
      if (!group.note) return;
      const { x, y, w } = this.panels[k];
      const wide = ctx.measureText(group.label).width;
      ctx.textAlign = "right";
      ctx.fillStyle = /dead|saturated|constant|exactly/.test(group.note) ? c.warn : c.ink2;
      ctx.fillText(group.note, x + w, y - this.em * 0.7, Math.max(30, w - wide - this.em));
    });
  }

  /** The past, drawn anew only when a ridge has joined it. */
  #paintBack(c) {
    const now = this.past.at(-1)?.step;
    const key = `${this.past.length} ${now} ${this.past[0]?.step} ${this.canvas.width} ${this.canvas.height} ${c.version} ${JSON.stringify(this.common)}`;
    if (key === this.#backKey) return;
    this.#backKey = key;
    [this.#back.width, this.#back.height] = [this.canvas.width, this.canvas.height];
    const ctx = /** @type {any} */ (this.#back.getContext("2d"));
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.lineJoin = "round";
    const last = this.past.length - 1;
    for (let i = 0; i < last; i += 1) {
      for (let k = 0; k < this.groups.length; k += 1) {
        const spread = this.past[i].spreads[k];
        if (spread) this.#ridge(ctx, this.#binned(spread, k), k, (last - i) / RIDGES, c, false);
      }
    }
  }

  /**
   * One distribution; the older, the higher up the page and the paler.
   * @param {CanvasRenderingContext2D} ctx @param {ArrayLike<number>} counts @param {number} k @param {number} age 0 now … 1 oldest @param {any} c @param {boolean} front
   */
  #ridge(ctx, counts, k, age, c, front) {
    const { x, y, w, h } = this.panels[k];
    const wide = w * 0.86;
    const left = x + age * w * 0.14;
    const base = y + h - age * h * (1 - TALL);
    const tall = (h * TALL) / (this.#reach.get(k) || 1);
    const step = wide / counts.length;
    ctx.beginPath();
    ctx.moveTo(left, base);
    for (let i = 0; i < counts.length; i += 1) ctx.lineTo(left + (i + 0.5) * step, base - Math.min(counts[i] * tall, h * TALL * 1.1));
    ctx.lineTo(left + wide, base);
    ctx.fillStyle = front ? c.lines[1] : c.card;
    ctx.globalAlpha = front ? 0.3 : 0.92;
    ctx.fill();
    ctx.globalAlpha = front ? 1 : 0.65 - age * 0.5;
    ctx.strokeStyle = front ? c.ink : c.ink2;
    ctx.lineWidth = front ? 1.6 : 1;
    ctx.stroke();
    ctx.globalAlpha = 1;
  }

  #bin(ctx, group, k, c) {
    const { x, y, w, h } = this.panels[k];
    const step = (w * 0.86) / group.counts.data.length;
    const px = x + (/** @type {any} */ (this.over).bin + 0.5) * step;
    ctx.strokeStyle = c.brass;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.moveTo(px, y + h);
    ctx.lineTo(px, y + h * (1 - TALL));
    ctx.stroke();
  }

  #tell(group, bin, aloud = false) {
    const g = this.groups[group];
    this.over = { group, bin };
    const { x, y, w, h } = this.panels[group];
    const n = g.counts.data.length;
    const [from, to] = this.#range(g, group);
    const width = (to - from) / n;
    const lines = [`${g.label}: ${number(this.#now(g, group)[bin], 0)}`, `between ${number(from + bin * width, 2)} and ${number(from + (bin + 1) * width, 2)}`, ...(g.note ? [g.note] : [])];
    this.point({ x: x + ((bin + 0.5) / n) * w * 0.86, y: y + h * (1 - TALL), lines }, { id: g.id, text: lines.join(", ") }, aloud);
  }

  moved(px, py) {
    const group = this.panels.findIndex(({ x, y, w, h }) => px >= x && px <= x + w * 0.86 && py >= y - 16 && py <= y + h + 16);
    if (group < 0 || !this.groups[group]) return this.left();
    const { x, w } = this.panels[group];
    const n = this.groups[group].counts.data.length;
    this.#tell(group, Math.max(0, Math.min(n - 1, Math.floor(((px - x) / (w * 0.86)) * n))));
  }

  left() {
    this.over = null;
    super.left();
  }

  key(e) {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[e.key];
    if (e.key === "Escape") return this.left(), true;
    if (!move || !this.groups.length) return false;
    const group = Math.max(0, Math.min(this.groups.length - 1, (this.over?.group ?? 0) + move[0]));
    const n = this.groups[group].counts.data.length;
    this.#tell(group, Math.max(0, Math.min(n - 1, (this.over?.bin ?? n >> 1) + move[1])), true);
    return true;
  }

  words() {
    return this.groups.map((g) => `${g.label}${g.note ? ` (${g.note})` : ""}`).join(", ");
  }

  rows() {
    /** @type {(string | number)[][]} */
    const rows = [["group", "from", "to", "count"]];
    for (const g of this.groups) {
      const n = g.counts.data.length;
      for (let i = 0; i < n; i += 1) rows.push([g.label, g.lo + (i * (g.hi - g.lo)) / n, g.lo + ((i + 1) * (g.hi - g.lo)) / n, g.counts.data[i]]);
    }
    return rows;
  }
}
customElements.define("orrery-histograms", Histograms);
