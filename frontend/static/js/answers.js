// @ts-check
// What a probe answers, in a small card beside the figure that was asked. A click pins it.
import { h } from "./dom.js";
import { hydrate } from "./frames.js";
import { create } from "./figures/index.js";

const GAP = 12;
const LINGER_MS = 180;

export class Answers {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    this.pinned = false;
    /** @type {any} the frame that was asked */
    this.frame = null;
    /** @type {Map<string, {node: HTMLElement, figures: any[]}>} by probe */
    this.parts = new Map();
    place.addEventListener("pointerenter", () => clearTimeout(this.timer));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !place.hidden) this.close();
    });
  }

  /** @param {{name: string, title: string}} probe @param {any[]} figures as the API gives them @param {any} frame @param {boolean} pin */
  async show(probe, figures, frame, pin) {
    clearTimeout(this.timer);
    if (this.pinned && !pin) return;
    if (this.frame !== frame) {
      this.place.replaceChildren();
      this.parts.clear();
      this.frame = frame;
    }
    const kinds = figures.map((figure) => figure.kind).join();
    let part = this.parts.get(probe.name);
    if (!part || part.node.dataset.kinds !== kinds) {
      const elements = await Promise.all(figures.map((figure) => create(figure.kind)));
      part?.node.remove();
      part = { node: h("section", { dataset: { kinds } }, h("h3", {}, probe.title), ...elements.map((element, at) => h("div.answer", { dataset: { kind: figures[at].kind } }, element))), figures: elements };
      elements.forEach((element, at) => (element.spec = { id: `answer-${probe.name}-${at}`, title: figures[at].title || probe.title, kind: figures[at].kind, touches: [], help: "" }));
      this.parts.set(probe.name, part);
      this.place.append(part.node);
    }
    figures.forEach((figure, at) => part?.figures[at].show(hydrate(figure)));
    if (this.place.hidden || pin !== this.pinned) {
      this.pinned = pin;
      this.place.classList.toggle("pinned", pin);
      this.place.querySelector(".unpin")?.remove();
      if (pin) this.place.prepend(h("button.quiet.icon.unpin", { type: "button", "aria-label": "Close the answer", on: { click: () => this.close() } }, "✕"));
    }
    this.place.hidden = false;
    this.#beside(frame);
  }

  /** @param {any} frame */
  leave(frame) {
    if (this.pinned || this.frame !== frame) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.close(), LINGER_MS);
  }

  close() {
    this.pinned = false;
    this.place.hidden = true;
    this.frame = null;
    this.parts.clear();
    this.place.replaceChildren();
  }

  /** Right of the figure where there is room, else left, else over its far corner. @param {HTMLElement} frame */
  #beside(frame) {
    if (innerWidth < 900) return this.place.removeAttribute("style"); // the style sheet makes it a sheet at the bottom
    const at = frame.getBoundingClientRect();
    const { width, height } = this.place.getBoundingClientRect();
    const right = at.right + GAP + width <= innerWidth ? at.right + GAP : at.left - GAP - width >= 0 ? at.left - GAP - width : innerWidth - width - GAP;
    this.place.style.left = `${right}px`;
    this.place.style.top = `${Math.max(GAP, Math.min(at.top, innerHeight - height - GAP))}px`;
  }
}
