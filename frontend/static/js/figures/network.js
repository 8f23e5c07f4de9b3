// @ts-check
/** A network: every unit a picture of what it answers over the plane, every weight an edge that can be read and typed. */
import { at, range } from "../frames.js";
import { fit, roundUp, signed } from "./axes.js";
import { Figure } from "./figure.js";
import { Heat } from "./heat.js";
import { label, rampLegend } from "./marks.js";
import { curve, drawEdges, edgesDrawn, nearestEdge } from "./network-edges.js";
import { arrange } from "./network-layout.js";
import { NARROW, NetworkTools } from "./network-tools.js";

/** @typedef {{kind: "unit" | "bias" | "edge", layer: number, unit: number, source: number | null}} Part  source: unit of the layer before, null for the bias */

export class Network extends Figure {
  /** @type {Heat[]} */
  heats = [];
  /** @type {number[]} ends of each layer's colour scale */
  ends = [];
  most = 0;
  /** @type {import("./network-layout.js").Layout | null} */
  layout = null;
  /** @type {Part | null} */
  over = null;
  /** @type {Part | null} where the keys stand */
  chosen = null;
  tools = new NetworkTools(this);

  get layers() {
    return /** @type {any[]} */ (this.figure?.layers ?? []);
  }

  /** A network of hundreds of units is drawn less often, so that the page stays quick. */
  get rest() {
    const units = this.layers.reduce((sum, l) => sum + l.units.length, 0);
    return this.over ? 0 : units > 300 ? 150 : units > 120 ? 60 : 0;
  }

  /** The link that ends in a layer. @param {number} target */
  link(target) {
    return /** @type {any} */ (this.figure?.links.find((/** @type {any} */ l) => l.target === target));
  }

  /** @param {number} layer @param {number} unit */
  name(layer, unit) {
    const { units } = this.layers[layer];
    return units[unit].label || (layer === this.layers.length - 1 ? "output" : `h${unit + 1}`);
  }

  /** A weight or bias; NaN where there is none. @param {Part} part */
  value({ layer, unit, source }) {
    if (source === null) return this.layers[layer].biases ? at(this.layers[layer].biases, unit) : NaN;
    const link = this.link(layer);
    return link ? link.weights.data[unit * link.weights.shape[1] + source] : NaN;
  }

  /** @returns {Record<string, [number, number]>} */
  extents() {
    const f = /** @type {any} */ (this.figure);
    let most = 1e-6;
    for (const { weights: { data } } of f.links) for (let i = 0; i < data.length; i += 1) if (Math.abs(data[i]) > most && data[i] < 1e30) most = Math.abs(data[i]);
    return { weight: [0, most] };
  }

  stillKey() {
    const f = /** @type {any} */ (this.figure);
    const [, most] = this.common.weight ?? this.extents().weight;
    if (this.common.weight) this.most = most;
    else if (most > this.most || most < this.most * 0.4) this.most = roundUp(most);
    return `${this.width} ${this.height} ${this.most} ${f.builds} ${this.layers.map((l) => `${l.label}${l.activation}${l.units.length}`)} ${this.layers[0]?.units.map((u) => u.label)} ${this.layers.at(-1)?.units.map((u) => u.label)}`;
  }

  paintStill(ctx, c) {
    const { em, layers } = this;
    const f = /** @type {any} */ (this.figure);
    const wide = (/** @type {any[]} */ units) => Math.max(0, ...units.map((u) => ctx.measureText(u.label).width));
    const left = Math.min(this.width * 0.2, wide(layers[0].units) + em * 1.2);
    const right = Math.min(this.width * 0.22, wide(layers.at(-1).units) + em * 1.2);
    const head = em * (f.builds ? 4.6 : 2.8);
    this.layout = arrange(layers.map((l) => l.units.length), Math.max(left, em * 2), this.width - Math.max(right, em * 2), head, this.height - em * 2.4, f.builds ? 50 : 0);
    const { columns, xs, ys, size } = this.layout;
    ctx.textBaseline = "middle";
    layers.forEach((layer, l) => {
      const middle = columns[l].x + columns[l].w / 2;
      const room = Math.min(...[l - 1, l + 1].filter((k) => columns[k]).map((k) => Math.abs(columns[k].x + columns[k].w / 2 - middle)), this.width) - 4;
      const hidden = l > 0 && l < layers.length - 1;
      ctx.textAlign = "center";
      ctx.fillStyle = c.ink;
      const title = hidden ? layer.activation || layer.label : layer.label;
      ctx.fillText(fit(ctx, title, room), Math.max(em * 1.6, Math.min(this.width - em * 1.6, middle)), em * 0.9);
      ctx.fillStyle = c.ink2;
      const inputs = l === 0 || !hidden;
      const count = `${layer.units.length}`;
      if (!f.builds || inputs || room + 4 < NARROW) ctx.fillText(count, middle, em * 2.3);
      ctx.fillStyle = c.ink;
      ctx.textAlign = l === 0 ? "right" : "left";
      if (l === 0 || l === layers.length - 1) {
        layer.units.forEach((unit, i) => {
          if (columns[l].cols > 1 || size < em) return;
          ctx.fillText(fit(ctx, unit.label, (l === 0 ? left : right) - em * 0.6), l === 0 ? xs[0][i] - em * 0.6 : xs[l][i] + size + em * 0.6, ys[l][i] + size / 2);
        });
      }
    });
    ctx.textBaseline = "alphabetic";
    rampLegend(ctx, c.diverging, f.links.some((/** @type {any} */ l) => l.weights.data.length > edgesDrawn(f.links)) ? `weight (the ${edgesDrawn(f.links)} strongest a layer)` : "weight", signed(-this.most, this.most % 1 ? 1 : 0), signed(this.most, this.most % 1 ? 1 : 0), this.width - em * 0.6, this.height - em * 0.8, em);
    this.tools.place();
  }

  paint(ctx, c) {
    const layout = /** @type {import("./network-layout.js").Layout} */ (this.layout);
    const links = this.figure?.links ?? [];
    for (const link of links) drawEdges(ctx, link, layout, this.most, edgesDrawn(links), this.lit !== null || this.over !== null ? 0.3 : 1, c);
    this.#lit(ctx, layout, c);
    this.layers.forEach((layer, l) => this.#units(ctx, layer, l, layout, c));
    if (this.over?.kind === "unit" && !this.takes("UnitAt")) this.#large(ctx, this.over, layout, c);
  }

  /** The edges of the unit that is pointed at, here or in another figure, and the edge itself. */
  #lit(ctx, { xs, ys, size }, c) {
    const draw = (/** @type {number} */ layer, /** @type {number} */ unit, /** @type {number} */ source, strong = false) => {
      const w = this.value({ kind: "edge", layer, unit, source });
      ctx.strokeStyle = strong ? c.brass : w < 0 ? c.neg : c.pos;
      ctx.lineWidth = (strong ? 4 : 0.8) + (Math.abs(w) / this.most) * 5;
      ctx.beginPath();
      curve(ctx, xs[layer - 1][source] + size, ys[layer - 1][source] + size / 2, xs[layer][unit], ys[layer][unit] + size / 2);
      ctx.stroke();
    };
    const place = this.#litUnit();
    if (place) {
      const [layer, unit] = place;
      if (layer > 0 && this.link(layer)) for (let j = 0; j < this.layers[layer - 1].units.length; j += 1) draw(layer, unit, j);
      if (this.link(layer + 1)) for (let i = 0; i < this.layers[layer + 1].units.length; i += 1) draw(layer + 1, i, unit);
    }
    const part = this.tools.open ?? this.over;
    if (part?.kind === "edge" && part.source !== null && this.layers[part.layer]?.units[part.unit] && this.layers[part.layer - 1].units[part.source]) {
      draw(part.layer, part.unit, part.source, true);
      draw(part.layer, part.unit, part.source);
    }
  }

  /** @returns {[number, number] | null} */
  #litUnit() {
    if (this.lit === null) return null;
    for (const [l, layer] of this.layers.entries()) {
      const i = layer.units.findIndex((/** @type {any} */ u) => u.id === this.lit);
      if (i >= 0) return [l, i];
    }
    return null;
  }

  #units(ctx, layer, l, { xs, ys, size }, c) {
    const n = layer.units.length;
    if (layer.maps) {
      const most = this.#reach(layer);
      if (!(most <= this.ends[l]) || most < this.ends[l] * 0.4) this.ends[l] = most;
      this.heats[l] ??= new Heat();
      this.heats[l].values(layer.maps, c.diverging, -this.ends[l], this.ends[l]);
    }
    const place = this.#litUnit();
    const dot = Math.max(3, Math.min(this.em * 0.5, size * 0.2));
    ctx.textAlign = "center";
    for (let i = 0; i < n; i += 1) {
      const [x, y] = [xs[l][i], ys[l][i]];
      if (layer.maps) this.heats[l].draw(ctx, x, y, size, size, i, n, size > 16);
      else {
        ctx.fillStyle = c.paper2;
        ctx.fillRect(x, y, size, size);
      }
      const here = place !== null && place[0] === l && place[1] === i;
      const note = layer.units[i].note;
      ctx.strokeStyle = here ? c.brass : note ? c.warn : c.rule2;
      ctx.lineWidth = here ? 2.5 : note ? 2 : 1;
      ctx.strokeRect(x - 0.5, y - 0.5, size + 1, size + 1);
      if (note && size >= 20) {
        ctx.font = `${Math.min(this.em * 0.9, size * 0.36)}px ${c.font}`;
        label(ctx, note.split(/[ :,(]/)[0], x + size / 2, y + size - 4, c.ink, c.card);
        ctx.font = `${this.em}px ${c.font}`;
      }
      if (layer.biases && l > 0 && size >= 12) this.#bias(ctx, at(layer.biases, i), x, y + size, dot, c);
    }
  }

  /** The end of a layer's colour scale: ±1 for what is bounded, else a few times the usual size, so that quiet units are seen beside loud ones. */
  #reach(layer) {
    const [lo, hi] = range(layer.maps);
    const most = Math.max(Math.abs(layer.lo ?? lo), Math.abs(layer.hi ?? hi), 1e-9);
    if (most <= 1) return layer.hi === null || layer.hi === undefined ? roundUp(most) : most;
    const { data } = layer.maps;
    let [sum, n] = [0, 0];
    for (let i = 0; i < data.length; i += 5) if (data[i] !== 255) [sum, n] = [sum + Math.abs(at(layer.maps, i)), n + 1];
    return Math.min(most, roundUp((2.5 * sum) / (n || 1)));
  }

  #bias(ctx, b, x, y, dot, c) {
    ctx.fillStyle = c.card;
    ctx.fillRect(x - dot, y - dot, dot * 1.6, dot * 1.6);
    ctx.globalAlpha = Math.min(1, 0.15 + Math.abs(b) / this.most);
    ctx.fillStyle = b < 0 ? c.neg : c.pos;
    ctx.fillRect(x - dot, y - dot, dot * 1.6, dot * 1.6);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = c.ink3;
    ctx.lineWidth = 1;
    ctx.strokeRect(x - dot, y - dot, dot * 1.6, dot * 1.6);
  }

  /** The unit's own map, large, beside it. */
  #large(ctx, { layer, unit }, { xs, ys, size }, c) {
    if (!this.layers[layer].maps) return;
    const big = Math.round(Math.min(180, this.height * 0.5));
    let x = xs[layer][unit] + size + 14;
    if (x + big > this.width - 4) x = xs[layer][unit] - big - 14;
    const y = Math.max(4, Math.min(this.height - big - 4, ys[layer][unit] + size / 2 - big / 2));
    ctx.fillStyle = c.card;
    ctx.fillRect(x - 5, y - 5, big + 10, big + 10);
    this.heats[layer].draw(ctx, x, y, big, big, unit, this.layers[layer].units.length);
    ctx.strokeStyle = c.ink2;
    ctx.lineWidth = 1;
    ctx.strokeRect(x - 0.5, y - 0.5, big + 1, big + 1);
  }

  /** What lies under a pixel: a bias, a unit, or the nearest edge. @param {number} px @param {number} py @returns {Part | null} */
  find(px, py) {
    const layout = this.layout;
    if (!layout || !this.figure) return null;
    const { xs, ys, size } = layout;
    const dot = Math.max(6, size * 0.22);
    for (let l = 0; l < Math.min(xs.length, this.layers.length); l += 1) {
      for (let i = 0; i < xs[l].length; i += 1) {
        const [dx, dy] = [px - xs[l][i], py - ys[l][i]];
        if (l > 0 && this.layers[l].biases && Math.abs(dx + 1) < dot && Math.abs(dy - size + 1) < dot) return { kind: "bias", layer: l, unit: i, source: null };
        if (dx >= -1 && dx <= size + 1 && dy >= -1 && dy <= size + 1) return { kind: "unit", layer: l, unit: i, source: null };
      }
    }
    return nearestEdge(this, layout, px, py);
  }

  /** @param {Part} part @returns {string[]} */
  say({ kind, layer, unit, source }) {
    const { units, activation, label: words } = this.layers[layer];
    const me = this.name(layer, unit);
    const b = this.value({ kind: "bias", layer, unit, source: null });
    if (kind === "edge") return [`${this.name(layer - 1, /** @type {number} */ (source))} → ${me}: weight ${signed(this.value({ kind, layer, unit, source }), 3)}`];
    if (kind === "bias") return [`bias of ${me} ${signed(b, 3)}`];
    return [`${me}, ${words}${activation ? `, ${activation}` : ""}`, ...(Number.isNaN(b) || layer === 0 ? [] : [`bias ${signed(b, 3)}`]), ...(units[unit].note ? [units[unit].note] : [])];
  }

  /** @param {Part | null} part @param {number} px @param {number} py @param {boolean} [aloud] */
  aim(part, px, py, aloud = false) {
    const before = this.over;
    this.over = part;
    if (!part) {
      if (before && this.takes("UnitAt")) this.touch("UnitAt", { layer: 0, unit: 0 }, "leave");
      return this.point(null);
    }
    const lines = this.say(part);
    const layer = this.layers[part.layer];
    const unit = part.kind === "unit";
    const preview = unit && layer.maps ? { tensor: layer.maps, index: part.unit, signed: true, end: this.ends[part.layer], label: this.name(part.layer, part.unit) } : undefined;
    this.point({ x: px, y: py, lines }, unit ? { id: layer.units[part.unit].id, text: lines.join(", "), preview } : null, aloud);
    const same = before?.kind === "unit" && before.layer === part.layer && before.unit === part.unit;
    if (unit && !same && this.takes("UnitAt")) this.touch("UnitAt", { layer: part.layer, unit: part.unit }, "hover");
  }

  moved(x, y) {
    const part = this.find(x, y);
    this.canvas.style.cursor = part && (part.kind === "unit" || this.figure?.editable) ? "pointer" : "default";
    if (part || this.over) this.aim(part, x, y);
  }

  left() {
    if (this.over) this.aim(null, 0, 0);
    this.chosen = null;
  }

  released(x, y) { // not pressed: the press itself gives the focus to the canvas
    const part = this.find(x, y);
    if (!part) return this.tools.close();
    if (part.kind === "unit" && this.takes("UnitAt")) this.touch("UnitAt", { layer: part.layer, unit: part.unit }, "commit");
    if (part.kind !== "unit" || !this.takes("UnitAt")) this.tools.edit(part, x, y);
  }

  key(e) {
    const { layers, layout } = this;
    if (e.key === "Escape") return this.tools.close(), this.left(), true;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    const now = this.chosen ?? { kind: "unit", layer: Math.min(1, layers.length - 1), unit: -1, source: null };
    if (move) {
      const layer = Math.max(0, Math.min(layers.length - 1, now.layer + move[0]));
      const unit = Math.max(0, Math.min(layers[layer].units.length - 1, now.unit + (this.chosen ? move[1] : 1)));
      this.chosen = { kind: "unit", layer, unit, source: null };
    } else if (this.chosen && e.key === "Enter") {
      const { layer, unit } = this.chosen;
      this.tools.edit({ kind: "bias", layer, unit, source: null }, layout?.xs[layer][unit] ?? 0, layout?.ys[layer][unit] ?? 0);
      return true;
    } else if (this.figure?.builds && (e.key === "+" || e.key === "-") && now.layer > 0 && now.layer < layers.length - 1) {
      this.tools.build(e.key === "+" ? "add-unit" : "remove-unit", now.layer - 1);
      return true;
    } else return false;
    const { layer, unit } = /** @type {Part} */ (this.chosen);
    this.aim(this.chosen, (layout?.xs[layer][unit] ?? 0) + (layout?.size ?? 0), layout?.ys[layer][unit] ?? 0, true);
    return true;
  }

  words() {
    const notes = this.layers.flatMap((layer, l) => layer.units.map((/** @type {any} */ u, /** @type {number} */ i) => (u.note ? `${this.name(l, i)} of ${layer.label} is ${u.note}` : ""))).filter(Boolean);
    return [`${this.layers.map((l) => l.units.length).join("–")} units`, ...notes.slice(0, 5)].join("; ");
  }

  rows() {
    /** @type {(string | number)[][]} */
    const rows = [["layer", "from", "to", "value"]];
    this.layers.forEach((layer, l) => {
      if (!l) return;
      for (let i = 0; i < layer.units.length; i += 1) {
        if (layer.biases) rows.push([layer.label, "bias", this.name(l, i), at(layer.biases, i)]);
        for (let j = 0; this.link(l) && j < this.layers[l - 1].units.length; j += 1) rows.push([layer.label, this.name(l - 1, j), this.name(l, i), this.value({ kind: "edge", layer: l, unit: i, source: j })]);
      }
    });
    return rows;
  }
}

customElements.define("orrery-network", Network);
