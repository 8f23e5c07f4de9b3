// @ts-check
/** A computational graph from left to right: values above, gradients below, local derivatives on the edges, and what flows over them. */
import { invalidate } from "../loop.js";
import { fit } from "./axes.js";
import { Figure } from "./figure.js";
import { along, arrange, nearestEdge, outline } from "./graph-layout.js";
import { GraphSlip } from "./graph-slip.js";
import { aboutEdge, aboutNode, describe, flowText, nodeOf, rows, short } from "./graph-words.js";
import { label } from "./marks.js";

const WAVE_MS = 700;
const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Graph extends Figure {
  /** @type {import("./graph-layout.js").Layout | null} */
  layout = null;
  /** Pixels that the left end is out of sight, where the graph is wider than its card. */
  pan = 0;
  /** @type {string | null} the node pointed at, or chosen by keys */
  over = null;
  edge = -1;
  /** @type {{x: number, pan: number, moved: boolean} | null} */
  hold = null;
  slip = new GraphSlip(this);
  #lit = "";
  #wave = -Infinity;
  #made = "";
  math = "";

  get f() {
    return /** @type {any} */ (this.figure);
  }

  restyle() {
    super.restyle();
    this.math = getComputedStyle(this).getPropertyValue("--math").trim() || "serif";
    document.fonts.load(`16px ${this.math}`, "∂σ").then(() => invalidate(this), () => {});
  }

  show(figure) {
    super.show(figure);
    const lit = JSON.stringify([this.f.nodes.filter((n) => n.lit).map((n) => n.id), this.f.edges.map((e, k) => (e.lit ? `${k} ${e.flow}` : 0))]);
    if (lit === this.#lit) return;
    this.#lit = lit;
    this.#wave = still.matches ? -Infinity : performance.now();
    const now = this.f.nodes.find((n) => n.lit);
    if (now && !this.hold && this.layout) this.#reveal(now.id);
  }

  stillKey() {
    const { f } = this;
    const made = `${this.width} ${this.height} ${this.em} ${this.math} ${f.nodes.map((n) => `${n.id} ${n.label} ${n.role} ${n.column} ${n.row}`)} ${f.edges.map((e) => `${e.source}${e.target}`)}`;
    if (made !== this.#made) {
      this.#made = made;
      this.layout = arrange(f, this.width, this.height - this.em * 0.6, this.em, this.em * 1.9, (text, em) => this.#measure(text, em));
      this.pan = Math.max(0, Math.min(this.layout.wide - this.width, this.pan));
    }
    return made;
  }

  #measure(text, em) {
    this.below.font = `${em * 1.2}px ${this.math}`;
    return this.below.measureText(text).width;
  }

  /** Colours of what goes forwards and of what comes back. @param {import("../palette.js").Palette} c */
  static inks = (c) => ({ value: c.lines[3], gradient: c.lines[2] });

  paintStill(ctx, c) {
    const { em, f } = this;
    const { value, gradient } = Graph.inks(c);
    ctx.textBaseline = "middle";
    let x = em * 0.5;
    for (const [text, colour] of [["value above", value], ["gradient below", gradient], ["local derivative on the edge", c.ink2]]) {
      const words = fit(ctx, text, this.width - x - em * 0.4);
      if (words.length < Math.min(5, text.length)) break;
      ctx.fillStyle = colour;
      ctx.fillText(words, x, em * 0.9);
      x += ctx.measureText(words).width + em * 1.5;
    }
    ctx.textBaseline = "alphabetic";
  }

  paint(ctx, c) {
    const layout = /** @type {import("./graph-layout.js").Layout} */ (this.layout);
    const { f } = this;
    const u = Math.min(1, (performance.now() - this.#wave) / WAVE_MS);
    ctx.save();
    ctx.translate(-this.pan, 0);
    f.edges.forEach((edge, k) => this.#paintEdge(ctx, edge, layout.edges[k], k, u, c));
    f.edges.forEach((edge, k) => !edge.lit && this.#number(ctx, edge, layout.edges[k], k, c));
    for (const node of f.nodes) this.#paintNode(ctx, node, c);
    f.edges.forEach((edge, k) => edge.lit && this.#number(ctx, edge, layout.edges[k], k, c));
    ctx.restore();
    if (layout.wide > this.width + 1) this.#more(ctx, c);
    ctx.font = `${this.em}px ${c.font}`;
    if (u < 1) invalidate(this);
  }

  #paintEdge(ctx, edge, bend, k, u, c) {
    const { value, gradient } = Graph.inks(c);
    const back = edge.flow !== null && edge.flow !== undefined;
    const colour = edge.lit ? (back ? gradient : value) : this.edge === k ? c.brass : c.ink3;
    const path = () => {
      ctx.beginPath();
      ctx.moveTo(bend.x0, bend.y0);
      ctx.bezierCurveTo(bend.ax, bend.ay, bend.bx, bend.by, bend.x1, bend.y1);
    };
    const faint = this.over && edge.source !== this.over && edge.target !== this.over && !edge.lit ? 0.35 : 1;
    ctx.strokeStyle = ctx.fillStyle = colour;
    if (edge.lit) {
      ctx.globalAlpha = 0.2;
      ctx.lineWidth = 9;
      path();
      ctx.stroke();
    }
    ctx.globalAlpha = faint;
    ctx.lineWidth = edge.lit ? 2.4 : this.edge === k ? 2 : 1.2;
    path();
    ctx.stroke();
    const [hx, hy] = along(bend, 0.94);
    const angle = Math.atan2(bend.y1 - hy, bend.x1 - hx);
    ctx.beginPath();
    for (const [r, a] of [[0, 0], [7, 2.75], [7, -2.75]]) ctx.lineTo(bend.x1 + r * Math.cos(angle + a), bend.y1 + r * Math.sin(angle + a));
    ctx.fill();
    if (edge.lit && u < 1) {
      const [wx, wy] = along(bend, back ? 1 - u : u);
      ctx.beginPath();
      ctx.arc(wx, wy, 5 + 3 * Math.sin(u * Math.PI), 0, 7);
      ctx.fill();
    }
    ctx.globalAlpha = 1;
  }

  /** The local derivative on an edge; where it is lit, the product that flows back. */
  #number(ctx, edge, bend, k, c) {
    const { em, layout } = this;
    const back = edge.lit && edge.flow !== null && edge.flow !== undefined;
    const room = bend.x1 - bend.x0 - em;
    ctx.font = `${back ? 600 : 400} ${em * (layout?.scale ?? 1) * (back ? 1 : 0.92)}px ${c.font}`;
    const whole = back ? flowText(this.f, edge) : "";
    const text = back ? (ctx.measureText(whole).width < room ? whole : short(edge.flow)) : edge.local === null || edge.local === undefined ? edge.label ?? "" : short(edge.local);
    if (!text) return;
    const faint = this.over && edge.source !== this.over && edge.target !== this.over && !edge.lit;
    ctx.textAlign = "center";
    ctx.globalAlpha = faint ? 0.35 : 1;
    label(ctx, text, bend.tx, bend.ty - em * (back ? 0.6 : -0.3), back ? Graph.inks(c).gradient : this.edge === k ? c.ink : c.ink2, c.card);
    ctx.globalAlpha = 1;
  }

  #paintNode(ctx, node, c) {
    const { em, layout } = this;
    const place = /** @type {import("./graph-layout.js").Place} */ (layout?.nodes.get(node.id));
    const size = em * (layout?.scale ?? 1);
    const { value, gradient } = Graph.inks(c);
    const { x, y, w, h: high } = place;
    const back = this.f.edges.some((e) => e.lit && e.flow !== null && e.flow !== undefined);
    if (node.lit) {
      ctx.strokeStyle = back ? gradient : value;
      ctx.globalAlpha = 0.24;
      ctx.lineWidth = 10;
      outline(ctx, node.role, x, y, w, high);
      ctx.stroke();
      ctx.globalAlpha = 1;
    }
    outline(ctx, node.role, x, y, w, high);
    ctx.fillStyle = node.role === "input" ? c.paper2 : c.card;
    ctx.fill();
    const ring = this.over === node.id || this.lit === `node-${node.id}`;
    ctx.strokeStyle = ring ? c.brass : c.ink;
    ctx.lineWidth = ring ? 2.4 : node.role === "loss" ? 2 : 1.3;
    ctx.stroke();
    if (node.role === "loss") {
      ctx.lineWidth = 1;
      outline(ctx, node.role, x, y, w - 4, high - 4);
      ctx.stroke();
    }
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillStyle = c.ink;
    ctx.font = `${/^\p{L}[₀-₉ᵢⱼₖ′]*$/u.test(node.label) ? "italic " : ""}${size * 1.2}px ${this.math}`;
    ctx.fillText(fit(ctx, node.label, w * 2 - 4), x, y + 1);
    ctx.textBaseline = "alphabetic";
    ctx.font = `600 ${size}px ${c.font}`;
    label(ctx, short(node.value), x, y - high - size * 0.4, node.value === null ? c.ink3 : value, c.card);
    label(ctx, short(node.gradient), x, y + high + size * 1.15, node.gradient === null ? c.ink3 : gradient, c.card);
  }

  /** At an end behind which there is more: a sign of it. */
  #more(ctx, c) {
    ctx.font = `600 ${this.em * 1.4}px ${c.font}`;
    ctx.textAlign = "left";
    const y = this.em * 3;
    if (this.pan > 2) label(ctx, "‹", 3, y, c.brass, c.card);
    ctx.textAlign = "right";
    if (this.pan < (this.layout?.wide ?? 0) - this.width - 2) label(ctx, "›", this.width - 3, y, c.brass, c.card);
  }

  /** Bring a node into sight. @param {string} id */
  #reveal(id) {
    const place = this.layout?.nodes.get(id);
    if (!place || !this.layout) return;
    const room = this.em * 5;
    if (place.x - this.pan < room) this.pan = place.x - room;
    if (place.x - this.pan > this.width - room) this.pan = place.x - this.width + room;
    this.pan = Math.max(0, Math.min(this.layout.wide - this.width, this.pan));
  }

  /** The node under a pixel: its shape, and its numbers above and below. @returns {{node: any, what: "value" | "gradient"} | null} */
  #at(px, py) {
    for (const node of this.f?.nodes ?? []) {
      const p = this.layout?.nodes.get(node.id);
      if (p && Math.abs(px + this.pan - p.x) <= p.w + 3 && Math.abs(py - p.y) <= p.h + this.em * 1.5) return { node, what: py < p.y - p.h ? "value" : "gradient" };
    }
    return null;
  }

  /** What can be typed at a node: a value that is not computed, any gradient. @param {any} node @returns {("value" | "gradient")[]} */
  #typed(node) {
    const { f } = this;
    if (!this.takes("Node") || (f.nodes_editable && !f.nodes_editable.includes(node.id))) return [];
    return f.editable.filter((/** @type {string} */ what) => what === "gradient" || node.role === "input" || node.role === "parameter");
  }

  #tell(node, aloud = false) {
    const place = this.layout?.nodes.get(node.id);
    if (!place) return;
    const changed = this.over !== node.id;
    this.over = node.id;
    this.edge = -1;
    const lines = aboutNode(this.f, node);
    const types = this.#typed(node);
    if (types.length) lines.push(`${aloud ? "Enter" : "click"}: type its ${types.join(" or ")}`);
    this.point({ x: place.x - this.pan + place.w, y: place.y - place.h, lines }, { id: `node-${node.id}`, text: lines.join(", ") }, aloud);
    if (changed && this.takes("Node")) this.touch("Node", { id: node.id }, "hover");
  }

  moved(px, py) {
    if (!this.figure || !this.layout) return;
    if (this.hold) {
      if (!this.hold.moved && Math.abs(px - this.hold.x) < 4) return;
      this.hold.moved = true;
      this.pan = Math.max(0, Math.min(this.layout.wide - this.width, this.hold.pan + this.hold.x - px));
      this.point(null);
      return;
    }
    const found = this.#at(px, py);
    this.canvas.style.cursor = found ? (this.#typed(found.node).length ? "text" : "pointer") : this.layout.wide > this.width + 1 ? "grab" : "default";
    if (found) return this.#tell(found.node);
    const k = nearestEdge(this.layout.edges, px + this.pan, py);
    if (k < 0) return this.left();
    if (this.over && this.takes("Node")) this.touch("Node", { id: this.over }, "leave");
    this.over = null;
    this.edge = k;
    this.point({ x: px, y: py, lines: aboutEdge(this.f, this.f.edges[k]) });
  }

  pressed(px, py, e) {
    this.slip.close();
    if (!this.layout) return;
    this.hold = { x: px, pan: this.pan, moved: false };
    this.canvas.setPointerCapture(e.pointerId);
  }

  released(px, py) {
    const moved = this.hold?.moved;
    this.hold = null;
    const found = moved ? null : this.#at(px, py);
    if (found) this.#use(found.node, found.what);
  }

  cancelled() {
    this.hold = null;
  }

  left() {
    if (this.hold) return;
    if (this.over && this.takes("Node")) this.touch("Node", { id: this.over }, "leave");
    this.over = null;
    this.edge = -1;
    super.left();
  }

  /** Arrow keys walk along the edges and within a column; Enter types. */
  key(e) {
    const { f } = this;
    const now = this.over ? nodeOf(f, this.over) : null;
    if (e.key === "Escape") return this.left(), true;
    if (e.key === "Enter") return now ? (this.#use(now, "gradient"), true) : false;
    const next = this.#next(now, e.key);
    if (next === undefined) return false;
    if (next) {
      this.#reveal(next.id);
      this.#tell(next, true);
    }
    return true;
  }

  /** @param {any} now @param {string} key @returns {any} undefined where the key means nothing */
  #next(now, key) {
    const { f } = this;
    if (!["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(key)) return undefined;
    if (key === "End") return f.nodes[f.nodes.length - 1];
    if (!now || key === "Home") return f.nodes[0];
    const near = (/** @type {any[]} */ nodes) => nodes.sort((a, b) => Math.abs(a.row - now.row) - Math.abs(b.row - now.row) || Math.abs(a.column - now.column) - Math.abs(b.column - now.column))[0] ?? null;
    if (key === "ArrowRight") return near(f.edges.filter((e) => e.source === now.id).map((e) => nodeOf(f, e.target)));
    if (key === "ArrowLeft") return near(f.edges.filter((e) => e.target === now.id).map((e) => nodeOf(f, e.source)));
    const way = key === "ArrowDown" ? 1 : -1;
    const beyond = f.nodes.filter((n) => (n.row - now.row) * way > 0);
    const same = beyond.filter((n) => Math.abs(n.column - now.column) < 0.75);
    return near(same.length ? same : beyond);
  }

  /** A click or Enter on a node: type its number, or ask about it. @param {any} node @param {"value" | "gradient"} what */
  #use(node, what) {
    const can = this.#typed(node);
    if (can.length) this.slip.type(node, can, can.includes(what) ? what : can[0]);
    else if (this.takes("Node") && !this.f.editable.length) this.touch("Node", { id: node.id }, "commit");
  }

  reset() {
    this.pan = 0;
    invalidate(this);
  }

  words() { return describe(this.f); }
  rows() { return rows(this.f); }
}

customElements.define("orrery-graph", Graph);
