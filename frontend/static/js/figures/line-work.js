// @ts-check
/** What stands on the lines of a chart: straight rules, bands, markers, the cursor. */
import { named } from "../palette.js";
import { MARKER } from "./legend.js";
import { label, sprite, stamp } from "./marks.js";
import { nearest } from "./thin.js";

/**
 * @typedef {import("./curves.js").Curves} Curves
 * @typedef {{sx: import("./axes.js").Scale, sy: import("./axes.js").Scale, plot: import("./axes.js").Box}} Plane
 */

/** A shape here and there on a line that has a `marker`, so that colour does not stand alone. @param {Curves} of @param {CanvasRenderingContext2D} ctx @param {any} line */
export function markers(of, ctx, line) {
  const [x, y] = [line.x.data, line.y.data];
  const apart = Math.max(of.em * 7, of.plot.w / 8);
  const end = x.length ? of.sx.px(x[x.length - 1]) : 0;
  for (let px = of.plot.x + apart * (0.3 + (line.marker % 8) / 11); px < end; px += apart) {
    const k = nearest(x, of.sx.at(px));
    if (Number.isFinite(y[k])) stamp(ctx, sprite(line.marker, MARKER, of.ratio), of.sx.px(x[k]), of.sy.px(y[k]), of.ratio);
  }
}

/** A line of the style `points`: a dot each. @param {Curves} of @param {CanvasRenderingContext2D} ctx @param {any} line @param {number} index @param {number} alpha */
export function dots(of, ctx, line, index, alpha) {
  const [x, y] = [line.x.data, line.y.data];
  const dot = sprite(255, x.length > 400 ? 2.4 : MARKER, of.ratio, { fill: named(line.colour, index) });
  ctx.globalAlpha = alpha;
  for (let i = 0; i < x.length; i += 1) {
    const [px, py] = [of.sx.px(x[i]), of.sy.px(y[i])];
    if (Number.isFinite(px + py)) stamp(ctx, dot, px, py, of.ratio);
  }
  ctx.globalAlpha = 1;
}

/** Labelled places. @param {Curves} of @param {CanvasRenderingContext2D} ctx @param {any} f @param {import("../palette.js").Palette} c */
export function marks(of, ctx, f, c) {
  ctx.textAlign = "left";
  for (const mark of f.marks ?? []) {
    const [px, py] = [of.sx.px(mark.x), of.sy.px(mark.y)];
    ctx.fillStyle = c.card;
    ctx.strokeStyle = c.ink;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.arc(px, py, 3.5, 0, 7);
    ctx.fill();
    ctx.stroke();
    if (!mark.label) continue;
    const w = ctx.measureText(mark.label).width;
    const beside = px + 7 + w > of.plot.x + of.plot.w ? px - 7 - w : px + 7;
    label(ctx, mark.label, Math.max(of.plot.x + 2, beside), Math.max(of.plot.y + of.em, py - 6), c.ink, c.card);
  }
}

/** Straight lines across at one x or y. @param {Curves} of @param {CanvasRenderingContext2D} ctx @param {any} f @param {import("../palette.js").Palette} c */
export function rules(of, ctx, f, c) {
  for (const rule of f.rules ?? []) {
    const [x, y] = [of.sx.px(rule.at), of.sy.px(rule.at)];
    ctx.strokeStyle = c.ink3;
    ctx.lineWidth = 1;
    ctx.setLineDash([2, 4]);
    ctx.beginPath();
    if (rule.axis === "x") {
      ctx.moveTo(x, of.plot.y);
      ctx.lineTo(x, of.plot.y + of.plot.h);
    } else {
      ctx.moveTo(of.plot.x, y);
      ctx.lineTo(of.plot.x + of.plot.w, y);
    }
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.textAlign = "right";
    if (rule.label && rule.axis === "y") label(ctx, rule.label, of.plot.x + of.plot.w - 3, y - 5 < of.plot.y + of.em ? y + of.em : y - 5, c.ink2, c.card);
    ctx.textAlign = "left";
    const w = rule.label ? ctx.measureText(rule.label).width : 0;
    if (rule.label && rule.axis === "x") label(ctx, rule.label, x + 4 + w > of.plot.x + of.plot.w ? x - 4 - w : x + 4, of.plot.y + of.em, c.ink2, c.card);
  }
}

/** The span between a line's `lower` and `upper`. @param {Plane} of @param {CanvasRenderingContext2D} ctx @param {any} line @param {number} index */
export function band(of, ctx, line, index) {
  const { data } = line.x;
  ctx.beginPath();
  const step = Math.max(1, Math.floor(data.length / of.plot.w));
  for (let i = 0; i < data.length; i += step) ctx.lineTo(of.sx.px(data[i]), of.sy.px(line.upper.data[i]));
  for (let i = data.length - 1; i >= 0; i -= step) ctx.lineTo(of.sx.px(data[i]), of.sy.px(line.lower.data[i]));
  ctx.closePath();
  ctx.globalAlpha = 0.16;
  ctx.fillStyle = named(line.colour, index);
  ctx.fill();
  ctx.globalAlpha = 1;
}

/** @param {Curves} of @param {CanvasRenderingContext2D} ctx @param {import("../palette.js").Palette} c @param {number} at data units */
export function cursor(of, ctx, c, at) {
  const px = Math.round(of.sx.px(at)) + 0.5;
  ctx.strokeStyle = c.brass;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(px, of.plot.y);
  ctx.lineTo(px, of.plot.y + of.plot.h);
  ctx.stroke();
  for (const [i, line] of of.lines.entries()) {
    const k = nearest(line.x.data, at);
    if (of.silenced.has(line.id) || k < 0 || !Number.isFinite(line.y.data[k])) continue;
    ctx.fillStyle = named(line.colour, i);
    ctx.strokeStyle = c.card;
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.arc(of.sx.px(line.x.data[k]), of.sy.px(line.y.data[k]), 4, 0, 7);
    ctx.stroke();
    ctx.fill();
  }
}
