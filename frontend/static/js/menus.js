// @ts-check
// Menus, dialogs and tabs that work from the keyboard and give the focus back.
import { byId, h } from "./dom.js";

/** @typedef {{label: string, note?: string, key?: string, checked?: boolean, go: () => unknown} | "rule"} Entry */

/** @type {(() => void) | null} */
let closeOpen = null;

/** Opens a menu under a button. @param {HTMLElement} button @param {Entry[]} entries @param {string} label */
export function openMenu(button, entries, label) {
  const again = button.getAttribute("aria-expanded") === "true";
  closeOpen?.();
  if (again) return;
  const items = entries.map((entry) => entry === "rule" ? h("hr") :
    h("button.menu-item", { type: "button", role: entry.checked === undefined ? "menuitem" : "menuitemcheckbox", "aria-checked": entry.checked === undefined ? undefined : String(entry.checked), tabIndex: -1, on: { click: () => (close(), entry.go()) } },
      h("span.menu-label", {}, entry.label), entry.key ? h("kbd", {}, entry.key) : null, entry.note ? h("span.menu-note", {}, entry.note) : null));
  const menu = h("div.menu", { role: "menu", "aria-label": label }, ...items);
  const buttons = items.filter((item) => item.tagName === "BUTTON");
  document.body.append(menu);
  place(menu, button);
  button.setAttribute("aria-expanded", "true");
  buttons[0]?.focus();

  menu.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to !== undefined) buttons[(to + buttons.length) % buttons.length]?.focus();
    else if (event.key === "Escape") close();
    else if (event.key === "Tab") close();
    else return event.stopPropagation();
    event.preventDefault();
    event.stopPropagation();
  });
  const outside = (/** @type {Event} */ event) => {
    if (!menu.contains(/** @type {Node} */ (event.target)) && !button.contains(/** @type {Node} */ (event.target))) close(false);
  };
  addEventListener("pointerdown", outside, true);
  closeOpen = close;

  function close(refocus = true) {
    if (closeOpen !== close) return;
    closeOpen = null;
    removeEventListener("pointerdown", outside, true);
    menu.remove();
    button.setAttribute("aria-expanded", "false");
    if (refocus) button.focus();
  }
}

/** Under the button, or where there is room. @param {HTMLElement} menu @param {HTMLElement} button */
function place(menu, button) {
  const at = button.getBoundingClientRect();
  const room = innerHeight - at.bottom - 16;
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  if (height <= room || room > at.top) {
    menu.style.top = `${at.bottom + 4}px`;
    menu.style.maxHeight = `${Math.max(160, room)}px`;
  } else {
    menu.style.bottom = `${innerHeight - at.top + 4}px`;
    menu.style.maxHeight = `${at.top - 24}px`;
  }
}

/** A modal dialog with a title. @param {string} title @param {...any} content */
export function openDialog(title, ...content) {
  const dialog = h("dialog.dialog", { "aria-label": title },
    h("div.dialog-head", {}, h("h2", {}, title), h("button.quiet.icon", { type: "button", "aria-label": "Close", on: { click: () => dialog.close() } }, "✕")), ...content);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (/** @type {MouseEvent} */ event) => event.target === dialog && dialog.close());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Tabs by the roles in the page. @param {HTMLElement} tablist @param {(id: string) => void} [shown] */
export function tabs(tablist, shown) {
  const all = /** @type {HTMLElement[]} */ ([...tablist.querySelectorAll('[role="tab"]')]);
  const choose = (/** @type {HTMLElement} */ tab, focus = true) => {
    for (const each of all) {
      const on = each === tab;
      each.setAttribute("aria-selected", String(on));
      each.tabIndex = on ? 0 : -1;
      byId(each.getAttribute("aria-controls") ?? "").hidden = !on;
    }
    if (focus) tab.focus();
    shown?.(tab.getAttribute("aria-controls") ?? "");
  };
  for (const tab of all) tab.addEventListener("click", () => choose(tab));
  tablist.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    choose(all[(all.indexOf(/** @type {any} */ (document.activeElement)) + by + all.length) % all.length]);
  });
  choose(all[0], false);
}
