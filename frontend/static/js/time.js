// @ts-check
// Time on a lab page: the scrub bar, the words and buttons while the past is looked at, one step back, undo, and the ways out of a problem.
import { api } from "./api.js";
import { h, write } from "./dom.js";
import { invalidate, soon } from "./loop.js";
import { Newest, settled } from "./newest.js";
import { count, plain, short } from "./numbers.js";
import { Past } from "./past.js";
import { Timebar } from "./timebar.js";
import { icon } from "./transport.js";

const RHYTHM_MS = 100;
const SAID_MS = 400;
const UNDO = "M8 3.2 2.6 8.4 8 13.6v-3.5h3.4a2.75 2.75 0 0 1 0 5.5H8.2v1.9h3.2a4.65 4.65 0 0 0 0-9.3H8z";

/** @typedef {{step: number, name: string, arguments: any, gesture: string|null}} Edit */

export class Time {
  /**
   * @param {{lab: any, run: import("./run.js").Run, views: import("./views.js").Views, controls: import("./controls.js").Controls, settings: import("./settings.js").Settings,
   *   notices: import("./notices.js").Notices, answers: import("./answers.js").Answers, transport: import("./transport.js").Transport, places: HTMLElement[], still: (Element|null)[]}} page
   *   `places`: where figures stand; `still`: parts that wait while the past is looked at
   */
  constructor(page) {
    this.page = page;
    const { run, transport, places } = page;
    this.past = new Past(run, page.views);
    this.bar = new Timebar(transport.time);
    /** @type {Edit[]} */
    this.edits = [];
    /** @type {number | null} where the steps back will end */
    this.target = null;
    this.drawnAt = 0;
    this.rewinding = new Newest((step) => run.rewind(step), (error) => page.notices.error(error));
    this.undoing = new Newest(() => this.#undo(), (error) => page.notices.error(error));
    this.askEdits = settled(() => this.#readEdits(), 150);
    this.speak = settled(() => this.#say(), SAID_MS);
    this.#build();

    this.bar.addEventListener("look", (event) => this.past.look(/** @type {CustomEvent} */ (event).detail));
    this.bar.addEventListener("walk", (event) => this.past.walk(/** @type {CustomEvent} */ (event).detail));
    this.bar.addEventListener("now", () => this.past.leave());
    this.past.addEventListener("moved", () => this.#moved());
    this.past.addEventListener("kept", () => invalidate(this));
    this.past.addEventListener("trouble", (event) => page.notices.error(/** @type {CustomEvent} */ (event).detail, "past"));
    for (const type of ["status", "metrics"]) run.addEventListener(type, () => invalidate(this));
    run.addEventListener("edit", (event) => this.#edited([...this.edits, /** @type {CustomEvent} */ (event).detail]));
    run.addEventListener("cut", (event) => {
      this.#edited(this.edits.filter((edit) => edit.step < /** @type {CustomEvent} */ (event).detail));
      this.askEdits();
    });
    run.addEventListener("link", (event) => /** @type {CustomEvent} */ (event).detail === "open" && this.#readEdits());
    for (const place of places) for (const type of ["touch", "build"]) place.addEventListener(type, (event) => this.#guard(/** @type {CustomEvent} */ (event)), true);
    document.addEventListener("keydown", (event) => { // before a figure that has the focus takes it
      if (event.key !== "Escape" || document.querySelector("dialog[open], .menu") || !this.back()) return;
      event.preventDefault();
      event.stopPropagation();
    }, true);
    document.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.defaultPrevented) return;
      if (/** @type {HTMLElement} */ (event.target).matches?.("input:not([type=range], [type=checkbox], [type=radio]), textarea") || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      this.undo();
    });
  }

  #build() {
    const { transport } = this.page;
    const row = /** @type {HTMLElement} */ (transport.back.parentElement);
    this.undoButton = h("button.undo", { type: "button", disabled: true, "aria-label": "Undo", title: "Undo the last change by hand (Ctrl Z)", on: { click: () => this.undo() } }, icon(UNDO));
    row.append(this.undoButton);
    this.at = h("b.figures");
    this.of = h("span.figures");
    const button = (/** @type {string} */ label, /** @type {string} */ title, /** @type {() => unknown} */ go) => h("button", { type: "button", title, on: { click: go } }, label);
    this.strip = h("div.looking", { role: "group", "aria-label": "The past", hidden: true },
      h("p", {}, h("span", {}, "You are looking at "), h("span.looking-step", {}, this.at, this.of)),
      h("div.looking-ways", {},
        button("Back to now", "Esc", () => this.back()),
        button("Rewind here", "This run goes on from here; what follows falls", () => this.rewind()),
        button("Branch here", "A new run begins here; this one stays as it is", () => this.branch())));
    row.after(this.strip);
    this.said = h("p.sr", { role: "status" });
    row.parentElement?.append(this.said);
  }

  /** A frame of now that is not to be drawn yet. @param {import("./frames.js").Frame} frame */
  holds(frame) {
    return this.past.holds(frame);
  }

  /** Back to now; whether the past was looked at. */
  back() {
    const inside = this.strip.contains(document.activeElement);
    if (!this.past.leave()) return false;
    if (inside) this.bar.place.focus();
    return true;
  }

  /** This run from the step that is looked at. */
  rewind() {
    if (this.past.step !== null) this.rewinding.offer(this.past.step);
    this.bar.place.focus();
  }

  async branch() {
    const { step } = this.past;
    if (step === null) return;
    try {
      location.assign(`/runs/${encodeURIComponent(await this.page.run.branch(step))}`);
    } catch (error) {
      this.page.notices.error(error);
    }
  }

  undo() {
    this.past.leave();
    this.undoing.offer(null);
  }

  /** @type {import("./keys.js").Key[]} */
  get keys() {
    return [
      { key: "ArrowLeft", shown: "←", says: "one step back", go: (event) => (event.shiftKey || this.past.step !== null ? this.past.walk(-1) : this.#stepBack()) },
      { key: "", shown: "Shift ←", says: "look back to the kept step before; Shift → the one after", go: () => {} },
      { key: "", shown: "Ctrl Z", says: "undo the last change by hand", go: () => {} },
    ];
  }

  /** Whether → was meant for the past. @param {KeyboardEvent} event */
  forward(event) {
    if (this.past.step === null) return event.shiftKey;
    this.past.walk(1);
    return true;
  }

  /** Several at once are one rewind. */
  #stepBack() {
    const { run, notices } = this.page;
    if (run.running) return void run.pause().catch((error) => notices.error(error));
    const from = this.rewinding.idle ? run.state.step : (this.target ?? run.state.step);
    if (from <= 0) return;
    this.target = from - 1;
    this.rewinding.offer(this.target);
  }

  // ---- what is seen -------------------------------------------------------------------------------------------------

  #moved() {
    const { answers, still } = this.page;
    const back = this.past.step !== null;
    if (back && this.strip.hidden) answers.close();
    document.body.classList.toggle("looking-back", back);
    this.strip.hidden = !back;
    for (const part of [...still, ...document.querySelectorAll(".ask")]) part?.toggleAttribute("inert", back);
    this.drawnAt = 0;
    invalidate(this);
    this.speak();
  }

  /** Called by the page's loop. @param {number} now */
  draw(now) {
    if (now - this.drawnAt < RHYTHM_MS) return soon(this, RHYTHM_MS - (now - this.drawnAt));
    this.drawnAt = now;
    const { state } = this.page.run;
    const { step, steps } = this.past;
    this.bar.show({ now: state.step, most: state.max_steps, step, steps });
    if (step === null) return;
    write(this.at, `step ${count(step)}`);
    write(this.of, ` of ${count(state.step)}`);
  }

  #say() {
    const { step, now } = this.past;
    write(this.said, step === null ? "Now." : `Looking at step ${count(step)} of ${count(now)}. Escape goes back to now.`);
  }

  /** Probes and edits speak of now. @param {CustomEvent} event */
  #guard(event) {
    if (this.past.step === null || event.detail.phase === "leave") return;
    event.stopImmediatePropagation();
    if (event.detail.phase === "hover") return;
    this.page.notices.show("past", { text: "This is the past: questions and changes wait.", hint: "Rewind here to change it, or go back to now.", brief: true });
  }

  // ---- undo ---------------------------------------------------------------------------------------------------------

  /** @param {Edit[]} edits */
  #edited(edits) {
    this.edits = edits;
    this.undoButton.disabled = !edits.length;
  }

  async #readEdits() {
    const { run } = this.page;
    const [id, take] = [run.id, run.state.take];
    const answer = await api("GET", `${run.path}/edits`).catch(() => null);
    if (answer && id === run.id && take === run.state.take) this.#edited(answer.edits);
  }

  async #undo() {
    const { run, notices } = this.page;
    const last = this.edits.at(-1);
    const answer = await run.undo();
    notices.show("undo", { text: last ? `Taken back: ${this.#named(last, answer.config)}.` : "The last change by hand is taken back.", hint: last ? `It was made at step ${count(last.step)}.` : "", brief: true });
  }

  /** An edit in words; of a setting, what it is again. @param {Edit} edit @param {Record<string, any>} config */
  #named(edit, config) {
    const { lab, controls } = this.page;
    const action = lab.actions.find((/** @type {any} */ each) => each.id === edit.name);
    if (action) return action.title;
    return Object.keys(edit.arguments ?? {}).map((name) => {
      const label = controls.fields.find((field) => field.name === name)?.label ?? name;
      const value = config?.[name];
      return typeof value === "number" ? `${label} is ${short(value)} again` : typeof value === "string" ? `${label} is “${value}” again` : label;
    }).join(", ");
  }

  // ---- ways out of a problem ----------------------------------------------------------------------------------------

  /** What may help a run that has diverged; each is one click. */
  get ways() {
    const { run, controls } = this.page;
    const { config, step } = run.state;
    const live = controls.fields.filter((field) => field.live && field.type === "number" && typeof config[field.name] === "number");
    const rate = live.find((field) => field.name === "learning_rate") ?? live.find((field) => field.name.includes("rate"));
    const clip = live.find((field) => field.name === "clip" && config.clip === 0);
    const kept = this.past.steps.findLast((each) => each < step);
    const third = rate && Number(Math.max(config[rate.name] / 3, rate.above ? 0 : rate.min).toPrecision(2));
    return [
      rate && third > 0 && third < config[rate.name] ? { label: "Try a third of the rate", note: `${rate.label} ${plain(third)}`, go: () => this.#goOn({ [rate.name]: third }) } : null,
      clip ? { label: "Clip the gradient at 1", go: () => this.#goOn({ [clip.name]: Math.min(1, clip.max) }) } : null,
      kept === undefined ? null : { label: `Rewind to ${count(kept)}`, go: () => this.rewinding.offer(kept) },
    ].filter((way) => way !== null);
  }

  /** @param {Record<string, any>} values */
  async #goOn(values) {
    const { run, settings, notices } = this.page;
    const { problem, step } = run.state;
    const sound = problem && step > problem.step ? this.past.at(problem.step) : null; // the way back was too long to be gone by itself
    try {
      if (sound !== null) await run.rewind(sound);
      await settings.set(values);
      await run.play();
    } catch (error) {
      notices.error(error);
    }
  }
}
