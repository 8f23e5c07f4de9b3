// @ts-check
// The scrub bar: from step 0 to the present, every doubling of the steps as wide as the last; a faint tick where a step is kept.
// Events: "look" {detail: step}, "walk" {detail: −1 | 1}, "now".
import { h } from "./dom.js";
import { count } from "./numbers.js";

const SNAP_PX = 8;
const SVG = "http://www.w3.org/2000/svg";

/** @typedef {{now: number, most: number, step: number|null, steps: number[]}} Times the present, the step it ends at, the one looked at, the kept ones */

export class Timebar extends EventTarget {
  /** @param {HTMLElement} place */
  constructor(place) {
    super();
    this.place = place;
    /** @type {Times} */
    this.times = { now: 0, most: 0, step: null, steps: [] };
    this.span = 0; // the step at the right end
    /** @type {DOMRect | null} where the bar lies while it is dragged */
    this.held = null;
    this.marks = document.createElementNS(SVG, "path");
    const ticks = document.createElementNS(SVG, "svg");
    ticks.setAttribute("viewBox", "0 0 1000 10");
    ticks.setAttribute("preserveAspectRatio", "none");
    ticks.setAttribute("aria-hidden", "true");
    ticks.append(this.marks);
    this.done = h("span.timeline-done");
    this.ghost = h("span.timeline-now");
    this.hand = h("span.timeline-hand");
    this.rail = h("div.timeline-rail", {}, this.done, ticks, this.ghost, this.hand);
    place.append(this.rail);
    for (const [name, value] of Object.entries({ role: "slider", tabindex: "0", "aria-label": "Time: the steps made so far", "aria-valuemin": "0" })) place.setAttribute(name, value);
    place.addEventListener("pointerdown", (event) => this.#take(event));
    place.addEventListener("pointermove", (event) => this.held && this.#drag(event));
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"]) place.addEventListener(type, () => this.#drop());
    place.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {string} type @param {unknown} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** @param {Times} times */
  show(times) {
    this.times = times;
    const { now, most, step, steps } = times;
    if (!this.held) this.span = now; // the scale holds still under the finger
    const at = step ?? now;
    this.hand.style.left = this.done.style.width = percent(this.#share(at));
    const key = `${this.span} ${steps.length} ${steps.at(-1)}`;
    if (key !== this.key) {
      this.key = key;
      this.marks.setAttribute("d", steps.filter((kept) => kept <= this.span).map((kept) => `M${(1000 * this.#share(kept)).toFixed(1)} 0v10`).join(""));
    }
    const words = step === null ? `now, step ${count(now)}` : `step ${count(step)} of ${count(now)}, the past`;
    for (const [name, value] of Object.entries({ "aria-valuemax": now, "aria-valuenow": at, "aria-valuetext": words, "aria-disabled": !steps.some((kept) => kept < now) })) {
      if (this.place.getAttribute(name) !== String(value)) this.place.setAttribute(name, String(value));
    }
    const title = now ? `Drag to look back. Step ${count(now)} of at most ${count(most)}` : "";
    if (this.place.title !== title) this.place.title = title;
  }

  /** @param {number} step */
  #share(step) {
    return this.span > 0 ? Math.min(1, Math.log1p(step) / Math.log1p(this.span)) : 0;
  }

  /** @param {PointerEvent} event */
  #take(event) {
    if (event.button !== 0 || !this.times.steps.some((kept) => kept < this.times.now)) return;
    this.place.setPointerCapture(event.pointerId);
    this.held = this.rail.getBoundingClientRect();
    this.place.classList.add("held");
    this.#drag(event);
  }

  /** A tick attracts; the right end is now. @param {PointerEvent} event */
  #drag(event) {
    const { left, width } = /** @type {DOMRect} */ (this.held);
    const x = Math.max(0, Math.min(width, event.clientX - left));
    if (x > width - SNAP_PX) return this.#tell("now");
    const far = (/** @type {number} */ step) => Math.abs(this.#share(step) * width - x);
    const [near] = [...this.times.steps].sort((a, b) => far(a) - far(b));
    this.#tell("look", far(near) <= SNAP_PX ? near : Math.floor(Math.expm1((x / width) * Math.log1p(this.span))));
  }

  #drop() {
    if (!this.held) return;
    this.held = null;
    this.place.classList.remove("held");
    this.show(this.times);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (by) this.#tell("walk", by);
    else if (event.key === "Home") this.#tell("look", 0);
    else if (event.key === "End") this.#tell("now");
    else return;
    event.preventDefault();
  }
}

/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(2)}%`;
