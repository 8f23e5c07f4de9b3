// @ts-check
/** The figures by kind. A new kind is one file named as the kind in lower case that defines `orrery-<kind>`; nothing is listed here. */
import { Figure } from "./figure.js";

/**
 * @param {string} kind the figure class's name in models/core/figures/
 * @returns {Promise<Figure>} a new element, its code loaded on first use
 */
export async function create(kind) {
  const name = kind.toLowerCase();
  if (!/^[a-z]+$/.test(name)) throw new TypeError(`"${kind}" is no kind of figure.`);
  if (!customElements.get(`orrery-${name}`)) await import(`./${name}.js`);
  return /** @type {Figure} */ (document.createElement(`orrery-${name}`));
}
