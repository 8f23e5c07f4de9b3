// @ts-check
// The curves of several runs in one chart: a colour and a marker a run, seeds of one config folded into their mean and band.
import { chartsOf, split, thin, valueAxis } from "./charts.js";
import { same } from "./dom.js";
import { roundUp } from "./figures/axes.js";
import { short } from "./numbers.js";

/** @typedef {import("./metrics.js").Metrics} Metrics */
/**
 * @typedef {{index: number, id: string, lab: string, seed: number, config: Record<string, any>, label: string, folded: string, hidden: boolean,
 *   metrics: Metrics, perEpoch: number}} Member  one run: its place in the colours, its words alone and as one of several seeds
 * @typedef {{by: "step"|"epoch"|"time", part: "train"|"test"|"both", fold: boolean}} Wish
 * @typedef {{x: ArrayLike<number>, y: ArrayLike<number>}} Series
 */

/** Runs that differ in nothing but their seed, in the order of the first of each. @param {Member[]} members @returns {Member[][]} */
export function families(members) {
  /** @type {Member[][]} */
  const found = [];
  for (const member of members) {
    const family = found.find(([first]) => first.lab === member.lab && first.seed !== member.seed && same(first.config, member.config));
    if (family && !family.some((each) => each.seed === member.seed)) family.push(member);
    else found.push([member]);
  }
  return found;
}

/**
 * Mean and standard deviation (n − 1) at the steps where every one has a value.
 * @param {Series[]} all @returns {{x: Float64Array, mean: Float64Array, lower: Float64Array, upper: Float64Array}}
 */
export function folded(all) {
  const [first, ...rest] = all;
  const at = rest.map(() => 0);
  const out = { x: new Float64Array(first.x.length), mean: new Float64Array(first.x.length), lower: new Float64Array(first.x.length), upper: new Float64Array(first.x.length) };
  let size = 0;
  for (let row = 0; row < first.x.length; row += 1) {
    const step = first.x[row];
    let sum = first.y[row];
    let everyone = true;
    rest.forEach((series, k) => {
      while (at[k] < series.x.length && series.x[at[k]] < step) at[k] += 1;
      if (series.x[at[k]] === step) sum += series.y[at[k]];
      else everyone = false;
    });
    if (!everyone) continue;
    const mean = sum / all.length;
    let squares = (first.y[row] - mean) ** 2;
    rest.forEach((series, k) => (squares += (series.y[at[k]] - mean) ** 2));
    const deviation = Math.sqrt(squares / Math.max(1, all.length - 1));
    out.x[size] = step;
    out.mean[size] = mean;
    out.lower[size] = mean - deviation;
    out.upper[size] = mean + deviation;
    size += 1;
  }
  for (const key of ["x", "mean", "lower", "upper"]) out[key] = out[key].subarray(0, size);
  return out;
}

/** Where a run stands along the axis when it has made a step. @param {Member} member @param {Wish["by"]} by @param {number} step */
export function placed(member, by, step) {
  if (by === "time") return member.metrics.timeAt(step);
  return by === "epoch" ? step / (member.perEpoch || 1) : step;
}

/** The last step a run has made at a place of the axis. @param {Member} member @param {Wish["by"]} by @param {number} at */
export function stepOf(member, by, at) {
  if (by === "time") return member.metrics.stepAt(at);
  return Math.floor(at * (by === "epoch" ? member.perEpoch || 1 : 1) + 1e-6);
}

const mean = (/** @type {number[]} */ values) => values.reduce((sum, value) => sum + value, 0) / values.length;

const tensor = (/** @type {Float32Array} */ data) => ({ shape: [data.length], data });

/** The charts that these runs fill together. @param {Member[]} members @param {import("./charts.js").MetricInfo[]} infos */
export const overlays = (members, infos) => chartsOf([...new Set(members.flatMap(({ metrics }) => [...metrics.columns.keys()]))], infos);

/** The metrics of a chart that are wished for; all where it has no such part. @param {import("./charts.js").Chart} chart @param {Wish["part"]} part */
function wanted(chart, part) {
  const lines = chart.lines.filter((line) => part === "both" || split(line.id).part === part);
  return lines.length ? lines : chart.lines;
}

/**
 * One chart as a Curves figure. Train is solid and test dashed, whoever's it is.
 * @param {import("./charts.js").Chart} chart @param {Member[]} members @param {Wish} wish
 */
export function overlay(chart, members, wish) {
  let [lo, hi, end] = [0, 0, 0];
  const metrics = wanted(chart, wish.part);
  const groups = wish.fold ? families(members) : members.map((member) => [member]);
  /** @type {any[]} */
  const lines = [];
  for (const group of groups) {
    if (group.every((member) => member.hidden)) continue;
    for (const metric of metrics) {
      const there = group.filter((member) => !member.hidden && member.metrics.last > 0);
      const all = there.map((member) => member.metrics.series(metric.id)).filter(({ x }) => x.length);
      if (!all.length) continue;
      const [first] = group;
      const n = all.length;
      const { x, mean: middle, lower, upper } = n > 1 ? folded(all) : { x: all[0].x, mean: all[0].y, lower: null, upper: null };
      const line = thin({ x, y: middle });
      line.x = line.x.map((step) => mean(there.map((member) => placed(member, wish.by, step))));
      if (Number.isNaN(line.x[0])) continue; // of before there was a clock
      const words = group.length > 1 ? `${first.folded}, mean ± sd, n = ${n}` : first.label;
      const { part, model } = split(metric.id);
      lines.push({
        id: `${first.id}${part === "test" && metrics.length > 1 ? ":test" : ""}${model ? `.${model}` : ""}`, label: metrics.length > 1 ? `${words}, ${metric.label}` : words,
        x: tensor(line.x), y: tensor(line.y), lower: lower && tensor(thin({ x, y: lower }).y), upper: upper && tensor(thin({ x, y: upper }).y),
        unnamed: metric !== metrics[0], style: part === "test" ? "dashed" : model ? "dotted" : "solid", colour: `class${first.index}`, marker: first.index,
      });
      for (const values of [line.y, ...(lower && upper ? [lower, upper] : [])]) {
        for (let i = 0; i < values.length; i += 1) {
          if (values[i] < lo) lo = values[i];
          if (values[i] > hi) hi = values[i];
        }
      }
      end = Math.max(end, line.x[line.x.length - 1] ?? 0);
    }
  }
  return {
    kind: "Curves",
    title: chart.title,
    alt: lines.map((line) => `${line.label}: ${short(line.y.data[line.y.data.length - 1])}`).join("; "),
    lines,
    x: { label: wish.by === "time" ? "time trained" : wish.by, unit: wish.by === "time" ? "s" : "", lo: 0, hi: roundUp(end), log: false },
    y: valueAxis(chart, lo, hi, roundUp),
    marks: [],
    rules: [],
  };
}
