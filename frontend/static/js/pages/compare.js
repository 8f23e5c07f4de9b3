// @ts-check
// Several runs in lock step: curves overlaid, one view of each side by side on one scale, one moment for all.
import { api } from "../api.js";
import { Compared, mark, wordsOf } from "../compared.js";
import { describe } from "../differences.js";
import { byId, h, readJSON, unique, write } from "../dom.js";
import "../figures/frame.js";
import { listen } from "../keys.js";
import { invalidate, soon } from "../loop.js";
import { Notices } from "../notices.js";
import { count, short } from "../numbers.js";
import { families, overlay, overlays, placed, stepOf } from "../overlay.js";
import { Panels } from "../panels.js";
import { Run } from "../run.js";

const MOST = 8;
const CHARTS_MS = 150;

const titles = readJSON("labs");
const notices = new Notices(byId("notices"));
const query = new URLSearchParams(location.search);
const asked = [...new Set((query.get("runs") ?? "").split(",").filter(Boolean))].slice(0, MOST);
/** @type {import("../overlay.js").Wish} */
const wish = { by: /** @type {any} */ ({ epoch: "epoch", time: "time" })[query.get("by") ?? ""] ?? "step", part: /** @type {any} */ ({ train: "train", test: "test" })[query.get("part") ?? ""] ?? "both", fold: query.get("fold") !== "0" };

/** The address says what is compared and how. @param {Record<string, string|null>} change */
function written(change) {
  for (const [name, value] of Object.entries(change)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  history.replaceState(null, "", `?${[...query].map(([name, value]) => `${name}=${encodeURIComponent(value).replace(/%2C/g, ",")}`).join("&")}`);
}

/** One of a few. @param {string} label @param {[string, string][]} options @param {string} value @param {(value: any) => void} choose */
function segments(label, options, value, choose) {
  const name = unique("one-of");
  return h("fieldset.one-of", {}, h("legend", {}, label), h("div.segments", {}, ...options.map(([each, words]) =>
    h("label", {}, h("input", { type: "radio", name, value: each, checked: each === value, on: { change: () => choose(each) } }), h("span", {}, words)))));
}

async function begin() {
  const found = await Promise.all(asked.map((id) => api("GET", `/api/runs/${encodeURIComponent(id)}`).catch((error) => ({ gone: id, error }))));
  const infos = found.filter((each) => !each.gone);
  const gone = found.filter((each) => each.gone);
  const away = gone.find(({ error }) => error.status !== 404);
  if (away) return notices.show("begin", { text: away.error.message, hint: away.error.hint, tone: "bad", ways: [{ label: "Try again", go: () => location.reload() }] });
  if (gone.length) notices.show("gone", { text: `${gone.length} of ${asked.length} runs ${gone.length === 1 ? "is" : "are"} no longer on the server.`, tone: "warn" });
  byId("empty").hidden = infos.length > 0;
  byId("compared").hidden = byId("acts").hidden = !infos.length;
  document.body.dataset.ready = "";
  if (infos.length) compare(infos, await Promise.all(infos.map((info) => describe(info.lab).catch(() => ({ title: titles[info.lab] ?? info.lab, fields: [], views: [], metrics: [] })))));
}

/** @param {any[]} infos @param {any[]} labs */
function compare(infos, labs) {
  const runs = infos.map((info) => new Run(info.lab));
  const words = wordsOf(infos, labs);
  /** @type {import("../overlay.js").Member[]} */
  const members = infos.map((info, index) => ({ index, id: info.id, lab: info.lab, seed: info.seed, config: info.config, label: `${index + 1} ${words[index].label}`, folded: words[index].folded, hidden: false, metrics: runs[index].metrics, perEpoch: 0 }));
  const groups = families(members);
  const foldable = groups.some((group) => group.length > 1);
  runs.forEach((run, k) => run.adopt(infos[k]));
  byId("others").href = `/runs?runs=${infos.map((info) => encodeURIComponent(info.id)).join(",")}`;
  write(byId("about"), `${infos.length} ${infos.length === 1 ? "run" : "runs"} of ${[...new Set(labs.map((lab) => lab.title))].join(" and ")}`);

  // ---- the legend
  const rows = infos.map((info, k) => new Compared(info, runs[k], words[k].some, labs[k].title, k));
  byId("legend").replaceChildren(...rows.map(({ node }) => node));
  const coloured = () => {
    for (const group of groups) {
      for (const { index } of group) {
        const colour = foldable && wish.fold ? group[0].index : index;
        rows[index].colour(colour);
        panels.mark(index, mark(colour));
      }
    }
  };
  rows.forEach((row, k) => {
    row.addEventListener("hide", () => {
      members[k].hidden = row.hidden;
      changed();
    });
    row.addEventListener("remove", () => {
      written({ runs: infos.filter((info) => info !== infos[k]).map((info) => info.id).join(",") || null });
      location.reload();
    });
  });

  // ---- the charts
  const charts = new Map();
  let drawnAt = 0;
  let version = "";
  const curves = { draw: (/** @type {number} */ now) => {
    if (now - drawnAt < CHARTS_MS) return soon(curves, CHARTS_MS - (now - drawnAt));
    const state = JSON.stringify([wish, members.map(({ metrics, hidden }) => [metrics.version, hidden])]);
    if (state === version) return;
    [version, drawnAt] = [state, now];
    members.forEach((member, k) => {
      const { step, epoch } = runs[k].state;
      if (step && epoch) member.perEpoch = step / epoch;
    });
    const known = [...new Map(labs.flatMap((lab) => lab.metrics).map((info) => [info.id, info])).values()];
    for (const chart of overlays(members, known)) {
      const frame = charts.get(chart.id) ?? h("figure-frame");
      if (!charts.has(chart.id)) {
        charts.set(chart.id, frame);
        frame.dataset.chart = chart.id;
        frame.spec = { id: chart.id, title: chart.title, kind: "Curves", touches: [] };
        byId("charts").append(frame);
      }
      frame.show(overlay(chart, members, wish));
    }
    if (wish.by === "time") timed(); // rows that have come say when the kept steps were made
  } };
  const changed = () => invalidate(curves);
  for (const run of runs) for (const type of ["metrics", "cut", "status"]) run.addEventListener(type, changed);
  byId("charts").addEventListener("cursor", (event) => {
    for (const { figure } of charts.values()) if (figure !== event.target) figure?.follow?.(/** @type {CustomEvent} */ (event).detail.x);
  });
  byId("choices").replaceChildren(
    segments("Along", [["step", "step"], ["epoch", "epoch"], ["time", "wall time"]], wish.by, (by) => {
      wish.by = by;
      written({ by: by === "step" ? null : by });
      changed();
      timed();
    }),
    segments("Data", [["train", "train, solid"], ["test", "test, dashed"], ["both", "both"]], wish.part, (part) => {
      wish.part = part;
      written({ part: part === "both" ? null : part });
      changed();
    }),
    ...(foldable ? [h("label.fold", {}, h("input.switch", { type: "checkbox", id: "fold", checked: wish.fold, on: { change: (/** @type {any} */ event) => {
      wish.fold = event.target.checked;
      written({ fold: wish.fold ? null : "0" });
      coloured();
      changed();
    } } }), h("span", {}, "Seeds as mean and band ", h("span.hint", {}, "± one standard deviation")))] : []));

  // ---- the views, at one moment
  const panels = new Panels(byId("panels"), infos.map((_, k) => ({ run: runs[k], label: members[k].label })));
  const shared = labs[0].views.filter((view) => labs.every((lab) => lab.views.some((each) => each.id === view.id && each.kind === view.kind)));
  const list = byId("view");
  byId("views").hidden = !shared.length;
  list.replaceChildren(...shared.map((view) => h("option", { value: view.id }, view.title)));
  const first = shared.find((view) => view.id === query.get("view")) ?? shared.find((view) => view.stage) ?? shared[0];
  const look = (/** @type {string} */ id) => panels.choose(labs.map((lab) => lab.views.find((view) => view.id === id)));
  list.addEventListener("change", () => {
    written({ view: list.value });
    look(list.value);
  });

  const slider = h("input.track", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": "Moment", on: { input: () => moved() } });
  const said = h("output.moment-words", {}, "now");
  const now = h("button.quiet", { type: "button", title: "Follow the runs again", on: { click: () => {
    slider.value = slider.max;
    moved();
  } } }, "To now");
  byId("moment").replaceChildren(slider, said, now);
  /** @type {number[]} */
  let stops = [];
  /** The kept steps of all runs are the slider's stops; beyond the last is now. */
  function timed() {
    const before = Number(slider.value) < stops.length ? stops[Number(slider.value)] : null;
    const places = panels.kept.flatMap((kept, k) => kept.map((step) => placed(members[k], wish.by, step)));
    const whole = wish.by === "epoch" ? places.map((at) => Number(at.toPrecision(6))) : places; // one stop for what is one moment
    stops = [...new Set(whole.filter(Number.isFinite))].sort((a, b) => a - b);
    slider.max = String(stops.length);
    slider.value = String(before === null ? stops.length : stops.findLastIndex((x) => x <= before));
    told();
  }

  function told() {
    const at = stops[Number(slider.value)];
    const text = at === undefined ? "now" : { step: `step ${count(at)}`, epoch: `epoch ${at.toFixed(1)}`, time: `${short(at)} s` }[wish.by];
    write(said, text);
    now.style.visibility = at === undefined ? "hidden" : "";
    slider.setAttribute("aria-valuetext", text);
    slider.style.setProperty("--fill", `${(Number(slider.value) / Math.max(1, stops.length)) * 100}%`);
    for (const { figure } of charts.values()) {
      if (!figure || figure.here === (at ?? null)) continue;
      figure.here = at ?? null;
      invalidate(figure);
    }
  }

  function moved() {
    const at = stops[Number(slider.value)];
    told();
    panels.at(infos.map((_, k) => (at === undefined ? null : stepOf(members[k], wish.by, at))));
  }

  panels.addEventListener("kept", timed);
  if (first) {
    list.value = first.id;
    look(first.id);
  }

  // ---- all at once
  const all = byId("play-all");
  const playing = () => runs.some((run) => run.running);
  const turn = () => {
    write(all, playing() ? "Pause all" : "Play all");
    all.hidden = runs.every((run) => ["finished", "failed"].includes(run.state.status));
  };
  for (const run of runs) run.addEventListener("status", turn);
  all.addEventListener("click", async () => {
    const pause = playing();
    const some = runs.filter((run) => (pause ? run.running : !run.running && !["finished", "failed"].includes(run.state.status)));
    await Promise.all(some.map((run) => (pause ? run.pause() : run.play()).catch((error) => notices.error(error))));
  });
  addEventListener("pagehide", () => runs.forEach((run) => run.close()));
  coloured();
  turn();
  changed();
}

listen([{ key: "d", shown: "D", says: "light or dark", go: () => document.dispatchEvent(new CustomEvent("nexttheme")) }]);
addEventListener("pageshow", (event) => event.persisted && location.reload());
begin();
