// @ts-check
/** An opened figure: Plotly, loaded when it is first wanted, with the paper and ink of the page. */
import { named, palette, swatch } from "../palette.js";

/** @type {Promise<any> | null} */
let loading = null;

/** @returns {Promise<any>} Plotly */
function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/assets/plotly.min.js";
    script.onload = () => resolve(/** @type {any} */ (window).Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error("Plotly did not load."));
    };
    document.head.append(script);
  });
  return loading;
}

/**
 * @param {HTMLElement} home @param {import("./figure.js").Spec} spec @param {any} figure in plain values, for what the page made itself
 * @param {number} chosen which of the figure's choices
 */
export async function openPlotly(home, spec, figure, chosen) {
  home.textContent = "Plotly is being loaded …";
  try {
    const [Plotly, chart] = await Promise.all([plotly(), spec.api?.includes("/views/") ? ask(spec.api, chosen) : local(figure)]);
    home.textContent = "";
    await Plotly.newPlot(home, chart.data.map((/** @type {any} */ trace) => ({ ...coloured(trace, figure), ...(trace.name ? {} : { showlegend: false }) })), dressed(chart.layout, figure), { responsive: true, displaylogo: false, displayModeBar: true, toImageButtonOptions: { format: "svg", filename: spec.id } });
  } catch (error) {
    home.textContent = `This figure cannot be opened: ${error instanceof Error ? error.message : error}`;
  }
}

/** @param {string} api @param {number} chosen */
async function ask(api, chosen) {
  const answer = await fetch(api, { headers: { Accept: "application/vnd.plotly.v1+json" } });
  const chart = await answer.json();
  if (!answer.ok) throw new Error(chart.detail ?? chart.title ?? answer.statusText);
  return chart.choices?.[chosen] ?? chart;
}

/** What the page charts itself (metrics). @param {any} figure */
function local(figure) {
  const dash = { dashed: "dash", dotted: "dot" };
  const axis = (/** @type {any} */ a) => ({ title: { text: a.unit ? `${a.label} (${a.unit})` : a.label }, type: a.log ? "log" : "linear" });
  return {
    data: figure.lines.map((/** @type {any} */ l) => ({ type: "scatter", mode: "lines", name: l.label, x: l.x, y: l.y, line: { dash: dash[l.style] ?? "solid" } })),
    layout: { xaxis: axis(figure.x), yaxis: axis(figure.y) },
  };
}

const SYMBOLS = ["circle", "square", "triangle-up", "diamond", "triangle-down", "pentagon", "hexagon", "cross"];

/** @param {Uint32Array} ramp */
const scale = (ramp) => Array.from({ length: 17 }, (_, i) => [i / 16, swatch(ramp, (i / 16) * 254)]);

/** A trace in the colours that the figure itself has. @param {any} trace @param {any} figure */
function coloured(trace, figure) {
  const c = palette();
  if (trace.type === "heatmap" || trace.type === "surface") {
    if (figure.classes && !figure.values) {
      const n = Math.max(1, figure.class_names?.length || 8);
      const steps = Array.from({ length: n }, (_, k) => [[k / n, swatch(c.tints[k % 8], 170)], [(k + 1) / n, swatch(c.tints[k % 8], 170)]]).flat();
      return { ...trace, colorscale: steps, zmin: -0.5, zmax: n - 0.5, showscale: false };
    }
    const flat = (trace.z ?? []).flat().filter(Number.isFinite);
    if (figure.kind === "Images" && !figure.signed) {
      const all = figure.images.flat(2);
      return { ...trace, colorscale: "Greys", zmin: figure.lo ?? Math.min(...all), zmax: figure.hi ?? Math.max(...all) };
    }
    const most = flat.reduce((/** @type {number} */ a, /** @type {number} */ v) => Math.max(a, Math.abs(v)), 1e-9);
    return figure.signed ? { ...trace, colorscale: scale(c.diverging), zmin: -most, zmax: most } : { ...trace, colorscale: scale(c.sequential) };
  }
  if (figure.kind === "Graph") return { ...trace, cliponaxis: false, hoverinfo: "text", textposition: "top center", marker: { size: 12, color: c.card, line: { width: 1.5, color: c.ink } }, line: { ...trace.line, color: trace.line?.width > 1 ? c.brass : c.ink2 } };
  const lines = [...(figure.lines ?? []), ...(figure.paths ?? [])];
  const line = lines.findIndex((/** @type {any} */ l) => l.label === trace.name);
  if (line >= 0 && (trace.mode === "lines" || trace.mode === "markers")) return penned(trace, lines[line], line);
  const kinds = trace.marker?.color;
  if (!Array.isArray(kinds)) return trace;
  const outline = { width: 1, color: c.ink };
  if (!figure.labels) return { ...trace, marker: { ...trace.marker, colorscale: scale(figure.signed ? c.diverging : c.sequential), size: 8, line: outline } };
  const flat = trace.type === "scatter" ? kinds.map((k) => SYMBOLS[k % 8]) : "circle";
  return { ...trace, marker: { color: kinds.map((k) => (k === 255 ? c.ink2 : c.classes[k % 8])), symbol: flat, size: trace.type === "scatter" ? 8 : 4, line: outline } };
}

/** A curve or a walk with its colour and style. @param {any} trace @param {any} line @param {number} index */
function penned(trace, line, index) {
  const color = named(line.colour, index);
  const mode = line.style === "points" ? "markers" : "lines";
  return { ...trace, mode, marker: { color, size: 7 }, line: { ...trace.line, color, dash: { dashed: "dash", dotted: "dot" }[line.style] ?? "solid", shape: line.style === "steps" ? "hv" : trace.line?.shape } };
}

/** @param {any} layout @param {any} figure */
function dressed(layout, figure) {
  const c = palette();
  const axis = { gridcolor: c.rule, zerolinecolor: c.rule2, linecolor: c.rule2 };
  const out = { ...layout, title: undefined, paper_bgcolor: c.card, plot_bgcolor: c.card, font: { color: c.ink, family: c.font }, colorway: [...c.lines, ...c.classes], margin: { t: 32, r: 24, b: 56, l: 64 }, modebar: { bgcolor: c.card, color: c.ink3, activecolor: c.brass }, showlegend: ["Curves", "Histograms"].includes(figure.kind) || Boolean(figure.kind === "Field" && (figure.lines?.length || figure.paths?.length)) || Boolean(figure.kind === "Bars" && figure.series?.length) };
  for (const name of ["xaxis", "yaxis"]) out[name] = { ...axis, ...layout[name] };
  if (figure.kind === "Network" || figure.kind === "Graph") for (const name of ["xaxis", "yaxis"]) out[name].visible = false;
  if (figure.kind === "Field" && figure.equal !== false && (figure.x?.unit ?? "") === (figure.y?.unit ?? "")) {
    out.yaxis.scaleanchor = "x";
    for (const name of ["xaxis", "yaxis"]) out[name].constrain = "domain";
  }
  return out;
}
