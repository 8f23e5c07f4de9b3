// @ts-check
/** A pad for a question that no figure's touch asks: a form made from the JSON Schema of the probe's or action's input. */
import { h } from "../dom.js";
import { parse, plain } from "../numbers.js";
import { pointPad } from "./point.js";

/** @typedef {Record<string, any>} Schema */

/**
 * @param {Schema} schema of the input @param {(payload: Record<string, any>, phase: "drag" | "commit") => void} send @param {string} [verb] the button's word
 * @returns {HTMLFormElement}
 */
export function form(schema, send, verb = "Ask") {
  const fields = Object.entries(schema.properties ?? {}).map(([name, property]) => field(name, resolved(property, schema)));
  const place = fields.length === 2 && fields.every((f, i) => f.name === "xy"[i]);
  const gather = () => {
    const payload = Object.fromEntries(fields.map((f) => [f.name, f.read()]));
    const wrong = fields.filter((f) => Number.isNaN(payload[f.name]));
    for (const f of fields) f.box.toggleAttribute("aria-invalid", wrong.includes(f));
    if (wrong.length) wrong[0].box.focus();
    return wrong.length ? null : payload;
  };
  const pad = place ? pointPad((x, y, phase) => {
    fields[0].write(x);
    fields[1].write(y);
    send({ x, y }, phase);
  }) : null;
  return h("form.pad", { on: { submit: (/** @type {Event} */ event) => {
    event.preventDefault();
    const payload = gather();
    if (payload) send(payload, "commit");
  } } }, pad, ...fields.map((f) => h("label.pad-field", {}, h("span", {}, f.label), f.box)), h("button", { type: "submit" }, verb));
}

/** The schema that a reference or an optional stands for. @param {Schema} property @param {Schema} root @returns {Schema} */
function resolved(property, root) {
  const given = property.$ref ? root.$defs?.[property.$ref.split("/").at(-1)] ?? {} : property;
  const one = given.anyOf?.find((/** @type {Schema} */ s) => s.type !== "null");
  return one ? { ...given, ...one, optional: true } : given;
}

/** @param {string} name @param {Schema} s */
function field(name, s) {
  const label = s.title ?? name;
  if (s.enum) {
    const box = h("select", {}, ...s.enum.map((/** @type {any} */ v) => h("option", { value: String(v) }, String(v))));
    return { name, label, box, read: () => s.enum[box.selectedIndex], write: (/** @type {any} */ v) => (box.value = String(v)) };
  }
  if (s.type === "boolean") {
    const box = h("input", { type: "checkbox", checked: Boolean(s.default) });
    return { name, label, box, read: () => box.checked, write: (/** @type {any} */ v) => (box.checked = v) };
  }
  if (s.type === "number" || s.type === "integer") {
    const range = [s.minimum ?? s.exclusiveMinimum, s.maximum ?? s.exclusiveMaximum].map((v) => (v === undefined ? "…" : v)).join(" – ");
    const box = h("input", { type: "text", inputMode: "decimal", value: s.default === undefined ? "0" : plain(s.default), title: `${label}: ${range}` });
    const read = () => {
      if (s.optional && box.value.trim() === "") return null;
      const value = parse(box.value);
      return s.type === "integer" && !Number.isInteger(value) ? NaN : value;
    };
    return { name, label, box, read, write: (/** @type {number} */ v) => (box.value = plain(v)) };
  }
  const box = h("input", { type: "text", value: s.default ?? "", maxLength: s.maxLength ?? 1000 });
  return { name, label, box, read: () => box.value, write: (/** @type {string} */ v) => (box.value = v) };
}
