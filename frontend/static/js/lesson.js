// @ts-check
// What to try, and the challenges: steps that set the controls, look at a figure, play; lamps that the server lights.
import { byId, h, write } from "./dom.js";

/** @typedef {{set: (values: Record<string, any>) => Promise<unknown>, look: (view: string) => void, play: () => unknown, pause: () => unknown, reset: () => unknown, step: (count: number) => unknown, speed: (value: number|null) => unknown}} Acts */

export class Lesson {
  /** @param {any} lab @param {Acts} acts */
  constructor(lab, acts) {
    this.lab = lab;
    this.acts = acts;
    this.at = -1;
    this.steps = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#try > li")]);
    this.steps.forEach((step, index) => this.#equip(step, index));
    this.#strip();
    this.#challenges();
  }

  /** One button a step does all that its directives say. @param {HTMLElement} step @param {number} index */
  #equip(step, index) {
    const directives = /** @type {HTMLElement[]} */ ([...step.querySelectorAll(".directive")]);
    if (!directives.length) return;
    step.append(h("button.doit", { type: "button", title: directives.map((each) => each.textContent).join(" · "), on: { click: () => {
      this.go(index);
      byId("stage").scrollIntoView({ block: "center", behavior: "smooth" });
    } } }, "Do this"));
  }

  /** The step at hand, under the stage: what a lecturer walks through. */
  #strip() {
    this.strip = byId("moment");
    if (!this.strip || !this.steps.length) return;
    this.count = h("span.moment-count");
    this.words = h("div.moment-words", { "aria-live": "polite" });
    this.back = h("button.quiet.icon", { type: "button", "aria-label": "The step before", title: "The step before (Page up)", on: { click: () => this.walk(-1) } }, "‹");
    this.next = h("button.quiet.icon", { type: "button", "aria-label": "The next step", title: "The next step (Page down)", on: { click: () => this.walk(1) } }, "›");
    this.doit = h("button.doit", { type: "button", on: { click: () => this.go(Math.max(0, this.at)) } }, "Do this");
    this.strip.replaceChildren(h("div.moment-nav", {}, this.back, this.count, this.next), this.words, this.doit);
    this.strip.hidden = false;
    this.#tell(0);
  }

  /** @param {number} index */
  #tell(index) {
    if (!this.words) return;
    write(this.count, `${index + 1} / ${this.steps.length}`);
    const copy = /** @type {HTMLElement} */ (this.steps[index].querySelector(".try-step")?.cloneNode(true));
    const directives = [...copy.querySelectorAll(".directive")];
    for (const button of directives) button.remove();
    this.words.replaceChildren(...copy.childNodes);
    this.doit.hidden = !directives.length;
    this.doit.title = directives.map((each) => each.textContent).join(" · ");
    this.back.disabled = index === 0;
    this.next.disabled = index === this.steps.length - 1 && this.at === index;
  }

  /** @param {number} by */
  walk(by) {
    if (!this.steps.length) return;
    this.go(Math.max(0, Math.min(this.steps.length - 1, this.at + by)));
  }

  /** Takes a step: its controls are set, its figure is looked at. @param {number} index */
  go(index) {
    this.at = index;
    this.steps.forEach((step, at) => step.classList.toggle("now", at === index));
    this.#tell(index);
    this.#do([.../** @type {any} */ (this.steps[index].querySelectorAll(".directive"))]);
  }

  /** In order; settings first and together, since each would start the lab anew. @param {HTMLElement[]} directives */
  async #do(directives) {
    const values = Object.assign({}, ...directives.map((each) => (each.dataset.set ? JSON.parse(each.dataset.set) : {})));
    if (Object.keys(values).length) await this.acts.set(values);
    for (const { dataset } of directives) {
      if (dataset.look !== undefined) this.acts.look(dataset.look);
      else if (dataset.speed !== undefined) this.acts.speed(Number(dataset.speed) || null);
      else if (dataset.play !== undefined) await this.acts.play();
      else if (dataset.pause !== undefined) await this.acts.pause();
      else if (dataset.reset !== undefined) await this.acts.reset();
      else if (dataset.step !== undefined) await this.acts.step(Number(dataset.step) || 1);
    }
  }

  #challenges() {
    for (const node of document.querySelectorAll("#challenges > li")) {
      const challenge = this.lab.challenges.find((/** @type {any} */ each) => each.id === /** @type {HTMLElement} */ (node).dataset.challenge);
      if (!challenge || !Object.keys(challenge.fixed ?? {}).length) continue;
      node.querySelector("div")?.append(h("button.doit", { type: "button", on: { click: () => this.acts.set(challenge.fixed) } }, "Set it up"));
    }
  }

  /** The server has looked. @param {string} id @param {boolean} passed @param {number} step */
  challenge(id, passed, step) {
    const node = document.querySelector(`#challenges > li[data-challenge="${CSS.escape(id)}"]`);
    if (!node || !passed || node.classList.contains("passed")) return null;
    node.classList.add("passed");
    write(/** @type {Node} */ (node.querySelector(".lamp-words")), `passed at step ${step}`);
    return this.lab.challenges.find((/** @type {any} */ each) => each.id === id)?.text ?? id;
  }
}
