// @ts-check
/** Points as shape and colour together, arrows, legends. */
import { palette } from "../palette.js";
import { fit } from "./axes.js";

/** @typedef {{held?: boolean, wrong?: boolean, fill?: string, ring?: boolean}} Look */

/** Pixels of radius below which a wrong point is ringed, not crossed. */
const RING_BELOW = 4.5;

/** @type {Map<string, OffscreenCanvas>} */
const sprites = new Map();
let made = 0;

/** One class's outline around (0, 0): circle, square, triangle, diamond, triangle down, pentagon, hexagon, cross. @param {CanvasRenderingContext2D | Path2D} path @param {number} k @param {number} r */
export function shape(path, k, r) {
  switch (k % 8) {
    case 0: path.moveTo(r, 0); path.arc(0, 0, r, 0, Math.PI * 2); break;
    case 1: path.rect(-r * 0.88, -r * 0.88, r * 1.76, r * 1.76); break;
    case 2: polygon(path, 3, r * 1.28, -Math.PI / 2, r * 0.2); break;
    case 3: polygon(path, 4, r * 1.25, 0, 0); break;
    case 4: polygon(path, 3, r * 1.28, Math.PI / 2, -r * 0.2); break;
    case 5: polygon(path, 5, r * 1.15, -Math.PI / 2, 0); break;
    case 6: polygon(path, 6, r * 1.1, 0, 0); break;
    default: {
      const a = r * 0.42;
      const b = r * 1.15;
      for (const [i, [x, y]] of [[-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a], [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a]].entries()) {
        if (i) path.lineTo(x, y);
        else path.moveTo(x, y);
      }
      path.closePath();
    }
  }
}

/** @param {CanvasRenderingContext2D | Path2D} path @param {number} n @param {number} r @param {number} turn @param {number} down */
function polygon(path, n, r, turn, down) {
  for (let i = 0; i < n; i += 1) {
    const angle = turn + (i * 2 * Math.PI) / n;
    if (i) path.lineTo(r * Math.cos(angle), r * Math.sin(angle) + down);
    else path.moveTo(r * Math.cos(angle), r * Math.sin(angle) + down);
  }
  path.closePath();
}

/**
 * A ready-made picture of a point, drawn once: training points filled, held-out ones as a ring, wrong ones crossed or ringed.
 * @param {number} k class, 255 for none @param {number} r @param {number} ratio @param {Look} [look]
 */
export function sprite(k, r, ratio, look = {}) {
  const c = palette();
  if (made !== c.version || sprites.size > 600) sprites.clear();
  made = c.version;
  const key = `${k} ${r} ${ratio} ${look.held ? 1 : 0}${look.wrong ? 1 : 0}${look.ring ?? ""}${look.fill ?? ""}`;
  let canvas = sprites.get(key);
  if (canvas) return canvas;
  const size = Math.ceil((r * 2 + 8) * ratio);
  canvas = new OffscreenCanvas(size, size);
  const ctx = /** @type {any} */ (canvas.getContext("2d"));
  ctx.scale(ratio, ratio);
  ctx.translate(size / ratio / 2, size / ratio / 2);
  ctx.lineJoin = "round";
  ctx.beginPath();
  shape(ctx, k === 255 ? 0 : k, r);
  const colour = look.fill ?? (k === 255 ? c.ink2 : c.classes[k % 8]);
  if (look.held) {
    ctx.strokeStyle = c.ink;
    ctx.lineWidth = r < 4 ? 3 : 3.4;
    ctx.stroke();
    ctx.fillStyle = c.card;
    ctx.fill();
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.9;
    ctx.stroke();
  } else {
    ctx.strokeStyle = c.card;
    ctx.lineWidth = 2.6;
    ctx.stroke();
    ctx.fillStyle = colour;
    ctx.fill();
    ctx.strokeStyle = c.ink;
    ctx.lineWidth = r < 4 ? 0.7 : 1;
    ctx.stroke();
  }
  if (look.wrong) {
    ctx.beginPath();
    if (look.ring ?? r < RING_BELOW) { // a cross would fill so small a shape: a ring around it says the same
      ctx.arc(0, 0, r + (look.held ? 2.8 : 2), 0, 7);
      ctx.strokeStyle = c.ink;
      ctx.lineWidth = 1;
    } else {
      const d = r * 0.6;
      ctx.moveTo(-d, -d);
      ctx.lineTo(d, d);
      ctx.moveTo(d, -d);
      ctx.lineTo(-d, d);
      ctx.strokeStyle = c.ink;
      ctx.lineWidth = 1.5;
    }
    ctx.stroke();
  }
  sprites.set(key, canvas);
  return canvas;
}

/** @param {CanvasRenderingContext2D} ctx @param {OffscreenCanvas} picture @param {number} x @param {number} y @param {number} ratio */
export function stamp(ctx, picture, x, y, ratio) {
  const size = picture.width / ratio;
  ctx.drawImage(picture, x - size / 2, y - size / 2, size, size);
}

/**
 * @param {CanvasRenderingContext2D} ctx @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1
 * @param {string} colour @param {string} halo @param {number} width
 */
export function arrow(ctx, x0, y0, x1, y1, colour, halo, width) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 1) return;
  const head = Math.min(length * 0.6, 4 + width * 3);
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const [bx, by] = [x1 - ux * head, y1 - uy * head];
  for (const [stroke, w] of /** @type {[string, number][]} */ ([[halo, width + 3], [colour, width]])) {
    ctx.strokeStyle = ctx.fillStyle = stroke;
    ctx.lineWidth = w;
    ctx.beginPath();
    ctx.moveTo(x0, y0);
    ctx.lineTo(bx, by);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x1, y1);
    ctx.lineTo(bx - uy * head * 0.45, by + ux * head * 0.45);
    ctx.lineTo(bx + uy * head * 0.45, by - ux * head * 0.45);
    ctx.closePath();
    if (stroke === halo) {
      ctx.lineWidth = 3;
      ctx.stroke();
    }
    ctx.fill();
  }
}

/** Words that stay readable on any ground. @param {CanvasRenderingContext2D} ctx @param {string} text @param {number} x @param {number} y @param {string} ink @param {string} halo */
export function label(ctx, text, x, y, ink, halo) {
  ctx.lineWidth = 3.5;
  ctx.strokeStyle = halo;
  ctx.lineJoin = "round";
  ctx.strokeText(text, x, y);
  ctx.fillStyle = ink;
  ctx.fillText(text, x, y);
}

/** @typedef {{k: number, name: string, look?: Look}} Entry */

/** What a figure's points mean, as legend entries. @param {import("../frames.js").FigureValue} f @param {number} [radius] of its points @returns {Entry[]} */
export function pointEntries(f, radius = RING_BELOW) {
  /** @type {Entry[]} */
  const entries = (f.class_names ?? []).map((/** @type {string} */ name, /** @type {number} */ k) => ({ k, name }));
  if (f.held?.data.includes(1)) entries.push({ k: 255, name: "test", look: { held: true } });
  if (f.wrong?.data.includes(1)) entries.push({ k: 255, name: "wrong", look: { wrong: true, ring: radius < RING_BELOW, fill: palette().card } });
  return entries;
}

/** How wide a legend of points is. @param {CanvasRenderingContext2D} ctx @param {Entry[]} entries @param {number} em */
export const legendWidth = (ctx, entries, em) => entries.reduce((sum, { name }) => sum + ctx.measureText(name).width + em * 2, 0);

/**
 * A legend of points in one line ending at `right`, no further left than `left`.
 * @param {CanvasRenderingContext2D} ctx @param {Entry[]} entries @param {number} left @param {number} right @param {number} y @param {number} ratio @param {number} em
 */
export function pointLegend(ctx, entries, left, right, y, ratio, em) {
  const c = palette();
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  let x = right;
  for (let i = entries.length - 1; i >= 0; i -= 1) {
    const { k, name, look } = entries[i];
    const w = ctx.measureText(name).width;
    if (x - w - em * 1.2 < left) break;
    ctx.fillStyle = c.ink2;
    ctx.fillText(name, x, y);
    x -= w + em * 0.75;
    stamp(ctx, sprite(k, em * 0.38, ratio, look), x, y, ratio);
    x -= em * 1.25;
  }
  ctx.textBaseline = "alphabetic";
}

/**
 * A colour scale in one line ending at `right`: name, lowest, bar, highest; returns where it begins.
 * @param {CanvasRenderingContext2D} ctx @param {Uint32Array} ramp @param {string} name @param {string} low @param {string} high @param {number} right @param {number} y @param {number} em
 */
export function rampLegend(ctx, ramp, name, low, high, right, y, em) {
  const c = palette();
  const w = Math.round(em * 6);
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  ctx.fillStyle = c.ink2;
  ctx.fillText(high, right, y);
  let x = Math.round(right - ctx.measureText(high).width - em * 0.5 - w);
  for (let i = 0; i < w; i += 1) {
    const word = ramp[Math.round((i / (w - 1)) * 254)];
    ctx.fillStyle = `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`;
    ctx.fillRect(x + i, y - em * 0.35, 1, em * 0.7);
  }
  ctx.strokeStyle = c.rule2;
  ctx.lineWidth = 1;
  ctx.strokeRect(x - 0.5, Math.round(y - em * 0.35) - 0.5, w + 1, Math.round(em * 0.7) + 1);
  x -= em * 0.5;
  ctx.fillStyle = c.ink2;
  ctx.fillText(low, x, y);
  x -= ctx.measureText(low).width + em * 0.6;
  if (name && x > em * 2) {
    ctx.fillStyle = c.ink;
    ctx.fillText(fit(ctx, name, x - 2), x, y);
  }
  ctx.textBaseline = "alphabetic";
}
