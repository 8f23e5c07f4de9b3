// @ts-check
/** Rows of text and numbers, each column with its digits; the row that matters now is lit. */
import { h, write } from "../dom.js";
import { number } from "./axes.js";
import { WordFigure } from "./words.js";

export class Table extends WordFigure {
  #shape = "";

  /** @param {any} value @param {any} column */
  #cell(value, column) {
    if (value === null || value === undefined) return "–";
    if (typeof value !== "number") return String(value);
    return column?.digits === null || column?.digits === undefined ? (Number.isInteger(value) ? number(value, 0) : number(value)) : number(value, column.digits);
  }

  write() {
    const f = /** @type {any} */ (this.figure);
    const shape = `${f.columns.map((/** @type {any} */ c) => c.label + c.unit)} ${f.rows.length} ${f.caption}`;
    if (shape !== this.#shape) {
      this.#shape = shape;
      const numeric = f.columns.map((/** @type {any} */ _c, /** @type {number} */ k) => f.rows.some((/** @type {any[]} */ r) => typeof r[k] === "number"));
      const side = (/** @type {number} */ k) => ({ className: numeric[k] ? "number" : "" });
      this.replaceChildren(h("div.figure-table", { tabIndex: 0, role: "region", "aria-label": f.caption || this.spec.title }, h("table", {}, f.caption ? h("caption", {}, f.caption) : null,
        h("thead", {}, h("tr", {}, ...f.columns.map((/** @type {any} */ c, /** @type {number} */ k) => h("th", { scope: "col", ...side(k) }, c.unit ? `${c.label} (${c.unit})` : c.label)))),
        h("tbody", {}, ...f.rows.map(() => h("tr", {}, ...f.columns.map((/** @type {any} */ _, /** @type {number} */ k) => h("td", side(k)))))))));
    }
    const body = this.querySelectorAll("tbody tr");
    f.rows.forEach((/** @type {any[]} */ row, /** @type {number} */ r) => {
      body[r].classList.toggle("lit", r === f.mark);
      row.forEach((value, k) => body[r].children[k] && write(body[r].children[k], this.#cell(value, f.columns[k])));
    });
  }

  rows() {
    const f = /** @type {any} */ (this.figure);
    return [f.columns.map((/** @type {any} */ c) => (c.unit ? `${c.label} (${c.unit})` : c.label)), ...f.rows];
  }
}
customElements.define("orrery-table", Table);
