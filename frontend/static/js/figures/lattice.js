// @ts-check
/** A lattice bent by a map: the plane as a layer sees it. */
import { swatch } from "../palette.js";

/**
 * The lattice's cells tinted by class, then its lines.
 * @param {CanvasRenderingContext2D} ctx @param {import("../frames.js").Tensor} grid (R, C, 2) @param {import("../frames.js").Tensor | null} classes (R, C)
 * @param {import("./axes.js").Scale} sx @param {import("./axes.js").Scale} sy @param {import("../palette.js").Palette} c
 */
export function drawLattice(ctx, grid, classes, sx, sy, c) {
  const [rows, columns] = grid.shape;
  const { data } = grid;
  const x = (/** @type {number} */ r, /** @type {number} */ k) => sx.px(data[2 * (r * columns + k)]);
  const y = (/** @type {number} */ r, /** @type {number} */ k) => sy.px(data[2 * (r * columns + k) + 1]);
  if (classes) {
    const kinds = new Set(classes.data);
    for (const kind of kinds) {
      ctx.fillStyle = swatch(c.tints[kind % 8], 110);
      ctx.beginPath();
      for (let r = 0; r < rows - 1; r += 1) {
        for (let k = 0; k < columns - 1; k += 1) {
          if (classes.data[r * columns + k] !== kind) continue;
          const from = k; // neighbours of one class are one shape
          while (k < columns - 2 && classes.data[r * columns + k + 1] === kind) k += 1;
          ctx.moveTo(x(r, from), y(r, from));
          for (let i = from + 1; i <= k + 1; i += 1) ctx.lineTo(x(r, i), y(r, i));
          for (let i = k + 1; i >= from; i -= 1) ctx.lineTo(x(r + 1, i), y(r + 1, i));
          ctx.closePath();
        }
      }
      ctx.fill();
    }
  }
  ctx.beginPath();
  for (let r = 0; r < rows; r += 1) for (let k = 0; k < columns; k += 1) k ? ctx.lineTo(x(r, k), y(r, k)) : ctx.moveTo(x(r, k), y(r, k));
  for (let k = 0; k < columns; k += 1) for (let r = 0; r < rows; r += 1) r ? ctx.lineTo(x(r, k), y(r, k)) : ctx.moveTo(x(r, k), y(r, k));
  ctx.strokeStyle = c.ink;
  ctx.globalAlpha = 0.3;
  ctx.lineWidth = 0.9;
  ctx.stroke();
  ctx.globalAlpha = 1;
}
