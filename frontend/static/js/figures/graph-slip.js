// @ts-check
/** The slip beside a graph's node in which its value or its gradient is typed. */
import { h } from "../dom.js";
import { parse, plain } from "../numbers.js";

const WIDE = 240;

export class GraphSlip {
  /** @param {import("./graph.js").Graph} graph */
  constructor(graph) {
    this.graph = graph;
    /** @type {any} */
    this.element = null;
  }

  /** @param {any} node @param {("value" | "gradient")[]} can what can be typed @param {"value" | "gradient"} first where the cursor stands */
  type(node, can, first) {
    const { graph } = this;
    this.close();
    const place = graph.layout?.nodes.get(node.id);
    if (!place) return;
    this.element = h("div.figure-slip", { role: "group", "aria-label": `Numbers of ${node.label}` }, ...can.map((what) => this.#row(node, what)), h("p.hint", {}, "Enter sets it, Escape leaves it."));
    graph.append(this.element);
    this.element.style.left = `${Math.max(4, Math.min(graph.width - WIDE, place.x - graph.pan - WIDE / 2))}px`;
    this.element.style.top = `${Math.max(4, Math.min(graph.height - 48 - 40 * can.length, place.y + place.h + graph.em * 1.6))}px`;
    const input = this.element.querySelector(`[data-what=${first}]`);
    input.focus();
    input.select();
  }

  /** @param {any} node @param {"value" | "gradient"} what */
  #row(node, what) {
    const now = node[what];
    const known = now !== null && now !== undefined;
    const input = h("input.slip-value", { type: "text", inputMode: "decimal", autocomplete: "off", "aria-label": `${what} of ${node.label}`, value: known ? plain(Number(now.toPrecision(4))) : "", dataset: { what } });
    input.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
      e.stopPropagation();
      if (e.key === "Escape") this.close(true);
      if (e.key !== "Enter") return;
      const value = parse(input.value);
      if (!Number.isFinite(value)) return input.setAttribute("aria-invalid", "true");
      this.graph.touch("Node", { id: node.id, what, value }, "commit");
      this.close(true);
    });
    return h("label.slip-row", {}, h("span", {}, what === "value" ? node.label : `∂L/∂${node.label}`), input);
  }

  /** @param {boolean} [back] give the focus back to the figure */
  close(back = false) {
    if (!this.element) return;
    this.element.remove();
    this.element = null;
    if (back) this.graph.canvas?.focus();
  }
}
