// @ts-check
/** The edges of a network: drawn in few strokes, found under the pointer. */

const WIDTHS = 8;
const REACH = 6;
/** Edges drawn of a network; of more, each link's weaker ones appear with the unit that is pointed at. */
const MOST_EDGES = 2400;

let codes = new Uint8Array(0);
let sorted = new Uint32Array(0);
const starts = new Uint32Array(2 * WIDTHS + 1);

/** How many edges of each link are drawn. @param {any[]} links */
export const edgesDrawn = (links) => Math.round(MOST_EDGES / Math.max(1, links.length));

/**
 * The strongest edges of a link in sixteen strokes: eight widths of each sign.
 * @param {CanvasRenderingContext2D} ctx @param {any} link @param {import("./network-layout.js").Layout} layout @param {number} most the weight that is drawn widest
 * @param {number} limit edges @param {number} faded 1, or less while something else is lit @param {import("../palette.js").Palette} c
 */
export function drawEdges(ctx, { source, target, weights }, { xs, ys, size }, most, limit, faded, c) {
  const [, ins] = weights.shape;
  const { data } = weights;
  const n = data.length;
  const thick = n > 300 ? 2.2 : n > 80 ? 3.5 : 5.5;
  sort(data, most);
  let room = limit;
  for (let k = WIDTHS - 1; k >= 0; k -= 1) {
    ctx.lineWidth = 0.6 + ((k + 0.3) / WIDTHS) * thick;
    ctx.globalAlpha = (n > 300 ? 0.06 + 0.8 * (k / WIDTHS) ** 1.5 : 0.25 + 0.65 * (k / WIDTHS)) * faded;
    for (const positive of [0, 1]) {
      const from = starts[2 * k + positive];
      const to = Math.min(starts[2 * k + positive + 1], from + Math.max(0, room));
      if (to <= from) continue;
      room -= to - from;
      ctx.beginPath();
      for (let e = from; e < to; e += 1) {
        const j = sorted[e] % ins;
        const i = (sorted[e] - j) / ins;
        curve(ctx, xs[source][j] + size, ys[source][j] + size / 2, xs[target][i], ys[target][i] + size / 2);
      }
      ctx.strokeStyle = positive ? c.pos : c.neg;
      ctx.stroke();
    }
  }
  ctx.globalAlpha = 1;
}

/** Weights by width and sign, in one pass each way. @param {Float32Array} data @param {number} most */
function sort(data, most) {
  if (codes.length < data.length) [codes, sorted] = [new Uint8Array(data.length), new Uint32Array(data.length)];
  starts.fill(0);
  for (let i = 0; i < data.length; i += 1) {
    const w = data[i];
    const k = Math.min(WIDTHS - 1, ((w < 0 ? -w : w) / most) * WIDTHS) | 0;
    codes[i] = 2 * k + (w < 0 ? 0 : 1);
    starts[codes[i] + 1] += 1;
  }
  for (let k = 1; k < starts.length; k += 1) starts[k] += starts[k - 1];
  for (let i = 0; i < data.length; i += 1) sorted[starts[codes[i]]++] = i;
  for (let k = starts.length - 1; k > 0; k -= 1) starts[k] = starts[k - 1];
  starts[0] = 0;
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
