// @ts-check
/** What lies in a plane besides its points: boxes, curves with their bands, walks, straight pieces. */
import { named } from "../palette.js";
import { number } from "./axes.js";
import { MARKER, pen } from "./legend.js";
import { band } from "./line-work.js";
import { sprite, stamp } from "./marks.js";
import { nearest } from "./thin.js";

/** @typedef {import("./field.js").Field} Field */

/** Pixels beyond which a coordinate is the same to the eye and slow to draw. */
const FAR = 20_000;
/** Pixels between two drawn places of a walk: below it nothing more is seen. */
const STEP = 0.7;
const NEAR = 9;

/** @param {number} px */
const near = (px) => Math.max(-FAR, Math.min(FAR, px));

/** The legend's entries of the curves and walks that have a name. @param {any} f @returns {import("./legend.js").Entry[]} */
export function entriesOf(f) {
  const lines = f.lines ?? [];
  const walks = f.paths ?? [];
  return [
    ...lines.map((/** @type {any} */ line, /** @type {number} */ index) => ({ ...nameOf(line), style: line.style, index })),
    ...walks.map((/** @type {any} */ walk, /** @type {number} */ k) => ({ ...nameOf(walk), index: lines.length + k, end: endOf(k) })),
  ].filter((entry) => entry.label);
}

/** @param {any} line */
const nameOf = ({ id, label, colour }) => ({ id, label, colour });

/** Each walk ends in a shape of its own, so that colour does not stand alone. @param {number} k */
const endOf = (k) => k % 7;

/** @param {Field} of @param {CanvasRenderingContext2D} ctx @param {any} f @param {import("../palette.js").Palette} c */
export function paintPlane(of, ctx, f, c) {
  for (const box of f.boxes ?? []) paintBox(of, ctx, box);
  const lines = f.lines ?? [];
  const walks = f.paths ?? [];
  const chosen = of.lit && [...lines, ...walks].some((each) => each.id === of.lit);
  lines.forEach((/** @type {any} */ line, /** @type {number} */ i) => {
    if (line.lower && line.upper) band(of, ctx, line, i);
    ctx.globalAlpha = chosen && of.lit !== line.id ? 0.3 : 1;
    paintLine(of, ctx, line, i);
  });
  walks.forEach((/** @type {any} */ walk, /** @type {number} */ k) => {
    ctx.globalAlpha = chosen && of.lit !== walk.id ? 0.35 : 1;
    paintWalk(of, ctx, walk, lines.length + k, k, c);
  });
  ctx.globalAlpha = 1;
  for (const s of f.segments ?? []) segment(of, ctx, s, c);
  ctx.setLineDash([]);
}

/** @param {Field} of @param {CanvasRenderingContext2D} ctx @param {any} box */
function paintBox(of, ctx, { x0, y0, x1, y1, colour }) {
  const [px, py] = [near(of.sx.px(x0)), near(of.sy.px(y0))];
  const [w, h] = [near(of.sx.px(x1)) - px, near(of.sy.px(y1)) - py];
  ctx.fillStyle = ctx.strokeStyle = named(colour, 0);
  ctx.globalAlpha = 0.13;
  ctx.fillRect(px, py, w, h);
  ctx.globalAlpha = 0.55;
  ctx.lineWidth = 1;
  ctx.strokeRect(px, py, w, h);
  ctx.globalAlpha = 1;
}

/** @param {Field} of @param {CanvasRenderingContext2D} ctx @param {any} line @param {number} index */
function paintLine(of, ctx, line, index) {
  const [x, y] = [line.x.data, line.y.data];
  if (line.style === "points") {
    const dot = sprite(255, MARKER, of.ratio, { fill: named(line.colour, index) });
    for (let i = 0; i < x.length; i += 1) if (Number.isFinite(y[i])) stamp(ctx, dot, near(of.sx.px(x[i])), near(of.sy.px(y[i])), of.ratio);
    return;
  }
  ctx.beginPath();
  let [on, last, before] = [false, 0, -Infinity];
  for (let i = 0; i < x.length; i += 1) {
    const py = of.sy.px(y[i]);
    if (!Number.isFinite(py)) {
      on = false;
      continue;
    }
    const [px, at] = [near(of.sx.px(x[i])), near(py)];
    if (!on) ctx.moveTo(px, at);
    else if (line.style === "steps") {
      ctx.lineTo(px, last);
      ctx.lineTo(px, at);
    } else if (Math.abs(px - before) + Math.abs(at - last) >= STEP || i === x.length - 1) ctx.lineTo(px, at);
    else continue;
    [on, last, before] = [true, at, px];
  }
  pen(ctx, line, index);
  ctx.lineWidth = 2;
  ctx.stroke();
  ctx.setLineDash([]);
}

/** @param {Field} of @param {CanvasRenderingContext2D} ctx @param {any} walk @param {number} index @param {number} k @param {import("../palette.js").Palette} c */
function paintWalk(of, ctx, walk, index, k, c) {
  trace(ctx, walk.places, (/** @type {number} */ x) => of.sx.px(x), (/** @type {number} */ y) => of.sy.px(y));
  strokeWalk(ctx, named(walk.colour, index), c);
  const at = standing(walk.places);
  if (!at) return;
  const { data, shape: [, d] } = walk.places;
  ctx.fillStyle = named(walk.colour, index);
  ctx.fillRect(near(of.sx.px(data[0])) - 2.5, near(of.sy.px(data[1])) - 2.5, 5, 5);
  stamp(ctx, sprite(endOf(k), Math.max(4, of.em * 0.42), of.ratio, { fill: named(walk.colour, index) }), near(of.sx.px(data[at * d])), near(of.sy.px(data[at * d + 1])), of.ratio);
}

/** A walk's line on its casing. @param {CanvasRenderingContext2D} ctx @param {string} colour @param {import("../palette.js").Palette} c */
export function strokeWalk(ctx, colour, c) {
  ctx.strokeStyle = c.card;
  ctx.lineWidth = 4;
  ctx.stroke();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.9;
  ctx.stroke();
}

/** The index of the last place that is finite; 0 where there is none but the first. @param {import("../frames.js").Tensor} places */
function standing({ data, shape: [n, d] }) {
  for (let i = n - 1; i >= 0; i -= 1) if (Number.isFinite(data[i * d]) && Number.isFinite(data[i * d + 1])) return i;
  return null;
}

/**
 * A walk as the context's path, without what no eye sees.
 * @param {CanvasRenderingContext2D} ctx @param {import("../frames.js").Tensor} places (T, 2 or 3)
 * @param {(x: number) => number} toX @param {(y: number) => number} toY
 */
export function trace(ctx, { data, shape: [n, d] }, toX, toY) {
  ctx.beginPath();
  let [px, py, on] = [0, 0, false];
  for (let i = 0; i < n; i += 1) {
    const [x, y] = [toX(data[i * d]), toY(data[i * d + 1])];
    if (!Number.isFinite(x + y)) on = false;
    else if (!on) {
      ctx.moveTo((px = near(x)), (py = near(y)));
      on = true;
    } else if (i === n - 1 || Math.abs(x - px) + Math.abs(y - py) >= STEP) ctx.lineTo((px = near(x)), (py = near(y)));
  }
}

/** @param {Field} of @param {CanvasRenderingContext2D} ctx @param {any} s @param {import("../palette.js").Palette} c */
function segment(of, ctx, s, c) {
  ctx.setLineDash(s.dash ? [6, 5] : []);
  ctx.beginPath();
  ctx.moveTo(of.sx.px(s.x0), of.sy.px(s.y0));
  ctx.lineTo(of.sx.px(s.x1), of.sy.px(s.y1));
  if (!s.dash) {
    ctx.strokeStyle = c.card;
    ctx.lineWidth = 4.5;
    ctx.stroke();
  }
  ctx.strokeStyle = named(s.colour, 0);
  ctx.lineWidth = 2;
  ctx.stroke();
}

/** The curve or walk under a pixel. @param {Field} of @param {number} px @param {number} py @returns {{id: string, words: string} | null} */
export function under(of, px, py) {
  const f = /** @type {any} */ (of.figure);
  let [best, found] = [NEAR, /** @type {{id: string, words: string} | null} */ (null)];
  for (const line of f.lines ?? []) {
    const k = nearest(line.x.data, of.sx.at(px));
    const far = k < 0 ? Infinity : line.style === "points" ? Math.hypot(of.sx.px(line.x.data[k]) - px, of.sy.px(line.y.data[k]) - py) : Math.abs(of.sy.px(line.y.data[k]) - py);
    if (far < best) [best, found] = [far, { id: line.id, words: "" }];
  }
  for (const walk of f.paths ?? []) {
    const { data, shape: [n, d] } = walk.places;
    for (let i = 0; i < n; i += 1) {
      const far = Math.hypot(of.sx.px(data[i * d]) - px, of.sy.px(data[i * d + 1]) - py);
      if (far < best) [best, found] = [far, { id: walk.id, words: `${walk.label || "path"}: place ${i} of ${n - 1}` }];
    }
  }
  return found;
}

/** The values of the curves at one x, the first of them. @param {any} f @param {number} x @returns {string[]} */
export function valuesAt(f, x) {
  const out = [];
  for (const line of f.lines ?? []) {
    const { data } = line.x;
    const k = nearest(data, x);
    if (k < 0 || !line.label || x < data[0] || x > data[data.length - 1]) continue;
    out.push(`${line.label} ${number(line.y.data[k])}${line.style === "points" ? ` at ${number(data[k])}` : ""}`);
    if (out.length === 6) break;
  }
  return out;
}
