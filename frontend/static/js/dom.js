// @ts-check
// Elements made in one line. Words reach the page as text, never as HTML.

/**
 * @param {string} tag  a tag name, with classes after dots: "button.quiet.icon"
 * @param {Record<string, any>} [props]  `on` holds listeners, `dataset` data attributes; a property where the element has one, else an attribute
 * @param {...(Node|string|number|null|undefined|false)} children
 * @returns {any}
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (key === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else if (key === "dataset") Object.assign(node.dataset, value);
    else if (key in node && !key.includes("-") && key !== "list") node[key] = value;
    else if (value !== false) node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false).map((child) => (child instanceof Node ? child : String(child))));
  return node;
}

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** Sets text only where it changed: what is unchanged is not laid out again. @param {Node} node @param {string} text */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {string} id @returns {any} */
export const readJSON = (id) => JSON.parse(byId(id)?.textContent || "null");

/** @param {unknown} a @param {unknown} b */
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

let serial = 0;
/** A name unique on the page, for ids and gestures. @param {string} prefix */
export const unique = (prefix) => `${prefix}-${Date.now().toString(36)}-${(serial += 1)}`;
