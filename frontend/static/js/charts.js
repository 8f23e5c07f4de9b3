// @ts-check
// Rows of metrics -> Curves figures. Train and test of one name share a chart; long runs are thinned to a mean with its least and greatest.
import { AXES } from "./metrics.js";
import { niceAbove, short } from "./numbers.js";

/** @typedef {import("./metrics.js").Metrics} Metrics */
/** @typedef {{id: string, label: string, unit?: string, better?: string, log?: boolean}} MetricInfo */
/** @typedef {{id: string, title: string, unit: string, log: boolean, lines: {id: string, label: string, style: string, colour: string}[]}} Chart */

const BUCKETS = 220;
const PARTS = { train: "train", test: "test" };
/** The colours of several models, in their order; the pale one last. */
const MODELS = [2, 3, 4, 5, 1, 0, 6];

/** "test_loss.mlp" -> {part: "test", base: "loss", model: "mlp"} @param {string} id */
export function split(id) {
  const [name, ...model] = id.split(".");
  const [, part = "", base] = /^(?:(train|test)_)?(.*)$/.exec(name) ?? [];
  return { part, base, model: model.join(".") };
}

const words = (/** @type {string} */ text) => text.replace(/_/g, " ").replace(/^./, (c) => c.toUpperCase());
const rank = (/** @type {string} */ base) => ({ loss: 0, accuracy: 1, gradient_norm: 9 })[base] ?? 5;

/**
 * The charts for the columns there are, in a fixed order.
 * @param {string[]} ids @param {MetricInfo[]} infos @returns {Chart[]}
 */
export function chartsOf(ids, infos) {
  /** @type {Map<string, Chart>} */
  const charts = new Map();
  const known = new Map(infos.map((info) => [info.id, info]));
  const ordered = [...infos.map((info) => info.id).filter((id) => ids.includes(id)), ...ids.filter((id) => !known.has(id)).sort()];
  const models = [...new Set(ordered.map((id) => split(id).model).filter(Boolean))]; // the same colour in every chart
  for (const id of ordered) {
    if (AXES.includes(id) || id.split(".")[0].endsWith("_per_second")) continue;
    const { part, base, model } = split(id);
    const info = known.get(id) ?? known.get(id.split(".")[0]);
    const chart = charts.get(base) ?? { id: `metric:${base}`, title: part ? words(base) : (info?.label ?? words(base)), unit: info?.unit ?? "", log: info?.log ?? false, lines: [] };
    chart.lines.push({
      id,
      label: [part ? PARTS[part] : model ? "" : (info?.label ?? words(base)), model.replace(/_/g, " ")].filter(Boolean).join(" "),
      style: part === "test" ? "dashed" : "solid",
      colour: model ? `class${MODELS[models.indexOf(model) % MODELS.length]}` : part === "test" ? "test" : "train",
    });
    charts.set(base, chart);
  }
  return [...charts.values()].sort((a, b) => rank(a.id.slice(7)) - rank(b.id.slice(7)));
}

/** Buckets of equal width in steps: their mean, least and greatest. @param {{x: Float64Array, y: Float64Array}} series */
export function thin({ x, y }, buckets = BUCKETS) {
  if (x.length <= buckets * 1.5) return { x: Float32Array.from(x), y: Float32Array.from(y), lower: null, upper: null };
  const from = x[0];
  const width = (x[x.length - 1] - from) / buckets || 1;
  const out = { x: new Float32Array(buckets), y: new Float32Array(buckets), lower: new Float32Array(buckets), upper: new Float32Array(buckets) };
  let size = 0;
  let row = 0;
  for (let bucket = 0; bucket < buckets && row < x.length; bucket += 1) {
    const end = bucket === buckets - 1 ? Infinity : from + (bucket + 1) * width;
    let [sum, least, greatest, n, at] = [0, Infinity, -Infinity, 0, 0];
    for (; row < x.length && x[row] < end; row += 1) {
      sum += y[row];
      at += x[row];
      n += 1;
      if (y[row] < least) least = y[row];
      if (y[row] > greatest) greatest = y[row];
    }
    if (!n) continue;
    out.x[size] = at / n;
    out.y[size] = sum / n;
    out.lower[size] = least;
    out.upper[size] = greatest;
    size += 1;
  }
  for (const key of ["x", "y", "lower", "upper"]) out[key] = out[key].subarray(0, size);
  return out;
}

const tensor = (/** @type {Float32Array|null} */ data) => (data ? { shape: [data.length], data } : null);

/**
 * The axis of what a chart counts: shares end at 1, a logarithmic one is as long as its lines.
 * @param {Chart} chart @param {number} lo @param {number} hi @param {(end: number) => number} round
 */
export function valueAxis({ id, title, unit, log }, lo, hi, round) {
  if (log) return { label: title, unit, lo: null, hi: null, log };
  const share = /accuracy|exact_match|precision|recall/.test(id);
  return { label: title, unit, lo: lo < 0 ? -round(-lo) : 0, hi: share ? 1 : round(hi), log };
}

/**
 * One chart as a Curves figure: axes move only when they must.
 * @param {Chart} chart @param {Metrics} metrics
 */
export function figureOf(chart, metrics) {
  let [lo, hi] = [0, 0];
  const lines = chart.lines.map((line) => {
    const thinned = thin(metrics.series(line.id));
    for (const value of thinned.y) {
      if (value < lo) lo = value;
      if (value > hi) hi = value;
    }
    return { ...line, x: tensor(thinned.x), y: tensor(thinned.y), lower: tensor(thinned.lower), upper: tensor(thinned.upper) };
  });
  return {
    kind: "Curves",
    title: chart.title,
    alt: lines.map((line) => `${line.label}: ${short(metrics.newest(line.id))}`).join(", ") + ` at step ${Math.max(0, metrics.last)}.`,
    lines,
    x: { label: "step", unit: "", lo: 0, hi: niceAbove(Math.max(10, metrics.last)), log: false },
    y: valueAxis(chart, lo, hi, niceAbove),
    marks: [],
    rules: [],
  };
}
