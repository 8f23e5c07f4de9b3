// @ts-check
/** What all figures share: life, size, drawing in the page's loop, hover linked by id, touches, and saving. */
import { at, plain } from "../frames.js";
import { forget, invalidate, soon } from "../loop.js";
import { onTheme, palette } from "../palette.js";
import { drawChip } from "./chip.js";

/**
 * @typedef {import("../frames.js").FigureValue} FigureValue
 * @typedef {{touch: string, does: "action" | "live" | "reset" | "probe", name: string, title?: string}} Touch
 * @typedef {{id: string, title: string, kind: string, touches: Touch[], help?: string, api?: string}} Spec
 * @typedef {{id: string, text: string, preview?: import("./heat.js").Preview}} Hover  what is pointed at, for the other figures
 * @typedef {{x: number, y: number, lines: string[], swatch?: string}} Readout
 * @typedef {{label: string, on: () => boolean, flip: () => void}} Option  a choice in the card's menu
 */

const DESCRIBE_MS = 1000;

/** @type {Set<Figure>} the figures on the page, for linked hover */
const onPage = new Set();
/** @type {Map<Element, Figure>} */
const byElement = new Map();
const sizes = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) byElement.get(target)?.sized(contentRect.width, contentRect.height);
});
const sights = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) byElement.get(target)?.sighted(isIntersecting);
}, { rootMargin: "80px" });
onTheme(() => onPage.forEach((figure) => figure.restyle()));

export class Figure extends HTMLElement {
  /** @type {Spec} */
  spec = { id: "", title: "", kind: "", touches: [] };
  /** @type {FigureValue | null} the newest value; a newer one replaces it before it is drawn */
  figure = null;
  /** @type {string | null} the id that is lit because it is hovered here or elsewhere */
  lit = null;
  /** @type {Readout | null} */
  readout = null;
  /** @type {Record<string, [number, number]>} ranges held in common with figures beside this one, by the names of `extents` */
  common = {};
  alt = "";
  width = 0;
  height = 0;
  em = 12;
  ratio = 1;
  #seen = true;
  #described = -Infinity;
  #drawn = -Infinity;
  #key = "";
  #gesture = 0;
  /** @type {AbortController | null} */
  life = null;

  connectedCallback() {
    if (!this.firstChild) this.build();
    this.life = new AbortController();
    onPage.add(this);
    byElement.set(this, this);
    sizes.observe(this);
    sights.observe(this);
    this.listen();
    this.restyle();
  }

  disconnectedCallback() {
    this.life?.abort();
    onPage.delete(this);
    byElement.delete(this);
    sizes.unobserve(this);
    sights.unobserve(this);
    forget(this);
  }

  /** Two canvases: what seldom changes (axes, legends) below, what moves above. */
  build() {
    this.still = document.createElement("canvas");
    this.canvas = document.createElement("canvas");
    this.still.setAttribute("aria-hidden", "true");
    this.canvas.setAttribute("role", "img");
    this.canvas.tabIndex = 0;
    this.status = document.createElement("p");
    this.status.className = "figure-status";
    this.status.setAttribute("role", "status");
    this.append(this.still, this.canvas, this.status);
    this.below = /** @type {CanvasRenderingContext2D} */ (this.still.getContext("2d"));
    this.ctx = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
  }

  listen() {
    const canvas = this.canvas;
    if (!canvas) return;
    const on = { signal: this.life?.signal };
    canvas.addEventListener("pointermove", (e) => this.moved(e.offsetX, e.offsetY, e), on);
    canvas.addEventListener("pointerdown", (e) => e.button === 0 && this.pressed(e.offsetX, e.offsetY, e), on);
    canvas.addEventListener("pointerup", (e) => this.released(e.offsetX, e.offsetY, e), on);
    canvas.addEventListener("pointercancel", () => this.cancelled(), on);
    canvas.addEventListener("pointerleave", () => this.left(), on);
    canvas.addEventListener("dblclick", () => this.reset(), on);
    canvas.addEventListener("blur", () => this.left(), on);
    canvas.addEventListener("touchstart", (e) => this.grabs(e) && e.preventDefault(), { ...on, passive: false });
    canvas.addEventListener("keydown", (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey || !this.figure || !this.key(e)) return;
      e.preventDefault();
      e.stopPropagation(); // the page's own keys stay away while a figure is being used
    }, on);
  }

  // What a kind of figure fills in. Pixels are CSS pixels of the canvas.
  /** @param {number} _x @param {number} _y @param {PointerEvent} _e */
  moved(_x, _y, _e) {}
  /** @param {number} _x @param {number} _y @param {PointerEvent} _e */
  pressed(_x, _y, _e) {}
  /** @param {number} _x @param {number} _y @param {PointerEvent} _e */
  released(_x, _y, _e) {}
  cancelled() {}
  left() {
    if (this.readout) this.point(null);
  }
  /** Double-click: the view as it was at first. */
  reset() {}
  /** @param {TouchEvent} _e @returns {boolean} whether a finger here holds something (and must not scroll) */
  grabs(_e) { return false; }
  /** @param {KeyboardEvent} _e @returns {boolean} whether the key was meant for the figure */
  key(_e) { return false; }
  /** What the still layer depends on: it is drawn again when this changes. @returns {string} */
  stillKey() { return ""; }
  /** @param {CanvasRenderingContext2D} _ctx @param {import("../palette.js").Palette} _c */
  paintStill(_ctx, _c) {}
  /** @param {CanvasRenderingContext2D} _ctx @param {import("../palette.js").Palette} _c */
  paint(_ctx, _c) {}
  /** Milliseconds between two pictures, for one that is costly to draw. */
  get rest() { return 0; }
  /** The figure as a table, its first row the header. @returns {(string | number)[][]} */
  rows() { return []; }
  /** @returns {Option[]} */
  options() { return []; }
  /** The ranges of the present figure that a comparison shares: of an axis, a colour scale, the weights. @returns {Record<string, [number, number]>} */
  extents() { return {}; }
  /** The text alternative when the figure brings none. */
  words() { return this.spec.title; }

  /** @param {FigureValue} figure a hydrated figure */
  show(figure) {
    this.figure = figure;
    invalidate(this);
  }

  /** One scale for several figures. @param {Record<string, [number, number]>} ranges by the names of `extents` */
  share(ranges) {
    if (JSON.stringify(ranges) === JSON.stringify(this.common)) return;
    this.common = ranges;
    this.restyle();
  }

  /** @param {string | null} id @param {Hover} [_hover] */
  highlight(id, _hover) {
    if (this.lit === id) return;
    this.lit = id;
    invalidate(this);
  }

  /** @param {number} width @param {number} height */
  sized(width, height) {
    this.width = width;
    this.height = height;
    this.restyle();
  }

  /** @param {boolean} seen */
  sighted(seen) {
    this.#seen = seen;
    if (seen) invalidate(this);
  }

  restyle() {
    this.em = parseFloat(getComputedStyle(this).fontSize) || 12;
    this.#key = "";
    invalidate(this);
  }

  /** Called by the page's loop, never by hand. @param {number} now */
  draw(now) {
    if (!this.figure || !this.#seen || this.width < 8 || this.height < 8 || !this.ctx) return;
    if (now - this.#drawn < this.rest) return soon(this, this.rest - (now - this.#drawn));
    this.#drawn = now;
    const c = palette();
    const ratio = Math.min(3, devicePixelRatio || 1);
    const [w, h] = [Math.round(this.width * ratio), Math.round(this.height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      for (const canvas of [this.still, this.canvas]) [canvas.width, canvas.height] = [w, h];
      this.#key = "";
    }
    this.ratio = ratio;
    const key = `${c.version} ${this.em} ${this.stillKey()}`;
    if (key !== this.#key) {
      this.#key = key;
      this.ready(this.below, c);
      this.paintStill(this.below, c);
    }
    this.ready(this.ctx, c);
    this.paint(this.ctx, c);
    if (this.readout) drawChip(this.ctx, this.readout, this.width, this.height, c, this.em);
    this.describe(now);
  }

  /** @param {CanvasRenderingContext2D} ctx @param {import("../palette.js").Palette} c */
  ready(ctx, c) {
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    ctx.font = `${this.em}px ${c.font}`;
    ctx.lineJoin = ctx.lineCap = "round";
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
  }

  /** Keep the text alternative true, at most once a second. @param {number} now */
  describe(now) {
    if (now - this.#described < DESCRIBE_MS) return soon(this, DESCRIBE_MS);
    const words = [this.figure?.title || this.spec.title, this.figure?.alt || this.words()].filter(Boolean).join(": ");
    if (words === this.alt) return;
    this.#described = now;
    this.alt = words;
    this.canvas?.setAttribute("aria-label", words);
  }

  /**
   * Say what is pointed at: read-out here, light in the other figures, words for the page.
   * @param {Readout | null} readout @param {Hover | null} [hover] @param {boolean} [aloud] for a reader who moves by keys
   */
  point(readout, hover = null, aloud = false) {
    this.readout = readout;
    if ((hover?.id ?? null) !== this.lit || hover?.preview) {
      this.lit = hover?.id ?? null;
      for (const other of onPage) if (other !== this) other.highlight(this.lit, hover ?? undefined);
      this.dispatchEvent(new CustomEvent("hover", { bubbles: true, detail: hover ?? { id: null, text: "" } }));
    }
    if (aloud && readout && this.status) this.status.textContent = readout.lines.join(", ");
    invalidate(this);
  }

  /** @param {string} touch */
  takes(touch) {
    return this.spec.touches.some((t) => t.touch === touch);
  }

  /** A new gesture's id: the edits of one drag share it. */
  gesture() {
    this.#gesture += 1;
    return `${this.spec.id || "figure"}-${Date.now().toString(36)}-${this.#gesture}`;
  }

  /** @param {string} touch @param {object} payload @param {"hover" | "drag" | "commit" | "leave"} phase @param {string} [gesture] */
  touch(touch, payload, phase, gesture = this.gesture()) {
    this.dispatchEvent(new CustomEvent("touch", { bubbles: true, detail: { touch, payload, phase, gesture } }));
  }

  /** @returns {Promise<Blob>} the figure as it stands, on paper, with its title */
  async toPNG() {
    const c = palette();
    const title = this.figure?.title || this.spec.title;
    const top = title ? Math.round(this.em * 2.4 * this.ratio) : 0;
    const sheet = new OffscreenCanvas(this.canvas?.width || 1, (this.canvas?.height || 1) + top);
    const ctx = /** @type {any} */ (sheet.getContext("2d"));
    ctx.fillStyle = c.card;
    ctx.fillRect(0, 0, sheet.width, sheet.height);
    ctx.fillStyle = c.ink;
    ctx.font = `600 ${this.em * 1.15 * this.ratio}px ${c.font}`;
    ctx.fillText(title, this.em * this.ratio, top * 0.7);
    for (const canvas of [this.still, this.canvas]) if (canvas) ctx.drawImage(canvas, 0, top);
    return sheet.convertToBlob({ type: "image/png" });
  }

  /** @param {"csv" | "json"} [format] @returns {string} */
  toData(format = "csv") {
    if (format === "json") return JSON.stringify(plain(this.figure), null, 1);
    return this.rows().map((row) => row.map(cell).join(",")).join("\r\n");
  }
}

/** @param {string | number | null | undefined} value */
function cell(value) {
  const text = value === null || value === undefined || Number.isNaN(value) ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A matrix tensor's rows in real units. @param {import("../frames.js").Tensor} tensor @returns {number[][]} */
export function table(tensor) {
  const [rows, columns = 1] = tensor.shape;
  return Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (__, k) => at(tensor, r * columns + k)));
}
