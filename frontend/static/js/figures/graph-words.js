// @ts-check
/** A computational graph in words: what a node or an edge says, the sum where several paths meet, the table. */
import { number } from "./axes.js";

/** A number of a graph, as short as it can be read; a dot while it is unknown. @param {number | null | undefined} v */
export const short = (v) => (v === null || v === undefined ? "·" : number(Number(v.toPrecision(3)), Math.abs(v) >= 1000 || (v !== 0 && Math.abs(v) < 0.001) ? undefined : digits(v)));

/** @param {number} v */
const digits = (v) => (v === 0 ? 0 : Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(Math.abs(v))))));

/** @param {number} v */
const factor = (v) => (v < 0 ? `(${short(v)})` : short(v));

/** @param {any} f @param {string} id */
export const nodeOf = (f, id) => f.nodes.find((/** @type {any} */ n) => n.id === id);

/** Lines about a node: its computation, its value, its gradient and where that comes from. @param {any} f @param {any} node @returns {string[]} */
export function aboutNode(f, node) {
  const lines = [node.note ? `${node.label}: ${node.note}` : node.label];
  if (node.value !== null && node.value !== undefined) lines.push(`value ${short(node.value)}`);
  if (node.gradient === null || node.gradient === undefined) return [...lines, symbolic(f, node)].filter(Boolean);
  return [...lines, ...sum(f, node)];
}

/** The rule where the number is not known yet. @param {any} f @param {any} node */
function symbolic(f, node) {
  const out = f.edges.filter((/** @type {any} */ e) => e.source === node.id);
  return out.length ? `∂L/∂${node.label} = ${out.map((/** @type {any} */ e) => term(nodeOf(f, e.target)?.label, node.label)).join(" + ")}` : "";
}

/** @param {string} y @param {string} x */
const term = (y, x) => `∂L/∂${y} · ∂${y}/∂${x}`;

/** A gradient as the sum over the edges that leave its node, in numbers where they are all known and all in it. @param {any} f @param {any} node @returns {string[]} */
function sum(f, node) {
  const name = `∂L/∂${node.label}`;
  const terms = f.edges.filter((/** @type {any} */ e) => e.source === node.id).map((/** @type {any} */ e) => [nodeOf(f, e.target)?.gradient, e.local]);
  const known = terms.length && terms.flat().every((/** @type {any} */ v) => typeof v === "number");
  const total = terms.reduce((/** @type {number} */ all, /** @type {number[]} */ [a, b]) => all + a * b, 0);
  if (!known || Math.abs(total - node.gradient) > 1e-5 * Math.max(1, Math.abs(total))) return [`${name} = ${short(node.gradient)}${terms.length > 1 ? " so far" : ""}`];
  return [`${name} = ${terms.map((/** @type {number[]} */ [a, b]) => `${factor(a)}·${factor(b)}`).join(" + ")}`, `= ${short(node.gradient)}`];
}

/** Lines about an edge. @param {any} f @param {any} edge @returns {string[]} */
export function aboutEdge(f, edge) {
  const [x, y] = [nodeOf(f, edge.source)?.label, nodeOf(f, edge.target)?.label];
  const lines = [`∂${y}/∂${x} = ${short(edge.local)}`];
  if (edge.label) lines.push(edge.label);
  if (edge.flow !== null && edge.flow !== undefined) lines.push(`flows back: ${flowText(f, edge)}`);
  return lines;
}

/** "gradient × local = flow". @param {any} f @param {any} edge */
export function flowText(f, edge) {
  const head = nodeOf(f, edge.target)?.gradient;
  return typeof head === "number" && typeof edge.local === "number" ? `${factor(head)}·${factor(edge.local)} = ${short(edge.flow)}` : short(edge.flow);
}

/** @param {any} f */
export function describe(f) {
  const now = f.nodes.filter((/** @type {any} */ n) => n.lit).map((/** @type {any} */ n) => n.label);
  return `a graph of ${f.nodes.length} nodes: ${f.nodes.map((/** @type {any} */ n) => `${n.label} ${short(n.value)}, gradient ${short(n.gradient)}`).join("; ")}${now.length ? `; now at ${now.join(", ")}` : ""}`.replaceAll("·", "unknown");
}

/** Nodes, then edges, as a table. @param {any} f @returns {(string | number)[][]} */
export function rows(f) {
  const table = [["what", "name", "value", "gradient", "local derivative", "flow"]];
  for (const n of f.nodes) table.push([n.role, n.label, n.value ?? "", n.gradient ?? "", "", ""]);
  for (const e of f.edges) table.push(["edge", `${nodeOf(f, e.source)?.label} → ${nodeOf(f, e.target)?.label}`, "", "", e.local ?? "", e.flow ?? ""]);
  return table;
}
