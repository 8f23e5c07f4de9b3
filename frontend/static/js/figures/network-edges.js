// @ts-check
/** The edges of a network: drawn in few strokes, found under the pointer. */

const WIDTHS = 8;
const REACH = 6;

/**
 * Edges in sixteen strokes a link: eight widths of each sign.
 * @param {CanvasRenderingContext2D} ctx @param {any} link @param {import("./network-layout.js").Layout} layout @param {number} most the weight that is drawn widest
 * @param {number} faded 1, or less while something else is lit @param {import("../palette.js").Palette} c
 */
export function drawEdges(ctx, { source, target, weights }, { xs, ys, size }, most, faded, c) {
  const [outs, ins] = weights.shape;
  const { data } = weights;
  const thick = outs * ins > 300 ? 2.2 : outs * ins > 80 ? 3.5 : 5.5;
  for (const sign of [-1, 1]) {
    ctx.strokeStyle = sign < 0 ? c.neg : c.pos;
    for (let k = 0; k < WIDTHS; k += 1) {
      let any = false;
      ctx.beginPath();
      for (let i = 0; i < outs; i += 1) {
        for (let j = 0; j < ins; j += 1) {
          const w = data[i * ins + j] * sign;
          if (!(w > 0) && !(w === 0 && sign > 0)) continue;
          const bucket = Math.min(WIDTHS - 1, Math.floor((w / most) * WIDTHS));
          if (bucket !== k) continue;
          any = true;
          curve(ctx, xs[source][j] + size, ys[source][j] + size / 2, xs[target][i], ys[target][i] + size / 2);
        }
      }
      if (!any) continue;
      ctx.lineWidth = 0.6 + ((k + 0.3) / WIDTHS) * thick;
      ctx.globalAlpha = (outs * ins > 300 ? 0.06 + 0.8 * (k / WIDTHS) ** 1.5 : 0.25 + 0.65 * (k / WIDTHS)) * faded;
      ctx.stroke();
    }
  }
  ctx.globalAlpha = 1;
}

/**
 * The edge that passes nearest to a pixel, within reach.
 * @param {import("./network.js").Network} network @param {import("./network-layout.js").Layout} layout @param {number} px @param {number} py
 * @returns {import("./network.js").Part | null}
 */
export function nearestEdge(network, { xs, ys, size }, px, py) {
  let best = REACH;
  let found = null;
  for (let l = 1; l < xs.length; l += 1) {
    const link = network.link(l);
    if (!link || px < Math.min(...xs[l - 1]) || px > Math.max(...xs[l])) continue;
    const [outs, ins] = link.weights.shape;
    for (let i = 0; i < outs; i += 1) {
      for (let j = 0; j < ins; j += 1) {
        const d = Math.abs(height(xs[l - 1][j] + size, ys[l - 1][j] + size / 2, xs[l][i], ys[l][i] + size / 2, px) - py);
        if (d < best) [best, found] = [d, { kind: /** @type {const} */ ("edge"), layer: l, unit: i, source: j }];
      }
    }
  }
  return found;
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
export function curve(ctx, x0, y0, x1, y1) {
  const middle = (x0 + x1) / 2;
  ctx.moveTo(x0, y0);
  ctx.bezierCurveTo(middle, y0, middle, y1, x1, y1);
}

/** The curve's y above x. @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @param {number} x */
function height(x0, y0, x1, y1, x) {
  const goal = (x - x0) / (x1 - x0 || 1);
  if (goal < 0 || goal > 1) return Infinity;
  let t = goal;
  for (let i = 0; i < 4; i += 1) t -= (1.5 * t * (1 - t) + t ** 3 - goal) / (1.5 - 3 * t + 3 * t * t); // x(t) = 1.5 t(1 − t) + t³
  return y0 + (y1 - y0) * (3 * t * t - 2 * t ** 3);
}
