// @ts-check
// A slider and a number box for one number: linear or logarithmic, acting while it is dragged.
import { h, unique } from "./dom.js";
import { parse, plain } from "./numbers.js";
import { fault } from "./schema.js";

/** @typedef {import("./schema.js").Field} Field */
/** @typedef {(value: any, phase: "drag"|"commit", gesture: string) => void} Change */

const TICKS = 1000;

/** @param {Field} field */
function scaleOf(field) {
  const whole = field.type === "integer";
  if (field.log) {
    const reference = typeof field.initial === "number" && field.initial > 0 ? field.initial : 1;
    const lo = field.min > 0 ? field.min : whole ? 1 : Math.min(10 ** Math.floor(Math.log10(reference) - 3), field.max / 1000);
    const span = Math.log(field.max / lo);
    return {
      at: (/** @type {number} */ value) => (TICKS * Math.log(Math.max(value, lo) / lo)) / span,
      value: (/** @type {number} */ tick) => {
        if (tick <= 0) return field.above || field.min > 0 ? lo : field.min;
        if (tick >= TICKS) return field.max;
        const raw = lo * Math.exp((span * tick) / TICKS);
        return whole ? Math.round(raw) : Number(raw.toPrecision(2));
      },
    };
  }
  const range = field.max - field.min;
  const grain = field.step || (whole ? 1 : 10 ** Math.floor(Math.log10(range / 100)));
  return {
    at: (/** @type {number} */ value) => (TICKS * (value - field.min)) / range,
    value: (/** @type {number} */ tick) => {
      const raw = field.min + Math.round(((tick / TICKS) * range) / grain) * grain;
      const inside = field.above && raw <= field.min ? field.min + grain : field.below && raw >= field.max ? field.max - grain : raw;
      return Number(Math.min(field.max, inside).toPrecision(9));
    },
  };
}

/**
 * @param {Field} field @param {Change} change @param {string} label
 * @returns {{box: HTMLInputElement, track: HTMLElement|null, set(value: any): void, refuse: (words: string) => void, active(): boolean}}
 */
export function slider(field, change, label) {
  const bounded = Number.isFinite(field.min) && Number.isFinite(field.max);
  const scale = bounded ? scaleOf(field) : null;
  let gesture = "";
  let value = field.initial;
  let dragging = false;

  const box = h("input.number", { type: "text", inputMode: "decimal", "aria-label": label, spellcheck: false, placeholder: field.nullable ? "none" : "" });
  const track = scale && h("input.track", { type: "range", min: 0, max: TICKS, step: "any", "aria-label": label });
  const widget = { box, track, set, refuse: (/** @type {string} */ _words) => {}, active: () => dragging || document.activeElement === box };

  /** @param {any} next */
  function set(next) {
    value = next;
    if (document.activeElement !== box) box.value = typeof next === "number" ? plain(next) : "";
    if (track && scale && typeof next === "number") {
      if (!dragging) track.value = String(scale.at(next));
      paint();
      track.setAttribute("aria-valuetext", `${plain(next)} ${field.unit}`.trim());
    }
  }

  function paint() {
    track?.style.setProperty("--fill", `${(Number(track.value) / TICKS) * 100}%`);
  }

  /** @param {number} next @param {"drag"|"commit"} phase */
  function move(next, phase) {
    const changed = next !== value;
    set(next);
    box.value = plain(next);
    if (changed || phase === "commit") change(next, phase, gesture);
  }

  if (track && scale) {
    track.addEventListener("pointerdown", () => {
      dragging = true;
      gesture = unique("drag");
    });
    track.addEventListener("input", () => {
      if (!dragging) gesture = unique("key");
      paint();
      move(scale.value(Number(track.value)), "drag");
    });
    const end = () => {
      if (!dragging) return;
      dragging = false;
      move(value, "commit");
    };
    track.addEventListener("change", end);
    track.addEventListener("pointercancel", end);
    track.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      nudge(by);
    });
  }

  /** The next different value in a direction. @param {number} by */
  function nudge(by) {
    gesture = unique("key");
    if (!scale) return move((Number(value) || 0) + by * (field.step || 1), "commit");
    const grain = Math.abs(by) > 1 ? TICKS / 10 : TICKS / 100;
    let tick = scale.at(Number(value) || field.min);
    for (let tries = 0; tries < 60; tries += 1) {
      tick = Math.max(0, Math.min(TICKS, tick + Math.sign(by) * grain));
      const next = scale.value(tick);
      if (next !== value || tick === 0 || tick === TICKS) return move(next, "commit");
    }
  }

  function typed() {
    const empty = box.value.trim() === "" || box.value.trim() === "none";
    if (empty && field.nullable) {
      widget.refuse("");
      return value === null ? undefined : (set(null), change(null, "commit", ""));
    }
    const next = parse(box.value);
    const wrong = fault(field, next);
    box.setAttribute("aria-invalid", String(Boolean(wrong)));
    widget.refuse(wrong);
    if (wrong || next === value) return;
    gesture = "";
    move(next, "commit");
  }
  box.addEventListener("change", typed);
  box.addEventListener("blur", () => box.getAttribute("aria-invalid") !== "true" && set(value));
  box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter") typed();
    else if (event.key === "ArrowUp" || event.key === "ArrowDown") nudge(event.key === "ArrowUp" ? 1 : -1);
    else if (event.key === "Escape") {
      box.setAttribute("aria-invalid", "false");
      widget.refuse("");
      box.value = typeof value === "number" ? plain(value) : "";
      box.blur();
    } else return;
    event.preventDefault();
  });
  set(value);
  return widget;
}

/** A small box with − and +, for a whole number inside a list. @param {Field} field @param {Change} change @param {string} label */
export function stepper(field, change, label) {
  const inner = slider({ ...field, log: false }, change, label);
  const by = (/** @type {number} */ sign) =>
    h("button.quiet.icon", { type: "button", "aria-label": `${label}: ${sign > 0 ? "one more" : "one less"}`, on: { click: () => {
      const next = (Number(parse(inner.box.value)) || 0) + sign * (field.step || 1);
      if (fault(field, next)) return;
      inner.set(next);
      inner.box.value = plain(next);
      change(next, "commit", "");
    } } }, sign > 0 ? "+" : "−");
  const node = h("span.stepper", {}, by(-1), inner.box, by(1));
  return { node, set: inner.set, active: inner.active, widget: inner };
}
