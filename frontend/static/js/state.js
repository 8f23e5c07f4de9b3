// @ts-check
// The whole state of a lab page <-> its URL: config differences, seed, speed, the views on the stage and put away, hidden controls.
import { same } from "./dom.js";

/**
 * @typedef {{config: Record<string, any>, seed: number|null, hide: string[], stage: string[]|null, off: string[]|null, on: string[]|null, speed: number|null|undefined}} PageState
 */

const RESERVED = ["seed", "hide", "stage", "off", "on", "speed"];
const FULL = "full";

/** A setting may share its name with a word of the page. @param {string} name */
const keyOf = (name) => (RESERVED.includes(name) || name.startsWith("config.") ? `config.${name}` : name);

/** Commas, colons and brackets are allowed in a query and keep it readable. @param {string} text */
const encode = (text) => encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3A/g, ":").replace(/%5B/g, "[").replace(/%5D/g, "]").replace(/%20/g, "+");

const list = (/** @type {string|null} */ text) => (text === null ? null : text.split(",").filter(Boolean));

/**
 * @param {string} search the query of an address @param {import("./schema.js").Field[]} fields
 * @returns {PageState}
 */
export function fromURL(search, fields) {
  const query = new URLSearchParams(search);
  /** @type {Record<string, any>} */
  const config = {};
  for (const field of fields) {
    const text = query.get(keyOf(field.name));
    if (text !== null) config[field.name] = valueOf(field, text);
  }
  const seed = query.get("seed");
  const speed = query.get("speed");
  return {
    config,
    seed: seed !== null && /^\d+$/.test(seed) ? Number(seed) : null,
    hide: list(query.get("hide")) ?? [],
    stage: list(query.get("stage")),
    off: list(query.get("off")),
    on: list(query.get("on")),
    speed: speed === null ? undefined : speed === FULL ? null : Number(speed) || undefined,
  };
}

/** @param {import("./schema.js").Field} field @param {string} text @returns {any} */
function valueOf(field, text) {
  const option = field.type === "enum" && field.options.find((each) => String(each.value) === text);
  if (option) return option.value;
  if (text === "null" && field.nullable) return null;
  if (["text", "enum", "dataset", "column"].includes(field.type)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // the server says what is wrong with it, beside the field
  }
}

/**
 * @param {PageState} state @param {PageState} usual what the page is without any words in its address
 * @returns {string} a query with its "?", or ""
 */
export function toURL(state, usual) {
  const parts = Object.entries(state.config).map(([name, value]) => `${encode(keyOf(name))}=${encode(typeof value === "string" ? value : JSON.stringify(value))}`);
  if (state.seed !== usual.seed && state.seed !== null) parts.push(`seed=${state.seed}`);
  if (state.speed !== usual.speed && state.speed !== undefined) parts.push(`speed=${state.speed === null ? FULL : state.speed}`);
  for (const name of /** @type {const} */ (["stage", "on", "off", "hide"])) {
    if (!same(state[name] ?? [], usual[name] ?? [])) parts.push(`${name}=${(state[name] ?? []).map(encode).join(",")}`);
  }
  return parts.length ? `?${parts.join("&")}` : "";
}
