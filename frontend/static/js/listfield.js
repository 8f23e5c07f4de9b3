// @ts-check
// A list of objects (the layers of a network …): one row an item with its own fields, + and −, its parameters and its problems.
import { h, same, unique } from "./dom.js";
import { count } from "./numbers.js";
import { select } from "./fields.js";
import { slider, stepper } from "./slider.js";

/** @typedef {import("./schema.js").Field} Field */
/** @typedef {import("./slider.js").Change} Change */

/**
 * @param {Field} field @param {Change} change @param {string} id
 * @returns {any}
 */
export function listField(field, change, id) {
  /** @type {any[]} */
  let items = structuredClone(field.initial ?? []);
  /** @type {{node: HTMLElement, tell: (words: string) => void, count: (words: string) => void, set: (item: any) => void}[]} */
  let rows = [];
  const list = h("ol.items", { id, "aria-labelledby": `${id}-label` });
  const noun = field.variants[0]?.title ?? "item";
  const add = field.variants.map((variant, index) =>
    h("button.add", { type: "button", on: { click: () => insert(variant, index) } }, `+ ${variant.title}`));
  const body = h("div.list", {}, list, h("div.adds", {}, ...add));

  /** A new item: as the last one of its kind, or its defaults. @param {any} variant @param {number} index */
  function insert(variant, index) {
    if (items.length >= field.most) return;
    const alike = items.filter((item) => variantOf(item) === field.variants[index]).pop();
    const fresh = { ...Object.fromEntries(variant.fields.map((/** @type {Field} */ each) => [each.name, each.initial])), ...variant.marks };
    commit([...items, structuredClone(alike ?? fresh)]);
    list.lastElementChild?.querySelector("input, select")?.focus();
  }

  /** @param {any[]} next */
  function commit(next) {
    set(next);
    change(structuredClone(next), "commit", "");
  }

  /** @param {any} item @returns {any} */
  function variantOf(item) {
    return field.variants.find((variant) => Object.entries(/** @type {any} */ (variant).marks).every(([name, value]) => item[name] === value)) ?? field.variants[0];
  }

  /** @param {any} item @param {number} index */
  function row(item, index) {
    const variant = variantOf(item);
    const problem = h("p.problem", { role: "alert", hidden: true });
    const counted = h("span.counted");
    const widgets = variant.fields.map((/** @type {Field} */ each) => cell(each, index, (value) => commit(items.map((old, at) => (at === index ? { ...old, [each.name]: value } : old)))));
    const remove = h("button.quiet.icon.remove", { type: "button", "aria-label": `Remove ${noun} ${index + 1}`, title: `Remove ${noun} ${index + 1}`, disabled: items.length <= field.least, on: { click: () => commit(items.filter((_, at) => at !== index)) } }, "✕");
    const node = h("li.item", {}, h("span.item-number", { "aria-hidden": "true" }, index + 1), h("div.item-fields", {}, ...widgets.map((widget) => widget.node)), counted, remove, problem);
    return {
      node,
      tell: (/** @type {string} */ words) => {
        problem.textContent = words;
        problem.hidden = !words;
        node.classList.toggle("wrong", Boolean(words));
      },
      count: (/** @type {string} */ words) => (counted.textContent = words),
      set: (/** @type {any} */ next) => variant.fields.forEach((/** @type {Field} */ each, /** @type {number} */ at) => widgets[at].set(next[each.name])),
    };
  }

  /** @param {Field} each @param {number} index @param {(value: any) => void} put */
  function cell(each, index, put) {
    const label = `${noun} ${index + 1}, ${each.label}`;
    const initial = items[index][each.name] ?? each.initial;
    const part = { ...each, initial };
    if (each.type === "enum") {
      const made = select({ ...part, label }, put, unique("cell"));
      return { node: made.body, set: made.set };
    }
    if (each.type === "boolean") {
      const box = h("input", { type: "checkbox", checked: Boolean(initial), on: { change: () => put(box.checked) } });
      return { node: h("label.check", {}, box, each.label), set: (/** @type {any} */ value) => (box.checked = Boolean(value)) };
    }
    if (each.type === "integer") {
      const made = stepper(part, put, label);
      return { node: h("label.cell", { title: each.label }, made.node), set: made.set };
    }
    const made = slider(part, (value, phase) => phase === "commit" && put(value), label);
    return { node: h("label.cell", { title: `${each.label}. ${each.help}` }, h("span.cell-label", {}, each.label), made.box), set: made.set };
  }

  /** Rows whose shape is unchanged keep their widgets, and the focus with them. @param {any[]} next */
  function set(next) {
    const old = items;
    items = structuredClone(next ?? []);
    const kept = rows.length === items.length && items.every((item, at) => variantOf(item) === variantOf(old[at] ?? item));
    if (kept) {
      if (!same(old, items)) rows.forEach((each, at) => each.set(items[at]));
    } else {
      rows = items.map(row);
      list.replaceChildren(...rows.map((each) => each.node));
    }
    for (const button of add) button.disabled = items.length >= field.most;
  }
  set(items);

  return {
    body,
    focus: list,
    set,
    active: () => false,
    /** @param {string} path "2.units" @param {string} words */
    problem: (path, words) => {
      const index = Number(path.split(".")[0]);
      if (!rows[index]) return false;
      rows[index].tell(words);
      return true;
    },
    /** The parameters of each item, where the summary names them. @param {any[]} summary */
    summary: (summary) => rows.forEach((each, at) => {
      const found = summary.find((line) => line.field === `${field.name}.${at}` || (!line.field && /\D(\d+)$/.exec(line.layer ?? "")?.[1] === String(at + 1)));
      each.tell("");
      each.count(found?.parameters !== undefined ? count(found.parameters) : "");
    }),
  };
}
