// @ts-check
/** A surface from above: heat map, contour lines, and the path that was walked on it. Opened, it is Plotly's in three dimensions. */
import { at, range } from "../frames.js";
import { axisText, drawAxes, number, Scale } from "./axes.js";
import { Figure } from "./figure.js";
import { contour, Heat } from "./heat.js";
import { rampLegend } from "./marks.js";

const LEVELS = 11;

export class Surface extends Figure {
  heat = new Heat();
  sx = new Scale();
  sy = new Scale();
  plot = { x: 0, y: 0, w: 0, h: 0 };
  /** @type {{x: number, y: number} | null} */
  cursor = null;
  /** The surface with its valleys stretched, made once a frame. @type {{of: any, ends: string, tensor: any} | null} */
  #spread = null;

  /** Heights as they are coloured: low ones spread out where the figure asks for a logarithm. */
  #shades() {
    const f = /** @type {any} */ (this.figure);
    if (!f.log) return f.z;
    const [lo, hi] = this.#ends();
    if (this.#spread?.of !== f.z || this.#spread.ends !== `${lo} ${hi}`) {
      const n = f.z.data.length;
      const data = this.#spread?.tensor.data.length === n ? this.#spread.tensor.data : new Float32Array(n);
      for (let i = 0; i < n; i += 1) data[i] = Math.sqrt(Math.max(0, at(f.z, i) - lo) / (hi - lo || 1)); // eight bits bear a root, not a logarithm
      this.#spread = { of: f.z, ends: `${lo} ${hi}`, tensor: { shape: f.z.shape, data } };
    }
    return this.#spread.tensor;
  }

  /** @returns {Record<string, [number, number]>} */
  extents() {
    return { value: range(/** @type {any} */ (this.figure).z) };
  }

  #ends() {
    return this.common.value ?? this.extents().value;
  }

  stillKey() {
    const f = /** @type {any} */ (this.figure);
    const [lo, hi] = this.#ends();
    return `${f.x?.lo} ${f.x?.hi} ${f.y?.lo} ${f.y?.hi} ${axisText(f.x)} ${axisText(f.y)} ${axisText(f.z_axis)} ${number(lo, 2)} ${number(hi, 2)}`;
  }

  paintStill(ctx, c) {
    const f = /** @type {any} */ (this.figure);
    const { em } = this;
    const w = Math.max(20, this.width - em * 4.8);
    const h = Math.max(20, this.height - em * 7);
    const side = Math.min(w, h * 1.35);
    const high = Math.min(h, side);
    this.plot = { x: Math.round(em * 3.4 + (w - side) / 2), y: Math.round(em * 3.5), w: Math.floor(side), h: Math.floor(high) };
    const { x, y } = this.plot;
    this.sx.set(f.x?.lo ?? 0, f.x?.hi ?? 1, x, x + this.plot.w);
    this.sy.set(f.y?.lo ?? 0, f.y?.hi ?? 1, y + this.plot.h, y);
    drawAxes(ctx, this.plot, this.sx, this.sy, f.x ?? { label: "" }, f.y ?? { label: "" }, c, em, { frame: true });
    const [lo, hi] = this.#ends();
    rampLegend(ctx, c.sequential, axisText(f.z_axis), number(lo, 2), number(hi, 2), x + this.plot.w, em * 0.9, em);
  }

  paint(ctx, c) {
    const f = /** @type {any} */ (this.figure);
    const { x, y, w, h } = this.plot;
    const z = this.#shades();
    const [lo, hi] = f.log ? (this.common.value ? [0, 1] : extent(z.data)) : this.#ends();
    const [rows, columns] = z.shape;
    const [dx, dy] = [w / (columns - 1), h / (rows - 1)]; // samples stand on the edges, so the picture overhangs by half a cell
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, y, w, h);
    ctx.clip();
    this.heat.values(z, c.sequential, lo, hi);
    this.heat.draw(ctx, x - dx / 2, y - dy / 2, w + dx, h + dy);
    ctx.beginPath();
    for (let k = 1; k < LEVELS; k += 1) contour(ctx, z, lo + (k / LEVELS) * (hi - lo), x, dx, y + h, -dy);
    ctx.strokeStyle = c.ink;
    ctx.lineWidth = 0.8;
    ctx.globalAlpha = 0.28;
    ctx.stroke();
    ctx.globalAlpha = 1;
    if (f.path?.shape[0]) this.#path(ctx, f.path, c);
    if (f.at) this.#dot(ctx, this.sx.px(f.at[0]), this.sy.px(f.at[1]), c.brass, c);
    ctx.restore();
    if (this.cursor) this.#dot(ctx, this.sx.px(this.cursor.x), this.sy.px(this.cursor.y), c.card, c);
  }

  #path(ctx, { data, shape: [n, d] }, c) {
    ctx.beginPath();
    for (let i = 0; i < n; i += 1) ctx.lineTo(this.sx.px(data[i * d]), this.sy.px(data[i * d + 1]));
    ctx.strokeStyle = c.card;
    ctx.lineWidth = 4;
    ctx.stroke();
    ctx.strokeStyle = c.ink;
    ctx.lineWidth = 1.8;
    ctx.stroke();
    ctx.fillStyle = c.ink;
    ctx.fillRect(this.sx.px(data[0]) - 3, this.sy.px(data[1]) - 3, 6, 6);
  }

  #dot(ctx, px, py, fill, c) {
    ctx.beginPath();
    ctx.arc(px, py, this.em * 0.45, 0, 7);
    ctx.fillStyle = fill;
    ctx.fill();
    ctx.strokeStyle = c.ink;
    ctx.lineWidth = 1.5;
    ctx.stroke();
  }

  #tell(x, y, aloud = false) {
    const f = /** @type {any} */ (this.figure);
    const [rows, columns] = f.z.shape;
    const i = Math.max(0, Math.min(columns - 1, Math.round(((x - this.sx.lo) / (this.sx.hi - this.sx.lo)) * (columns - 1))));
    const j = Math.max(0, Math.min(rows - 1, Math.round(((y - this.sy.lo) / (this.sy.hi - this.sy.lo)) * (rows - 1))));
    const lines = [`${axisText(f.z_axis) || "height"} ${number(at(f.z, j * columns + i))}`, `${f.x?.label || "x"} ${number(x, 2)}, ${f.y?.label || "y"} ${number(y, 2)}`];
    this.point({ x: this.sx.px(x), y: this.sy.px(y), lines }, null, aloud);
  }

  #inside(px, py) {
    const { x, y, w, h } = this.plot;
    return px >= x && px <= x + w && py >= y && py <= y + h;
  }

  moved(px, py) {
    if (!this.figure || !this.#inside(px, py)) return this.left();
    this.cursor = null;
    this.canvas.style.cursor = this.takes("Point") ? "crosshair" : "default";
    const [x, y] = [this.sx.at(px), this.sy.at(py)];
    this.#tell(x, y);
    if (this.takes("Point")) this.touch("Point", { x, y }, "hover");
  }

  released(px, py) {
    if (this.#inside(px, py) && this.takes("Point")) this.touch("Point", { x: this.sx.at(px), y: this.sy.at(py) }, "commit");
  }

  left() {
    if (this.readout && this.takes("Point")) this.touch("Point", { x: 0, y: 0 }, "leave");
    this.cursor = null;
    super.left();
  }

  key(e) {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
    if (e.key === "Escape") return this.left(), true;
    const p = (this.cursor ??= { x: (this.sx.lo + this.sx.hi) / 2, y: (this.sy.lo + this.sy.hi) / 2 });
    if (e.key === "Enter" && this.takes("Point")) return this.touch("Point", { ...p }, "commit"), true;
    if (!move) return false;
    p.x = Math.max(this.sx.lo, Math.min(this.sx.hi, p.x + move[0] * 0.025 * (this.sx.hi - this.sx.lo)));
    p.y = Math.max(this.sy.lo, Math.min(this.sy.hi, p.y + move[1] * 0.025 * (this.sy.hi - this.sy.lo)));
    this.#tell(p.x, p.y, true);
    return true;
  }

  words() {
    const f = /** @type {any} */ (this.figure);
    const [lo, hi] = range(f.z);
    return `${axisText(f.z_axis) || "heights"} from ${number(lo)} to ${number(hi)}${f.at ? `, now ${number(f.at[2])}` : ""}`;
  }

  rows() {
    const f = /** @type {any} */ (this.figure);
    const [rows, columns] = f.z.shape;
    const out = [[axisText(f.x) || "x", axisText(f.y) || "y", axisText(f.z_axis) || "z"]];
    const place = (/** @type {any} */ axis, /** @type {number} */ k, /** @type {number} */ n) => (axis?.lo ?? 0) + (k / (n - 1)) * ((axis?.hi ?? 1) - (axis?.lo ?? 0));
    for (let i = 0; i < f.z.data.length; i += 1) out.push([place(f.x, i % columns, columns), place(f.y, Math.floor(i / columns), rows), at(f.z, i)]);
    return out;
  }
}

/** @param {Float32Array} data @returns {[number, number]} */
function extent(data) {
  let [lo, hi] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i += 1) {
    if (data[i] < lo) lo = data[i];
    if (data[i] > hi) hi = data[i];
  }
  return [lo, hi];
}
customElements.define("orrery-surface", Surface);
