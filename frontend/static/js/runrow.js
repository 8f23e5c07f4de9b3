// @ts-check
// One run as a row of the table: what it is, what sets it apart, where it stands. Names and notes are text, whatever they hold.
import { api } from "./api.js";
import { chips, describe, differences } from "./differences.js";
import { h, same, write } from "./dom.js";
import { count, short } from "./numbers.js";
import { drawSparkline, lossOf } from "./sparkline.js";

const POINTS = 60;
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** How long ago, or when. @param {number} at seconds since 1970 */
export function ago(at, now = Date.now() / 1000) {
  const past = now - at;
  if (past < MINUTE_S) return "just now";
  if (past < HOUR_S) return `${Math.floor(past / MINUTE_S)} min ago`;
  if (past < DAY_S) return `${Math.floor(past / HOUR_S)} h ago`;
  return new Date(at * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", ...(past > 300 * DAY_S ? { year: "numeric" } : {}) });
}

/** Events: "chosen", "delete", "csv", "checkpoint", "failed" {detail: error}. */
export class RunRow extends EventTarget {
  /** @param {any} run as GET /api/runs lists it @param {Record<string, string>} titles of the labs */
  constructor(run, titles) {
    super();
    this.run = run;
    this.titles = titles;
    this.seen = false;
    this.drawn = "";
    /** @type {{xs: any[], ys: any[]} | null} */
    this.loss = null;
    const tell = (/** @type {string} */ type) => () => this.dispatchEvent(new CustomEvent(type));
    this.box = h("input", { type: "checkbox", on: { change: tell("chosen") } });
    this.name = h("a.run-name", { href: `/runs/${encodeURIComponent(run.id)}` });
    this.rename = h("button.quiet.edit-name", { type: "button", on: { click: () => this.#edit("name") } }, "Rename");
    this.note = h("button.quiet.edit-notes", { type: "button", on: { click: () => this.#edit("notes") } }, "Notes");
    this.notes = h("p.run-notes");
    this.head = h("div.run-head", {}, this.name);
    this.lab = h("a.run-lab", { href: `/labs/${encodeURIComponent(run.lab)}` });
    this.differs = h("div.run-differs");
    this.status = h("span.run-status");
    this.steps = h("span.run-steps");
    this.value = h("b.run-loss");
    this.metric = h("span.run-metric");
    this.spark = h("canvas.spark", { role: "img" });
    this.time = h("time");
    const cell = (/** @type {string} */ name, /** @type {any[]} */ ...content) => h(`td.cell-${name}`, { role: "cell" }, ...content);
    this.node = h("tr.run", { role: "row", dataset: { run: run.id } },
      cell("choose", this.box), cell("what", this.head, this.notes, h("div.run-under", {}, this.lab, this.rename, this.note)), cell("differs", this.differs), cell("status", this.status), cell("steps", this.steps),
      cell("loss", h("div.run-curve", {}, this.spark, h("span.run-value", {}, this.value, this.metric))), cell("created", this.time),
      cell("acts", h("button.quiet", { type: "button", title: "Save every recorded step as CSV", on: { click: tell("csv") } }, "CSV"),
        h("button.quiet", { type: "button", title: "Download the trained run as it is now", on: { click: tell("checkpoint") } }, "Save"),
        h("button.quiet", { type: "button", on: { click: tell("delete") } }, "Delete")));
    this.update(run);
  }

  get words() {
    return this.run.name || `${this.titles[this.run.lab] ?? this.run.lab}, seed ${this.run.seed}`;
  }

  /** @param {any} run */
  update(run) {
    const again = !same(run.previous, this.run.previous) || !same(run.config, this.run.config) || !this.differs.firstChild;
    this.run = run;
    write(this.name, this.words);
    this.box.setAttribute("aria-label", `Compare ${this.words}`);
    write(this.lab, this.titles[run.lab] ?? run.lab);
    this.lab.hidden = !run.name;
    write(this.notes, run.notes);
    this.notes.hidden = !run.notes;
    this.rename.setAttribute("aria-label", `Rename ${this.words}`);
    this.note.setAttribute("aria-label", `Notes on ${this.words}`);
    write(this.status, run.status === "queued" && run.queue_place ? `queued, ${count(run.queue_place)}` : run.status);
    this.status.dataset.status = run.status;
    this.status.title = run.error?.message || run.problem?.message || run.message || "";
    write(this.steps, count(run.step));
    this.steps.title = `of ${count(run.max_steps)}`;
    write(this.time, ago(run.created_at));
    this.time.dateTime = new Date(run.created_at * 1000).toISOString();
    this.time.title = new Date(run.created_at * 1000).toLocaleString("en-GB");
    if (again) this.#compare();
  }

  async #compare() {
    const { previous } = this.run;
    if (!previous) return this.differs.replaceChildren(h("span.hint", {}, "the first of its lab"));
    const { fields } = await describe(this.run.lab).catch(() => ({ fields: [] }));
    const some = differences(this.run, previous, fields);
    this.differs.replaceChildren(...(some.length ? chips(some) : [h("span.hint", {}, "as the run before")]));
  }

  /** Whether the curve drawn is not that of the run as it stands. */
  get stale() {
    return this.seen && this.drawn !== `${this.run.take} ${this.run.step}`;
  }

  async refreshLoss() {
    const state = `${this.run.take} ${this.run.step}`;
    this.drawn = state;
    const [columns, about] = await Promise.all([api("GET", `/api/runs/${encodeURIComponent(this.run.id)}/metrics?points=${POINTS}`), describe(this.run.lab).catch(() => null)]);
    const id = lossOf(columns, about?.metrics ?? []);
    const ys = columns[id] ?? [];
    const last = ys.findLast((/** @type {any} */ y) => y !== null);
    this.loss = { xs: columns.step, ys };
    write(this.value, last === undefined ? "–" : short(last));
    write(this.metric, id.replace(/[_.]/g, " "));
    this.spark.setAttribute("aria-label", last === undefined ? "No loss yet" : `${id.replace(/[_.]/g, " ")} from ${short(ys.find((/** @type {any} */ y) => y !== null))} to ${short(last)}`);
    this.draw();
  }

  draw() {
    if (this.loss) drawSparkline(this.spark, this.loss.xs, this.loss.ys);
  }

  /** A box in the place of the words; Enter keeps, Escape leaves as it was. @param {"name"|"notes"} what */
  #edit(what) {
    const [shown, button] = what === "name" ? [this.name, this.rename] : [this.notes, this.note];
    if (this.node.querySelector(`.editing-${what}`)) return;
    const box = h(what === "name" ? `input.text.editing-${what}` : `textarea.text.editing-${what}`, {
      value: this.run[what], maxLength: what === "name" ? 200 : 20_000, "aria-label": what === "name" ? "Name of the run" : "Notes on the run",
      placeholder: what === "name" ? "A name" : "What you tried, what you saw", ...(what === "notes" ? { rows: 3 } : {}),
    });
    let open = true;
    const close = async (/** @type {boolean} */ keep, refocus = true) => {
      if (!open) return;
      open = false;
      const value = box.value.trim();
      box.replaceWith(shown);
      if (refocus) button.focus();
      if (!keep || value === this.run[what]) return;
      const before = this.run[what];
      this.update({ ...this.run, [what]: value });
      await api("PATCH", `/api/runs/${encodeURIComponent(this.run.id)}`, { [what]: value }).catch((error) => {
        this.update({ ...this.run, [what]: before });
        this.dispatchEvent(new CustomEvent("failed", { detail: error }));
      });
    };
    box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape") close(false);
      else if (event.key === "Enter" && (what === "name" || event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        close(true);
      }
    });
    box.addEventListener("blur", () => close(true, false));
    shown.replaceWith(box);
    box.focus();
    box.select();
  }
}
