// @ts-check
/** A map of the plane, or a plain plane, under points, curves, walks, contours and arrows: the hero of most labs. */
import { at, range } from "../frames.js";
import { invalidate, soon } from "../loop.js";
import { palette, swatch } from "../palette.js";
import { axisText, drawAxes, number, roundUp, Scale, signed } from "./axes.js";
import { Brush } from "./brush.js";
import { Figure } from "./figure.js";
import { describe, one, read, rows } from "./field-words.js";
import { paintGrips, paintLabels } from "./grips.js";
import { FieldHand } from "./hand.js";
import { contour, Heat } from "./heat.js";
import { drawKey, flow } from "./legend.js";
import { pointEntries, pointLegend, rampLegend, sprite, stamp } from "./marks.js";
import { entriesOf, paintPlane } from "./plane.js";

const BANDS = 9;
const ECHO_MS = 1500;

export class Field extends Figure {
  heat = new Heat();
  sx = new Scale();
  sy = new Scale();
  plot = { x: 0, y: 0, w: 0, h: 0 };
  hand = new FieldHand(this);
  brush = new Brush(this);
  stepped = false;
  end = 0;
  /** @type {import("./legend.js").Key[]} the legend of curves and walks */
  keys = [];
  /** What the user has just done, shown before the server answers. @type {{kind: "point" | "handle" | "arrow", id: any, x: number, y: number, until: number} | null} */
  ghost = null;
  /** @type {import("./heat.js").Preview | null} */
  preview = null;

  moved(x, y, e) { this.hand.moved(x, y, e); }
  pressed(x, y, e) { this.hand.pressed(x, y, e); }
  released(x, y) { this.hand.released(x, y); }
  cancelled() { this.hand.cancelled(); }
  left() { this.hand.left(); }
  key(e) { return this.hand.key(e); }
  grabs(e) {
    const box = this.canvas.getBoundingClientRect();
    const { clientX, clientY } = e.touches[0];
    return this.hand.holds(clientX - box.left, clientY - box.top);
  }

  options() {
    return [{ label: "Map in steps", on: () => this.stepped, flip: () => { this.stepped = !this.stepped; this.restyle(); } }];
  }

  highlight(id, hover) {
    if (id === this.lit && !hover?.preview) return; // the page repeats what the figures have told each other
    const next = hover?.preview ?? null;
    this.preview = next;
    super.highlight(id, hover);
    this.restyle();
  }

  /** Pixels of the plot: the plane keeps its shape where both axes have the same unit, else it fills its card. @param {number} head pixels above it */
  layout(head) {
    const f = /** @type {import("../frames.js").FigureValue} */ (this.figure);
    const { em } = this;
    const [x0, x1, y0, y1] = f.box;
    const left = em * 3.4;
    const top = em * 2.3 + head;
    const w = Math.max(20, this.width - left - em * 1.2);
    const h = Math.max(20, this.height - top - em * 3.5);
    const equal = f.equal !== false && (f.x?.unit ?? "") === (f.y?.unit ?? "");
    const ratio = equal ? (x1 - x0) / (y1 - y0) : w / h;
    this.toggleAttribute("data-fills", !equal); // then its card need not be square
    const pw = Math.floor(Math.min(w, h * ratio));
    const ph = Math.floor(Math.min(h, w / ratio));
    this.plot = { x: Math.round(left + (w - pw) / 2), y: Math.round(top), w: pw, h: ph };
    this.sx.set(x0, x1, this.plot.x, this.plot.x + pw);
    this.sy.set(y0, y1, this.plot.y + ph, this.plot.y);
    this.brush.place(this.plot);
  }

  /** The ends of the colour scale: given, or round and symmetric, so that they seldom move. @returns {[number, number]} */
  scaleEnds() {
    const f = /** @type {any} */ (this.figure);
    const p = this.preview;
    const [lo, hi] = range(p ? p.tensor : f.values ?? f.targets);
    const end = p ? p.end ?? roundUp(Math.max(-lo, hi)) : 0;
    if (p) return p.signed ? [-end, end] : [lo, hi];
    const [least, greatest] = this.common.value ?? [f.lo ?? lo, f.hi ?? hi];
    if (!f.signed) return [least, greatest];
    const most = Math.max(Math.abs(least), Math.abs(greatest));
    if (this.common.value || (f.hi !== null && f.hi !== undefined)) return [-most, most];
    if (most > this.end || most < this.end * 0.5) this.end = roundUp(most);
    return [-this.end, this.end];
  }

  /** @returns {Record<string, [number, number]>} */
  extents() {
    const f = /** @type {any} */ (this.figure);
    if (!f?.values && !f?.targets) return {};
    const [lo, hi] = range(f.values ?? f.targets);
    return { value: [f.lo ?? lo, f.hi ?? hi] };
  }

  stillKey() {
    const f = /** @type {any} */ (this.figure);
    const ends = this.#scaled ? this.scaleEnds().join() : "";
    const keys = entriesOf(f).map((e) => `${e.label}${e.style}${e.colour}`);
    return `${f.box} ${f.equal} ${this.#plain} ${f.draws} ${f.class_names} ${keys} ${axisText(f.x)} ${axisText(f.y)} ${f.value_label} ${ends} ${this.preview?.label} ${f.held ? f.held.data.includes(1) : 0}${f.wrong ? f.wrong.data.includes(1) : 0}`;
  }

  /** Whether numbers are shown as colours. */
  get #scaled() {
    return Boolean(this.figure?.values || this.figure?.targets || this.preview);
  }

  /** A plane without a map: it shows its grid. */
  get #plain() {
    return !(this.figure?.values || this.figure?.classes || this.preview);
  }

  paintStill(ctx, c) {
    const f = /** @type {any} */ (this.figure);
    const { em } = this;
    const entries = pointEntries(f, this.radius).filter((e) => !f.draws || e.k === 255); // the brush names the classes
    const name = ctx.measureText(axisText(f.y)).width;
    const above = this.#legend(ctx, f, entries.length ? em * 0.6 : name + em * 2.4, entries.length > 0);
    this.layout(above + (f.draws ? em * 2 : 0));
    const { x, y, w, h } = this.plot;
    drawAxes(ctx, this.plot, this.sx, this.sy, f.x ?? { label: "" }, f.y ?? { label: "" }, c, em, { frame: true, plane: this.#plain });
    pointLegend(ctx, entries, x + name - em, x + w, y - em * 1.05, this.ratio, em);
    this.#paintKeys(ctx, c, y - em * 1.05 - above, entries.length ? x : x + name - em);
    if (this.#scaled) {
      const [lo, hi] = this.scaleEnds();
      const isSigned = this.preview ? this.preview.signed : f.signed;
      const text = isSigned ? signed : number;
      const right = x + w - ctx.measureText(axisText(f.x)).width - em * 1.6;
      rampLegend(ctx, isSigned ? c.diverging : c.sequential, this.preview?.label ?? f.value_label, text(lo, lo % 1 ? 2 : 0), text(hi, hi % 1 ? 2 : 0), right, y + h + em * 2.75, em);
    }
    this.brush.update(f);
  }

  /** Curves and walks by name, in one row beside the name of y, or in rows above it; returns the pixels that those need. */
  #legend(ctx, f, start, apart) {
    const { em } = this;
    const right = this.width - em * 1.2;
    this.keys = flow(ctx, entriesOf(f), start, right, em);
    if (!this.keys.length || (!apart && !this.keys.at(-1)?.row)) return 0;
    this.keys = flow(ctx, entriesOf(f), em * 0.6, right, em);
    return ((this.keys.at(-1)?.row ?? 0) + 1) * em * 1.6;
  }

  /** A single row ends where the plot ends, if that leaves room on its left. */
  #paintKeys(ctx, c, top, left) {
    const { em, plot } = this;
    const end = Math.max(0, ...this.keys.map((k) => k.x + k.w - em * 1.1));
    const shift = this.keys.at(-1)?.row ? 0 : Math.min(0, Math.max(left - (this.keys[0]?.x ?? 0), plot.x + plot.w - end));
    for (const key of this.keys) drawKey(ctx, { ...key, x: key.x + shift }, top + key.row * em * 1.6, this.width, this.ratio, em, c);
  }

  paint(ctx, c) {
    const f = /** @type {any} */ (this.figure);
    const { x, y, w, h } = this.plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, y, w, h);
    ctx.clip();
    this.#map(ctx, f, c);
    paintPlane(this, ctx, f, c);
    this.#points(ctx, f, c);
    paintGrips(this, ctx, f, c);
    ctx.restore();
    paintLabels(this, ctx, f, c);
    this.hand.paint(ctx, c);
  }

  #map(ctx, f, c) {
    const { x, y, w, h } = this.plot;
    const p = this.preview;
    const tensor = p ? one(p) : f.values;
    if (tensor) {
      const [lo, hi] = this.scaleEnds();
      this.heat.values(tensor, (p ? p.signed : f.signed) ? c.diverging : c.sequential, lo, hi, this.stepped ? BANDS : 0);
      this.heat.draw(ctx, x, y, w, h, 0, 1, !this.stepped);
    } else if (f.classes) {
      this.heat.classes(f.classes, f.strength, c.tints, this.stepped);
      this.heat.draw(ctx, x, y, w, h, 0, 1, !this.stepped);
    }
    const levels = p ? (p.signed ? [0] : []) : f.values ? f.contours ?? [] : [];
    if (!levels.length) return;
    const [rows, columns] = tensor.shape;
    const [dx, dy] = [w / columns, h / rows];
    const heights = levels.length > 2 ? this.heat.soften(tensor, true) : tensor;
    for (const level of levels) {
      ctx.beginPath();
      contour(ctx, heights === tensor && level === 0 ? this.heat.soften(tensor) : heights, level, x + dx / 2, dx, y + h - dy / 2, -dy);
      ctx.strokeStyle = c.ink;
      ctx.lineWidth = level === 0 ? 1.6 : 1;
      ctx.globalAlpha = level === 0 ? 0.9 : 0.45;
      ctx.stroke();
      ctx.globalAlpha = 1;
    }
  }

  /** A point's radius in pixels. */
  get radius() {
    const n = this.figure?.points?.shape[0] ?? 0;
    const room = Math.max(0.5, Math.min(1.25, this.plot.w / (this.em * 38)));
    return Math.max(2.5, Math.round(this.em * (n > 300 ? 0.32 : n > 120 ? 0.36 : n > 40 ? 0.42 : 0.5) * room * 2) / 2);
  }

  #points(ctx, f, c) {
    const { ratio, radius } = this;
    const data = f.points?.data ?? [];
    const n = f.points?.shape[0] ?? 0;
    const ends = f.targets ? this.scaleEnds() : null;
    const ramp = f.signed ? c.diverging : c.sequential;
    for (const turn of f.held ? [1, 0] : [0]) { // what is trained on lies above what is held out
      for (let i = 0; i < n; i += 1) {
        if (f.held && f.held.data[i] !== turn) continue;
        const [x, y] = this.where("point", i, data[2 * i], data[2 * i + 1]);
        const [px, py] = [this.sx.px(x), this.sy.px(y)];
        const fill = ends ? swatch(ramp, 8 * Math.round(((at(f.targets, i) - ends[0]) / (ends[1] - ends[0] || 1)) * 254 / 8)) : undefined;
        stamp(ctx, sprite(f.labels ? f.labels.data[i] : 255, radius, ratio, { held: turn === 1, wrong: f.wrong?.data[i] === 1, fill }), px, py, ratio);
      }
    }
    for (const [px, py, k] of this.brush.echo() ?? []) stamp(ctx, sprite(k, radius, ratio), this.sx.px(px), this.sy.px(py), ratio);
    if (f.mark !== null && f.mark !== undefined && f.mark < n) this.#halo(ctx, f.mark, data, c.mark, 2);
    const lit = this.hand.point ?? (this.lit?.startsWith("point-") ? Number(this.lit.slice(6)) : null);
    if (lit !== null && lit < n) this.#halo(ctx, lit, data, c.brass, 2);
  }

  #halo(ctx, i, data, colour, width) {
    const [x, y] = this.where("point", i, data[2 * i], data[2 * i + 1]);
    ctx.strokeStyle = palette().card;
    ctx.lineWidth = width + 2;
    ctx.beginPath();
    ctx.arc(this.sx.px(x), this.sy.px(y), this.radius + 4.5, 0, 7);
    ctx.stroke();
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.stroke();
  }

  /**
   * Where a thing stands: where it was dragged to, until the server's figure has it there too.
   * @param {"point" | "handle" | "arrow"} kind @param {any} id @param {number} x as the figure has it @param {number} y @returns {[number, number]}
   */
  where(kind, id, x, y) {
    const g = this.ghost;
    if (g?.kind !== kind || g.id !== id) return [x, y];
    const arrived = Math.abs(x - g.x) / (this.sx.hi - this.sx.lo) + Math.abs(y - g.y) / (this.sy.hi - this.sy.lo) < 1e-3;
    if (!this.hand.busy && (arrived || performance.now() > g.until)) this.ghost = null;
    return this.ghost ? [g.x, g.y] : [x, y];
  }

  /** @param {"point" | "handle" | "arrow"} kind @param {any} id @param {number} x @param {number} y */
  carry(kind, id, x, y) {
    this.ghost = { kind, id, x, y, until: performance.now() + ECHO_MS };
    soon(this, ECHO_MS + 20);
    invalidate(this);
  }

  read(x, y) { return read(this, x, y); }
  words() { return describe(this.figure); }
  rows() { return rows(this.figure); }
}
customElements.define("orrery-field", Field);
