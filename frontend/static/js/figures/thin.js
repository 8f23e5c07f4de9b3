// @ts-check
/** Ten thousand points on four hundred pixels: what of a line is drawn, and which point is meant. */

/** The index whose x is nearest; x rises. @param {ArrayLike<number>} xs @param {number} x */
export function nearest(xs, x) {
  if (!xs.length) return -1;
  let [lo, hi] = [0, xs.length - 1];
  while (hi - lo > 1) {
    const mid = (lo + hi) >> 1;
    if (xs[mid] <= x) lo = mid;
    else hi = mid;
  }
  return Math.abs(xs[lo] - x) <= Math.abs(xs[hi] - x) ? lo : hi;
}

/**
 * Add a line to a path. Where many points fall on one pixel the line is their mean, and the second path the band from their least to
 * their greatest: no spike is lost, and a noisy line stays a line.
 * @param {Path2D} path @param {Path2D} band @param {ArrayLike<number>} xs @param {ArrayLike<number>} ys @param {import("./axes.js").Scale} sx @param {import("./axes.js").Scale} sy @param {boolean} steps
 */
export function thin(path, band, xs, ys, sx, sy, steps) {
  const bucket = !steps && xs.length > 3 * Math.abs(sx.to - sx.from) ? 2 : 0.75;
  /** @type {number[]} */
  const below = [];
  let pen = false;
  let last = 0;
  for (let i = 0; i < xs.length;) {
    const px = sx.px(xs[i]);
    const y = sy.px(ys[i]);
    if (!Number.isFinite(y)) {
      pen = false;
      i += 1;
      continue;
    }
    let j = i + 1;
    let [lo, hi, end, sum] = [y, y, y, y];
    while (j < xs.length && sx.px(xs[j]) - px < bucket) {
      const v = sy.px(ys[j]);
      if (!Number.isFinite(v)) break;
      if (v < lo) lo = v;
      if (v > hi) hi = v;
      end = v;
      sum += v;
      j += 1;
    }
    const dense = bucket > 1;
    if (!pen) path.moveTo(px, dense ? sum / (j - i) : y);
    else {
      if (steps) path.lineTo(px, last);
      path.lineTo(px, dense ? sum / (j - i) : y);
    }
    if (dense) {
      band.lineTo(px, lo);
      below.push(px, hi);
    } else if (lo !== hi) {
      path.lineTo(px, lo);
      path.lineTo(px, hi);
      path.lineTo(px, end);
    }
    pen = true;
    last = end;
    i = j;
  }
  for (let k = below.length - 2; k >= 0; k -= 2) band.lineTo(below[k], below[k + 1]);
}
