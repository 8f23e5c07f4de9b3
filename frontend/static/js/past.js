// @ts-check
// The past of a run: which steps are kept, and every watched figure as it was at one of them. Training goes on meanwhile.
// Events: "kept" when other steps are kept; "moved" when another step is looked at, or now again; "trouble" {detail: error}.
import { api, ApiError, Unreachable } from "./api.js";
import { decode } from "./frames.js";
import { invalidate } from "./loop.js";
import { Newest, settled } from "./newest.js";

const MEMORY_BYTES = 48 * 2 ** 20;
const QUIET_MS = 150;

/** @typedef {import("./frames.js").Frame} Frame */
/** @typedef {import("./views.js").Card} Card */

export class Past extends EventTarget {
  /** @param {import("./run.js").Run} run @param {import("./views.js").Views} views */
  constructor(run, views) {
    super();
    this.run = run;
    this.views = views;
    this.id = "";
    /** @type {number[]} the kept steps, ascending */
    this.steps = [];
    /** @type {number | null} the step looked at; null: now */
    this.step = null;
    this.memory = new Memory(MEMORY_BYTES);
    /** @type {Map<string, any>} the figures of now, while the past is looked at */
    this.present = new Map();
    /** @type {Map<string, Newest<number>>} one request a view in flight */
    this.queues = new Map();
    this.refresh = settled(() => this.#ask(), QUIET_MS);
    run.addEventListener("link", (event) => /** @type {CustomEvent} */ (event).detail === "open" && this.#opened());
    run.addEventListener("keyframe", (event) => this.#kept(/** @type {CustomEvent} */ (event).detail.step));
    run.addEventListener("cut", (event) => this.#cut(/** @type {CustomEvent} */ (event).detail));
    run.addEventListener("watch", () => this.step !== null && this.#show());
  }

  /** The step of now. */
  get now() {
    return this.run.state.step;
  }

  /** The nearest kept step at or below. @param {number} step */
  at(step) {
    return this.steps.findLast((kept) => kept <= step) ?? this.steps[0] ?? null;
  }

  /** Every watched figure as it was at the nearest kept step at or below; the present step is now. @param {number} wanted */
  look(wanted) {
    const step = this.at(wanted);
    if (step === this.step) return;
    if (step === null || step >= this.now) return this.leave();
    if (this.step === null) this.#enter();
    this.step = step;
    this.#show();
    this.#tell("moved");
  }

  /** To the kept step before or after. @param {-1|1} by */
  walk(by) {
    const from = this.step ?? this.now;
    if (by < 0) return this.look(this.steps.findLast((kept) => kept < from) ?? from);
    const next = this.steps.find((kept) => kept > from);
    return next === undefined ? this.leave() : this.look(next);
  }

  /** Back to now. @param {{redraw?: boolean}} [how] without `redraw` the figures stay until newer ones come */
  leave({ redraw = true } = {}) {
    if (this.step === null) return false;
    this.step = null;
    for (const queue of this.queues.values()) queue.drop();
    for (const [id, card] of this.views.cards) this.#dress(id, card);
    if (redraw) for (const [id, figure] of this.present) this.views.cards.get(id)?.frame.show(figure);
    this.present.clear();
    this.#tell("moved");
    return true;
  }

  /** A frame of now: kept aside while the past is looked at. @param {Frame} frame */
  holds({ meta, figure }) {
    if (this.step === null) return false;
    if (figure) this.present.set(meta.view, figure);
    return true;
  }

  /** @param {string} type @param {unknown} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #enter() {
    for (const [id, { frame, chart }] of this.views.cards) if (!chart && frame.value) this.present.set(id, frame.value);
    this.refresh(); // what has been thinned out meanwhile
  }

  #show() {
    const step = /** @type {number} */ (this.step);
    for (const [id, card] of this.views.cards) this.#dress(id, card);
    for (const view of Object.keys(this.run.views)) {
      const frame = this.memory.get(view, step);
      if (!frame) this.#queue(view).offer(step);
      else {
        this.#queue(view).drop();
        this.#draw(view, frame);
      }
    }
  }

  /** A figure of the past takes no touch; a chart marks the step. @param {string} id @param {Card} card */
  #dress(id, { frame, chart }) {
    if (this.step === null) frame.classList.remove("unkept");
    if (!frame.figure) return;
    if (chart) {
      frame.figure.here = this.step;
      invalidate(frame.figure);
    } else frame.figure.spec = { ...frame.figure.spec, touches: this.step === null ? frame.spec.touches : [] };
  }

  /** @param {string} view @param {Frame | null} frame null: this view was not kept then */
  #draw(view, frame) {
    this.views.cards.get(view)?.frame.classList.toggle("unkept", !frame);
    if (frame) this.views.show(frame);
  }

  /** @param {string} view */
  #queue(view) {
    let queue = this.queues.get(view);
    if (!queue) {
      queue = new Newest((step) => this.#fetch(view, step), (error) => this.#tell("trouble", error));
      this.queues.set(view, queue);
    }
    return queue;
  }

  /** @param {string} view @param {number} step */
  async #fetch(view, step) {
    const { id, state: { take } } = this.run;
    const answer = await fetch(`${this.run.path}/views/${view}?step=${step}`, { headers: { Accept: "application/x-safetensors" } }).catch(() => {
      throw new Unreachable();
    });
    if (!answer.ok && answer.status !== 404) throw new ApiError(answer.status, await answer.json().catch(() => null));
    const bytes = answer.ok ? await answer.arrayBuffer() : null;
    if (id !== this.run.id) return;
    if (take !== this.run.state.take) return void (this.step === step && this.#queue(view).offer(step)); // of another take, perhaps
    const frame = bytes && decode(bytes);
    if (frame && Number(frame.meta.step) !== step) this.refresh();
    if (frame) this.memory.put(view, step, frame, bytes.byteLength);
    if (this.step === step) this.#draw(view, frame);
  }

  // ---- which steps are kept -----------------------------------------------------------------------------------------

  /** Connected, perhaps to another run. */
  #opened() {
    if (this.id !== this.run.id) {
      this.leave({ redraw: false });
      this.id = this.run.id;
      this.steps = [];
      this.memory.cut(-1);
    }
    this.#ask();
  }

  async #ask() {
    const [id, take] = [this.run.id, this.run.state.take];
    const answer = await api("GET", `${this.run.path}/keyframes`).catch(() => null);
    if (!answer || id !== this.run.id || take !== this.run.state.take) return;
    this.steps = answer.steps;
    this.#tell("kept");
  }

  /** @param {number} step */
  #kept(step) {
    this.memory.forget(step); // it may have been kept before, and something changed by hand since
    this.steps = [...this.steps.filter((kept) => kept < step), step];
    this.#tell("kept");
  }

  /** What is after a step has fallen. @param {number} step */
  #cut(step) {
    this.steps = this.steps.filter((kept) => kept <= step);
    this.memory.cut(step);
    if (this.step !== null && this.step >= step) this.leave({ redraw: false });
    this.#tell("kept");
    this.refresh();
  }
}

/** Decoded frames, the least lately used forgotten first. */
class Memory {
  /** @param {number} most bytes */
  constructor(most) {
    this.most = most;
    this.bytes = 0;
    /** @type {Map<string, {step: number, frame: Frame, bytes: number}>} */
    this.kept = new Map();
  }

  /** @param {string} view @param {number} step */
  get(view, step) {
    const key = `${step} ${view}`;
    const found = this.kept.get(key);
    if (!found) return null;
    this.kept.delete(key);
    this.kept.set(key, found);
    return found.frame;
  }

  /** @param {string} view @param {number} step @param {Frame} frame @param {number} bytes */
  put(view, step, frame, bytes) {
    this.#drop(`${step} ${view}`);
    this.kept.set(`${step} ${view}`, { step, frame, bytes });
    this.bytes += bytes;
    for (const key of this.kept.keys()) {
      if (this.bytes <= this.most) break;
      this.#drop(key);
    }
  }

  /** @param {number} step */
  forget(step) {
    for (const [key, each] of this.kept) if (each.step === step) this.#drop(key);
  }

  /** Forgets a step and what came after it: it may have been changed by hand there. @param {number} step */
  cut(step) {
    for (const [key, each] of this.kept) if (each.step >= step) this.#drop(key);
  }

  /** @param {string} key */
  #drop(key) {
    this.bytes -= this.kept.get(key)?.bytes ?? 0;
    this.kept.delete(key);
  }
}
