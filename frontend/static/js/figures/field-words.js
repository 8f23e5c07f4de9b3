// @ts-check
/** A field in words and rows: what is under the pointer, the text alternative, the data. */
import { at } from "../frames.js";
import { axisText, number, signed } from "./axes.js";
import { valuesAt } from "./plane.js";

/** What stands at a place, in words. @param {import("./field.js").Field} field @param {number} x @param {number} y @returns {string[]} */
export function read(field, x, y) {
  const f = /** @type {any} */ (field.figure);
  const [x0, x1, y0, y1] = f.box;
  const name = (axis, fallback) => (axis?.label || fallback);
  const unit = (axis) => (axis?.unit ? ` ${axis.unit}` : "");
  const digits = Math.max(0, 2 - Math.floor(Math.log10(x1 - x0)));
  const place = `${name(f.x, "x")} = ${number(x, digits)}${unit(f.x)}, ${name(f.y, "y")} = ${number(y, digits)}${unit(f.y)}`;
  const p = field.preview;
  const tensor = p ? one(p) : f.values ?? f.classes;
  const curves = valuesAt(f, x);
  if (!tensor) return [place, ...curves];
  const [rows, columns] = tensor.shape;
  const i = Math.max(0, Math.min(columns - 1, Math.floor(((x - x0) / (x1 - x0)) * columns)));
  const j = Math.max(0, Math.min(rows - 1, Math.floor(((y - y0) / (y1 - y0)) * rows)));
  const index = j * columns + i;
  if (!p && !f.values) {
    const k = f.classes.data[index];
    const sure = f.strength ? `, ${number(at(f.strength, index), 2)} sure` : "";
    return [`${f.class_names?.[k] ?? `class ${k}`}${sure}`, place, ...curves];
  }
  const text = (p ? p.signed : f.signed) ? signed : number;
  return [`${p?.label || f.value_label || "value"} ${text(at(tensor, index), 3)}`, place, ...curves];
}

/** The field in one sentence. @param {any} f */
export function describe(f) {
  const wrong = f.wrong ? f.wrong.data.reduce((a, b) => a + (b === 1 ? 1 : 0), 0) : null;
  const parts = [`a ${f.values || f.classes ? "map" : "plane"} over ${axisText(f.x) || "x"} from ${f.box[0]} to ${f.box[1]} and ${axisText(f.y) || "y"} from ${f.box[2]} to ${f.box[3]}`];
  if (f.points) parts.push(`${f.points.shape[0]} points`);
  if (wrong !== null) parts.push(`${wrong} on the wrong side`);
  const curves = (f.lines ?? []).map((/** @type {any} */ l) => l.label).filter(Boolean);
  if (curves.length) parts.push(`curves ${curves.join(", ")}`);
  if (f.boxes?.length) parts.push(`${f.boxes.length} boxes`);
  for (const { label, places: { data, shape: [n, d] } } of f.paths ?? []) {
    if (n) parts.push(`${label || "path"} at (${number(data[(n - 1) * d], 2)}, ${number(data[(n - 1) * d + 1], 2)}) after ${n - 1} moves`);
  }
  return parts.join(", ");
}

/** Points, curves, walks, boxes and arrows, then the map's cells, as a table. @param {any} f @returns {(string | number)[][]} */
export function rows(f) {
  const map = f.values ?? f.classes;
  const table = [["what", f.x?.label || "x", f.y?.label || "y", f.value_label || "value", "held out"]];
  const [x0, x1, y0, y1] = f.box;
  for (let i = 0; f.points && i < f.points.shape[0]; i += 1) {
    table.push(["point", f.points.data[2 * i], f.points.data[2 * i + 1], f.labels ? f.class_names?.[f.labels.data[i]] ?? f.labels.data[i] : f.targets?.data[i] ?? "", f.held?.data[i] ?? ""]);
  }
  for (const line of f.lines ?? []) for (let i = 0; i < line.x.data.length; i += 1) table.push([line.label || line.id, line.x.data[i], line.y.data[i], "", ""]);
  for (const { label, id, places: { data, shape: [n, d] } } of f.paths ?? []) for (let i = 0; i < n; i += 1) table.push([label || id, data[i * d], data[i * d + 1], i, ""]);
  for (const b of f.boxes ?? []) table.push([`box ${b.label || b.id}`, b.x0, b.y0, "", ""], [`box ${b.label || b.id}`, b.x1, b.y1, "", ""]);
  for (const s of f.segments ?? []) table.push([`line ${s.label || s.id}`, s.x0, s.y0, "", ""], [`line ${s.label || s.id}`, s.x1, s.y1, "", ""]);
  for (const a of f.arrows ?? []) table.push([`arrow ${a.label || a.id}`, a.x, a.y, "", ""], [`arrow ${a.label || a.id}`, a.x + a.dx, a.y + a.dy, "", ""]);
  for (const one of f.handles ?? []) table.push([`handle ${one.label || one.id}`, one.x, one.y, "", ""]);
  for (let i = 0; map && i < map.data.length; i += 1) {
    const [h, w] = map.shape;
    table.push(["map", x0 + ((i % w) + 0.5) * (x1 - x0) / w, y0 + (Math.floor(i / w) + 0.5) * (y1 - y0) / h, at(map, i), ""]);
  }
  return table;
}

/** The one map of a stack that is previewed. @param {import("./heat.js").Preview} preview @returns {import("../frames.js").Tensor} */
export function one({ tensor: { shape: [, h, w], data, lo, hi }, index }) {
  return { shape: [h, w], data: data.subarray(index * h * w, (index + 1) * h * w), lo, hi };
}
