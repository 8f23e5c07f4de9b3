// @ts-check
// One table of keys. A key that means something to what has the focus stays with it.
import { h } from "./dom.js";
import { openDialog } from "./menus.js";

/** @typedef {{key: string, shown: string, says: string, go: (event: KeyboardEvent) => unknown}} Key */

const TYPING = 'input:not([type="range"]):not([type="checkbox"]):not([type="radio"]), textarea, select, [contenteditable]';
const USES_SPACE = 'button, summary, a[href], input, select, textarea, [role="tab"], [role="menuitem"]';
const USES_ARROWS = 'input, select, textarea, [role="tab"], [role="radiogroup"] *, [role="menu"] *';

/** @param {Key[]} keys */
export function listen(keys) {
  const table = new Map(keys.flatMap((each) => each.key.split(" ").map((name) => [name === "Space" ? " " : name, each])));
  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const known = table.get(name);
    if (!known || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (target.matches?.(TYPING) && !name.startsWith("Page")) return;
    if (name === " " && target.matches?.(USES_SPACE)) return;
    if (name.startsWith("Arrow") && target.matches?.(USES_ARROWS)) return;
    if (event.repeat && !name.startsWith("Arrow")) return;
    event.preventDefault();
    known.go(event);
  });
}

/** @param {Key[]} keys */
export function showKeys(keys) {
  openDialog("Keys", h("dl.keys", {}, ...keys.flatMap((each) => [h("dt", {}, h("kbd", {}, each.shown)), h("dd", {}, each.says)])),
    h("p.hint", {}, "Tab walks through every control and figure; the arrow keys move inside a figure that has the brass ring."));
}
