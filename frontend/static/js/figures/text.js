// @ts-check
/** Sentences about the model as it is now, each with its tone. */
import { h, write } from "../dom.js";
import { WordFigure } from "./words.js";

const SIGNS = { plain: "", good: "✓", warn: "!", bad: "×" };

export class Text extends WordFigure {
  write() {
    const lines = /** @type {any[]} */ (/** @type {any} */ (this.figure).lines);
    while (this.children.length > lines.length) this.lastElementChild?.remove();
    while (this.children.length < lines.length) this.append(h("p", {}, h("span.tone", { "aria-hidden": "true" }), h("span")));
    lines.forEach((line, i) => {
      const p = /** @type {HTMLElement} */ (this.children[i]);
      p.dataset.tone = line.tone;
      write(p.children[0], SIGNS[line.tone] ?? "");
      write(p.children[1], line.text);
    });
  }

  rows() {
    return [["sentence", "tone"], .../** @type {any} */ (this.figure).lines.map((/** @type {any} */ l) => [l.text, l.tone])];
  }
}
customElements.define("orrery-text", Text);
