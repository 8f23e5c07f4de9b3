// @ts-check
// The lab page: puts the parts together. It knows no lab; everything comes from the description in the page.
import { Answers } from "../answers.js";
import { api } from "../api.js";
import { saveCheckpoint, takeCheckpoint } from "../checkpoint.js";
import { Controls } from "../controls.js";
import { byId, h, readJSON, same, write } from "../dom.js";
import { decode } from "../frames.js";
import { listen, showKeys } from "../keys.js";
import { Lesson } from "../lesson.js";
import { invalidate, soon } from "../loop.js";
import { openMenu, tabs } from "../menus.js";
import { Newest, settled } from "../newest.js";
import { Notices } from "../notices.js";
import { Run } from "../run.js";
import { fieldsOf } from "../schema.js";
import { seedRow } from "../seed.js";
import { Settings } from "../settings.js";
import { fromURL, toURL } from "../state.js";
import { tellStatus } from "../status.js";
import { Time } from "../time.js";
import { Touches } from "../touches.js";
import { Transport } from "../transport.js";
import { Views } from "../views.js";

const COUNTERS_MS = 100;

const lab = readJSON("lab");
const joined = readJSON("run");
const url = fromURL(location.search, fieldsOf(lab.config_schema));
const notices = new Notices(byId("notices"));
const run = new Run(lab.id);
const controls = new Controls(byId("controls"), lab, url.hide);
const transport = new Transport(byId("transport"));
const views = new Views(byId("stage"), byId("side"), lab, run, url);
const answers = new Answers(byId("popover"));
const settings = new Settings({ lab, run, controls, notices, changed: () => written() });
const touches = new Touches({ lab, run, controls, notices, answers, choose: (values) => settings.rebuild(values), changed: () => written() });
const seed = seedRow((value) => reset({ seed: value }));
const counters = { at: 0, draw: (/** @type {number} */ now) => {
  // numbers that change faster than ten times a second cannot be read
  if (run.running && now - counters.at < COUNTERS_MS) return soon(counters, COUNTERS_MS - (now - counters.at));
  counters.at = now;
  transport.show(run.state);
} };
const usual = { config: {}, seed: null, hide: [], speed: lab.steps_per_second ?? null, stage: lab.views.filter((view) => view.stage).map((view) => view.id), on: [], off: [] };
byId("controls").before(seed.node);
// what a lecturer has put away by `hide=`: settings by their names (controls.js), and these parts of the page
const parts = { presets: byId("presets").parentElement, seed: seed.node, speed: document.querySelector(".speed"), steps: byId("moment"), code: byId("tab-code"), api: byId("tab-api"), challenges: byId("challenges")?.parentElement };
for (const name of url.hide) parts[name]?.classList.add("put-away");
const reached = new Set(lab.views.flatMap((view) => view.touches.map((touch) => touch.name)));
const asks = { probes: lab.probes.filter((each) => !reached.has(each.id)), actions: lab.actions.filter((each) => !reached.has(each.id)) };
if (asks.probes.length || asks.actions.length) import("../asks.js").then(({ offerAsks }) => offerAsks(asks, run, byId("side"), (error) => notices.error(error, "probe")));
for (const place of [byId("stage"), byId("side")]) touches.listen(place);
const time = new Time({ lab, run, views, controls, settings, notices, answers, transport, places: [byId("stage"), byId("side")], still: [byId("controls"), byId("presets"), seed.node] });

/** A command; its problem becomes a notice. @param {() => Promise<unknown>} command */
async function attempt(command) {
  try {
    return await command();
  } catch (error) {
    notices.error(error);
  }
}

/** The lab from its first step, with another seed if one is given. @param {{seed?: number}} [wish] */
async function reset(wish = {}) {
  const again = run.running && wish.seed !== undefined;
  await attempt(async () => {
    await run.reset({ config: controls.values, ...wish });
    if (again) await run.play();
  });
  written();
}

// ---- transport ------------------------------------------------------------------------------------------------------

const toggle = () => attempt(() => (run.running ? run.pause() : run.play()));
const one = () => (run.running ? attempt(() => run.pause()) : stepping.offer(1));
const stepping = new Newest(() => run.step(1), (error) => notices.error(error));
const speeding = new Newest((value) => run.patch({ steps_per_second: value }), (error) => notices.error(error));

transport.addEventListener("toggle", toggle);
transport.addEventListener("reset", () => reset());
transport.addEventListener("step", one);
transport.addEventListener("speed", (event) => speed(/** @type {CustomEvent} */ (event).detail));

/** @param {number|null} value */
function speed(value) {
  run.state.speed = value;
  transport.set(run.state);
  speeding.offer(value);
  written();
}

// ---- what the run says ----------------------------------------------------------------------------------------------

run.addEventListener("frame", (event) => {
  const frame = decode(/** @type {CustomEvent} */ (event).detail);
  if (Number(frame.meta.take ?? 0) >= run.state.take && !time.holds(frame)) views.show(frame);
});
run.addEventListener("metrics", () => invalidate(counters));
run.addEventListener("status", () => {
  if (transport.status !== run.state.status) counters.at = 0; // a button turns at once
  invalidate(counters);
  tellStatus(run.state, notices, { again: () => reset(), on: () => attempt(() => run.play()), out: () => time.ways });
  seed.set(run.state.seed);
  if (speeding.idle) transport.set(run.state);
  if (settings.idle && touches.idle) controls.put(run.state.config ?? {});
  document.body.dataset.status = run.state.status;
});
run.addEventListener("edit", (event) => {
  const { name, arguments: fields } = /** @type {CustomEvent} */ (event).detail;
  if (name !== "config" || !settings.idle) return;
  controls.put(touches.untouched(fields)); // a hand on a figure, here or elsewhere, has moved a slider
  written();
});
run.addEventListener("challenge", (event) => {
  const { id, passed } = /** @type {CustomEvent} */ (event).detail;
  const text = lesson.challenge(id, passed, run.state.step);
  if (text) notices.show(`challenge-${id}`, { text: `Challenge passed: ${text}`, tone: "good", brief: true });
});
run.addEventListener("trouble", (event) => {
  const { message, hint } = /** @type {CustomEvent} */ (event).detail;
  notices.show("trouble", { text: message, hint, tone: "warn", brief: true });
});
run.addEventListener("link", (event) => {
  const state = /** @type {CustomEvent} */ (event).detail;
  write(byId("link-state"), state === "lost" ? "reconnecting …" : "");
  byId("link-state").dataset.state = state;
  if (state === "gone" && !joined && run.state.step === 0) return void begin(); // a draft nobody had stepped
  if (state === "gone") {
    notices.show("gone", { text: "This run is no longer on the server.", hint: "An unused run is cleared away after a while.", tone: "warn", ways: [{ label: "Begin again with these settings", go: begin }] });
  } else notices.clear("gone");
});

// ---- the address, the share button, menus -------------------------------------------------------------------------

const pageState = () => ({ config: controls.differences, seed: run.state.seed, hide: url.hide, speed: run.state.speed, ...views.state });
const address = () => `${location.origin}/labs/${lab.id}${toURL(pageState(), usual)}`;
const written = settled(() => {
  const preset = lab.presets.find((each) => same({ ...controls.defaults, ...each.config }, controls.values));
  write(byId("presets").firstElementChild, preset ? preset.title : "Presets");
  if (!joined) history.replaceState(null, "", address());
  if (!byId("api").hidden) listCalls();
}, 250);
views.addEventListener("moved", () => written());
import("../seeds.js").then(({ offerSeeds }) => offerSeeds(run, transport.one, () => controls.values, notices));

/** @param {string} text @param {HTMLElement} button */
async function copy(text, button) {
  const words = button.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    notices.show("copy", { text: "The clipboard is closed to this page. Copy this:", hint: text });
  }
  setTimeout(() => (button.textContent = words), 1600);
}

byId("share").addEventListener("click", () => copy(address(), byId("share")));
byId("presets").addEventListener("click", () => openMenu(byId("presets"), [
  { label: "The default", note: "How the lab begins", go: () => settings.take({ config: {} }) },
  ...lab.presets.map((preset, index) => ({ label: preset.title, note: preset.help, key: index < 9 ? String(index + 1) : undefined, go: () => settings.take(preset) })),
], "Presets"));
byId("more").addEventListener("click", () => openMenu(byId("more"), [
  ...views.entries, "rule",
  { label: "Projector", key: "P", go: projector },
  { label: "A link to this very run", note: "Others watch it live", go: () => copy(`${location.origin}/runs/${run.id}`, byId("share")) },
  { label: "The metrics as CSV", go: () => download(`${run.path}/metrics`) },
  { label: "Download this trained run", note: "As it is now, to go on from anywhere", go: () => saveCheckpoint(run.path) },
  { label: "Upload a checkpoint", note: "A run that was downloaded before", go: () => takeCheckpoint(notices) },
  { label: "Five seeds", note: "Train this and the next four, to see how much is chance", go: () => byId("five-seeds")?.click() },
  { label: "All keys", key: "?", go: () => showKeys(keys) },
], "More"));

/** @param {string} path */
async function download(path) {
  await attempt(async () => {
    const answer = await fetch(path, { headers: { Accept: "text/csv" } });
    const link = h("a", { href: URL.createObjectURL(await answer.blob()), download: `${lab.id}.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}

function projector() {
  document.body.classList.toggle("projector");
  answers.close();
}

const panel = (/** @type {boolean} */ open) => {
  document.body.classList.toggle("panel-open", open);
  if (open) byId("panel-close").focus();
};
byId("panel-close").addEventListener("click", () => panel(false));
byId("transport").append(h("button.only-narrow.open-panel", { type: "button", on: { click: () => panel(true) } }, "Controls"));

/** The calls for this run as it is now. */
async function listCalls() {
  const { calls, showCalls } = await import("../code.js");
  showCalls(byId("api"), calls(lab, run, controls), copy);
}

async function colourCode() {
  const source = document.querySelector("#code code");
  if (source && !source.querySelector("span")) source.replaceChildren((await import("../code.js")).highlight(source.textContent ?? ""));
}

tabs(/** @type {HTMLElement} */ (document.querySelector('[role="tablist"]')), (id) => (id === "code" ? colourCode() : id === "api" && run.id && listCalls()));

const lesson = new Lesson(lab, {
  speed, set: (values) => settings.set(values), look: (view) => views.look(view), reset: () => reset(),
  play: () => run.running || attempt(() => run.play()), pause: () => run.running && attempt(() => run.pause()), step: (count) => attempt(() => run.step(count)),
});

const keys = [
  { key: "Space", shown: "Space", says: "play or pause", go: toggle },
  { key: "ArrowRight", shown: "→", says: "one step", go: (/** @type {KeyboardEvent} */ event) => time.forward(event) || one() },
  ...time.keys,
  { key: "r", shown: "R", says: "start again", go: () => reset() },
  { key: "1 2 3 4 5 6 7 8 9", shown: "1 – 9", says: "a preset", go: (/** @type {KeyboardEvent} */ event) => lab.presets[Number(event.key) - 1] && settings.take(lab.presets[Number(event.key) - 1]) },
  { key: "PageDown", shown: "Page down", says: "the next thing to try", go: () => lesson.walk(1) },
  { key: "PageUp", shown: "Page up", says: "the thing before", go: () => lesson.walk(-1) },
  { key: "p", shown: "P", says: "projector", go: projector },
  { key: "d", shown: "D", says: "light or dark", go: () => document.dispatchEvent(new CustomEvent("nexttheme")) },
  { key: "?", shown: "?", says: "these keys", go: () => showKeys(keys) },
  { key: "Escape", shown: "Esc", says: "close what is open, leave the projector", go: () => (panel(false), document.body.classList.remove("projector")) },
];
listen(keys);

// ---- begin ----------------------------------------------------------------------------------------------------------

async function begin() {
  notices.clear("gone");
  const wish = { config: controls.differences, ...(url.seed === null ? {} : { seed: url.seed }) };
  try {
    await (joined ? run.join(joined) : run.create(wish));
  } catch (error) {
    if (error.status !== 422) return notices.show("begin", { text: error.message, hint: error.hint, tone: "bad", ways: [{ label: "Try again", go: begin }] });
    const homeless = controls.problems(error.errors ?? []);
    notices.show("config", { text: homeless[0] ?? `The address holds what this lab cannot use: ${error.message.replace(/\.+$/, "")}.`, hint: "The default stands in for it.", tone: "warn" });
    const wrong = (error.errors ?? []).map((each) => String(each.field).replace(/^config\./, "").split(".")[0]);
    const right = Object.fromEntries(Object.entries(wish.config).filter(([name]) => !wrong.includes(name)));
    await run.create({ ...wish, config: right }).catch(() => attempt(() => run.create({ config: {} })));
  }
  views.named();
  document.body.dataset.run = run.id;
  usual.seed ??= 0;
  if (url.speed !== undefined) speed(url.speed);
  run.dispatchEvent(new CustomEvent("status"));
  settings.count();
}

if (Object.keys(url.config).length) controls.choose(url.config);
addEventListener("pagehide", () => {
  // nobody is left to watch a run of this page's own: it stands still until its link is opened again
  if (!joined && !run.kept && run.running) api("POST", `${run.path}/pause`, undefined, { keepalive: true }).catch(() => {});
  run.close();
});
addEventListener("pageshow", (event) => event.persisted && location.reload());
begin();
