// @ts-check
// The seed: the same number gives the same start and the same losses.
import { h } from "./dom.js";

const MOST = 2 ** 31 - 1;

/** @param {(seed: number) => unknown} choose */
export function seedRow(choose) {
  const box = h("input.number", { type: "text", inputMode: "numeric", id: "seed", value: "0", "aria-describedby": "seed-help", on: { change: typed } });
  const other = h("button.quiet", { type: "button", title: "Another seed: another start", on: { click: () => choose(Number(box.value) + 1) } }, "another");
  const node = h("div.seed", {}, h("label", { htmlFor: "seed" }, "Seed"), box, other, h("span.sr", { id: "seed-help" }, "The same seed gives the same start and the same losses, bit for bit. A change starts the lab anew."));

  function typed() {
    const value = Number(box.value);
    const right = Number.isInteger(value) && value >= 0 && value <= MOST;
    box.setAttribute("aria-invalid", String(!right));
    if (right) choose(value);
  }

  return {
    node,
    /** @param {number} seed */
    set: (seed) => {
      if (document.activeElement !== box && seed !== undefined) box.value = String(seed);
    },
  };
}
