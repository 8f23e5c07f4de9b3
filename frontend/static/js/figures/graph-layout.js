// @ts-check
/** Where the nodes and edges of a computational graph stand: columns rightwards, rows down; edges bow around what lies between. */

/**
 * @typedef {{x: number, y: number, w: number, h: number}} Place  of a node: its middle, half its width and half its height
 * @typedef {{x0: number, y0: number, x1: number, y1: number, ax: number, ay: number, bx: number, by: number, tx: number, ty: number}} Bend
 *   of an edge: ends, control points, and where its number stands
 * @typedef {{nodes: Map<string, Place>, edges: Bend[], wide: number, scale: number}} Layout  wide: pixels that the whole graph needs
 */

const COLUMN_EM = 6.2;
const ROW_EM = 5.6;
const SMALLEST = 0.66;

/**
 * @param {any} f the graph @param {number} width @param {number} height @param {number} em @param {number} head pixels above
 * @param {(text: string, em: number) => number} measure of a label @returns {Layout}
 */
export function arrange(f, width, height, em, head, measure) {
  const columns = f.nodes.map((/** @type {any} */ n) => n.column);
  const rows = f.nodes.map((/** @type {any} */ n) => n.row);
  const [left, top] = [Math.min(...columns), Math.min(...rows)];
  const [across, down] = [Math.max(...columns) - left + 1, Math.max(...rows) - top + 1];
  const scale = Math.max(SMALLEST, Math.min(1, (height - head) / (down * ROW_EM * em)));
  const wide = Math.max(width, across * COLUMN_EM * em * scale);
  const pitch = { x: wide / across, y: (height - head) / down };
  /** @type {Map<string, Place>} */
  const nodes = new Map();
  for (const n of f.nodes) {
    const w = Math.max(1.5 * em * scale, Math.min(pitch.x * 0.42, measure(n.label, em * scale) / 2 + 0.75 * em * scale));
    nodes.set(n.id, { x: (n.column - left + 0.5) * pitch.x, y: head + (n.row - top + 0.5) * pitch.y, w, h: 1.25 * em * scale });
  }
  /** @type {Map<string, number>} */
  const seen = new Map();
  const edges = f.edges.map((/** @type {any} */ edge, /** @type {number} */ k) => {
    const pair = `${edge.source} ${edge.target}`;
    const again = seen.get(pair) ?? 0;
    seen.set(pair, again + 1);
    return bend(f, nodes, edge, pitch.y, again, k);
  });
  return { nodes, edges, wide, scale };
}

/** @param {any} f @param {Map<string, Place>} nodes @param {any} edge @param {number} row pixels @param {number} again how many edges join the same two already @param {number} k */
function bend(f, nodes, edge, row, again, k) {
  const [s, t] = [/** @type {Place} */ (nodes.get(edge.source)), /** @type {Place} */ (nodes.get(edge.target))];
  const between = f.nodes.map((/** @type {any} */ n) => nodes.get(n.id)).filter((/** @type {Place} */ p) => p.x > s.x + 1 && p.x < t.x - 1);
  const blocked = (/** @type {number} */ bow) => between.filter((/** @type {Place} */ p) => {
    const u = (p.x - s.x) / (t.x - s.x);
    return Math.abs(s.y + (t.y - s.y) * u + bow * 4 * u * (1 - u) - p.y) < p.h * 1.9;
  }).length;
  const bows = [0, 0.5, -0.5, 0.8, -0.8].map((b) => b * row);
  const bow = bows.reduce((best, b) => (blocked(b) < blocked(best) ? b : best)) + again * row * 0.32 * (again % 2 ? 1 : -1);
  const [x0, y0, x1, y1] = [s.x + s.w, s.y, t.x - t.w, t.y];
  const dx = Math.max(8, (x1 - x0) * 0.45);
  const lift = (bow * 4) / 3;
  const made = { x0, y0, x1, y1, ax: x0 + dx, ay: y0 + lift, bx: x1 - dx, by: y1 + lift, tx: 0, ty: 0 };
  const [tx, ty] = along(made, k % 2 ? 0.42 : 0.54);
  return { ...made, tx, ty };
}

/** A place on an edge. @param {Bend} e @param {number} u 0 at the source, 1 at the target @returns {[number, number]} */
export function along({ x0, y0, x1, y1, ax, ay, bx, by }, u) {
  const v = 1 - u;
  const [p, q, r, s] = [v * v * v, 3 * v * v * u, 3 * v * u * u, u * u * u];
  return [p * x0 + q * ax + r * bx + s * x1, p * y0 + q * ay + r * by + s * y1];
}

/** The edge under a pixel, -1 for none. @param {Bend[]} edges @param {number} x @param {number} y */
export function nearestEdge(edges, x, y) {
  let [best, found] = [7, -1];
  edges.forEach((edge, k) => {
    for (let i = 1; i < 24; i += 1) {
      const [px, py] = along(edge, i / 24);
      if (Math.hypot(px - x, py - y) < best) [best, found] = [Math.hypot(px - x, py - y), k];
    }
  });
  return found;
}

/** A node's outline: inputs are square, parameters pointed, operations round, the loss round with two lines. @param {CanvasRenderingContext2D} ctx @param {string} role @param {number} x @param {number} y @param {number} w @param {number} h half sizes */
export function outline(ctx, role, x, y, w, h) {
  ctx.beginPath();
  if (role === "input") ctx.rect(x - w, y - h, 2 * w, 2 * h);
  else if (role === "parameter") {
    const d = h * 0.7;
    for (const [px, py] of [[-w, 0], [-w + d, -h], [w - d, -h], [w, 0], [w - d, h], [-w + d, h]]) ctx.lineTo(x + px, y + py);
    ctx.closePath();
  } else ctx.roundRect(x - w, y - h, 2 * w, 2 * h, h);
}
