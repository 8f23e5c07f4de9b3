// @ts-check
/** What changes a network: the slip where a weight is typed, and the + and − that build. */
import { h } from "../dom.js";
import { parse, plain } from "../numbers.js";

/** Pixels between two layers below which their buttons would overlap. */
export const NARROW = 48;

export class NetworkTools {
  /** @param {import("./network.js").Network} network */
  constructor(network) {
    this.network = network;
    /** @type {import("./network.js").Part | null} the weight whose slip is open */
    this.open = null;
    /** @type {any} */
    this.slip = null;
    /** @type {any} */
    this.bar = null;
    this.shown = "";
  }

  /** The slip for a weight or bias: another can be chosen in it, a value typed or dragged. @param {import("./network.js").Part} part @param {number} x @param {number} y */
  edit(part, x, y) {
    const { network } = this;
    this.close();
    if (!network.figure?.editable || !network.takes("Weight") || part.layer === 0) return;
    const at = { ...part, kind: /** @type {"edge" | "bias"} */ (part.source === null ? "bias" : "edge") };
    this.open = at;
    const sources = network.link(at.layer) ? network.layers[at.layer - 1].units : [];
    const gesture = network.gesture();
    const box = h("input", { type: "text", inputMode: "decimal", autocomplete: "off", "aria-label": "Value", className: "slip-value" });
    const slide = h("input", { type: "range", min: "-1000", max: "1000", "aria-label": "Value, by dragging" });
    const from = h("select", { "aria-label": "Which weight of this unit" }, h("option", { value: "" }, "bias"), ...sources.map((/** @type {any} */ _u, /** @type {number} */ j) => h("option", { value: String(j) }, network.name(at.layer - 1, j))));
    from.value = at.source === null ? "" : String(at.source);
    const reach = () => Math.max(network.most, Math.abs(network.value(at)) || 0);
    const fill = () => {
      const value = network.value(at);
      box.value = plain(Number(value.toPrecision(4)));
      slide.value = String((value / reach()) * 1000);
    };
    const send = (/** @type {number} */ value, /** @type {"drag" | "commit"} */ phase) => {
      if (!Number.isFinite(value)) return box.setAttribute("aria-invalid", "true");
      box.removeAttribute("aria-invalid");
      network.touch("Weight", { layer: at.layer, source: at.source, target: at.unit, value: Math.fround(value) === value ? value : Number(value.toPrecision(6)) }, phase, gesture);
    };
    from.addEventListener("change", () => {
      at.source = from.value === "" ? null : Number(from.value);
      at.kind = at.source === null ? "bias" : "edge";
      fill();
      network.restyle();
    });
    slide.addEventListener("input", () => {
      const value = Number((reach() * Number(slide.value) / 1000).toPrecision(3));
      box.value = plain(value);
      send(value, "drag");
    });
    slide.addEventListener("change", () => send(parse(box.value), "commit"));
    fill();
    this.slip = h("form.figure-slip", { "aria-label": `A weight of ${network.name(at.layer, at.unit)}`, on: {
      submit: (/** @type {Event} */ e) => {
        e.preventDefault();
        send(parse(box.value), "commit");
      },
      keydown: (/** @type {KeyboardEvent} */ e) => {
        e.stopPropagation();
        if (e.key !== "Escape") return;
        this.close();
        network.canvas?.focus();
      },
    } }, h("div.slip-row", {}, from, h("span", {}, `→ ${network.name(at.layer, at.unit)}`), h("button.quiet.icon", { type: "button", "aria-label": "Close", on: { click: () => this.close() } }, "✕")), h("div.slip-row", {}, box, slide), h("p.hint", {}, "Enter sets it; training goes on from there."));
    network.append(this.slip);
    this.slip.style.left = `${Math.max(4, Math.min(network.width - 236, x + 12))}px`;
    this.slip.style.top = `${Math.max(4, Math.min(network.height - 120, y + 12))}px`;
    network.restyle();
    box.focus();
    box.select();
  }

  close() {
    this.slip?.remove();
    this.slip = this.open = null;
  }

  /** @param {"add-layer" | "remove-layer" | "add-unit" | "remove-unit"} op @param {number} layer index in the list of hidden layers */
  build(op, layer) {
    const field = this.network.figure?.builds;
    if (field) this.network.dispatchEvent(new CustomEvent("build", { bubbles: true, detail: { field, op, layer } }));
  }

  /** The − n + above each hidden layer, and − + of layers, where the layout has put them. */
  place() {
    const { network } = this;
    const { layout, layers } = network;
    if (this.open && (!layers[this.open.layer]?.units[this.open.unit] || (this.open.source !== null && !layers[this.open.layer - 1]?.units[this.open.source]))) this.close();
    if (!network.figure?.builds || !layout) {
      this.bar?.remove();
      this.bar = null;
      this.shown = "";
      return;
    }
    const counts = layers.map((l) => l.units.length);
    const key = `${counts.length}`;
    if (key !== this.shown || !this.bar) {
      this.shown = key;
      this.bar?.remove();
      const button = (/** @type {string} */ words, /** @type {string} */ title, /** @type {any} */ op, /** @type {number} */ layer) =>
        h("button", { type: "button", title, "aria-label": title, on: { click: () => this.build(op, layer) } }, words);
      const hidden = counts.length - 2;
      this.bar = h("div.figure-build", { role: "toolbar", "aria-label": "Build the network" },
        h("div.build-layers", {}, button("−", "Remove the last hidden layer", "remove-layer", hidden - 1), h("span", {}, `${hidden} hidden`), button("+", "Add a hidden layer", "add-layer", hidden)),
        ...counts.slice(1, -1).map((_, i) => h("div.build-units", {}, button("−", `Remove a unit from layer ${i + 1}`, "remove-unit", i), h("span"), button("+", `Add a unit to layer ${i + 1}`, "add-unit", i))));
      this.bar.querySelector("button").disabled = hidden < 1;
      network.append(this.bar);
    }
    const groups = this.bar.querySelectorAll(".build-units");
    for (const [i, group] of [...groups].entries()) {
      const column = layout.columns[i + 1];
      const pitch = Math.abs(layout.columns[i + 2].x + layout.columns[i + 2].w / 2 - column.x - column.w / 2);
      group.children[1].textContent = String(counts[i + 1]);
      group.classList.toggle("tight", pitch < 76);
      group.hidden = pitch < NARROW; // then units are counted in the form alone
      group.style.left = `${Math.round(column.x + column.w / 2)}px`;
      group.style.top = `${Math.round(network.em * 1.6)}px`;
    }
  }
}
