// @ts-check
/** Pictures as one small canvas, one under another, and where they stand in a grid. */

/** @typedef {{columns: number, w: number, h: number, stepX: number, stepY: number, x: number, y: number}} Grid  w, h: of a picture in pixels of the screen */

/** Black to white. */
const GREY = Uint32Array.from({ length: 256 }, (_, q) => {
  const v = Math.round((Math.min(q, 254) / 254) * 255);
  return ((255 << 24) | (v << 16) | (v << 8) | v) >>> 0;
});

/** The pictures' pixels in colours; made anew only when the numbers, their ends or the theme change. */
export class Atlas {
  canvas = new OffscreenCanvas(1, 1);
  ctx = /** @type {OffscreenCanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
  #key = "";
  /** @type {any} */
  #data = null;

  /**
   * @param {import("../frames.js").Tensor} tensor (N, H, W) or (N, H, W, 3), row 0 the top one @param {number} lo @param {number} hi
   * @param {Uint32Array | null} ramp grey where there is none @param {number} version of the theme
   */
  fill(tensor, lo, hi, ramp, version) {
    const key = `${lo} ${hi} ${Boolean(ramp)} ${version} ${tensor.shape}`;
    if (tensor.data === this.#data && key === this.#key) return;
    [this.#data, this.#key] = [tensor.data, key];
    const [n, h, w, three] = tensor.shape;
    if (this.canvas.width !== w || this.canvas.height !== n * h) [this.canvas.width, this.canvas.height] = [Math.max(1, w), Math.max(1, n * h)];
    const image = this.ctx.createImageData(Math.max(1, w), Math.max(1, n * h));
    const words = new Uint32Array(image.data.buffer);
    const { data } = tensor;
    const quantised = tensor.lo !== undefined && tensor.hi !== undefined;
    const [start, step] = quantised ? [/** @type {number} */ (tensor.lo), (/** @type {number} */ (tensor.hi) - /** @type {number} */ (tensor.lo)) / 254] : [0, 1];
    const level = (/** @type {number} */ q) => (quantised && q === 255 ? NaN : start + q * step);
    for (let i = 0; i < n * h * w; i += 1) {
      if (three) {
        const [r, g, b] = [0, 1, 2].map((k) => Math.max(0, Math.min(255, Math.round(level(data[3 * i + k]) * 255))));
        words[i] = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
      } else {
        const t = (level(data[i]) - lo) / (hi - lo || 1);
        words[i] = (ramp ?? GREY)[Number.isFinite(t) ? Math.round(Math.max(0, Math.min(1, t)) * 254) : 255];
      }
    }
    this.ctx.putImageData(image, 0, 0);
  }

  /** @param {CanvasRenderingContext2D} ctx @param {number} index @param {number} h rows of a picture @param {number} x @param {number} y @param {number} w on the screen @param {number} high on the screen */
  draw(ctx, index, h, x, y, w, high) {
    ctx.imageSmoothingEnabled = this.canvas.width > w * devicePixelRatio; // small ones keep their pixels, large ones are shrunk softly
    ctx.drawImage(this.canvas, 0, index * h, this.canvas.width, h, x, y, w, high);
  }
}

export const greys = GREY;

/**
 * As large as they fit, in as many columns as that takes.
 * @param {number} n @param {number} ratio width over height of a picture @param {number | null} columns given @param {import("./axes.js").Box} room @param {number} gap @param {number} words pixels below each
 * @returns {Grid}
 */
export function arrange(n, ratio, columns, room, gap, words) {
  const size = (/** @type {number} */ c) => Math.max(4, Math.min((room.w - gap * (c - 1)) / c, ((room.h - gap * (Math.ceil(n / c) - 1)) / Math.ceil(n / c) - words) * ratio));
  let best = columns ?? 1;
  if (!columns) for (let c = 2; c <= n; c += 1) if (size(c) > size(best) + 0.01) best = c;
  const w = size(best);
  const [stepX, stepY] = [w + gap, w / ratio + words + gap];
  const used = [Math.min(n, best) * stepX - gap, Math.ceil(n / best) * stepY - gap];
  return { columns: best, w, h: w / ratio, stepX, stepY, x: room.x + Math.max(0, (room.w - used[0]) / 2), y: room.y + Math.max(0, Math.min(24, (room.h - used[1]) / 2)) };
}
