// @ts-check
// What sets one config apart from another, in the words of the lab's own schema.
import { api } from "./api.js";
import { h, same } from "./dom.js";
import { plain } from "./numbers.js";
import { fieldsOf } from "./schema.js";

/** @typedef {{name: string, label: string, now: string, was: string}} Difference */

const LONGEST = 36;

/** @type {Map<string, Promise<any>>} */
const known = new Map();

/** A lab's description, asked for once. @param {string} lab @returns {Promise<any>} */
export function describe(lab) {
  const asked = known.get(lab) ?? api("GET", `/api/labs/${encodeURIComponent(lab)}`).then((about) => ({ ...about, fields: fieldsOf(about.config_schema) }));
  known.set(lab, asked);
  asked.catch(() => known.delete(lab));
  return asked;
}

/** A setting's value as it is read. @param {any} value @param {import("./schema.js").Field} [field] @returns {string} */
export function words(value, field) {
  const option = field?.options.find((each) => same(each.value, value));
  if (option) return option.label;
  if (value === null || value === undefined || (Array.isArray(value) && !value.length)) return "none";
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value === "number") return plain(value);
  if (Array.isArray(value) && Array.isArray(value[0])) return `${value.length} drawn`;
  const text = Array.isArray(value) ? value.map((each) => words(each)).join(", ") : typeof value === "object" ? Object.values(value).map((each) => words(each)).join(" ") : String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/**
 * Where two runs of one lab part: their seeds and settings.
 * @param {{seed: number, config: Record<string, any>}} run @param {{seed: number, config: Record<string, any>}} other `config` may hold only what differs
 * @param {import("./schema.js").Field[]} fields @returns {Difference[]}
 */
export function differences(run, other, fields) {
  const parted = fields.filter(({ name }) => name in other.config && !same(run.config[name], other.config[name]))
    .map((field) => ({ name: field.name, label: field.label, now: words(run.config[field.name], field), was: words(other.config[field.name], field) }));
  return run.seed === other.seed ? parted : [...parted, { name: "seed", label: "Seed", now: String(run.seed), was: String(other.seed) }];
}

/**
 * The settings in which some of several runs of one lab differ.
 * @param {{seed: number, config: Record<string, any>}[]} runs @param {import("./schema.js").Field[]} fields
 * @returns {Difference[][]} for each run, the same settings in the same order
 */
export function apart(runs, fields) {
  const some = fields.filter(({ name }) => runs.some((run) => !same(run.config[name], runs[0].config[name])));
  const seeds = runs.some((run) => run.seed !== runs[0].seed);
  return runs.map((run) => [
    ...some.map((field) => ({ name: field.name, label: field.label, now: words(run.config[field.name], field), was: "" })),
    ...(seeds ? [{ name: "seed", label: "Seed", now: String(run.seed), was: "" }] : []),
  ]);
}

/** @param {Difference[]} some */
export const chips = (some) => some.map(({ label, now, was }) =>
  h("span.differs", { title: was ? `${label}: ${now}; ${was} in the run before` : `${label}: ${now}` }, h("i", {}, label), " ", h("b", {}, now)));
