// @ts-check
/** A grid of pictures with their pixels: hover reads one, a click picks, a double-click looks closer. */
import { at, range } from "../frames.js";
import { invalidate } from "../loop.js";
import { fit, number, signed } from "./axes.js";
import { Figure } from "./figure.js";
import { pointLegend, rampLegend, sprite, stamp } from "./marks.js";
import { arrange, Atlas, greys } from "./pictures.js";

export class Images extends Figure {
  atlas = new Atlas();
  /** @type {import("./pictures.js").Grid} */
  grid = { columns: 1, w: 1, h: 1, stepX: 1, stepY: 1, x: 0, y: 0 };
  /** @type {number | null} the picture pointed at */
  over = null;
  /** @type {[number, number] | null} row and column of the pixel pointed at */
  pixel = null;
  /** @type {number | null} the picture looked at closely */
  close = null;
  #pressed = -1;

  get f() {
    return /** @type {any} */ (this.figure);
  }

  get count() {
    return this.f.images.shape[0];
  }

  /** The pictures that are seen: all, or the one looked at closely. */
  get seen() {
    if (this.close !== null && this.close >= this.count) this.close = null;
    return this.close === null ? Array.from({ length: this.count }, (_, i) => i) : [this.close];
  }

  get coloured() {
    return this.f.images.shape.length === 4;
  }

  /** @returns {Record<string, [number, number]>} */
  extents() {
    const [lo, hi] = range(this.f.images);
    return this.coloured ? {} : { value: [this.f.lo ?? lo, this.f.hi ?? hi] };
  }

  /** @returns {[number, number]} */
  #ends() {
    if (this.coloured) return [0, 1];
    const [lo, hi] = this.common.value ?? this.extents().value;
    const most = Math.max(Math.abs(lo), Math.abs(hi)) || 1;
    return this.f.signed ? [-most, most] : [lo, hi];
  }

  stillKey() {
    const { f } = this;
    return `${f.images.shape} ${f.captions.length > 0} ${f.class_names} ${f.columns} ${f.value_label} ${this.#ends().map((v) => number(v, 2))} ${this.close} ${f.labels ? 1 : 0}`;
  }

  paintStill(ctx, c) {
    const { em, f } = this;
    const [lo, hi] = this.#ends();
    const named = f.labels ? (f.class_names ?? []).map((/** @type {string} */ name, /** @type {number} */ k) => ({ k, name })) : [];
    const scale = !this.coloured;
    const text = f.signed ? signed : number;
    const digits = Math.abs(hi) >= 100 || (Number.isInteger(lo) && Number.isInteger(hi)) ? 0 : 2;
    const middle = em * 0.9;
    if (scale) rampLegend(ctx, f.signed ? c.diverging : greys, f.value_label, text(lo, digits), text(hi, digits), this.width - em * 0.4, middle, em);
    if (named.length) pointLegend(ctx, named, em * 0.4, this.width - em * 0.4, scale ? em * 2.5 : middle, this.ratio, em);
    const head = (scale ? em * 1.7 : 0) + (named.length ? em * 1.6 : 0) + em * 0.6;
    const [, h, w] = f.images.shape;
    const words = f.captions.length ? em * 1.5 : 0;
    this.grid = arrange(this.seen.length, w / h, this.close === null ? f.columns : 1, { x: em * 0.6, y: head, w: this.width - em * 1.2, h: this.height - head - em * 0.6 }, em * (f.labels ? 0.9 : 0.5), words);
  }

  /** @param {number} place among those that are seen @returns {[number, number]} */
  #corner(place) {
    const { grid } = this;
    return [Math.round(grid.x + (place % grid.columns) * grid.stepX), Math.round(grid.y + Math.floor(place / grid.columns) * grid.stepY)];
  }

  paint(ctx, c) {
    const { f, grid } = this;
    const [lo, hi] = this.#ends();
    const [w, h] = [Math.round(grid.w), Math.round(grid.h)];
    this.atlas.fill(f.images, lo, hi, f.signed ? c.diverging : null, c.version);
    this.seen.forEach((i, place) => {
      const [x, y] = this.#corner(place);
      if (y > this.height) return;
      this.atlas.draw(ctx, i, f.images.shape[1], x, y, w, h);
      this.#frame(ctx, i, x, y, w, h, c);
      this.#caption(ctx, i, x, y, w, h, c);
    });
    if (this.over !== null && this.pixel && this.seen.includes(this.over)) this.#paintPixel(ctx, c);
  }

  /** Its frame: of its class, of the one marked, of the one pointed at. */
  #frame(ctx, i, x, y, w, h, c) {
    const { f } = this;
    ctx.strokeStyle = c.rule2;
    ctx.lineWidth = 1;
    ctx.strokeRect(x - 0.5, y - 0.5, w + 1, h + 1);
    const k = f.labels ? f.labels.data[i] : 255;
    if (k !== 255) {
      ctx.strokeStyle = c.classes[k % 8];
      ctx.lineWidth = 3;
      ctx.strokeRect(x - 2, y - 2, w + 4, h + 4);
    }
    const lit = i === this.over || (this.lit !== null && this.lit === this.#id(i));
    if (!lit && i !== f.mark) return;
    ctx.strokeStyle = lit ? c.brass : c.mark;
    ctx.lineWidth = 2;
    ctx.strokeRect(x - 4, y - 4, w + 8, h + 8);
  }

  #caption(ctx, i, x, y, w, h, c) {
    const { f, em } = this;
    const k = f.labels ? f.labels.data[i] : 255;
    const text = f.captions[i] ?? "";
    if (w < em * 1.4 && this.count > 1) return;
    ctx.textAlign = "center";
    ctx.fillStyle = c.ink;
    const shown = fit(ctx, text, Math.max(w, this.grid.stepX - 4) - (k === 255 ? 0 : em));
    const half = ctx.measureText(shown).width / 2;
    if (text) ctx.fillText(shown, x + w / 2 + (k === 255 ? 0 : em * 0.5), y + h + em * 1.25);
    if (k === 255) return;
    if (text) stamp(ctx, sprite(k, em * 0.36, this.ratio), x + w / 2 - half - em * 0.2, y + h + em * 0.9, this.ratio);
    else stamp(ctx, sprite(k, em * 0.36, this.ratio), x + em * 0.5, y + em * 0.5, this.ratio);
  }

  #paintPixel(ctx, c) {
    const { grid } = this;
    const [, rows, columns] = this.f.images.shape;
    const [w, h] = [Math.round(grid.w) / columns, Math.round(grid.h) / rows];
    if (w < 3) return;
    const [x, y] = this.#corner(this.seen.indexOf(/** @type {number} */ (this.over)));
    const [r, k] = /** @type {[number, number]} */ (this.pixel);
    ctx.strokeStyle = c.card;
    ctx.lineWidth = 3;
    ctx.strokeRect(x + k * w, y + r * h, w, h);
    ctx.strokeStyle = c.brass;
    ctx.lineWidth = 1.5;
    ctx.strokeRect(x + k * w, y + r * h, w, h);
  }

  /** @param {number} i */
  #id(i) {
    return this.f.ids?.[i] ?? `image-${i}`;
  }

  /** The picture under a pixel of the screen, and its own pixel. @returns {{index: number, pixel: [number, number]} | null} */
  #at(px, py) {
    const { grid } = this;
    if (!this.figure) return null;
    const [, rows, columns] = this.f.images.shape;
    for (const [place, index] of this.seen.entries()) {
      const [x, y] = this.#corner(place);
      const [u, v] = [(px - x) / grid.w, (py - y) / grid.h];
      if (u >= 0 && u < 1 && v >= 0 && v < 1) return { index, pixel: [Math.floor(v * rows), Math.floor(u * columns)] };
    }
    return null;
  }

  /** What stands at a pixel, in words. @param {number} index @param {[number, number]} pixel */
  #value(index, [r, k]) {
    const { f } = this;
    const [, rows, columns] = f.images.shape;
    const i = (index * rows + r) * columns + k;
    if (this.coloured) return `red ${number(at(f.images, 3 * i), 2)}, green ${number(at(f.images, 3 * i + 1), 2)}, blue ${number(at(f.images, 3 * i + 2), 2)}`;
    return `${f.value_label || "value"} ${(f.signed ? signed : number)(at(f.images, i), 3)}`;
  }

  /** @param {number} index */
  #name(index) {
    const { f } = this;
    const k = f.labels && f.labels.data[index] !== 255 ? f.class_names?.[f.labels.data[index]] ?? `class ${f.labels.data[index]}` : "";
    return [f.captions[index] || `picture ${index + 1} of ${this.count}`, k].filter(Boolean).join(", ");
  }

  #tell(index, pixel, px, py, aloud = false) {
    this.over = index;
    this.pixel = pixel;
    const lines = [this.#name(index)];
    if (pixel) lines.push(this.#value(index, pixel), `row ${pixel[0]}, column ${pixel[1]}`);
    this.point({ x: px, y: py, lines }, { id: this.#id(index), text: lines.join(", ") }, aloud);
  }

  get #picks() {
    return Boolean(this.f?.pick && this.takes("Item"));
  }

  moved(px, py) {
    const found = this.#at(px, py);
    this.canvas.style.cursor = found && this.#picks ? "pointer" : found ? "crosshair" : "default";
    if (!found) return this.left();
    this.#tell(found.index, found.pixel, px, py);
  }

  pressed(px, py) {
    this.#pressed = this.#at(px, py)?.index ?? -1;
  }

  released(px, py) {
    const found = this.#at(px, py);
    if (found && found.index === this.#pressed && this.#picks) this.touch("Item", { index: found.index }, "commit");
    this.#pressed = -1;
  }

  cancelled() {
    this.#pressed = -1;
  }

  left() {
    this.over = this.pixel = null;
    super.left();
  }

  /** A double-click looks closer at a picture, the next one away from it. */
  reset() {
    this.#look(this.close === null ? this.over : null);
  }

  /** @param {number | null} index */
  #look(index) {
    this.close = this.count > 1 ? index : null;
    this.pixel = null;
    if (this.readout) this.point(null);
    invalidate(this);
  }

  options() {
    return [{ label: "Look closer", on: () => this.close !== null, flip: () => this.#look(this.close === null ? this.over ?? this.f.mark ?? 0 : null) }];
  }

  /** Arrow keys go from picture to picture; looked at closely, or alone, from pixel to pixel. Enter picks, z looks closer. */
  key(e) {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[e.key];
    if (e.key === "Escape") {
      if (this.close !== null) this.#look(null);
      else this.left();
      return true;
    }
    if (e.key === "z") return this.#look(this.close === null ? this.over ?? 0 : null), true;
    if (e.key === "Enter" && this.over !== null && this.#picks) return this.touch("Item", { index: this.over }, "commit"), true;
    if (!move) return false;
    if (this.close !== null || this.count === 1) this.#walkPixels(move, e.shiftKey ? 5 : 1);
    else {
      const next = this.over === null ? 0 : this.over + move[1] + move[0] * this.grid.columns;
      const index = next >= 0 && next < this.count ? next : this.over ?? 0;
      const [x, y] = this.#corner(index);
      this.#tell(index, null, x + this.grid.w, y, true);
    }
    return true;
  }

  /** @param {number[]} move @param {number} step */
  #walkPixels(move, step) {
    const [, rows, columns] = this.f.images.shape;
    const [r, k] = this.pixel ?? [Math.floor(rows / 2) - move[0] * step, Math.floor(columns / 2) - move[1] * step];
    const pixel = /** @type {[number, number]} */ ([Math.max(0, Math.min(rows - 1, r + move[0] * step)), Math.max(0, Math.min(columns - 1, k + move[1] * step))]);
    const [x, y] = this.#corner(0);
    this.#tell(this.close ?? 0, pixel, x + ((pixel[1] + 1) / columns) * this.grid.w, y + (pixel[0] / rows) * this.grid.h, true);
  }

  words() {
    const [n, h, w] = this.f.images.shape;
    const names = this.f.captions.filter(Boolean);
    return `${n} ${this.coloured ? "colour " : ""}picture${n === 1 ? "" : "s"} of ${w} by ${h} pixels${names.length ? `: ${names.slice(0, 12).join(", ")}${names.length > 12 ? " …" : ""}` : ""}`;
  }

  rows() {
    const { f } = this;
    const [n, h, w] = f.images.shape;
    const deep = this.coloured ? 3 : 1;
    const out = [["picture", "class", "row", "column", ...(deep === 3 ? ["red", "green", "blue"] : [f.value_label || "value"])]];
    for (let i = 0; i < n * h * w; i += 1) {
      const index = Math.floor(i / (h * w));
      const k = f.labels?.data[index] ?? 255;
      out.push([f.captions[index] || index, k === 255 ? "" : f.class_names?.[k] ?? k, Math.floor(i / w) % h, i % w, ...Array.from({ length: deep }, (_, d) => at(f.images, deep * i + d))]);
    }
    return out;
  }
}
customElements.define("orrery-images", Images);
