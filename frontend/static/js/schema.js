// @ts-check
// JSON Schema -> a flat list of fields that the controls can draw. The page learns of a setting here and nowhere else.

/**
 * @typedef {{
 *   name: string, label: string, help: string, type: "number"|"integer"|"enum"|"boolean"|"set"|"objects"|"drawn"|"text"|"dataset"|"column"|"columns",
 *   min: number, max: number, above: boolean, below: boolean, step: number, log: boolean, unit: string, live: boolean, advanced: boolean, group: string,
 *   options: {value: any, label: string}[], when: Record<string, any[]>|null, nullable: boolean, initial: any,
 *   variants: {title: string, fields: Field[]}[], least: number, most: number, takes: string, of: string
 * }} Field
 */

const words = (/** @type {string} */ name) => name.replace(/_/g, " ").replace(/^./, (c) => c.toUpperCase());

/** Follows $ref, one-part allOf and "or null". @param {any} part @param {any} root @returns {any} */
function resolve(part, root) {
  let { $ref, allOf, anyOf, ...rest } = part;
  if ($ref) return resolve({ ...root.$defs[$ref.split("/").pop()], ...rest }, root);
  if (allOf?.length === 1) return resolve({ ...allOf[0], ...rest }, root);
  if (anyOf) {
    const some = anyOf.filter((/** @type {any} */ each) => each.type !== "null");
    if (some.length === 1) return { ...resolve({ ...some[0], ...rest }, root), nullable: some.length < anyOf.length };
    return { ...rest, oneOf: some };
  }
  return part;
}

/** @param {any} schema @param {any} [root] @returns {Field[]} */
export function fieldsOf(schema, root = schema) {
  const fields = Object.entries(schema.properties ?? {}).map(([name, part]) => fieldOf(name, part, root)).filter((field) => field !== null);
  let table = "";
  for (const field of fields) {
    if (field.type === "dataset") table = field.name;
    if (field.type === "column" || field.type === "columns") field.of = table; // of the table chosen before it
  }
  return fields;
}

/** @param {string} name @param {any} part @param {any} root @returns {Field | null} */
function fieldOf(name, part, root) {
  const known = resolve(part, root);
  const hints = part["x-orrery"] ?? known["x-orrery"] ?? {};
  if (known.const !== undefined) return null; // the mark of a variant, not a setting
  const type = typeOf(known, root);
  const items = known.items ? resolve(known.items, root) : null;
  const choices = (type === "set" ? items : known).enum ?? [];
  return {
    name,
    label: hints.label || (part.title && part.title !== words(name).replace(/\b\w/g, (c) => c.toUpperCase()) ? part.title : words(name)),
    help: part.description ?? known.description ?? "",
    type,
    min: known.minimum ?? known.exclusiveMinimum ?? -Infinity,
    max: known.maximum ?? known.exclusiveMaximum ?? Infinity,
    above: known.exclusiveMinimum !== undefined,
    below: known.exclusiveMaximum !== undefined,
    step: hints.step ?? 0,
    log: hints.scale === "log",
    unit: hints.unit ?? "",
    live: Boolean(hints.live),
    advanced: Boolean(hints.advanced),
    group: hints.group || "",
    options: choices.map((/** @type {any} */ value) => ({ value, label: String(hints.options?.[value] ?? value) })),
    when: hints.when ?? null,
    nullable: Boolean(known.nullable),
    initial: part.default ?? known.default,
    variants: type === "objects" ? variantsOf(items, root) : [],
    least: known.minItems ?? 0,
    most: known.maxItems ?? 99,
    takes: (items ?? known)["x-takes"] ?? "",
    of: "",
  };
}

/** @param {any} known @param {any} root @returns {Field["type"]} */
function typeOf(known, root) {
  if (known["x-input"] === "dataset" || known["x-input"] === "column") return known["x-input"];
  if (known.enum) return "enum";
  if (known.type === "boolean") return "boolean";
  if (known.type === "integer" || known.type === "number") return known.type;
  if (known.type === "array") {
    const items = known.items ? resolve(known.items, root) : {};
    if (items.enum) return "set";
    if (items["x-input"] === "column") return "columns";
    if (items.properties || items.oneOf) return "objects";
    return "drawn";
  }
  return known.type === "string" ? "text" : "drawn";
}

/** The kinds of item a list of objects may hold. @param {any} items @param {any} root */
function variantsOf(items, root) {
  const kinds = (items.oneOf ?? [items]).map((/** @type {any} */ each) => resolve(each, root));
  return kinds.map((/** @type {any} */ kind) => ({ title: nounOf(kind), fields: fieldsOf(kind, root), marks: marksOf(kind) }));
}

/** "A hidden layer." -> "hidden layer"; else the title. @param {any} kind */
function nounOf(kind) {
  return /^An? ([^.,:;]{3,28})\.?$/.exec(kind.description ?? "")?.[1] ?? (kind.title ?? "item").toLowerCase();
}

/** The constant fields that tell one variant from another. @param {any} kind @returns {Record<string, any>} */
function marksOf(kind) {
  return Object.fromEntries(Object.entries(kind.properties ?? {}).filter(([, part]) => part.const !== undefined).map(([name, part]) => [name, part.const]));
}

/** Whether a field is to be shown with these values. @param {Field} field @param {Record<string, any>} values */
export function applies(field, values) {
  if (field.of && !values[field.of]) return false;
  return !field.when || Object.entries(field.when).every(([name, wanted]) => [wanted].flat().some((each) => each === values[name] || (Array.isArray(values[name]) && values[name].includes(each))));
}

/** What is wrong with a number, in words; "" when nothing is. @param {Field} field @param {number} value */
export function fault(field, value) {
  if (!Number.isFinite(value)) return `${field.label} is a number.`;
  if (field.type === "integer" && !Number.isInteger(value)) return `${field.label} is a whole number.`;
  const low = field.above ? value <= field.min : value < field.min;
  const high = field.below ? value >= field.max : value > field.max;
  return low || high ? `${field.label} lies ${rangeOf(field)}.` : "";
}

/** The range in words. @param {Field} field */
export function rangeOf(field) {
  const low = Number.isFinite(field.min);
  const high = Number.isFinite(field.max);
  if (low && high) return field.above ? `above ${field.min}, up to ${field.max}` : `between ${field.min} and ${field.max}`;
  if (low) return field.above ? `above ${field.min}` : `at or above ${field.min}`;
  return high ? `at or below ${field.max}` : "";
}
