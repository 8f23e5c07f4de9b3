// @ts-check
/** A surface with the walks on it and the points around it: from above as a map, or in space and turned by hand. Opened, it is Plotly's. */
import { h } from "../dom.js";
import { at, range } from "../frames.js";
import { invalidate } from "../loop.js";
import { named } from "../palette.js";
import { axisText, drawAxes, number, Range, Scale } from "./axes.js";
import { Figure } from "./figure.js";
import { contour, Heat } from "./heat.js";
import { drawKey, flow } from "./legend.js";
import { pointLegend, rampLegend, sprite, stamp } from "./marks.js";
import { strokeWalk, trace } from "./plane.js";
import { Relief } from "./relief.js";

const LEVELS = 11;
const TURN_PER_PX = 0.011;
const TURN_BY_KEY = Math.PI / 36;
const DRAG_PX = 3;

export class Surface extends Figure {
  heat = new Heat();
  sx = new Scale();
  sy = new Scale();
  heights = new Range();
  relief = new Relief();
  plot = { x: 0, y: 0, w: 0, h: 0 };
  /** @type {boolean | null} what the user chose; null: as the figure is seen best */
  turned = null;
  /** @type {{x: number, y: number} | null} */
  cursor = null;
  /** @type {{x: number, y: number, moved: boolean} | null} a turn by hand */
  hold = null;
  /** @type {number | null} the point that is pointed at */
  over = null;
  /** @type {import("./legend.js").Key[]} */
  keys = [];
  /** The surface with its valleys stretched, made once a frame. @type {{of: any, ends: string, tensor: any} | null} */
  #spread = null;

  get f() {
    return /** @type {any} */ (this.figure);
  }

  /** In space, where what matters lies above and below the surface; else from above. */
  get inSpace() {
    return this.turned ?? Boolean(this.f?.points || this.f?.classes);
  }

  options() {
    return [{ label: "In space", on: () => this.inSpace, flip: () => this.#flip() }];
  }

  #flip() {
    this.turned = !this.inSpace;
    this.left();
    this.restyle();
  }

  /** The button that turns the view. */
  #button() {
    if (!this.flip) {
      this.flip = h("button.figure-flip", { type: "button", on: { click: () => this.#flip() } });
      this.append(this.flip);
    }
    const words = this.inSpace ? "From above" : "In space";
    if (this.flip.textContent !== words) this.flip.textContent = words;
    this.flip.title = this.inSpace ? "See it as a map" : "See it in space; drag or use the arrow keys to turn it";
  }

  /** Heights as they are coloured: low ones spread out where the figure asks for a logarithm. */
  #shades() {
    const { f } = this;
    if (!f.log) return f.z;
    const [lo, hi] = this.#ends();
    if (this.#spread?.of !== f.z || this.#spread.ends !== `${lo} ${hi}`) {
      const n = f.z.data.length;
      const data = this.#spread?.tensor.data.length === n ? this.#spread.tensor.data : new Float32Array(n);
      for (let i = 0; i < n; i += 1) data[i] = root(at(f.z, i), lo, hi);
      this.#spread = { of: f.z, ends: `${lo} ${hi}`, tensor: { shape: f.z.shape, data } };
    }
    return this.#spread.tensor;
  }

  /** @returns {Record<string, [number, number]>} */
  extents() {
    return { value: range(this.f.z) };
  }

  #ends() {
    return this.common.value ?? this.extents().value;
  }

  /** The ends of the axis of heights in space, which hold still. @returns {[number, number]} */
  #tall() {
    const { f } = this;
    let [lo, hi] = this.#ends();
    if (this.common.value) return [lo, hi];
    for (let i = 2; f.points && i < f.points.data.length; i += 3) [lo, hi] = [Math.min(lo, f.points.data[i]), Math.max(hi, f.points.data[i])];
    this.heights.hold(lo, hi);
    return [f.z_axis?.lo ?? this.heights.lo, f.z_axis?.hi ?? this.heights.hi];
  }

  stillKey() {
    const { f } = this;
    const [lo, hi] = this.#ends();
    return `${this.inSpace} ${f.class_names} ${(f.paths ?? []).map((w) => w.label + w.colour)} ${f.x?.lo} ${f.x?.hi} ${f.y?.lo} ${f.y?.hi} ${axisText(f.x)} ${axisText(f.y)} ${axisText(f.z_axis)} ${number(lo, 2)} ${number(hi, 2)}`;
  }

  paintStill(ctx, c) {
    const { em, f } = this;
    const walks = (f.paths ?? []).map((w, index) => ({ id: w.id, label: w.label, colour: w.colour, index, end: index % 7 })).filter((e) => e.label);
    const entries = (f.class_names ?? []).map((name, k) => ({ k, name }));
    const second = (walks.length > 1 ? 1 : 0) + (entries.length && !f.classes ? 1 : 0);
    const w = Math.max(20, this.width - em * 4.8);
    const high = Math.max(20, this.height - em * (7 + 1.6 * second));
    const side = Math.min(w, high * 1.35);
    this.plot = { x: Math.round(em * 3.4 + (w - side) / 2), y: Math.round(em * (3.5 + 1.6 * second)), w: Math.floor(side), h: Math.floor(Math.min(high, side)) };
    if (this.inSpace) this.plot = { x: Math.round(em * 1.2), y: Math.round(em * (3 + 1.6 * second)), w: Math.round(this.width - em * 2.4), h: Math.round(high + em * 1.2) };
    const { plot } = this;
    this.sx.set(f.x?.lo ?? 0, f.x?.hi ?? 1, plot.x, plot.x + plot.w);
    this.sy.set(f.y?.lo ?? 0, f.y?.hi ?? 1, plot.y + plot.h, plot.y);
    if (!this.inSpace) drawAxes(ctx, plot, this.sx, this.sy, f.x ?? { label: "" }, f.y ?? { label: "" }, c, em, { frame: true });
    const [lo, hi] = this.#ends();
    const right = plot.x + plot.w;
    if (!f.classes) rampLegend(ctx, c.sequential, axisText(f.z_axis), number(lo, 2), number(hi, 2), right, em * 0.9, em);
    if (entries.length) pointLegend(ctx, entries, em, right, em * (f.classes ? 0.9 : 2.5), this.ratio, em);
    this.keys = walks.length > 1 ? flow(ctx, walks, em * 0.6, right, em) : [];
    for (const key of this.keys) drawKey(ctx, key, em * (0.9 + 1.6 * second) + key.row * em * 1.6, this.width, this.ratio, em, c);
    this.#button();
  }

  paint(ctx, c) {
    if (this.inSpace) return this.#paintSpace(ctx, c);
    const { f } = this;
    const { x, y, w, h: high } = this.plot;
    const z = this.#shades();
    const [lo, hi] = f.log ? (this.common.value ? [0, 1] : extent(z.data)) : this.#ends();
    const [rows, columns] = z.shape;
    const [dx, dy] = [w / (columns - 1), high / (rows - 1)]; // samples stand on the edges, so the picture overhangs by half a cell
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, y, w, high);
    ctx.clip();
    if (f.classes) this.heat.classes(f.classes, null, c.tints);
    else this.heat.values(z, c.sequential, lo, hi);
    this.heat.draw(ctx, x - dx / 2, y - dy / 2, w + dx, high + dy, 0, 1, !f.classes);
    ctx.beginPath();
    for (let k = 1; k < LEVELS; k += 1) contour(ctx, z, lo + (k / LEVELS) * (hi - lo), x, dx, y + high, -dy);
    ctx.strokeStyle = c.ink;
    ctx.lineWidth = 0.8;
    ctx.globalAlpha = 0.28;
    ctx.stroke();
    ctx.globalAlpha = 1;
    (f.paths ?? []).forEach((walk, k) => this.#walk(ctx, walk, k, c));
    for (let i = 0; f.points && i < f.points.shape[0]; i += 1) stamp(ctx, sprite(f.labels ? f.labels.data[i] : 255, this.#radius, this.ratio), this.sx.px(f.points.data[3 * i]), this.sy.px(f.points.data[3 * i + 1]), this.ratio);
    if (f.at) this.#dot(ctx, this.sx.px(f.at[0]), this.sy.px(f.at[1]), c.brass, c);
    ctx.restore();
    if (this.cursor) this.#dot(ctx, this.sx.px(this.cursor.x), this.sy.px(this.cursor.y), c.card, c);
  }

  get #radius() {
    return this.f.points?.shape[0] > 120 ? 3.5 : 4.5;
  }

  #paintSpace(ctx, c) {
    const { f, relief } = this;
    const [lo, hi] = this.#tall();
    const [low, high] = this.#ends();
    const lift = f.log ? (z) => root(z, lo, hi) : (z) => (z - lo) / (hi - lo || 1);
    const tint = f.log ? (i) => 254 * root(at(f.z, i), low, high) : (i) => (254 * (at(f.z, i) - low)) / (high - low || 1);
    relief.place(this.plot);
    relief.paint(ctx, { f, height: (i) => lift(at(f.z, i)), lift, tint, ends: [lo, hi], classes: f.classes }, c, { em: this.em, ratio: this.ratio, radius: this.#radius, lit: this.over });
    relief.names(ctx, f, [lo, hi], c, this.em);
  }

  #walk(ctx, walk, k, c) {
    const { data, shape: [n, d] } = walk.places;
    if (!n) return;
    trace(ctx, walk.places, (x) => this.sx.px(x), (y) => this.sy.px(y));
    strokeWalk(ctx, named(walk.colour, k), c);
    ctx.fillStyle = named(walk.colour, k);
    ctx.fillRect(this.sx.px(data[0]) - 3, this.sy.px(data[1]) - 3, 6, 6);
    if (this.f.paths.length > 1 || !this.f.at) stamp(ctx, sprite(k % 7, 4.5, this.ratio, { fill: named(walk.colour, k) }), this.sx.px(data[(n - 1) * d]), this.sy.px(data[(n - 1) * d + 1]), this.ratio);
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

  #tell(x, y, px = this.sx.px(x), py = this.sy.px(y), aloud = false) {
    const { f } = this;
    const [rows, columns] = f.z.shape;
    const i = Math.max(0, Math.min(columns - 1, Math.round(((x - this.sx.lo) / (this.sx.hi - this.sx.lo)) * (columns - 1))));
    const j = Math.max(0, Math.min(rows - 1, Math.round(((y - this.sy.lo) / (this.sy.hi - this.sy.lo)) * (rows - 1))));
    const k = f.classes?.data[j * columns + i];
    const lines = [`${axisText(f.z_axis) || "height"} ${number(at(f.z, j * columns + i))}`, `${f.x?.label || "x"} ${number(x, 2)}, ${f.y?.label || "y"} ${number(y, 2)}`];
    if (f.classes) lines.unshift(f.class_names?.[k] ?? `class ${k}`);
    this.point({ x: px, y: py, lines }, null, aloud);
  }

  #inside(px, py) {
    const { x, y, w, h: high } = this.plot;
    return px >= x && px <= x + w && py >= y && py <= y + high;
  }

  /** The place on the surface under a pixel. @returns {{x: number, y: number} | null} */
  #place(px, py) {
    if (!this.inSpace) return this.#inside(px, py) ? { x: this.sx.at(px), y: this.sy.at(py) } : null;
    const found = this.relief.under(px, py);
    if (!found) return null;
    const [rows, columns] = this.f.z.shape;
    return { x: this.sx.lo + (found[1] / (columns - 1)) * (this.sx.hi - this.sx.lo), y: this.sy.lo + (found[0] / (rows - 1)) * (this.sy.hi - this.sy.lo) };
  }

  moved(px, py) {
    if (!this.figure) return;
    if (this.hold) return this.#turning(px, py);
    const place = this.#place(px, py);
    this.over = this.inSpace ? this.relief.point(px, py) : null;
    if (this.over !== null) return this.#tellPoint(this.over, px, py);
    if (!place) return this.left();
    this.cursor = null;
    this.canvas.style.cursor = this.inSpace ? "grab" : this.takes("Point") ? "crosshair" : "default";
    this.#tell(place.x, place.y, px, py);
    if (this.takes("Point")) this.touch("Point", place, "hover");
  }

  #tellPoint(i, px, py) {
    const { f } = this;
    const [x, y, z] = f.points.data.subarray(3 * i, 3 * i + 3);
    const kind = f.labels ? f.class_names?.[f.labels.data[i]] ?? `class ${f.labels.data[i]}` : "";
    const lines = [[`point ${i}`, kind].filter(Boolean).join(", "), `${f.x?.label || "x"} ${number(x, 2)}, ${f.y?.label || "y"} ${number(y, 2)}, ${f.z_axis?.label || "height"} ${number(z, 2)}`];
    this.point({ x: px, y: py, lines }, { id: `point-${i}`, text: lines.join(", ") });
  }

  highlight(id, hover) {
    this.over = this.inSpace && id?.startsWith("point-") ? Number(id.slice(6)) : null;
    super.highlight(id, hover);
  }

  #turning(px, py) {
    const { hold } = this;
    if (!hold || (!hold.moved && Math.hypot(px - hold.x, py - hold.y) < DRAG_PX)) return;
    this.relief.turn((px - hold.x) * TURN_PER_PX, (py - hold.y) * TURN_PER_PX);
    this.hold = { x: px, y: py, moved: true };
    this.canvas.style.cursor = "grabbing";
    if (this.readout) this.point(null);
    invalidate(this);
  }

  pressed(px, py, e) {
    if (!this.inSpace || !this.#inside(px, py)) return;
    this.canvas.setPointerCapture(e.pointerId);
    this.hold = { x: px, y: py, moved: false };
  }

  released(px, py) {
    const turned = this.hold?.moved;
    this.hold = null;
    if (turned) return;
    const place = this.figure && this.#place(px, py);
    if (place && this.takes("Point")) this.touch("Point", place, "commit");
  }

  cancelled() {
    this.hold = null;
  }

  grabs(e) {
    const box = this.canvas.getBoundingClientRect();
    return this.inSpace && this.#inside(e.touches[0].clientX - box.left, e.touches[0].clientY - box.top);
  }

  reset() {
    this.relief.home();
    invalidate(this);
  }

  left() {
    if (this.hold) return;
    if (this.readout && this.takes("Point")) this.touch("Point", { x: 0, y: 0 }, "leave");
    this.cursor = this.over = null;
    super.left();
  }

  key(e) {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
    if (e.key === "Escape") return this.left(), true;
    if (this.inSpace) {
      if (!move) return false;
      this.relief.turn(move[0] * TURN_BY_KEY, move[1] * TURN_BY_KEY);
      const degrees = (/** @type {number} */ r) => Math.round((r * 180) / Math.PI);
      this.point({ x: this.plot.x, y: this.plot.y + this.em * 3, lines: [`turned ${degrees(this.relief.yaw)}°, seen from ${degrees(this.relief.pitch)}° above`] }, null, true);
      return true;
    }
    const p = (this.cursor ??= { x: (this.sx.lo + this.sx.hi) / 2, y: (this.sy.lo + this.sy.hi) / 2 });
    if (e.key === "Enter" && this.takes("Point")) return this.touch("Point", { ...p }, "commit"), true;
    if (!move) return false;
    p.x = Math.max(this.sx.lo, Math.min(this.sx.hi, p.x + move[0] * 0.025 * (this.sx.hi - this.sx.lo)));
    p.y = Math.max(this.sy.lo, Math.min(this.sy.hi, p.y + move[1] * 0.025 * (this.sy.hi - this.sy.lo)));
    this.#tell(p.x, p.y, undefined, undefined, true);
    return true;
  }

  words() {
    const { f } = this;
    const [lo, hi] = range(f.z);
    return `${axisText(f.z_axis) || "heights"} from ${number(lo)} to ${number(hi)}${f.at ? `, now ${number(f.at[2])}` : ""}${f.points ? `, ${f.points.shape[0]} points` : ""}`;
  }

  rows() {
    const { f } = this;
    const [rows, columns] = f.z.shape;
    const out = [[axisText(f.x) || "x", axisText(f.y) || "y", axisText(f.z_axis) || "z", "what"]];
    const place = (/** @type {any} */ axis, /** @type {number} */ k, /** @type {number} */ n) => (axis?.lo ?? 0) + (k / (n - 1)) * ((axis?.hi ?? 1) - (axis?.lo ?? 0));
    for (let i = 0; f.points && i < f.points.shape[0]; i += 1) out.push([...f.points.data.subarray(3 * i, 3 * i + 3), f.labels ? f.class_names?.[f.labels.data[i]] ?? `class ${f.labels.data[i]}` : "point"]);
    for (const { label, id, places: { data, shape: [n, d] } } of f.paths ?? []) for (let i = 0; i < n; i += 1) out.push([...data.subarray(i * d, i * d + 3), label || id]);
    for (let i = 0; i < f.z.data.length; i += 1) out.push([place(f.x, i % columns, columns), place(f.y, Math.floor(i / columns), rows), at(f.z, i), f.classes ? f.class_names?.[f.classes.data[i]] ?? f.classes.data[i] : "surface"]);
    return out;
  }
}

/** A height between lo and hi, valleys stretched: eight bits bear a root, not a logarithm. @param {number} z @param {number} lo @param {number} hi */
const root = (z, lo, hi) => Math.sqrt(Math.max(0, z - lo) / (hi - lo || 1));

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
