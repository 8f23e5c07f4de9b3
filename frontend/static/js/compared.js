// @ts-check
// The runs of a comparison as its legend: colour and shape, name, what sets each apart, where it stands.
import { apart, chips } from "./differences.js";
import { h, write } from "./dom.js";
import { sprite, stamp } from "./figures/marks.js";
import { count } from "./numbers.js";
import { named, onTheme } from "./palette.js";

const LONGEST = 30;

/** @param {string} text */
const fit = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

/** A piece of a run's line with its marker. @param {number} index @returns {HTMLCanvasElement} */
export function mark(index) {
  const canvas = h("canvas.line-mark", { "aria-hidden": "true" });
  const ratio = Math.min(3, devicePixelRatio || 1);
  const draw = () => {
    [canvas.width, canvas.height] = [30 * ratio, 16 * ratio];
    const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    ctx.scale(ratio, ratio);
    ctx.strokeStyle = named(`class${index}`, index);
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.moveTo(1, 8);
    ctx.lineTo(29, 8);
    ctx.stroke();
    stamp(ctx, sprite(index, 4, ratio), 15, 8, ratio);
  };
  draw();
  onTheme(draw);
  return canvas;
}

/**
 * What sets each run apart from the others: settings where their lab is one, else the lab.
 * @param {any[]} runs @param {any[]} labs their descriptions
 */
export function wordsOf(runs, labs) {
  const one = runs.every((run) => run.lab === runs[0].lab);
  const parted = one ? apart(runs, labs[0]?.fields ?? []) : runs.map((run, k) => [
    { name: "", label: "Lab", now: labs[k]?.title ?? run.lab, was: "" },
    ...apart(runs.filter((each) => each.lab === run.lab), labs[k]?.fields ?? [])[runs.filter((each) => each.lab === run.lab).indexOf(run)],
  ]);
  return parted.map((some, k) => {
    const plain = some.filter(({ name }) => name !== "seed");
    const text = (/** @type {import("./differences.js").Difference[]} */ list) => list.map(({ label, now }) => (label === "Lab" ? now : `${label.toLowerCase()} ${now}`)).join(", ");
    const label = runs[k].name || text(some) || `run ${k + 1}`;
    return { some, label: fit(label), folded: fit(text(plain) || labs[k]?.title || runs[k].lab) };
  });
}

/** One row. Events: "hide", "remove". */
export class Compared extends EventTarget {
  /** @param {any} info @param {import("./run.js").Run} run @param {import("./differences.js").Difference[]} some @param {string} lab its title @param {number} colour */
  constructor(info, run, some, lab, colour) {
    super();
    this.run = run;
    this.hidden = false;
    const title = info.name || `${lab}, seed ${info.seed}`;
    this.status = h("span.run-status");
    this.steps = h("span.run-steps");
    this.place = h("span.mark-place", {}, mark(colour));
    this.eye = h("button.quiet", { type: "button", "aria-pressed": "false", "aria-label": `Hide ${title}`, on: { click: () => this.#flip() } }, "Hide");
    this.node = h("li.compared-run", { dataset: { run: info.id } }, this.place,
      h("div.compared-what", {}, h("a.run-name", { href: `/runs/${encodeURIComponent(info.id)}` }, title), h("div.run-differs", {}, ...(some.length ? chips(some) : [h("span.hint", {}, lab)]))),
      h("div.compared-where", {}, this.status, this.steps),
      h("div.compared-acts", {}, this.eye, h("button.quiet.icon", { type: "button", "aria-label": `Take ${title} out of the comparison`, title: "Take it out", on: { click: () => this.dispatchEvent(new CustomEvent("remove")) } }, "✕")));
    run.addEventListener("status", () => this.update());
    run.addEventListener("metrics", () => this.update());
    run.addEventListener("link", (event) => {
      if (/** @type {CustomEvent} */ (event).detail === "gone") write(this.status, "deleted");
    });
    this.update();
  }

  update() {
    const { state } = this.run;
    write(this.status, state.status === "queued" && state.queue_place ? `queued, ${count(state.queue_place)}` : state.status);
    this.status.dataset.status = state.status;
    this.status.title = state.error?.message || state.problem?.message || state.message || "";
    write(this.steps, `step ${count(state.step)}`);
  }

  /** @param {number} index */
  colour(index) {
    this.place.replaceChildren(mark(index));
  }

  #flip() {
    this.hidden = !this.hidden;
    this.node.classList.toggle("off", this.hidden);
    this.eye.setAttribute("aria-pressed", String(this.hidden));
    write(this.eye, this.hidden ? "Show" : "Hide");
    this.dispatchEvent(new CustomEvent("hide"));
  }
}
