// @ts-check
// All runs: a table that follows the server, renames, deletes with a way back, and leads to the comparison.
import { api } from "../api.js";
import { saveCheckpoint, takeCheckpoint } from "../checkpoint.js";
import { byId, h, readJSON, write } from "../dom.js";
import { Notices } from "../notices.js";
import { settled } from "../newest.js";
import { onTheme } from "../palette.js";
import { RunRow } from "../runrow.js";
import { saveCSV } from "../save.js";
import { listen } from "../keys.js";

const REFRESH_MS = 2000;
const QUIET_MS = 200;
const PAGE = 50;
const MOST = 500;
const COMPARED = 8;
const AT_ONCE = 4;

/** @type {Record<string, string>} */
const titles = readJSON("labs");
const notices = new Notices(byId("notices"));
const list = byId("runs");
const query = new URLSearchParams(location.search);
const filters = { q: byId("q"), lab: byId("lab"), status: byId("status") };
/** @type {Map<string, RunRow>} */
const rows = new Map();
/** @type {Map<string, () => void>} runs that are hidden and will be deleted; the call does it now */
const leaving = new Map();
/** @type {Set<string>} in the order in which they were chosen */
const chosen = new Set((query.get("runs") ?? "").split(",").filter(Boolean));
let limit = PAGE;
let turn = 0;
let timer = 0;
let reading = 0;

const sights = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const row = rows.get(/** @type {HTMLElement} */ (target).dataset.run ?? "");
    if (row) row.seen = isIntersecting;
  }
  curves();
}, { rootMargin: "120px" });
onTheme(() => rows.forEach((row) => row.draw()));
new ResizeObserver(() => rows.forEach((row) => row.draw())).observe(byId("table"));

// ---- the table ------------------------------------------------------------------------------------------------------

async function refresh() {
  clearTimeout(timer);
  const mine = (turn += 1);
  const wish = new URLSearchParams({ limit: String(limit) });
  for (const [name, box] of Object.entries(filters)) if (box.value.trim()) wish.set(name, box.value.trim());
  try {
    const found = await api("GET", `/api/runs?${wish}`);
    if (mine !== turn) return;
    notices.clear("away");
    show(found);
  } catch (error) {
    if (mine === turn) notices.error(error, "away");
  }
  if (!document.hidden && mine === turn) timer = window.setTimeout(refresh, REFRESH_MS);
}

/** @param {{runs: any[], next: string|null}} found */
function show({ runs, next }) {
  const there = new Set(runs.map((run) => run.id));
  for (const [id, row] of rows) if (!there.has(id)) drop(id, row);
  runs.forEach((run, at) => {
    const row = rows.get(run.id) ?? add(run);
    row.update(run);
    if (list.children[at] !== row.node) list.insertBefore(row.node, list.children[at] ?? null);
  });
  const filtered = Object.values(filters).some((box) => box.value.trim());
  const shown = runs.filter((run) => !leaving.has(run.id)).length;
  byId("table").hidden = !shown;
  byId("empty").hidden = Boolean(shown) || filtered;
  byId("nothing").hidden = Boolean(shown) || !filtered;
  byId("filters").hidden = !shown && !filtered;
  byId("more").hidden = !next || limit >= MOST;
  write(byId("counted"), shown ? `${shown}${next ? " newest" : ""} ${shown === 1 ? "run" : "runs"}` : "");
  document.body.dataset.ready = "";
  choose();
  curves();
}

/** @param {any} run */
function add(run) {
  const row = new RunRow(run, titles);
  rows.set(run.id, row);
  row.node.hidden = leaving.has(run.id);
  row.box.checked = chosen.has(run.id);
  row.addEventListener("chosen", () => {
    if (row.box.checked) chosen.add(run.id);
    else chosen.delete(run.id);
    choose();
  });
  row.addEventListener("csv", () => saveCSV(`/api/runs/${encodeURIComponent(run.id)}/metrics`, `${run.lab}-${run.id}.csv`).catch((error) => notices.error(error)));
  row.addEventListener("checkpoint", () => saveCheckpoint(`/api/runs/${encodeURIComponent(run.id)}`));
  row.addEventListener("delete", () => remove(row));
  row.addEventListener("failed", (event) => notices.error(/** @type {CustomEvent} */ (event).detail));
  sights.observe(row.node);
  return row;
}

/** @param {string} id @param {RunRow} row */
function drop(id, row) {
  sights.unobserve(row.node);
  row.node.remove();
  rows.delete(id);
}

/** The curves that are out of date and in sight, a few at a time. */
function curves() {
  for (const row of rows.values()) {
    if (reading >= AT_ONCE) return;
    if (!row.stale || row.node.hidden) continue;
    reading += 1;
    row.refreshLoss().catch(() => {}).finally(() => {
      reading -= 1;
      curves();
    });
  }
}

// ---- delete, with a way back ----------------------------------------------------------------------------------------

/** The row goes at once, the run when the notice does. @param {RunRow} row */
function remove(row) {
  const { id } = row.run;
  const key = `delete-${id}`;
  const next = /** @type {HTMLElement | null} */ (row.node.nextElementSibling ?? row.node.previousElementSibling);
  const hide = (/** @type {boolean} */ hidden) => {
    row.node.hidden = hidden;
    const left = [...rows.values()].some((each) => !each.node.hidden);
    byId("table").hidden = !left;
  };
  leaving.set(id, () => {
    leaving.delete(id);
    chosen.delete(id);
    api("DELETE", `/api/runs/${encodeURIComponent(id)}`, undefined, { keepalive: true })
      .catch((error) => {
        if (error.status === 404) return;
        hide(false);
        notices.error(error);
      }).finally(refresh);
  });
  hide(true);
  choose();
  (next?.querySelector("input") ?? filters.q).focus();
  notices.show(key, {
    text: `Deleted: ${row.words}.`, brief: true, gone: () => leaving.get(id)?.(),
    ways: [{ label: "Undo", go: () => {
      leaving.delete(id);
      hide(false);
      choose();
      row.box.focus();
      refresh();
    } }],
  });
}

addEventListener("pagehide", () => [...leaving.values()].forEach((now) => now()));

// ---- choose and compare ---------------------------------------------------------------------------------------------

function choose() {
  const ids = [...chosen].filter((id) => !leaving.has(id));
  const full = ids.length >= COMPARED;
  for (const row of rows.values()) {
    row.box.disabled = full && !row.box.checked;
    row.node.classList.toggle("chosen", row.box.checked);
  }
  byId("compare-bar").hidden = !ids.length;
  const link = byId("compare");
  if (ids.length > 1) link.href = `/compare?runs=${ids.map(encodeURIComponent).join(",")}`;
  else link.removeAttribute("href");
  link.setAttribute("aria-disabled", String(ids.length < 2));
  write(byId("chosen-words"), ids.length < 2 ? "1 chosen: choose another to compare them." : full ? `${ids.length} chosen, the most that fit.` : `${ids.length} chosen.`);
}

byId("choose-none").addEventListener("click", () => {
  chosen.clear();
  for (const row of rows.values()) row.box.checked = false;
  choose();
});

// ---- search ---------------------------------------------------------------------------------------------------------

const searched = settled(() => {
  const words = Object.entries(filters).filter(([, box]) => box.value.trim()).map(([name, box]) => `${name}=${encodeURIComponent(box.value.trim())}`);
  history.replaceState(null, "", words.length ? `?${words.join("&")}` : location.pathname);
  limit = PAGE;
  refresh();
}, QUIET_MS);
for (const [name, box] of Object.entries(filters)) {
  if (name === "lab") box.append(...Object.entries(titles).map(([id, title]) => h("option", { value: id }, title)));
  const wished = query.get(name) ?? "";
  if (wished) box.value = wished;
  if (box.selectedIndex === -1) box.value = "";
  box.addEventListener(name === "q" ? "input" : "change", searched);
}
byId("clear").addEventListener("click", () => {
  for (const box of Object.values(filters)) box.value = "";
  searched();
  filters.q.focus();
});
byId("upload").addEventListener("click", () => takeCheckpoint(notices));
byId("more").addEventListener("click", () => {
  limit = Math.min(MOST, limit + PAGE);
  refresh();
});
document.addEventListener("visibilitychange", () => !document.hidden && refresh());
addEventListener("pageshow", (event) => event.persisted && location.reload());
listen([
  { key: "/", shown: "/", says: "search", go: () => filters.q.focus() },
  { key: "d", shown: "D", says: "light or dark", go: () => document.dispatchEvent(new CustomEvent("nexttheme")) },
]);
refresh();
