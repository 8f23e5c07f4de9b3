// @ts-check
/** Where a network's units stand: one column a layer, folded into several where a layer has more units than fit below one another. */

/**
 * @typedef {{x: number, w: number, cols: number, rows: number}} Column
 * @typedef {{size: number, columns: Column[], xs: Float32Array[], ys: Float32Array[], top: number, bottom: number}} Layout  xs and ys: a unit's top left corner
 */

const SIZES = [84, 74, 64, 56, 48, 42, 36, 32, 28, 24, 20, 17, 14, 12, 10, 8, 6];

/**
 * The largest thumbnails that fit.
 * @param {number[]} counts units a layer @param {number} left @param {number} right @param {number} top @param {number} bottom pixels @param {number} least width of a column's head
 * @returns {Layout}
 */
export function arrange(counts, left, right, top, bottom, least) {
  const width = right - left;
  const height = bottom - top;
  for (const [folded, smallest] of [[1, 20], [2, 18], [3, 14], [4, 12], [99, 0]]) { // rather small pictures in one column than large ones in many
    for (const size of SIZES) {
      if (size < smallest) break;
      const space = gap(size);
      const most = Math.max(1, Math.floor((height + space) / (size + space)));
      const folds = counts.map((n) => Math.ceil(Math.max(1, n) / most));
      const needed = folds.reduce((sum, cols) => sum + cols * (size + space) - space, 0);
      const between = counts.length > 1 ? (width - needed) / (counts.length - 1) : 0;
      const wide = folds.every((cols) => cols * (size + space) - space + between >= least);
      const fits = Math.max(...folds) <= folded && between >= Math.max(18, size * 0.8) && (wide || size <= 20);
      if (fits || size === SIZES.at(-1)) return place(counts, folds, size, left, width, Math.max(4, between), top, bottom);
    }
  }
  throw new RangeError("unreachable");
}

/** @param {number} size */
const gap = (size) => Math.max(2, Math.round(size * 0.24));

/** @param {number[]} counts @param {number[]} folds @param {number} size @param {number} left @param {number} width @param {number} between @param {number} top @param {number} bottom @returns {Layout} */
function place(counts, folds, size, left, width, between, top, bottom) {
  const space = gap(size);
  const pitch = size + space;
  const gapNow = Math.min(between, Math.max(90, width * 0.24));
  const used = folds.reduce((sum, cols) => sum + cols * pitch - space, 0) + gapNow * (counts.length - 1);
  let x = left + Math.max(0, (width - used) / 2);
  /** @type {Layout} */
  const layout = { size, columns: [], xs: [], ys: [], top, bottom };
  counts.forEach((n, l) => {
    const cols = folds[l];
    const rows = Math.ceil(n / cols);
    const w = cols * pitch - space;
    const high = rows * pitch - space;
    const xs = new Float32Array(n);
    const ys = new Float32Array(n);
    for (let i = 0; i < n; i += 1) {
      xs[i] = Math.round(x + Math.floor(i / rows) * pitch);
      ys[i] = Math.round(top + Math.max(0, (bottom - top - high) / 2) + (i % rows) * pitch);
    }
    layout.columns.push({ x, w, cols, rows });
    layout.xs.push(xs);
    layout.ys.push(ys);
    x += w + gapNow;
  });
  return layout;
}
