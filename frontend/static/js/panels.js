// @ts-check
// One view of several runs side by side, each at its nearest kept frame at or below a moment, all on one scale.
import { api } from "./api.js";
import { h, write } from "./dom.js";
import "./figures/frame.js";
import { Range } from "./figures/axes.js";
import { decode } from "./frames.js";
import { invalidate, soon } from "./loop.js";
import { Newest } from "./newest.js";
import { count } from "./numbers.js";

const LIVE_HZ = 5;
const KEPT_FRAMES = 200;
const WAIT_MS = 100;

/** @typedef {{run: import("./run.js").Run, label: string}} Shown */

/** A figure that is only looked at: nothing in it offers to be changed. @param {any} figure @returns {any} */
function asPicture(figure) {
  for (const offer of ["draws", "editable", "drag", "builds"]) if (figure[offer]) figure[offer] = offer === "builds" ? null : false;
  figure.figures?.forEach(asPicture);
  return figure;
}

class Panel {
  /** @param {Shown} shown @param {() => void} drawn */
  constructor(shown, drawn) {
    this.shown = shown;
    this.drawn = drawn;
    this.view = "";
    /** @type {number | null} null: now */
    this.moment = null;
    /** @type {number[]} steps whose frames are kept */
    this.kept = [];
    /** @type {Map<string, ArrayBuffer>} */
    this.frames = new Map();
    this.frame = /** @type {any} */ (document.createElement("figure-frame"));
    this.where = h("span.panel-step");
    this.mark = h("span.mark-place");
    this.node = h("div.panel-of", {}, h("p.panel-name", {}, this.mark, h("span", {}, shown.label), this.where), this.frame);
    this.reading = new Newest((/** @type {string} */ path) => this.#read(path), () => write(this.where, "nothing kept"));
    const { run } = shown;
    run.addEventListener("frame", (event) => {
      if (this.moment === null) this.#draw(/** @type {CustomEvent} */ (event).detail);
    });
    run.addEventListener("keyframe", () => this.refresh());
    run.addEventListener("cut", () => {
      this.frames.clear();
      this.refresh();
    });
    let status = "";
    run.addEventListener("status", () => {
      if (status !== run.state.status) this.refresh();
      status = run.state.status;
    });
  }

  /** @param {any} view of the lab's description */
  choose(view) {
    this.view = view.id;
    this.frame.spec = { id: view.id, title: view.title, kind: view.kind, touches: [], help: view.help ?? "", api: `${this.shown.run.path}/views/${view.id}` };
    this.at(this.moment);
  }

  /** Which steps are kept may have changed. */
  async refresh() {
    const { steps } = await api("GET", `${this.shown.run.path}/keyframes`).catch(() => ({ steps: this.kept }));
    this.kept = steps;
    this.drawn();
    this.at(this.moment);
  }

  /** @param {number | null} step null follows the run */
  at(step) {
    this.moment = step;
    const { run } = this.shown;
    run.watch(step === null && this.view && !document.hidden ? { [this.view]: LIVE_HZ } : {});
    if (!this.view || (step === null && run.running)) return;
    const nearest = this.kept.findLast((each) => each <= (step ?? run.state.step));
    if (nearest === undefined && step !== null) return write(this.where, "not yet begun");
    const path = `${run.path}/views/${encodeURIComponent(this.view)}${nearest === undefined ? "" : `?step=${nearest}`}`;
    const kept = this.frames.get(path);
    if (kept) this.#draw(kept);
    else this.reading.offer(path);
  }

  /** @param {string} path */
  async #read(path) {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`${answer.status}`);
    const bytes = await answer.arrayBuffer();
    if (path.includes("?")) this.frames.set(path, bytes);
    if (this.frames.size > KEPT_FRAMES) this.frames.delete(this.frames.keys().next().value ?? "");
    if (!this.reading.next) this.#draw(bytes);
  }

  /** @param {ArrayBuffer} bytes */
  #draw(bytes) {
    const { meta, figure } = decode(bytes);
    if (!figure || meta.view !== this.view) return;
    write(this.where, `step ${count(Number(meta.step))}`);
    this.frame.show(asPicture(figure));
    this.drawn();
  }
}

/** Event: "kept" when other steps are kept. */
export class Panels extends EventTarget {
  /** @param {HTMLElement} place @param {Shown[]} all */
  constructor(place, all) {
    super();
    this.panels = all.map((shown) => new Panel(shown, () => invalidate(this)));
    /** @type {Map<string, Range>} */
    this.ranges = new Map();
    this.known = "";
    place.replaceChildren(...this.panels.map(({ node }) => node));
    place.addEventListener("choose", (event) => {
      for (const { frame } of this.panels) if (frame !== event.target) frame.choose(/** @type {CustomEvent} */ (event).detail.index);
      this.ranges.clear();
      invalidate(this);
    });
    document.addEventListener("visibilitychange", () => this.at(this.moment));
    for (const panel of this.panels) panel.refresh();
  }

  /** For each run, the steps at which its frames are kept. */
  get kept() {
    return this.panels.map(({ kept }) => kept);
  }

  /** @param {any[]} views the chosen view as each run's lab describes it */
  choose(views) {
    this.ranges.clear();
    this.panels.forEach((panel, k) => panel.choose(views[k]));
  }

  /** @param {number} k @param {HTMLElement} mark the run's colour and shape */
  mark(k, mark) {
    this.panels[k].mark.replaceChildren(mark);
  }

  /** @type {(number | null)[]} */
  moment = [];

  /** @param {(number | null)[]} steps per run; null is now */
  at(steps) {
    this.moment = steps;
    this.panels.forEach((panel, k) => panel.at(steps[k] ?? null));
  }

  /** Called by the page's loop: the ranges of all figures together, round and slow to move, become each one's. */
  draw() {
    const figures = this.panels.map(({ frame }) => frame.figure).filter((figure) => figure?.figure);
    for (let pass = 0; pass < 2; pass += 1) this.#share(figures); // how tall a bin is hangs on the range that is shared
    const known = JSON.stringify(this.kept);
    if (known !== this.known) this.dispatchEvent(new CustomEvent("kept"));
    this.known = known;
    if (this.panels.some(({ frame }) => frame.value && !frame.figure?.figure)) soon(this, WAIT_MS); // its code is on the way
  }

  /** @param {any[]} figures */
  #share(figures) {
    /** @type {Record<string, [number, number]>} */
    const ends = {};
    for (const figure of figures) {
      for (const [name, [lo, hi]] of Object.entries(figure.extents())) if (lo <= hi) ends[name] = ends[name] ? [Math.min(ends[name][0], lo), Math.max(ends[name][1], hi)] : [lo, hi];
    }
    for (const [name, [lo, hi]] of Object.entries(ends)) {
      if (name.startsWith("range")) continue; // a lab fixed it
      const range = this.ranges.get(name) ?? new Range();
      this.ranges.set(name, range);
      range.hold(lo, hi);
      ends[name] = [range.lo, range.hi];
    }
    for (const figure of figures) figure.share(ends);
  }
}
