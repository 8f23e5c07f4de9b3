// @ts-check
/** Maps as small images, stretched by the browser, and their contours. */

/**
 * @typedef {import("../frames.js").Tensor} Tensor
 * @typedef {{tensor: Tensor, index: number, signed: boolean, end?: number, label: string}} Preview
 *   one map of a stack (U, H, W), shown large in a field while its unit is hovered
 */

/** Levels of 254 within which a map counts as flat. */
const FLAT = 40;

/** A small picture of a map. Its pixels are kept, so that a new frame allocates nothing. */
export class Heat {
  /** @type {ImageData | null} */
  image = null;
  /** @type {Uint32Array} */
  words = new Uint32Array(0);
  table = new Uint32Array(256);
  flat = new Float32Array(0);
  spare = new Float32Array(0);
  canvas = new OffscreenCanvas(1, 1);
  ctx = /** @type {OffscreenCanvasRenderingContext2D} */ (this.canvas.getContext("2d"));

  /** @param {number} w @param {number} h */
  #resize(w, h) {
    if (this.image?.width === w && this.image.height === h) return;
    [this.canvas.width, this.canvas.height] = [w, h];
    this.image = this.ctx.createImageData(w, h);
    this.words = new Uint32Array(this.image.data.buffer);
  }

  /**
   * A scalar map; row 0 of the tensor comes lowest. From `lo` the ramp's first colour to `hi` its last; maps of a stack come one under another.
   * @param {Tensor} tensor @param {Uint32Array} ramp @param {number} lo @param {number} hi @param {number} [bands] steps instead of a smooth ramp
   */
  values(tensor, ramp, lo, hi, bands = 0) {
    const [h, w] = tensor.shape.slice(-2);
    const count = tensor.data.length / (w * h);
    this.#resize(w, h * count);
    const { data } = tensor;
    const { words, table } = this;
    const span = hi - lo || 1;
    const quantised = tensor.lo !== undefined && tensor.hi !== undefined;
    const start = quantised ? /** @type {number} */ (tensor.lo) : lo;
    const step = quantised ? (/** @type {number} */ (tensor.hi) - start) / 254 : span / 254;
    for (let q = 0; q < 255; q += 1) {
      let t = Math.max(0, Math.min(1, (start + q * step - lo) / span));
      if (bands) t = (Math.min(bands - 1, Math.floor(t * bands)) + 0.5) / bands;
      table[q] = ramp[Math.round(t * 254)];
    }
    table[255] = ramp[255];
    for (let k = 0; k < count; k += 1) {
      for (let r = 0; r < h; r += 1) {
        let from = (k * h + r) * w;
        let to = (k * h + h - 1 - r) * w;
        for (let i = 0; i < w; i += 1, from += 1, to += 1) {
          const x = data[from];
          words[to] = table[quantised ? x : x === x ? Math.max(0, Math.min(254, ((x - lo) / span) * 254)) | 0 : 255];
        }
      }
    }
    this.ctx.putImageData(/** @type {ImageData} */ (this.image), 0, 0);
  }

  /** Which class wins, the surer the stronger. @param {Tensor} classes @param {Tensor | null} strength @param {Uint32Array[]} tints @param {boolean} [stepped] */
  classes(classes, strength, tints, stepped = false) {
    const [h, w] = classes.shape;
    this.#resize(w, h);
    const scale = strength && strength.lo === undefined ? 254 : 1;
    for (let r = 0; r < h; r += 1) {
      for (let i = 0, from = r * w, to = (h - 1 - r) * w; i < w; i += 1, from += 1, to += 1) {
        const q = strength ? Math.min(254, strength.data[from] * scale) | 0 : 150;
        this.words[to] = tints[classes.data[from] % tints.length][stepped ? 150 : q];
      }
    }
    this.ctx.putImageData(/** @type {ImageData} */ (this.image), 0, 0);
  }

  /**
   * A map as its contours need it: eight bits show as stairs, most of all where it is flat near 0. Others as they are.
   * @param {Tensor} tensor @param {boolean} many whether many heights are drawn: then the nearest cells are enough, and small hollows stay
   * @returns {Tensor}
   */
  soften(tensor, many = false) {
    const { data, lo, hi, shape: [h, w] } = tensor;
    if (lo === undefined || hi === undefined) return tensor;
    const zero = (-lo / (hi - lo || 1)) * 254;
    for (let i = 0; i < data.length; i += 3) if ((!many && Math.abs(data[i] - zero) > FLAT) || data[i] === 255) return tensor;
    if (this.flat.length !== data.length) [this.flat, this.spare] = [new Float32Array(data.length), new Float32Array(data.length)];
    for (let i = 0; i < data.length; i += 1) this.flat[i] = lo + (data[i] / 254) * (hi - lo);
    for (let turn = 0; turn < (many ? 1 : 3); turn += 1) {
      blur(this.flat, this.spare, w, h, many ? 1 : 2);
      blur(this.spare, this.flat, h, w, many ? 1 : 2);
    }
    return { shape: [h, w], data: this.flat };
  }

  /**
   * @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y @param {number} w @param {number} h
   * @param {number} [index] of a stack @param {number} [count] maps in the stack @param {boolean} [smooth]
   */
  draw(ctx, x, y, w, h, index = 0, count = 1, smooth = true) {
    ctx.imageSmoothingEnabled = smooth;
    ctx.imageSmoothingQuality = "low"; // bilinear; anything finer would be prepared anew for every frame
    const part = this.canvas.height / count;
    const inset = smooth && count > 1 ? 0.5 : 0; // a neighbour in the stack must not shine through
    ctx.drawImage(this.canvas, 0, index * part + inset, this.canvas.width, part - 2 * inset, x, y, w, h);
  }
}

/**
 * Trace the line where a map equals `level` (marching squares) into the context's path.
 * @param {CanvasRenderingContext2D} ctx @param {Tensor} tensor (H, W) @param {number} level in real units
 * @param {number} x pixel of column 0 @param {number} dx pixels a column @param {number} y pixel of row 0 @param {number} dy pixels a row
 */
export function contour(ctx, tensor, level, x, dx, y, dy) {
  const { data, lo, hi, shape: [h, w] } = tensor;
  const quantised = lo !== undefined && hi !== undefined;
  const l = (quantised ? ((level - lo) / (hi - lo || 1)) * 254 : level) + 1e-6;
  for (let r = 0; r < h - 1; r += 1) {
    for (let k = 0, i = r * w; k < w - 1; k += 1, i += 1) {
      const a = data[i];
      const b = data[i + 1];
      const d = data[i + w];
      const c = data[i + w + 1];
      const code = (a > l ? 1 : 0) | (b > l ? 2 : 0) | (c > l ? 4 : 0) | (d > l ? 8 : 0);
      if (code === 0 || code === 15 || (quantised && (a === 255 || b === 255 || c === 255 || d === 255))) continue;
      const left = x + k * dx;
      const low = y + r * dy;
      const sx = left + (dx * (l - a)) / (b - a); // crossing of the lower side a–b, and so on around
      const ey = low + (dy * (l - b)) / (c - b);
      const nx = left + (dx * (l - d)) / (c - d);
      const wy = low + (dy * (l - a)) / (d - a);
      const right = left + dx;
      const high = low + dy;
      switch (code) {
        case 1: case 14: line(ctx, left, wy, sx, low); break;
        case 2: case 13: line(ctx, sx, low, right, ey); break;
        case 3: case 12: line(ctx, left, wy, right, ey); break;
        case 4: case 11: line(ctx, right, ey, nx, high); break;
        case 6: case 9: line(ctx, sx, low, nx, high); break;
        case 7: case 8: line(ctx, left, wy, nx, high); break;
        case 5: line(ctx, left, wy, nx, high); line(ctx, sx, low, right, ey); break;
        default: line(ctx, left, wy, sx, low); line(ctx, nx, high, right, ey);
      }
    }
  }
}

/** @param {CanvasRenderingContext2D} ctx @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function line(ctx, x0, y0, x1, y1) {
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
}

/** The mean of each cell and `reach` neighbours on either side along its row, written transposed. @param {Float32Array} from (h, w) @param {Float32Array} to (w, h) @param {number} w @param {number} h @param {number} reach */
function blur(from, to, w, h, reach) {
  for (let r = 0; r < h; r += 1) {
    for (let k = 0; k < w; k += 1) {
      let sum = 0;
      for (let d = -reach; d <= reach; d += 1) sum += from[r * w + Math.max(0, Math.min(w - 1, k + d))];
      to[k * h + r] = sum / (2 * reach + 1);
    }
  }
}
