// @ts-check
/** A map of the plane under points, contours and arrows: the hero of most labs. */
import { at, range } from "../frames.js";
import { soon } from "../loop.js";
import { named, palette, swatch } from "../palette.js";
import { axisText, drawAxes, number, roundUp, Scale, signed } from "./axes.js";
import { Brush } from "./brush.js";
import { Figure } from "./figure.js";
import { describe, one, read, rows } from "./field-words.js";
import { FieldHand } from "./hand.js";
import { contour, Heat } from "./heat.js";
import { arrow, label, pointEntries, pointLegend, rampLegend, sprite, stamp } from "./marks.js";

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
  /** What the user has just done, shown before the server answers. @type {{index: number, x: number, y: number, until: number} | null} */
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

  /** Pixels of the plot; the plane keeps its shape where both axes have the same unit. */
  layout() {
    const f = /** @type {import("../frames.js").FigureValue} */ (this.figure);
    const { em } = this;
    const [x0, x1, y0, y1] = f.box;
    const left = em * 3.4;
    const top = em * 2.3 + (f.draws ? em * 2 : 0);
    const w = Math.max(20, this.width - left - em * 1.2);
    const h = Math.max(20, this.height - top - em * 3.5);
    const same = (f.x?.unit ?? "") === (f.y?.unit ?? "");
    const ratio = Math.max(0.5, Math.min(2, same ? (x1 - x0) / (y1 - y0) : 1.15));
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
    const [lo, hi] = range(p ? p.tensor : f.values);
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
    if (!f?.values) return {};
    const [lo, hi] = range(f.values);
    return { value: [f.lo ?? lo, f.hi ?? hi] };
  }

  stillKey() {
    const f = /** @type {any} */ (this.figure);
    const ends = f.values || this.preview ? this.scaleEnds().join() : "";
    return `${f.box} ${f.draws} ${f.class_names} ${axisText(f.x)} ${axisText(f.y)} ${f.value_label} ${ends} ${this.preview?.label} ${f.held ? f.held.data.includes(1) : 0}${f.wrong ? f.wrong.data.includes(1) : 0}`;
  }

  paintStill(ctx, c) {
    const f = /** @type {any} */ (this.figure);
    const { em } = this;
    this.layout();
    const { x, y, w, h } = this.plot;
    drawAxes(ctx, this.plot, this.sx, this.sy, f.x ?? { label: "" }, f.y ?? { label: "" }, c, em, { frame: true });
    const entries = pointEntries(f, this.radius).filter((e) => !f.draws || e.k === 255); // the brush names the classes
    pointLegend(ctx, entries, x + ctx.measureText(axisText(f.y)).width - em, x + w, y - em * 1.05, this.ratio, em);
    if (f.values || this.preview) {
      const [lo, hi] = this.scaleEnds();
      const isSigned = this.preview ? this.preview.signed : f.signed;
      const name = this.preview?.label ?? f.value_label;
      const text = isSigned ? signed : number;
      const right = x + w - ctx.measureText(axisText(f.x)).width - em * 1.6;
      rampLegend(ctx, isSigned ? c.diverging : c.sequential, name, text(lo, lo % 1 ? 2 : 0), text(hi, hi % 1 ? 2 : 0), right, y + h + em * 2.75, em);
    }
    this.brush.update(f);
  }

  paint(ctx, c) {
    const f = /** @type {any} */ (this.figure);
    const { x, y, w, h } = this.plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(x, y, w, h);
    ctx.clip();
    this.#map(ctx, f, c);
    if (f.path) this.#path(ctx, f.path, c);
    for (const s of f.segments ?? []) {
      ctx.setLineDash(s.dash ? [6, 5] : []);
      this.#line(ctx, s, named(s.colour, 0), c.card);
    }
    ctx.setLineDash([]);
    this.#points(ctx, f, c);
    for (const a of f.arrows ?? []) {
      const held = this.hand.carries("arrow", a.id);
      const [tx, ty] = held ? [held.x, held.y] : [a.x + a.dx, a.y + a.dy];
      arrow(ctx, this.sx.px(a.x), this.sy.px(a.y), this.sx.px(tx), this.sy.px(ty), named(a.colour, 0), c.card, this.em / 6);
      if (a.grab) this.#ring(ctx, this.sx.px(tx), this.sy.px(ty), c);
    }
    for (const one of f.handles ?? []) {
      const p = this.hand.carries("handle", one.id) ?? one;
      ctx.fillStyle = c.card;
      ctx.beginPath();
      ctx.arc(this.sx.px(p.x), this.sy.px(p.y), this.em * 0.42, 0, 7);
      ctx.fill();
      this.#ring(ctx, this.sx.px(p.x), this.sy.px(p.y), c);
    }
    ctx.restore();
    this.#labels(ctx, f, c);
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
    for (const level of levels) {
      ctx.beginPath();
      contour(ctx, level === 0 ? this.heat.soften(tensor) : tensor, level, x + dx / 2, dx, y + h - dy / 2, -dy);
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
    const ghost = this.#ghost(data);
    const ends = f.targets ? (f.values ? this.scaleEnds() : range(f.targets)) : null;
    const ramp = f.signed ? c.diverging : c.sequential;
    for (const turn of f.held ? [1, 0] : [0]) { // what is trained on lies above what is held out
      for (let i = 0; i < n; i += 1) {
        if (f.held && f.held.data[i] !== turn) continue;
        const moved = ghost && ghost.index === i;
        const px = this.sx.px(moved ? ghost.x : data[2 * i]);
        const py = this.sy.px(moved ? ghost.y : data[2 * i + 1]);
        const fill = ends ? swatch(ramp, 8 * Math.round(((at(f.targets, i) - ends[0]) / (ends[1] - ends[0] || 1)) * 254 / 8)) : undefined;
        stamp(ctx, sprite(f.labels ? f.labels.data[i] : 255, radius, ratio, { held: turn === 1, wrong: f.wrong?.data[i] === 1, fill }), px, py, ratio);
      }
    }
    for (const [px, py, k] of this.brush.echo() ?? []) stamp(ctx, sprite(k, radius, ratio), this.sx.px(px), this.sy.px(py), ratio);
    if (f.mark !== null && f.mark !== undefined && f.mark < n) this.#halo(ctx, data[2 * f.mark], data[2 * f.mark + 1], c.mark, 2);
    const lit = this.hand.point ?? (this.lit?.startsWith("point-") ? Number(this.lit.slice(6)) : null);
    if (lit !== null && lit < n) this.#halo(ctx, ghost?.index === lit ? ghost.x : data[2 * lit], ghost?.index === lit ? ghost.y : data[2 * lit + 1], c.brass, 2);
  }

  #halo(ctx, x, y, colour, width) {
    ctx.strokeStyle = palette().card;
    ctx.lineWidth = width + 2;
    ctx.beginPath();
    ctx.arc(this.sx.px(x), this.sy.px(y), this.radius + 4.5, 0, 7);
    ctx.stroke();
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.stroke();
  }

  #ghost(data) {
    const g = this.ghost;
    if (!g) return null;
    const arrived = Math.abs(data[2 * g.index] - g.x) + Math.abs(data[2 * g.index + 1] - g.y) < 2e-3;
    if (!this.hand.busy && (arrived || performance.now() > g.until)) return (this.ghost = null);
    return g;
  }

  /** @param {number} index @param {number} x @param {number} y */
  carry(index, x, y) {
    this.ghost = { index, x, y, until: performance.now() + ECHO_MS };
    soon(this, ECHO_MS + 20);
  }

  #ring(ctx, x, y, c) {
    ctx.strokeStyle = c.brass;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    ctx.arc(x, y, this.em * 0.55, 0, 7);
    ctx.stroke();
  }

  #line(ctx, s, colour, halo) {
    ctx.beginPath();
    ctx.moveTo(this.sx.px(s.x0), this.sy.px(s.y0));
    ctx.lineTo(this.sx.px(s.x1), this.sy.px(s.y1));
    if (!s.dash) {
      ctx.strokeStyle = halo;
      ctx.lineWidth = 4.5;
      ctx.stroke();
    }
    ctx.strokeStyle = colour;
    ctx.lineWidth = 2;
    ctx.stroke();
  }

  #path(ctx, path, c) {
    ctx.beginPath();
    for (let i = 0; i < path.shape[0]; i += 1) ctx.lineTo(this.sx.px(path.data[2 * i]), this.sy.px(path.data[2 * i + 1]));
    ctx.strokeStyle = c.ink;
    ctx.lineWidth = 1.5;
    ctx.stroke();
  }

  #labels(ctx, f, c) {
    ctx.textAlign = "left";
    const { plot, em } = this;
    const put = (text, px, py, colour) => {
      if (!text) return;
      const w = ctx.measureText(text).width;
      label(ctx, text, Math.max(plot.x + 3, Math.min(plot.x + plot.w - w - 3, px)), Math.max(plot.y + em, Math.min(plot.y + plot.h - 4, py)), colour, c.card);
    };
    for (const a of f.arrows ?? []) put(a.label, this.sx.px(a.x + a.dx) + 8, this.sy.px(a.y + a.dy) - 6, a.colour === "ink" ? c.ink : named(a.colour, 0));
    for (const s of f.segments ?? []) {
      let t = 1; // near the end that is seen
      while (t > 0.5 && !this.hand.inside(this.sx.px(s.x0 + (s.x1 - s.x0) * t), this.sy.px(s.y0 + (s.y1 - s.y0) * t))) t -= 0.02;
      t -= 0.1;
      put(s.label, this.sx.px(s.x0 + (s.x1 - s.x0) * t) + 7, this.sy.px(s.y0 + (s.y1 - s.y0) * t) - 7, c.ink);
    }
    for (const one of f.handles ?? []) put(one.label, this.sx.px(one.x) + 10, this.sy.px(one.y) - 8, c.ink);
  }

  read(x, y) { return read(this, x, y); }
  words() { return describe(this.figure); }
  rows() { return rows(this.figure); }
}
customElements.define("orrery-field", Field);
