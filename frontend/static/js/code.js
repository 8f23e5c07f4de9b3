// @ts-check
// The lab's source with its lines numbered and its words coloured a little; the REST calls for this very run.
import { h } from "./dom.js";

const TOKENS = /(#[^\n]*)|("""[\s\S]*?"""|'''[\s\S]*?'''|[rbfu]{0,2}"(?:\\.|[^"\\\n])*"|[rbfu]{0,2}'(?:\\.|[^'\\\n])*')|(@[\w.]+)|\b(False|None|True|and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield|match|case)\b|\b(\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)\b/g;
const NAMES = ["comment", "string", "decorator", "keyword", "number"];

/** @param {string} text @returns {DocumentFragment} one span a line */
export function highlight(text) {
  const out = document.createDocumentFragment();
  let line = h("span.line");
  const put = (/** @type {string} */ words, /** @type {string} */ name) => {
    words.split("\n").forEach((part, index) => {
      if (index) {
        out.append(line, "\n");
        line = h("span.line");
      }
      if (part) line.append(name ? h(`span.py-${name}`, {}, part) : part);
    });
  };
  let at = 0;
  for (const found of text.matchAll(TOKENS)) {
    put(text.slice(at, found.index), "");
    put(found[0], NAMES[found.slice(1).findIndex((group) => group !== undefined)]);
    at = found.index + found[0].length;
  }
  put(text.slice(at).replace(/\n$/, ""), "");
  out.append(line);
  return out;
}

/** A small example that fits a JSON schema. @param {any} schema @param {any} [root] @returns {any} */
export function example(schema, root = schema) {
  if (!schema) return {};
  if (schema.$ref) return example(root.$defs?.[schema.$ref.split("/").pop()], root);
  if (schema.examples?.length) return schema.examples[0];
  if (schema.default !== undefined && schema.default !== null) return schema.default;
  if (schema.anyOf) return example(schema.anyOf[0], root);
  if (schema.enum) return schema.enum[0];
  if (schema.type === "object" || schema.properties) return Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name]) => !schema.required || schema.required.includes(name)).map(([name, part]) => [name, example(part, root)]));
  if (schema.type === "array") return [example(schema.items ?? schema.prefixItems?.[0] ?? {}, root)];
  if (schema.type === "integer") return Math.max(0, schema.minimum ?? 0);
  if (schema.type === "number") return 0.5;
  return schema.type === "boolean" ? true : "…";
}

/** @param {string} method @param {string} path @param {any} [body] @param {string} [after] */
function curl(method, path, body, after = "") {
  const words = ["curl", "-s"];
  if (method !== "GET" && !(method === "POST" && body !== undefined)) words.push("-X", method);
  words.push(`${location.origin}${path}`);
  if (body !== undefined) words.push("--json", `'${JSON.stringify(body).replaceAll("'", "'\\''")}'`);
  return words.join(" ") + after;
}

/**
 * @param {any} lab @param {import("./run.js").Run} run @param {import("./controls.js").Controls} controls
 * @returns {[string, string][]} what it does, the line that does it
 */
export function calls(lab, run, controls) {
  const live = controls.fields.filter((field) => field.live && field.type !== "drawn").slice(0, 2).map((field) => [field.name, controls.values[field.name]]);
  const view = lab.views[0];
  /** @type {[string, string][]} */
  const lines = [
    ["A run like this one, from the start", curl("POST", "/api/runs", { lab: lab.id, config: controls.differences, seed: run.state.seed })],
    ["Where this run stands", curl("GET", run.path)],
    ["Play", curl("POST", `${run.path}/play`)],
    ["Pause", curl("POST", `${run.path}/pause`)],
    ["Ten steps; the answer has their metrics", curl("POST", `${run.path}/step`, { count: 10 })],
    ["Every recorded metric, as a table", curl("GET", `${run.path}/metrics`, undefined, " -H 'Accept: text/csv'")],
  ];
  if (live.length) lines.push(["Change a live setting while it trains", curl("PATCH", run.path, { config: Object.fromEntries(live.slice(0, 1)) })]);
  lines.push(["Start again with these settings", curl("POST", `${run.path}/reset`, { config: controls.differences, seed: run.state.seed })]);
  if (view) lines.push([`The view “${view.title}”, in numbers`, curl("GET", `${run.path}/views/${view.id}`, undefined, " -H 'Accept: application/json'")]);
  for (const probe of lab.probes ?? []) lines.push([`Ask: ${probe.title}`, curl("POST", `${run.path}/probes/${probe.id}`, probe.schema ? example(probe.schema) : {})]);
  for (const action of lab.actions ?? []) lines.push([`Do: ${action.title}`, curl("POST", `${run.path}/actions/${action.id}`, action.schema ? example(action.schema) : {})]);
  lines.push(["What this lab can be told", curl("GET", `/api/labs/${lab.id}`)]);
  return lines;
}

/** @param {HTMLElement} place @param {[string, string][]} lines @param {(text: string, button: HTMLElement) => void} copy */
export function showCalls(place, lines, copy) {
  place.replaceChildren(
    h("p.hint", {}, "Everything on this page is a REST call. These lines speak to this very run; the numbers arrive here while you watch. ", h("a", { href: "/docs" }, "All of the API")),
    h("ul.calls", {}, ...lines.map(([says, line]) => {
      const button = h("button.quiet", { type: "button", "aria-label": `Copy: ${says}`, on: { click: () => copy(line, button) } }, "Copy");
      return h("li", {}, h("p", {}, says), h("div.call", {}, h("pre", { tabIndex: 0 }, h("code", {}, line)), button));
    })),
  );
}
