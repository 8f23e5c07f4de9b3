// @ts-check
// One widget a field type. Each is {node, set(value), active(), problem(words)} and reports through `change(value, phase, gesture)`.
import { h, same, unique } from "./dom.js";
import { columnField } from "./columnfield.js";
import { listField } from "./listfield.js";
import { rangeOf } from "./schema.js";
import { slider } from "./slider.js";
import { tableField } from "./tablefield.js";

/** @typedef {import("./schema.js").Field} Field */
/** @typedef {import("./slider.js").Change} Change */
/** @typedef {{node: HTMLElement, set(value: any): void, active(): boolean, problem(path: string, words: string): void, summary?(rows: any[]): void, context?(table: any): void}} Widget */

/** Options that fit on one line beside each other are buttons, more are a list. @param {Field} field */
const fitsSegments = (field) => field.options.length <= 4 && field.options.reduce((sum, option) => sum + option.label.length + 3, 0) <= 36;

/**
 * @param {Field} field @param {Change} change
 * @returns {Widget}
 */
export function widgetOf(field, change) {
  const id = unique("field");
  const problem = h("p.problem", { role: "alert", hidden: true });
  const revert = h("button.revert", { type: "button", "aria-label": `${field.label}: back to the default`, title: `Back to ${said(field, field.initial)}`, on: { click: () => {
    inner.set(field.initial);
    mark(field.initial);
    change(field.initial, "commit", "");
  } } }, "↺");
  const label = h("label", { htmlFor: id, id: `${id}-label` }, field.label);
  const help = h("span.sr", { id: `${id}-help` }, about(field));
  const report = (/** @type {any} */ value, /** @type {"drag"|"commit"} */ phase, /** @type {string} */ gesture) => {
    mark(value);
    tell("");
    change(value, phase, gesture);
  };
  const inner = bodyOf(field, report, id);
  const head = h("div.field-head", {}, label, field.live ? h("span.live", { title: "Acts while it trains" }, h("span.sr", {}, "live")) : null, h("span.gap"), inner.beside ?? null, field.unit ? h("span.unit", {}, field.unit) : null, revert);
  const node = h("div.field", { dataset: { field: field.name, type: field.type } }, head, inner.body ?? null, problem, help);
  inner.focus?.setAttribute("aria-describedby", `${id}-help`);
  if (inner.refuses) inner.refuses.refuse = tell;

  /** @param {string} words */
  function tell(words) {
    problem.textContent = words;
    problem.hidden = !words;
    node.classList.toggle("wrong", Boolean(words));
  }

  /** @param {any} value */
  function mark(value) {
    revert.classList.toggle("shown", !same(value, field.initial));
    revert.tabIndex = same(value, field.initial) ? -1 : 0;
  }

  mark(field.initial);
  return {
    node,
    set: (value) => {
      mark(value);
      inner.set(value);
    },
    active: inner.active ?? (() => false),
    problem: (path, words) => (path && inner.problem?.(path, words) ? undefined : tell(words)),
    summary: inner.summary,
    context: inner.context,
  };
}

/** A value in words. @param {Field} field @param {any} value */
function said(field, value) {
  if (value === null || value === undefined) return "none";
  if (Array.isArray(value)) return value.every((each) => typeof each !== "object") ? value.join(", ") || "none" : `${value.length} item${value.length === 1 ? "" : "s"}`;
  return String(field.options.find((option) => option.value === value)?.label ?? value);
}

/** Name, unit, range, whether it acts at once, and why it matters. @param {Field} field */
export function about(field) {
  const range = field.type === "number" || field.type === "integer" ? rangeOf(field) : "";
  return [field.help, range && `${range.replace(/^./, (c) => c.toUpperCase())}${field.unit ? ` ${field.unit}` : ""}.`, `Default ${said(field, field.initial)}.`, field.live ? "Acts while it trains." : "A change starts the lab anew."].filter(Boolean).join(" ");
}

/** @param {Field} field @param {Change} change @param {string} id @returns {any} */
function bodyOf(field, change, id) {
  if (field.type === "number" || field.type === "integer") {
    const made = slider(field, change, field.label);
    made.box.id = id;
    return { beside: made.box, body: made.track, set: made.set, active: made.active, focus: made.box, refuses: made };
  }
  if (field.type === "boolean") return toggle(field, change, id);
  if (field.type === "enum") return fitsSegments(field) ? segments(field, change, id) : select(field, change, id);
  if (field.type === "set") return chips(field, change, id);
  if (field.type === "objects") return listField(field, change, id);
  if (field.type === "dataset") return tableField(field, change, id);
  if (field.type === "column" || field.type === "columns") return columnField(field, change, id);
  if (field.type === "text") {
    const input = h("input.text", { id, type: "text", value: field.initial ?? "", on: { change: () => change(input.value, "commit", "") } });
    return { body: input, focus: input, set: (/** @type {any} */ value) => (input.value = value ?? ""), active: () => document.activeElement === input };
  }
  return drawn(field, change, id);
}

/** @param {Field} field @param {Change} change @param {string} id */
function toggle(field, change, id) {
  const input = h("input.switch", { id, type: "checkbox", role: "switch", checked: Boolean(field.initial), on: { change: () => change(input.checked, "commit", "") } });
  return { beside: input, focus: input, set: (/** @type {any} */ value) => (input.checked = Boolean(value)) };
}

/** @param {Field} field @param {Change} change @param {string} id */
export function select(field, change, id) {
  const input = h("select", { id, "aria-label": field.label, on: { change: () => change(field.options[input.selectedIndex].value, "commit", "") } }, ...field.options.map((option) => h("option", {}, option.label)));
  const set = (/** @type {any} */ value) => (input.selectedIndex = field.options.findIndex((option) => option.value === value));
  set(field.initial);
  return { body: input, focus: input, set };
}

/** @param {Field} field @param {Change} change @param {string} id */
function segments(field, change, id) {
  const inputs = field.options.map((option) =>
    h("input", { type: "radio", name: id, checked: same(option.value, field.initial), on: { change: () => change(option.value, "commit", "") } }));
  const body = h("div.segments", { role: "radiogroup", "aria-labelledby": `${id}-label` }, ...field.options.map((option, index) => h("label", {}, inputs[index], h("span", {}, option.label))));
  inputs[0].id = id;
  return { body, focus: body, set: (/** @type {any} */ value) => field.options.forEach((option, index) => (inputs[index].checked = option.value === value)) };
}

/** @param {Field} field @param {Change} change @param {string} id */
function chips(field, change, id) {
  /** @type {any[]} */
  let value = field.initial ?? [];
  const buttons = field.options.map((option) =>
    h("button.chip", { type: "button", on: { click: () => {
      const next = field.options.map((each) => each.value).filter((each) => (each === option.value) !== value.includes(each));
      if (next.length < field.least) return;
      set(next);
      change(next, "commit", "");
    } } }, option.label));
  const body = h("div.chips", { role: "group", "aria-labelledby": `${id}-label` }, ...buttons);

  /** @param {any} next */
  function set(next) {
    value = next ?? [];
    field.options.forEach((option, index) => buttons[index].setAttribute("aria-pressed", String(value.includes(option.value))));
  }
  set(value);
  return { body, focus: body, set };
}

/** What is made on a figure (points, a matrix): the form says what there is, and clears it. @param {Field} field @param {Change} change @param {string} id */
function drawn(field, change, id) {
  const words = h("span.drawn-words");
  const clear = h("button.quiet", { type: "button", id, on: { click: () => {
    set(field.initial);
    change(field.initial, "commit", "");
  } } }, "clear");

  /** @param {any} value */
  function set(value) {
    const size = Array.isArray(value) ? value.length : 0;
    words.textContent = size ? `${size} given by hand` : "none yet: make them on the figure";
    clear.hidden = same(value, field.initial);
  }
  set(field.initial);
  return { body: h("div.drawn", {}, words, clear), focus: clear, set };
}
