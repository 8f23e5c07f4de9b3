// @ts-check
/** A surface in space, painted cell by cell from the back to the front; turned by hand. Orthographic, so that equal heights look equal. */
import { named, palette, swatch } from "../palette.js";
import { roundStep, tickText } from "./axes.js";
import { label, sprite, stamp } from "./marks.js";

const CELLS = 40;
const PIECES = 240;
const TALL = 0.72;
const SHADES = 8;
const LIGHT = [-0.45, -0.35, 0.82];

/**
 * @typedef {{f: any, height: (i: number) => number, lift: (z: number) => number, tint: (i: number) => number, ends: [number, number], classes: any}} Scene
 *   height: of sample i, 0…1; lift: the same for any z; tint: place of sample i on the ramp, 0…254
 */

export class Relief {
  yaw = 0.62;
  pitch = 0.68;
  box = { x: 0, y: 0, w: 1, h: 1 };
  size = 1;
  cx = 0;
  cy = 0;
  /** Of the turn, and how much of a height and of a depth is seen. */
  sin = 0;
  cos = 1;
  up = 1;
  flat = 0;
  px = new Float32Array(0);
  py = new Float32Array(0);
  height = new Float32Array(0);
  /** @type {number[]} which samples are drawn */
  columns = [];
  /** @type {number[]} */
  rows = [];
  /** @type {string[]} */
  #colours = [];
  #mesh = "";
  #made = "";

  /** The view as it was at first. */
  home() {
    [this.yaw, this.pitch] = [0.62, 0.68];
  }

  /** @param {number} dx radians to the right @param {number} dy radians up */
  turn(dx, dy) {
    this.yaw = (this.yaw + dx) % (2 * Math.PI);
    this.pitch = Math.max(0.06, Math.min(Math.PI / 2, this.pitch + dy));
  }

  /** @param {import("./axes.js").Box} box pixels that the scene fills */
  place(box) {
    this.box = box;
    this.size = Math.min(box.w / 1.44, box.h / 1.36);
    this.cx = box.x + box.w / 2;
    this.cy = box.y + box.h / 2;
    [this.sin, this.cos] = [Math.sin(this.yaw), Math.cos(this.yaw)];
    [this.up, this.flat] = [Math.cos(this.pitch) * TALL, Math.sin(this.pitch)];
  }

  /** @param {number} u 0…1 along x @param {number} v 0…1 along y */
  toX(u, v) {
    return this.cx + this.size * ((u - 0.5) * this.cos - (v - 0.5) * this.sin);
  }

  /** @param {number} u @param {number} v @param {number} w 0…1, the height */
  toY(u, v, w) {
    return this.cy - this.size * (((u - 0.5) * this.sin + (v - 0.5) * this.cos) * this.flat + (w - 0.5) * this.up);
  }

  /** How far away a place is. @param {number} u @param {number} v */
  far(u, v) {
    return u * this.sin + v * this.cos;
  }

  /** Project the samples that are drawn: at most 41 by 41 of them. @param {Scene} scene */
  #project({ f, height }) {
    const [h, w] = f.z.shape;
    const pick = (/** @type {number} */ n) => {
      const stride = Math.max(1, Math.ceil((n - 1) / CELLS));
      const out = [];
      for (let i = 0; i < n - 1; i += stride) out.push(i);
      return [...out, n - 1];
    };
    if (this.columns.at(-1) !== w - 1 || this.rows.at(-1) !== h - 1) {
      [this.columns, this.rows] = [pick(w), pick(h)];
      const n = this.columns.length * this.rows.length;
      [this.px, this.py, this.height] = [new Float32Array(n), new Float32Array(n), new Float32Array(n)];
    }
    let k = 0;
    for (const row of this.rows) {
      for (const column of this.columns) {
        const [u, v] = [column / (w - 1), row / (h - 1)];
        const z = height(row * w + column);
        this.px[k] = this.toX(u, v);
        this.py[k] = this.toY(u, v, Number.isFinite(z) ? Math.max(-0.2, Math.min(1.2, z)) : 0);
        this.height[k] = z;
        k += 1;
      }
    }
  }

  /** CSS colours of the ramp and of the classes at each shade, made once a theme. */
  #table() {
    const c = palette();
    if (this.#made === String(c.version)) return;
    this.#made = String(c.version);
    this.#colours = [];
    this.#mesh = c.ink.replace(")", " / 0.15)");
    const dark = (/** @type {string} */ css, /** @type {number} */ shade) => {
      const k = 0.78 + (0.34 * shade) / (SHADES - 1);
      return `rgb(${(css.match(/\d+/g) ?? []).map((x) => Math.min(255, Math.round(Number(x) * k))).join(" ")})`;
    };
    for (let q = 0; q < 64; q += 1) for (let s = 0; s < SHADES; s += 1) this.#colours.push(dark(swatch(c.sequential, (q / 63) * 254), s));
    for (let k = 0; k < 8; k += 1) for (let s = 0; s < SHADES; s += 1) this.#colours.push(dark(swatch(c.tints[k], 190), s));
  }

  /** @param {CanvasRenderingContext2D} ctx @param {Scene} scene @param {import("../palette.js").Palette} c @param {{em: number, ratio: number, radius: number, lit: number | null}} look */
  paint(ctx, scene, c, look) {
    this.#project(scene);
    this.#table();
    this.#floor(ctx, c);
    const byRow = Math.abs(this.cos) >= Math.abs(this.sin);
    const outer = (byRow ? this.rows : this.columns).length - 1;
    const backwards = (byRow ? this.cos : this.sin) > 0;
    const { above, below } = this.#things(scene, byRow, outer, c, look);
    for (let step = 0; step <= outer; step += 1) {
      const line = backwards ? outer - 1 - step : step;
      for (const thing of below[line] ?? []) thing(ctx);
      if (step < outer) this.#strip(ctx, scene, byRow, line);
      for (const thing of above[backwards ? line + 1 : line - 1] ?? []) thing(ctx); // one strip later, so that the next strip does not cut it
    }
  }

  /** One row (or column) of cells, from the back. */
  #strip(ctx, { f, tint, classes }, byRow, line) {
    const across = (byRow ? this.columns : this.rows).length - 1;
    const backwards = (byRow ? this.sin : this.cos) > 0;
    const w = this.columns.length;
    const { px, py, height } = this;
    ctx.lineWidth = 0.7;
    ctx.globalAlpha = f.points ? 0.88 : 1;
    for (let step = 0; step < across; step += 1) {
      const other = backwards ? across - 1 - step : step;
      const [r, k] = byRow ? [line, other] : [other, line];
      const a = r * w + k;
      const [b, d, e] = [a + 1, a + w + 1, a + w];
      if (!Number.isFinite(height[a] + height[b] + height[d] + height[e])) continue;
      const sample = this.rows[r] * f.z.shape[1] + this.columns[k];
      const far = this.rows[r + 1] * f.z.shape[1] + this.columns[k + 1];
      const gx = (height[b] + height[d] - height[a] - height[e]) * 0.5 * TALL * (w - 1);
      const gy = (height[e] + height[d] - height[a] - height[b]) * 0.5 * TALL * (this.rows.length - 1);
      const lit = (LIGHT[2] - LIGHT[0] * gx - LIGHT[1] * gy) / Math.sqrt(1 + gx * gx + gy * gy);
      const shade = Math.max(0, Math.min(SHADES - 1, Math.round(lit * (SHADES - 1))));
      const base = classes ? 64 + (classes.data[sample] % 8) : Math.max(0, Math.min(63, Math.round(((tint(sample) + tint(far)) / 508) * 63)));
      ctx.fillStyle = this.#colours[base * SHADES + shade];
      ctx.beginPath();
      ctx.moveTo(px[a], py[a]);
      ctx.lineTo(px[b], py[b]);
      ctx.lineTo(px[d], py[d]);
      ctx.lineTo(px[e], py[e]);
      ctx.closePath();
      ctx.fill();
      ctx.strokeStyle = this.#mesh;
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
  }

  /** Points, walks and the place where it stands, by the strip that they lie in: what is below the surface is painted before it. */
  #things({ f, height, lift }, byRow, outer, c, look) {
    /** @type {((ctx: any) => void)[][]} */
    const above = [];
    /** @type {((ctx: any) => void)[][]} */
    const below = [];
    const [h, w] = f.z.shape;
    const part = (/** @type {any} */ axis, /** @type {number} */ x) => (x - (axis?.lo ?? 0)) / ((axis?.hi ?? 1) - (axis?.lo ?? 0) || 1);
    const put = (/** @type {number} */ u, /** @type {number} */ v, /** @type {number} */ z, /** @type {(ctx: any) => void} */ thing) => {
      const at = byRow ? v : u;
      const line = Math.max(0, Math.min(outer - 1, Math.floor(at * outer)));
      const i = Math.round(Math.max(0, Math.min(1, v)) * (h - 1)) * w + Math.round(Math.max(0, Math.min(1, u)) * (w - 1));
      const list = z < height(i) - 0.02 ? below : above;
      (list[line] ??= []).push(thing);
    };
    this.spots = [];
    for (let i = 0; f.points && i < f.points.shape[0]; i += 1) {
      const [x, y, z] = f.points.data.subarray(3 * i, 3 * i + 3);
      const [u, v, up] = [part(f.x, x), part(f.y, y), lift(z)];
      const [px, py] = [this.toX(u, v), this.toY(u, v, up)];
      this.spots.push([px, py]);
      put(u, v, up, (to) => {
        stamp(to, sprite(f.labels ? f.labels.data[i] : 255, look.radius, look.ratio), px, py, look.ratio);
        if (i === look.lit) halo(to, px, py, look.radius + 4, c);
      });
    }
    (f.paths ?? []).forEach((/** @type {any} */ walk, /** @type {number} */ k) => {
      const { data, shape: [n, d] } = walk.places;
      const stride = Math.max(1, Math.ceil(n / PIECES));
      const colour = named(walk.colour, k);
      for (let i = 0; i + 1 < n; i += stride) {
        const j = Math.min(n - 1, i + stride);
        const ends = [i, j].map((t) => [part(f.x, data[t * d]), part(f.y, data[t * d + 1]), lift(data[t * d + 2])]);
        if (!ends.flat().every(Number.isFinite)) continue;
        const [[x0, y0], [x1, y1]] = ends.map(([u, v, up]) => [this.toX(u, v), this.toY(u, v, up)]);
        put(ends[0][0], ends[0][1], ends[0][2] + 0.1, (to) => piece(to, x0, y0, x1, y1, colour));
      }
    });
    if (f.at) {
      const [u, v, up] = [part(f.x, f.at[0]), part(f.y, f.at[1]), lift(f.at[2])];
      put(u, v, up + 0.1, (to) => dot(to, this.toX(u, v), this.toY(u, v, up), look.em * 0.45, c));
    }
    return { above, below };
  }

  /** The ground, with the three edges that stand behind. */
  #floor(ctx, c) {
    ctx.strokeStyle = c.rule2;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (const [i, [u, v]] of [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]].entries()) i ? ctx.lineTo(this.toX(u, v), this.toY(u, v, 0)) : ctx.moveTo(this.toX(u, v), this.toY(u, v, 0));
    const [u, v] = this.#left();
    ctx.moveTo(this.toX(u, v), this.toY(u, v, 0));
    ctx.lineTo(this.toX(u, v), this.toY(u, v, 1));
    ctx.stroke();
  }

  /** The corner that is leftmost on the screen: the axis of heights stands there. */
  #left() {
    return [[0, 0], [1, 0], [1, 1], [0, 1]].reduce((best, at) => (this.toX(at[0], at[1]) < this.toX(best[0], best[1]) ? at : best));
  }

  /** Names and ends of the axes along the edges nearest to the eye. @param {CanvasRenderingContext2D} ctx @param {any} f @param {[number, number]} ends of the heights @param {import("../palette.js").Palette} c @param {number} em */
  names(ctx, f, ends, c, em) {
    const v = this.cos > 0 ? 0 : 1;
    const u = this.sin > 0 ? 0 : 1;
    const put = (/** @type {string} */ text, /** @type {number} */ a, /** @type {number} */ b, /** @type {string} */ colour) => {
      const [px, py] = [this.toX(a, b), this.toY(a, b, 0) + em * 1.2];
      ctx.textAlign = px > this.cx + 4 ? "left" : px < this.cx - 4 ? "right" : "center";
      const w = ctx.measureText(text).width;
      const x = ctx.textAlign === "left" ? Math.min(px, this.box.x + this.box.w + em - w) : ctx.textAlign === "right" ? Math.max(px, this.box.x - em + w) : px;
      label(ctx, text, x, py, colour, c.card);
    };
    put(f.x?.label || "x", 0.5, v, c.ink);
    put(f.y?.label || "y", u, 0.5, c.ink);
    const ticks = (/** @type {any} */ axis, /** @type {(t: number) => [number, number]} */ place) => {
      const [lo, hi] = [axis?.lo ?? 0, axis?.hi ?? 1];
      for (const [value, t] of [[lo, 0.1], [hi, 0.9]]) put(tickText(value, roundStep((hi - lo) / 5)), ...place(t), c.ink2);
    };
    ticks(f.x, (t) => [t, v]);
    ticks(f.y, (t) => [u, t]);
    if (this.up < 0.12) return;
    const [a, b] = this.#left();
    ctx.textAlign = "left";
    const x = Math.max(2, this.toX(a, b) - em * 0.2);
    label(ctx, f.z_axis?.label || "height", x, this.toY(a, b, 1) - em * 1.5, c.ink, c.card);
    label(ctx, tickText(ends[1], roundStep((ends[1] - ends[0]) / 5)), x, this.toY(a, b, 1) - em * 0.3, c.ink2, c.card);
  }

  /** The sample under a pixel, the one nearest to the eye. @param {number} x @param {number} y @returns {[number, number] | null} row and column */
  under(x, y) {
    const w = this.columns.length;
    let [best, found] = [Infinity, /** @type {[number, number] | null} */ (null)];
    for (let i = 0; i < this.px.length; i += 1) {
      if (Math.hypot(this.px[i] - x, this.py[i] - y) > this.size / 40 + 6) continue;
      const far = this.far((i % w) / (w - 1), Math.floor(i / w) / (this.rows.length - 1));
      if (far < best) [best, found] = [far, [this.rows[Math.floor(i / w)], this.columns[i % w]]];
    }
    return found;
  }

  /** @type {number[][]} where the points stand on the screen */
  spots = [];

  /** @param {number} x @param {number} y @returns {number | null} the point under a pixel */
  point(x, y) {
    let [best, found] = [11, /** @type {number | null} */ (null)];
    for (const [i, [px, py]] of this.spots.entries()) if (Math.hypot(px - x, py - y) < best) [best, found] = [Math.hypot(px - x, py - y), i];
    return found;
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @param {string} colour */
function piece(ctx, x0, y0, x1, y1, colour) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2.6;
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {number} r @param {import("../palette.js").Palette} c */
function dot(ctx, x, y, r, c) {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 7);
  ctx.fillStyle = c.brass;
  ctx.fill();
  ctx.strokeStyle = c.ink;
  ctx.lineWidth = 1.5;
  ctx.stroke();
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {number} r @param {import("../palette.js").Palette} c */
function halo(ctx, x, y, r, c) {
  ctx.strokeStyle = c.brass;
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 7);
  ctx.stroke();
}
