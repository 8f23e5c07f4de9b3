// @ts-check
// Problems as sentences with a way out: what happened, with the number, and what to do. Never an alert box.
import { h, same } from "./dom.js";

/** @typedef {{text: string, hint?: string, tone?: "good"|"note"|"warn"|"bad", ways?: {label: string, go: () => unknown}[], brief?: boolean, gone?: () => unknown}} Notice  `gone`: it went without one of its ways being taken */

const BRIEF_MS = 6000;

export class Notices {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    /** @type {Map<string, {node: HTMLElement, notice: Notice, timer: number}>} */
    this.shown = new Map();
  }

  /** Shows a notice in the place of an older one with the same key. @param {string} key @param {Notice} notice */
  show(key, notice) {
    const old = this.shown.get(key);
    const { ways: oldWays, ...was } = old?.notice ?? {};
    const { ways, ...is } = notice;
    if (old && same(was, is)) return;
    this.clear(key);
    const node = h("div.notice", { role: notice.tone === "bad" || notice.tone === "warn" ? "alert" : "status", dataset: { tone: notice.tone ?? "note", key } },
      h("p", {}, h("span", {}, notice.text), notice.hint ? h("span.way", {}, ` ${notice.hint}`) : null),
      ...(ways ?? []).map((way) => h("button", { type: "button", on: { click: () => (this.clear(key, true), way.go()) } }, way.label)),
      h("button.quiet.icon", { type: "button", "aria-label": "Dismiss", on: { click: () => this.clear(key) } }, "✕"));
    this.place.append(node);
    const timer = notice.brief ? window.setTimeout(() => this.clear(key), BRIEF_MS) : 0;
    this.shown.set(key, { node, notice, timer });
  }

  /** @param {string} key @param {boolean} [answered] one of its ways was taken */
  clear(key, answered = false) {
    const old = this.shown.get(key);
    if (!old) return;
    clearTimeout(old.timer);
    old.node.remove();
    this.shown.delete(key);
    if (!answered) old.notice.gone?.();
  }

  /** An error of the API in its own words. @param {any} error @param {string} [key] */
  error(error, key = "error") {
    if (typeof error?.status !== "number") throw error;
    this.show(key, { text: error.message, hint: error.hint, tone: error.status >= 500 || error.status === 0 ? "bad" : "warn", brief: error.status < 500 && error.status !== 0 });
  }
}
