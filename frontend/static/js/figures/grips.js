// @ts-check
/** What in a plane can be grabbed, arrows and handles, and the words beside what lies in it. */
import { named } from "../palette.js";
import { arrow, label } from "./marks.js";

/** @typedef {import("./field.js").Field} Field */

/** @param {Field} of @param {CanvasRenderingContext2D} ctx @param {any} f @param {import("../palette.js").Palette} c */
export function paintGrips(of, ctx, f, c) {
  for (const a of f.arrows ?? []) {
    const [tx, ty] = of.where("arrow", a.id, a.x + a.dx, a.y + a.dy);
    arrow(ctx, of.sx.px(a.x), of.sy.px(a.y), of.sx.px(tx), of.sy.px(ty), named(a.colour, 0), c.card, of.em / 6);
    if (a.grab) ring(of, ctx, tx, ty, c, "arrow", a.id);
  }
  for (const one of f.handles ?? []) {
    const [x, y] = of.where("handle", one.id, one.x, one.y);
    ctx.fillStyle = c.card;
    ctx.beginPath();
    ctx.arc(of.sx.px(x), of.sy.px(y), of.em * 0.42, 0, 7);
    ctx.fill();
    ring(of, ctx, x, y, c, "handle", one.id);
  }
}

/** @param {Field} of @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {import("../palette.js").Palette} c @param {string} kind @param {any} id */
function ring(of, ctx, x, y, c, kind, id) {
  const chosen = of.hand.chosen?.kind === kind && of.hand.chosen.id === id;
  ctx.strokeStyle = c.brass;
  ctx.lineWidth = chosen ? 3 : 1.5;
  ctx.beginPath();
  ctx.arc(of.sx.px(x), of.sy.px(y), of.em * 0.55, 0, 7);
  ctx.stroke();
}

/** @param {Field} of @param {CanvasRenderingContext2D} ctx @param {any} f @param {import("../palette.js").Palette} c */
export function paintLabels(of, ctx, f, c) {
  const { plot, em } = of;
  ctx.textAlign = "left";
  const put = (/** @type {string} */ text, /** @type {number} */ px, /** @type {number} */ py, /** @type {string} */ colour) => {
    if (!text) return;
    const w = ctx.measureText(text).width;
    label(ctx, text, Math.max(plot.x + 3, Math.min(plot.x + plot.w - w - 3, px)), Math.max(plot.y + em, Math.min(plot.y + plot.h - 4, py)), colour, c.card);
  };
  for (const b of f.boxes ?? []) put(b.label, of.sx.px(Math.min(b.x0, b.x1)) + 4, of.sy.px(Math.max(b.y0, b.y1)) + em * 1.1, named(b.colour, 0));
  for (const a of f.arrows ?? []) {
    const [x, y] = of.where("arrow", a.id, a.x + a.dx, a.y + a.dy);
    put(a.label, of.sx.px(x) + 8, of.sy.px(y) - 6, named(a.colour, 0));
  }
  for (const s of f.segments ?? []) {
    let t = 1; // near the end that is seen
    while (t > 0.5 && !of.hand.inside(of.sx.px(s.x0 + (s.x1 - s.x0) * t), of.sy.px(s.y0 + (s.y1 - s.y0) * t))) t -= 0.02;
    t -= 0.1;
    put(s.label, of.sx.px(s.x0 + (s.x1 - s.x0) * t) + 7, of.sy.px(s.y0 + (s.y1 - s.y0) * t) - 7, c.ink);
  }
  for (const one of f.handles ?? []) {
    const [x, y] = of.where("handle", one.id, one.x, one.y);
    put(one.label, of.sx.px(x) + 10, of.sy.px(y) - 8, c.ink);
  }
}
