// @ts-check
/** Equations as MathML with live numbers in their slots. The MathML is parsed as XML and only known elements come over. */
import { h } from "../dom.js";
import { number } from "./axes.js";
import { WordFigure } from "./words.js";

const MATHML = "http://www.w3.org/1998/Math/MathML";
const ELEMENTS = new Set(["math", "semantics", "mrow", "mi", "mn", "mo", "mtext", "ms", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded", "mphantom", "menclose", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd"]);
const ATTRIBUTES = new Set(["display", "displaystyle", "mathvariant", "stretchy", "fence", "separator", "form", "lspace", "rspace", "minsize", "maxsize", "linethickness", "columnalign", "rowalign", "columnspacing", "rowspacing", "columnlines", "accent", "accentunder", "width", "height", "depth", "largeop", "movablelimits", "symmetric"]);
const SLOT = /^⟦(.+)⟧$/;
const DIGITS = 2;

/**
 * MathML text as elements of this page, without anything that is not mathematics.
 * @param {string} source @returns {Element}
 */
export function mathml(source) {
  const parsed = new DOMParser().parseFromString(source, "application/xml");
  if (parsed.querySelector("parsererror")) return h("code", {}, source.replace(/<[^>]*>/g, ""));
  return /** @type {Element} */ (imported(parsed.documentElement));
}

/** @param {Element} from @returns {Element | null} */
function imported(from) {
  if (!ELEMENTS.has(from.localName)) return null;
  const slot = from.localName === "mtext" ? SLOT.exec(from.textContent?.trim() ?? "") : null;
  const to = document.createElementNS(MATHML, slot ? "mn" : from.localName);
  if (slot) {
    to.setAttribute("data-slot", slot[1]);
    return to;
  }
  for (const { name, value } of from.attributes) if (ATTRIBUTES.has(name)) to.setAttribute(name, value);
  for (const child of from.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) to.append(child.textContent ?? "");
    else if (child.nodeType === Node.ELEMENT_NODE) {
      const next = imported(/** @type {Element} */ (child));
      if (next) to.append(next);
    }
  }
  return to;
}

export class Equation extends WordFigure {
  #lines = "";
  /** @type {[Element, string][]} */
  #slots = [];

  write() {
    const f = /** @type {any} */ (this.figure);
    const lines = f.lines ?? [{ mathml: f.mathml, latex: f.latex, note: "" }];
    const key = lines.map((/** @type {any} */ l) => l.mathml + l.note).join("\n");
    if (key !== this.#lines) {
      this.#lines = key;
      this.replaceChildren(...lines.map((/** @type {any} */ line) => h("div.equation-line", { title: line.latex }, h("div.equation-math", { tabIndex: 0 }, mathml(line.mathml)), line.note ? h("p.equation-note", {}, line.note) : null)));
      this.#slots = [...this.querySelectorAll("[data-slot]")].map((e) => [e, e.getAttribute("data-slot") ?? ""]);
    }
    for (const [element, name] of this.#slots) {
      const value = f.values?.[name];
      const text = typeof value === "number" ? number(value, Number.isInteger(value) && Math.abs(value) < 100 && !this.#broken(name) ? 0 : DIGITS) : value === null || value === undefined ? "?" : String(value);
      if (element.textContent !== text) element.textContent = text;
      element.setAttribute("data-sign", typeof value === "number" && value !== 0 ? (value > 0 ? "+" : "-") : "");
    }
  }

  /** Which slots have ever held a fraction: they keep their digits, so that nothing jumps. */
  #fractions = new Set();
  /** @param {string} name */
  #broken(name) {
    const value = /** @type {any} */ (this.figure).values?.[name];
    if (typeof value === "number" && !Number.isInteger(value)) this.#fractions.add(name);
    return this.#fractions.has(name);
  }

  rows() {
    const f = /** @type {any} */ (this.figure);
    return [["equation", "note"], ...(f.lines ?? [f]).map((/** @type {any} */ l) => [l.latex.replace(/\\slot\{([^}]*)\}/g, (/** @type {string} */ _, /** @type {string} */ n) => String(f.values?.[n] ?? "?")), l.note ?? ""])];
  }
}
customElements.define("orrery-equation", Equation);
