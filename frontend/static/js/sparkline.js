// @ts-check
// The shape of a loss in a hundred pixels: no axes, a dot where it stands.
import { AXES } from "./metrics.js";
import { palette } from "./palette.js";

/**
 * The column that stands for how well a run does: its loss, else what its lab names first.
 * @param {Record<string, any[]>} columns @param {{id: string}[]} infos the lab's metrics in their order
 */
export function lossOf(columns, infos) {
  const ids = Object.keys(columns).filter((id) => !AXES.includes(id)).sort();
  const named = infos.map((info) => info.id).find((id) => ids.includes(id));
  return ids.find((id) => id === "train_loss") ?? ids.find((id) => id.split(".")[0].endsWith("loss")) ?? named ?? ids[0] ?? "";
}

/** @param {HTMLCanvasElement} canvas @param {(number|null)[]} xs @param {(number|null)[]} ys */
export function drawSparkline(canvas, xs, ys) {
  const [w, high] = [canvas.clientWidth, canvas.clientHeight];
  const ratio = Math.min(3, devicePixelRatio || 1);
  [canvas.width, canvas.height] = [Math.round(w * ratio), Math.round(high * ratio)];
  const ctx = canvas.getContext("2d");
  const points = /** @type {[number, number][]} */ (xs.map((x, i) => [x, ys[i]]).filter(([, y]) => y !== null && y !== undefined));
  if (!ctx || !points.length || !w) return;
  const values = points.map(([, y]) => y);
  const [x0, x1, y0, y1] = [points[0][0], points[points.length - 1][0], Math.min(...values), Math.max(...values)];
  const place = (/** @type {[number, number]} */ [x, y]) => /** @type {[number, number]} */ ([
    3 + ((x - x0) / (x1 - x0 || 1)) * (w - 8), y1 > y0 ? 3 + ((y1 - y) / (y1 - y0)) * (high - 6) : high / 2,
  ]);
  const c = palette();
  ctx.scale(ratio, ratio);
  ctx.lineJoin = ctx.lineCap = "round";
  ctx.strokeStyle = c.ink2;
  ctx.lineWidth = 1.3;
  ctx.beginPath();
  for (const point of points) ctx.lineTo(...place(point));
  ctx.stroke();
  ctx.fillStyle = c.ink;
  ctx.beginPath();
  ctx.arc(...place(points[points.length - 1]), 2.2, 0, 7);
  ctx.fill();
}
