// @ts-check
/** A legend of lines: where its entries stand, in rows, and how a line's pen looks in it and on the plot. */
import { named } from "../palette.js";
import { fit } from "./axes.js";
import { sprite, stamp } from "./marks.js";

/**
 * @typedef {{id: string, label: string, colour?: string, style?: string, marker?: number, index: number, end?: number}} Entry  index: which line of the
 *   figure it is; marker: a shape on the line; end: the shape at a walk's end
 * @typedef {{entry: Entry, x: number, w: number, row: number}} Key
 */

const DASH = { solid: [], dashed: [7, 4], dotted: [1.5, 4], steps: [] };

/** Pixels of radius of a line's markers. */
export const MARKER = 3.6;

/** @param {CanvasRenderingContext2D} ctx @param {{colour?: string, style?: string}} line @param {number} index */
export function pen(ctx, line, index) {
  ctx.strokeStyle = named(line.colour, index);
  ctx.lineWidth = 1.8;
  ctx.lineCap = line.style === "dotted" ? "round" : "butt";
  ctx.setLineDash(DASH[line.style ?? "solid"] ?? []);
}

/**
 * Entries in rows between `left` and `right`; a single row ends at the right.
 * @param {CanvasRenderingContext2D} ctx @param {Entry[]} entries @param {number} left @param {number} right @param {number} em @returns {Key[]}
 */
export function flow(ctx, entries, left, right, em) {
  /** @type {Key[]} */
  const keys = [];
  let [x, row] = [left, 0];
  for (const entry of entries) {
    const w = Math.min(right - em * 0.6, ctx.measureText(entry.label).width + em * 3.4);
    if (x + w - em * 1.1 > right && x > left) [x, row] = [left, row + (keys.length ? 1 : 0)];
    keys.push({ entry, x, w, row });
    x += w;
  }
  if (!row) for (const key of keys) key.x += Math.max(0, right - (x - em * 1.1));
  return keys;
}

/**
 * One entry: a piece of its line, its shape, its name.
 * @param {CanvasRenderingContext2D} ctx @param {Key} key @param {number} y its middle @param {number} right where words must end
 * @param {number} ratio @param {number} em @param {import("../palette.js").Palette} c
 */
export function drawKey(ctx, { entry, x }, y, right, ratio, em, c) {
  const scatter = entry.style === "points";
  pen(ctx, entry, entry.index);
  if (!scatter) {
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x + em * 1.9, y);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  const mark = scatter ? 255 : entry.end ?? entry.marker;
  const fill = scatter || entry.end !== undefined ? named(entry.colour, entry.index) : undefined;
  if (mark !== undefined) stamp(ctx, sprite(mark, MARKER, ratio, { fill }), x + em * (entry.end === undefined ? 0.95 : 1.6), y, ratio);
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.fillStyle = c.ink2;
  ctx.fillText(fit(ctx, entry.label, right - x - em * 2.3), x + em * 2.4, y);
  ctx.textBaseline = "alphabetic";
}
