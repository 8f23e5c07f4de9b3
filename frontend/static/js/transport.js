// @ts-check
// Reset, play or pause, one step, the speed, where the run stands; a place for the scrub bar. Its own layout, no knowledge of labs.
// Events: "reset", "toggle", "step", "speed" {detail: steps per second, or null for full}.
import { h, unique, write } from "./dom.js";
import { count, short } from "./numbers.js";
import { phaseOf } from "./status.js";

const SLOWEST = 0.5;
const FASTEST = 1000;
const TICKS = 100;
const FULL = TICKS + 8; // the last stretch of the slider is "full"

export const icon = (/** @type {string} */ path) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(svg.namespaceURI, "path");
  shape.setAttribute("d", path);
  shape.setAttribute("fill", "currentColor");
  svg.append(shape);
  return svg;
};
const SHAPES = {
  reset: "M4 4h2.2v12H4zM16 4v12l-8.6-6z",
  play: "M5.5 3.2v13.6L17 10z",
  pause: "M5 3.5h3.6v13H5zM11.4 3.5H15v13h-3.6z",
  step: "M4 4v12l8.6-6zM13.8 4H16v12h-2.2z",
};

export class Transport extends EventTarget {
  /** @param {HTMLElement} place */
  constructor(place) {
    super();
    const button = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ keys) =>
      h(`button.${name}`, { type: "button", "aria-label": label, title: `${label} (${keys})`, on: { click: () => this.#tell(name) } }, icon(SHAPES[name === "toggle" ? "play" : name]));
    this.back = button("reset", "Start again", "R");
    this.toggle = button("toggle", "Play", "Space");
    this.one = button("step", "One step", "→");
    const id = unique("speed");
    this.speed = h("input.track", { id, type: "range", min: 0, max: FULL, step: 1, "aria-label": "Speed", on: { input: () => this.#moved() } });
    this.speedWords = h("output.speed-words", { htmlFor: id });
    this.step = h("b.figures", {}, "0");
    this.epoch = h("b.figures", {}, "0");
    this.rate = h("b.figures", {}, "0");
    this.phase = h("span.phase");
    this.time = h("div.timeline");
    place.replaceChildren(
      h("div.keys-row", {}, this.back, this.toggle, this.one),
      h("p.counters", {}, h("span", {}, "step ", this.step), h("span", {}, "epoch ", this.epoch), h("span.rate", {}, this.rate, " steps/s"), this.phase),
      h("div.speed", {}, h("span.speed-label", { "aria-hidden": "true" }, "speed"), this.speed, this.speedWords),
      this.time,
    );
    this.said = h("p.sr", { role: "status" });
    place.append(this.said);
    this.set({ speed: null });
  }

  /** @param {string} type @param {unknown} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #moved() {
    const tick = Number(this.speed.value);
    const value = tick > TICKS ? null : Number((SLOWEST * (FASTEST / SLOWEST) ** (tick / TICKS)).toPrecision(2));
    this.#speak(value);
    this.#tell("speed", value);
  }

  /** @param {number|null} value */
  #speak(value) {
    const words = value === null ? "full" : value < 1 ? `1 in ${short(1 / value, 2)} s` : `${short(value, 2)}/s`;
    write(this.speedWords, words);
    this.speed.setAttribute("aria-valuetext", value === null ? "full speed" : value < 1 ? `one step in ${short(1 / value, 2)} seconds` : `${short(value, 2)} steps a second`);
    this.speed.style.setProperty("--fill", `${(Number(this.speed.value) / FULL) * 100}%`);
  }

  /** @param {{speed: number|null}} at */
  set({ speed }) {
    if (document.activeElement === this.speed && this.speed.matches(":active")) return;
    const tick = speed === null ? FULL : Math.round((TICKS * Math.log(speed / SLOWEST)) / Math.log(FASTEST / SLOWEST));
    this.speed.value = String(Math.max(0, Math.min(FULL, tick)));
    this.#speak(speed);
  }

  /** @param {import("./run.js").State} state */
  show(state) {
    const running = state.status === "running" || state.status === "queued";
    if (this.running !== running) {
      this.running = running;
      this.toggle.replaceChildren(icon(running ? SHAPES.pause : SHAPES.play));
      const label = running ? "Pause" : "Play";
      this.toggle.setAttribute("aria-label", label);
      this.toggle.title = `${label} (Space)`;
    }
    this.one.disabled = running || state.status === "finished";
    write(this.step, count(state.step));
    write(this.epoch, state.epoch >= 100 ? count(state.epoch) : (state.epoch ?? 0).toFixed(1));
    write(this.rate, running ? (state.steps_per_second >= 10 ? count(state.steps_per_second) : (state.steps_per_second ?? 0).toFixed(1)) : "0");
    const phase = phaseOf(state);
    write(this.phase, phase);
    this.phase.title = phase;
    this.phase.classList.toggle("done-words", state.status === "finished");
    if (this.status !== state.status) {
      this.status = state.status;
      write(this.said, `${state.status} at step ${state.step}. ${state.status === "finished" ? phase : ""}`);
    }
  }
}
