// @ts-check
/** A heat map with named rows and columns; its numbers are printed where they fit, and typed where that is allowed. */
import { h } from "../dom.js";
import { parse, plain } from "../numbers.js";
import { swatch } from "../palette.js";
import { axisText, fit, number, roundUp, signed } from "./axes.js";
import { Figure } from "./figure.js";
import { rampLegend } from "./marks.js";

export class Matrix extends Figure {
  plot = { x: 0, y: 0, w: 0, h: 0 };
  end = 0;
  /** @type {[number, number] | null} row, column */
  over = null;

  get f() {
    return /** @type {any} */ (this.figure);
  }

  get shape() {
    return /** @type {[number, number]} */ (this.f.values.shape);
  }

  /** The colour scale's end: round, so that it seldom moves. */
  #end() {
    if (this.common.value) return this.common.value[1];
    const [, most] = this.extents().value;
    if (most > this.end || most < this.end * 0.5) this.end = roundUp(most);
    return this.end;
  }

  /** @returns {Record<string, [number, number]>} */
  extents() {
    const { data } = this.f.values;
    let most = 0;
    for (let i = 0; i < data.length; i += 1) if (Math.abs(data[i]) > most && data[i] < 1e30) most = Math.abs(data[i]);
    return { value: [0, most] };
  }

  stillKey() {
    return `${this.shape} ${this.f.rows} ${this.f.columns} ${axisText(this.f.x)} ${axisText(this.f.y)} ${this.f.counts ? "" : this.#end()} ${this.f.signed}`;
  }

  paintStill(ctx, c) {
    const { em, f } = this;
    const [rows, columns] = this.shape;
    const wide = (/** @type {string[]} */ names) => Math.max(em, ...names.map((n) => ctx.measureText(n).width));
    const left = Math.min(this.width * 0.32, wide(f.rows) + em * 0.8);
    const top = em * 2.2 + (f.y?.label || !f.counts ? em * 1.2 : 0);
    const w = Math.max(10, this.width - left - em);
    const below = f.x?.label ? em * 1.7 : em * 0.4;
    const high = Math.max(10, this.height - top - below);
    const cell = Math.min(w / columns, (high / rows) * 1.6);
    const tall = Math.min(high / rows, cell);
    this.plot = { x: Math.round(left + Math.max(0, (w - cell * columns) / 2)), y: Math.round(top), w: cell * columns, h: tall * rows };
    const { x, y } = this.plot;
    ctx.fillStyle = c.ink2;
    ctx.textBaseline = "middle";
    ctx.textAlign = "right";
    const everyRow = Math.max(1, Math.ceil((em * 1.15) / tall));
    for (let r = 0; r < rows; r += everyRow) ctx.fillText(fit(ctx, f.rows[r] ?? String(r), left - em * 0.6), x - em * 0.5, y + (r + 0.5) * tall);
    ctx.textAlign = "center";
    const longest = wide(f.columns);
    const everyColumn = longest > cell * 1.02 && cell < em * 2 ? Math.ceil((em * 2) / cell) : 1;
    for (let k = 0; k < columns; k += everyColumn) ctx.fillText(fit(ctx, f.columns[k] ?? String(k), cell * everyColumn - 3), x + (k + 0.5) * cell, y - em * 0.75);
    ctx.fillStyle = c.ink;
    ctx.textAlign = "right";
    ctx.fillText(axisText(f.x), x + this.plot.w, y + this.plot.h + em * 1.05);
    ctx.textAlign = "left";
    ctx.fillText(axisText(f.y), Math.max(2, x - left + em * 0.3), em * 0.8);
    ctx.textBaseline = "alphabetic";
    const low = f.signed ? signed(-this.end, this.end % 1 ? 2 : 0) : "0";
    if (!f.counts) rampLegend(ctx, f.signed ? c.diverging : c.sequential, "", low, f.signed ? signed(this.end, this.end % 1 ? 2 : 0) : number(this.end, this.end % 1 ? 2 : 0), this.width - em * 0.5, em * 0.8, em);
  }

  paint(ctx, c) {
    const { f, plot, em } = this;
    const [rows, columns] = this.shape;
    const { data } = f.values;
    const [cw, ch] = [plot.w / columns, plot.h / rows];
    const ramp = f.signed ? c.diverging : c.sequential;
    const longest = (f.signed ? 2 : 1) + (f.digits ? f.digits + 1 : 0) + String(Math.round(this.end || 99)).length;
    const print = ch > em * 1.15 && cw > em * 0.62 * longest + 4;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    for (let r = 0; r < rows; r += 1) {
      let sum = 0;
      if (f.counts) for (let k = 0; k < columns; k += 1) sum += data[r * columns + k];
      for (let k = 0; k < columns; k += 1) {
        const v = data[r * columns + k];
        const share = f.counts ? v / (sum || 1) : f.signed ? 0.5 + v / this.end / 2 : v / this.end;
        const q = Number.isNaN(v) ? 255 : Math.max(0, Math.min(254, Math.round((f.counts ? share * 0.86 : share) * 254)));
        ctx.fillStyle = q === 255 ? c.rule2 : swatch(ramp, q);
        const [x, y] = [plot.x + k * cw, plot.y + r * ch];
        ctx.fillRect(Math.round(x), Math.round(y), Math.round(x + cw) - Math.round(x) - (cw > 9 ? 1 : 0), Math.round(y + ch) - Math.round(y) - (ch > 9 ? 1 : 0));
        if (!print) continue;
        ctx.fillStyle = dark(ramp[q]) ? "#fff" : "#1d2330";
        ctx.fillText(f.signed ? signed(v, f.digits) : number(v, f.digits ?? 0), x + cw / 2, y + ch / 2);
      }
    }
    ctx.textBaseline = "alphabetic";
    if (!this.over) return;
    const [r, k] = this.over;
    ctx.strokeStyle = c.brass;
    ctx.lineWidth = 2;
    ctx.strokeRect(plot.x + k * cw - 1, plot.y + r * ch - 1, cw + 1, ch + 1);
  }

  /** @param {number} px @param {number} py @returns {[number, number] | null} */
  find(px, py) {
    const { plot } = this;
    if (!this.figure || px < plot.x || py < plot.y || px >= plot.x + plot.w || py >= plot.y + plot.h) return null;
    const [rows, columns] = this.shape;
    return [Math.floor(((py - plot.y) / plot.h) * rows), Math.floor(((px - plot.x) / plot.w) * columns)];
  }

  /** @param {[number, number]} cell @param {boolean} [aloud] */
  tell(cell, aloud = false) {
    const { f, plot } = this;
    const [r, k] = (this.over = cell);
    const [rows, columns] = this.shape;
    const v = f.values.data[r * columns + k];
    const words = [`${f.signed ? signed(v, f.digits) : number(v, f.digits)}`, `${f.y?.label ? `${f.y.label} ` : ""}${f.rows[r] ?? r}, ${f.x?.label ? `${f.x.label} ` : ""}${f.columns[k] ?? k}`];
    this.point({ x: plot.x + ((k + 1) / columns) * plot.w, y: plot.y + (r / rows) * plot.h, lines: words }, { id: `cell-${r}-${k}`, text: words.join(", ") }, aloud);
  }

  moved(px, py) {
    const cell = this.find(px, py);
    if (!cell) return this.left();
    this.canvas.style.cursor = this.f.editable && this.takes("Cell") ? "text" : "default";
    const same = this.over && this.over[0] === cell[0] && this.over[1] === cell[1];
    this.tell(cell);
    if (!same && this.takes("Cell")) this.touch("Cell", { row: cell[0], column: cell[1] }, "hover");
  }

  left() {
    if (this.over && this.takes("Cell")) this.touch("Cell", { row: 0, column: 0 }, "leave");
    this.over = null;
    super.left();
  }

  released(px, py) {
    const cell = this.find(px, py);
    if (cell) this.#type(cell);
  }

  key(e) {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[e.key];
    if (e.key === "Escape") return this.left(), true;
    if (e.key === "Enter" && this.over) return this.#type(this.over), true;
    if (!move) return false;
    const [rows, columns] = this.shape;
    const [r, k] = this.over ?? [0, -move[1]];
    this.tell([Math.max(0, Math.min(rows - 1, r + move[0])), Math.max(0, Math.min(columns - 1, k + move[1]))], true);
    return true;
  }

  /** A box over the cell in which its value is typed. @param {[number, number]} cell */
  #type([row, column]) {
    if (!this.f.editable || !this.takes("Cell")) return;
    const [rows, columns] = this.shape;
    const { plot } = this;
    const box = h("input.figure-cell", { type: "text", inputMode: "decimal", value: plain(this.f.values.data[row * columns + column]), "aria-label": `${this.f.rows[row] ?? row}, ${this.f.columns[column] ?? column}` });
    let over = false; // taking the box away blurs it, which would end it again
    const done = (/** @type {boolean} */ keep) => {
      if (over) return;
      over = true;
      const value = parse(box.value);
      box.remove();
      if (keep && Number.isFinite(value)) this.touch("Cell", { row, column, value }, "commit");
    };
    box.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
      e.stopPropagation();
      if (e.key !== "Enter" && e.key !== "Escape") return;
      done(e.key === "Enter");
      this.canvas?.focus();
    });
    box.addEventListener("blur", () => done(false));
    Object.assign(box.style, { left: `${plot.x + (column / columns) * plot.w}px`, top: `${plot.y + (row / rows) * plot.h}px`, width: `${Math.max(56, plot.w / columns)}px`, height: `${Math.max(26, plot.h / rows)}px` });
    this.append(box);
    box.focus();
    box.select();
  }

  words() {
    const [rows, columns] = this.shape;
    return `${rows} rows, ${columns} columns`;
  }

  rows() {
    const { f } = this;
    const [rows, columns] = this.shape;
    return [["", ...f.columns], ...Array.from({ length: rows }, (_, r) => [f.rows[r] ?? r, ...f.values.data.slice(r * columns, (r + 1) * columns)])];
  }
}

/** Whether words on this colour must be light. @param {number} word */
const dark = (word) => (word & 255) * 0.299 + ((word >> 8) & 255) * 0.587 + ((word >> 16) & 255) * 0.114 < 135;

customElements.define("orrery-matrix", Matrix);
