// @ts-check
// What a probe answers, in a small card beside the figure that was asked. A click pins it.
import { h } from "./dom.js";
import { hydrate } from "./frames.js";
import { create } from "./figures/index.js";

const GAP = 12;
const NARROW = 900;
const LINGER_MS = 180;

export class Answers {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    this.pinned = false;
    /** @type {any} the frame that was asked */
    this.frame = null;
    /** @type {Map<string, {node: HTMLElement, figures: any[], ready: Promise<any>}>} by probe */
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
      part?.node.remove();
      part = this.#part(probe, figures, kinds);
    }
    const mine = part;
    await mine.ready;
    if (this.parts.get(probe.name) !== mine) return; // another figure is asked meanwhile
    figures.forEach((figure, at) => mine.figures[at].show(hydrate(figure)));
    if (this.place.hidden || pin !== this.pinned) {
      this.pinned = pin;
      this.place.classList.toggle("pinned", pin);
      this.place.querySelector(".unpin")?.remove();
      if (pin) this.place.prepend(h("button.quiet.icon.unpin", { type: "button", "aria-label": "Close the answer", on: { click: () => this.close() } }, "✕"));
    }
    this.place.hidden = false;
    this.#beside(frame);
  }

  /** The place of a probe's answer, its figures' code loaded when first wanted. @param {{name: string, title: string}} probe @param {any[]} figures @param {string} kinds */
  #part(probe, figures, kinds) {
    const node = h("section", { dataset: { kinds } }, h("h3", {}, probe.title));
    /** @type {any} */
    const part = { node, figures: [] };
    part.ready = Promise.all(figures.map((figure) => create(figure.kind))).then((elements) => {
      elements.forEach((element, at) => {
        const { kind, title, labels } = figures[at];
        element.spec = { id: `answer-${probe.name}-${at}`, title: title || probe.title, kind, touches: [], help: "" };
        const place = h("div.answer", { dataset: { kind } }, element);
        if (kind === "Bars") place.style.setProperty("--rows", String(labels?.length ?? 4));
        node.append(place);
      });
      part.figures = elements;
    });
    this.parts.set(probe.name, part);
    this.place.append(node);
    return part;
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

  /** Over the side for a figure on the stage, over the stage for one in the side: never on what is pointed at. @param {HTMLElement} frame */
  #beside(frame) {
    if (innerWidth <= NARROW) return this.place.removeAttribute("style"); // the style sheet makes it a sheet at the bottom
    const at = frame.getBoundingClientRect();
    const { width, height } = this.place.getBoundingClientRect();
    const side = document.getElementById("side")?.getBoundingClientRect();
    const edge = side?.width ? side.left : innerWidth - GAP - width;
    const left = at.left >= edge ? edge - GAP - width : Math.min(edge + GAP, innerWidth - GAP - width);
    this.place.style.left = `${left}px`;
    this.place.style.top = `${Math.max(GAP, Math.min(at.top, innerHeight - height - GAP))}px`;
  }
}
