// @ts-check
// The form of a lab, made from its schema: groups, folded advanced fields, live and restart fields, problems beside the field.
// Events: "tune" {detail: {name, value, gesture}} for live fields; "rebuild" {detail: {}} when a restart field has changed.
import { h, same } from "./dom.js";
import { bytes, count } from "./numbers.js";
import { applies, fieldsOf } from "./schema.js";
import { about, widgetOf } from "./fields.js";

/** @typedef {import("./schema.js").Field} Field */

export class Controls extends EventTarget {
  /** @param {HTMLElement} form @param {any} lab @param {string[]} hide names of fields a lecturer has put away */
  constructor(form, lab, hide = []) {
    super();
    this.form = form;
    this.fields = fieldsOf(lab.config_schema);
    this.defaults = { ...Object.fromEntries(this.fields.map((field) => [field.name, field.initial])), ...lab.defaults };
    for (const field of this.fields) field.initial = this.defaults[field.name];
    /** @type {Record<string, any>} */
    this.values = structuredClone(this.defaults);
    this.hide = new Set(hide);
    /** @type {Map<string, import("./fields.js").Widget>} */
    this.widgets = new Map();
    this.#build();
  }

  #build() {
    /** @type {Map<string, Field[]>} */
    const groups = new Map();
    for (const field of this.fields) groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
    this.help = h("p.panel-help", { "aria-hidden": "true" }, "Point at a setting to read what it does. ");
    this.help.append(h("span.live"), " acts while it trains.");
    const rest = this.help.cloneNode(true);
    this.summary = h("div.summary-box", { hidden: true });
    this.groups = [...groups].map(([name, fields]) => {
      const [plain, advanced] = [fields.filter((field) => !field.advanced), fields.filter((field) => field.advanced)];
      const fold = advanced.length ? h("details.advanced", {}, h("summary", {}, "More"), ...advanced.map((field) => this.#widget(field))) : null;
      return h("fieldset.group", { dataset: { group: name } }, name ? h("legend", {}, name) : null, ...plain.map((field) => this.#widget(field)), fold);
    });
    // the size of what is built stands with the group that has the list, else at the end
    const home = this.groups.find((group) => group.querySelector('[data-type="objects"]')) ?? this.groups.find((group) => group.dataset.group === "Model");
    (home ?? this.form).append(this.summary);
    this.form.replaceChildren(...this.groups, ...(home ? [] : [this.summary]));
    this.form.after(this.help);
    this.form.addEventListener("submit", (event) => event.preventDefault());
    const tell = (/** @type {Event} */ event) => {
      const name = /** @type {HTMLElement} */ (event.target).closest?.("[data-field]")?.getAttribute("data-field");
      const field = this.fields.find((each) => each.name === name);
      if (field) this.help.replaceChildren(h("b", {}, field.label), " ", about(field));
      else if (event.type === "pointerleave") this.help.replaceChildren(...[...rest.cloneNode(true).childNodes]);
    };
    for (const type of ["pointerover", "focusin", "pointerleave"]) this.form.addEventListener(type, tell);
    this.#arrange();
  }

  /** @param {Field} field */
  #widget(field) {
    const widget = widgetOf(field, (value, phase, gesture) => this.#changed(field, value, gesture));
    this.widgets.set(field.name, widget);
    return widget.node;
  }

  /** @param {Field} field @param {any} value @param {string} gesture */
  #changed(field, value, gesture) {
    this.values[field.name] = value;
    this.#forget(field.name);
    this.#arrange();
    if (field.live) this.dispatchEvent(new CustomEvent("tune", { detail: { name: field.name, value, gesture } }));
    else this.dispatchEvent(new CustomEvent("rebuild", { detail: { name: field.name } }));
  }

  /** The columns of another table are others. @param {string} name of the table's field */
  #forget(name) {
    for (const field of this.fields.filter((each) => each.of === name)) {
      this.values[field.name] = structuredClone(field.initial);
      this.widgets.get(field.name)?.set(this.values[field.name]);
    }
  }

  /** Shows the fields that apply now. */
  #arrange() {
    for (const field of this.fields) {
      const widget = this.widgets.get(field.name);
      if (field.of) widget?.context?.(this.values[field.of]);
      if (widget) widget.node.hidden = this.hide.has(field.name) || !applies(field, this.values);
    }
    for (const group of this.groups) {
      group.hidden = ![...group.querySelectorAll(".field")].some((node) => !(/** @type {HTMLElement} */ (node).hidden));
      const fold = group.querySelector("details.advanced");
      if (fold) fold.hidden = ![...fold.querySelectorAll(".field")].some((node) => !(/** @type {HTMLElement} */ (node).hidden));
    }
  }

  /** Takes values over, but never out of the hand that moves them. @param {Record<string, any>} values */
  put(values) {
    for (const [name, value] of Object.entries(values)) {
      const widget = this.widgets.get(name);
      if (!widget || widget.active() || same(this.values[name], value)) continue;
      this.values[name] = structuredClone(value);
      widget.set(this.values[name]);
    }
    this.#arrange();
  }

  /** The same as a user's change: for presets, steps of the text, and figures that build. @param {Record<string, any>} values */
  choose(values) {
    for (const [name, value] of Object.entries(values)) {
      this.values[name] = structuredClone(value);
      this.widgets.get(name)?.set(this.values[name]);
      this.widgets.get(name)?.problem("", "");
    }
    this.#arrange();
  }

  /** Only what differs from the defaults. */
  get differences() {
    return Object.fromEntries(Object.entries(this.values).filter(([name, value]) => !same(value, this.defaults[name])));
  }

  /** @param {string} name */
  live(name) {
    return Boolean(this.fields.find((field) => field.name === name)?.live);
  }

  /** @param {{field: string, message: string}[]} errors @returns {string[]} the messages that have no field here */
  problems(errors) {
    for (const [, widget] of this.widgets) widget.problem("", "");
    /** @type {string[]} */
    const homeless = [];
    for (const { field, message } of errors) {
      const [name, ...path] = String(field ?? "").replace(/^config\./, "").split(".");
      const widget = this.widgets.get(name);
      if (widget && !widget.node.hidden) {
        widget.problem(path.join("."), message);
        widget.node.closest("details")?.setAttribute("open", "");
      } else homeless.push(message);
    }
    return homeless;
  }

  /** What is being built, counted. @param {any} check the answer of POST …/check */
  counts(check) {
    const rows = check.summary?.rows ?? [];
    for (const [, widget] of this.widgets) widget.summary?.(rows);
    const total = check.parameters ?? check.summary?.parameters;
    this.summary.hidden = !rows.length && !total;
    const table = h("table", {}, h("thead", {}, h("tr", {}, ...["Layer", "Shape", "Parameters"].map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, ...rows.map((/** @type {any} */ row) => h("tr", {}, h("th", { scope: "row" }, row.layer), h("td", {}, [row.shape].flat().join(" × ")), h("td", {}, count(row.parameters ?? 0))))));
    const size = check.summary?.bytes;
    const open = this.summary.querySelector("details")?.open ?? false;
    this.summary.replaceChildren(h("details", { open }, h("summary", {}, h("b", {}, count(total ?? 0)), ` parameter${total === 1 ? "" : "s"}`, size ? `, ${bytes(size)}` : ""), table));
  }
}
