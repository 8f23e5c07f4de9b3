// @ts-check
/** A small plane on which a place is pointed at: by pointer, or by arrow keys. */
import { h } from "../dom.js";

const REACH = 6;

/** @param {(x: number, y: number, phase: "drag" | "commit") => void} send @param {number} [reach] the plane goes from −reach to reach */
export function pointPad(send, reach = REACH) {
  const at = { x: 0, y: 0 };
  const dot = h("span.pad-dot", { "aria-hidden": "true" });
  const pad = h("div.pad-plane", { tabIndex: 0, role: "application", "aria-label": "A place: arrow keys move it, Enter asks" }, dot);
  const show = () => {
    dot.style.left = `${50 + (50 * at.x) / reach}%`;
    dot.style.top = `${50 - (50 * at.y) / reach}%`;
  };
  const move = (/** @type {number} */ x, /** @type {number} */ y, /** @type {"drag" | "commit"} */ phase) => {
    const inside = (/** @type {number} */ v) => Math.round(Math.max(-reach, Math.min(reach, v)) * 1000) / 1000;
    [at.x, at.y] = [inside(x), inside(y)];
    show();
    send(at.x, at.y, phase);
  };
  const point = (/** @type {PointerEvent} */ e, /** @type {"drag" | "commit"} */ phase) => move((e.offsetX / pad.clientWidth - 0.5) * 2 * reach, (0.5 - e.offsetY / pad.clientHeight) * 2 * reach, phase);
  pad.addEventListener("pointerdown", (/** @type {PointerEvent} */ e) => {
    pad.setPointerCapture(e.pointerId);
    point(e, "drag");
  });
  pad.addEventListener("pointermove", (/** @type {PointerEvent} */ e) => e.buttons && point(e, "drag"));
  pad.addEventListener("pointerup", (/** @type {PointerEvent} */ e) => point(e, "commit"));
  pad.addEventListener("keydown", (/** @type {KeyboardEvent} */ e) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
    if (!by && e.key !== "Enter") return;
    e.preventDefault();
    e.stopPropagation();
    move(at.x + (by?.[0] ?? 0) * reach * 0.04, at.y + (by?.[1] ?? 0) * reach * 0.04, by ? "drag" : "commit");
  });
  show();
  return pad;
}
