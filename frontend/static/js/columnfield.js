// @ts-check
// One column, or several, of the table chosen in another field. Those that do not fit say why.
import { h } from "./dom.js";
import { about } from "./tables.js";

/** @typedef {import("./schema.js").Field} Field */
/** @typedef {import("./slider.js").Change} Change */
/** @typedef {import("./tables.js").Column} Column */

const WHY = { number: "words, not numbers", class: "no classes" };

/** @param {Field} field @param {Column} column */
const misfit = (field, column) => (column.fits.includes(field.takes) || !field.takes ? "" : column.kind === "text" ? "text" : WHY[/** @type {"number"|"class"} */ (field.takes)]);

/** @param {Column} column */
const called = (column) => (column.unit ? `${column.label} (${column.unit})` : column.label);

/** @param {Field} field @param {Change} change @param {string} id */
export function columnField(field, change, id) {
  const many = field.type === "columns";
  /** @type {any} */
  let value = field.initial;
  /** @type {string|null} */
  let table = null;
  /** @type {Column[]} */
  let columns = [];
  const body = many ? h("div.chips.columns", { role: "group", "aria-labelledby": `${id}-label` }) : h("select", { id, on: { change: () => put(body.value || null) } });

  /** @param {any} next */
  function put(next) {
    set(next);
    change(next, "commit", "");
  }

  /** In the order in which they were chosen; of too many the oldest goes. @param {string} name */
  function toggle(name) {
    const next = value.includes(name) ? value.filter((/** @type {string} */ each) => each !== name) : [...value, name];
    put(next.slice(-field.most));
  }

  /** @param {Column} column */
  function chip(column) {
    const why = misfit(field, column);
    const place = value.indexOf(column.name);
    const text = place >= 0 && value.length > 1 && field.most <= 3 ? `${place + 1}. ${called(column)}` : called(column);
    return h("button.chip", { type: "button", disabled: Boolean(why), title: why ? column.why || `${column.name}: ${why}` : column.name, dataset: { column: column.name }, "aria-pressed": String(place >= 0), on: { click: () => toggle(column.name) } }, text);
  }

  /** @param {Column} column */
  function option(column) {
    const why = misfit(field, column);
    return h("option", { value: column.name, disabled: Boolean(why), title: column.why }, why ? `${called(column)}: ${why}` : called(column));
  }

  function draw() {
    if (many) {
      const at = columns.findIndex((column) => column.name === document.activeElement?.getAttribute("data-column"));
      body.replaceChildren(...columns.map(chip));
      if (at >= 0) body.children[at].focus();
    } else {
      const lost = value && !columns.some((column) => column.name === value);
      body.replaceChildren(h("option", { value: "" }, "chosen for you"), ...(lost ? [h("option", { value }, value)] : []), ...columns.map(option));
      body.value = value ?? "";
    }
  }

  /** @param {any} next */
  function set(next) {
    value = next ?? (many ? [] : null);
    draw();
  }

  /** The table whose columns these are. @param {string|null} next */
  async function context(next) {
    if (next === table) return;
    table = next;
    const found = next ? await about(next).catch(() => null) : null;
    if (table !== next) return;
    columns = found?.columns ?? [];
    draw();
  }
  set(value);
  return { body, focus: body, set, context, active: () => false };
}
