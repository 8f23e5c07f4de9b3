// @ts-check
/** An opened figure: Plotly, loaded when it is first wanted, with the paper and ink of the page. */
import { palette } from "../palette.js";

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
    const [Plotly, chart] = await Promise.all([plotly(), spec.api ? ask(spec.api, chosen) : local(figure)]);
    home.textContent = "";
    await Plotly.newPlot(home, chart.data, dressed(chart.layout), { responsive: true, displaylogo: false, toImageButtonOptions: { format: "svg", filename: spec.id } });
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

/** @param {any} layout */
function dressed(layout) {
  const c = palette();
  const axis = { gridcolor: c.rule, zerolinecolor: c.rule2, linecolor: c.rule2 };
  const out = { ...layout, title: undefined, paper_bgcolor: c.card, plot_bgcolor: c.card, font: { color: c.ink, family: c.font }, colorway: [c.train, c.test, ...c.classes], margin: { t: 24, r: 24, b: 56, l: 64 } };
  for (const name of ["xaxis", "yaxis"]) out[name] = { ...axis, ...layout[name] };
  return out;
}
