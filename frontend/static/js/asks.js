// @ts-check
// Probes and actions that no figure's touch reaches get a card of their own: a pad made from the schema of their input, and the answer under it.
import { h } from "./dom.js";
import { create } from "./figures/index.js";
import { hydrate } from "./frames.js";
import { Newest } from "./newest.js";

/**
 * @param {{probes: any[], actions: any[]}} asks @param {import("./run.js").Run} run @param {HTMLElement} side
 * @param {(error: any) => void} failed
 */
export async function offerAsks({ probes, actions }, run, side, failed) {
  const { form } = await import("./inputs/form.js");
  for (const each of probes) side.append(card({ ...each, probe: true }, run, form, failed));
  for (const each of actions) side.append(card(each, run, form, failed));
}

/** @param {any} method @param {import("./run.js").Run} run @param {Function} form @param {(error: any) => void} failed */
function card(method, run, form, failed) {
  const answer = h("div.ask-answer", { "aria-live": "polite" });
  const queue = new Newest(async (payload) => {
    if (!method.probe) return run.act(method.id, payload);
    await show(answer, await run.ask(method.id, payload));
  }, failed);
  const pad = method.schema ? form(method.schema, (/** @type {any} */ payload) => queue.offer(payload), method.probe ? "Ask" : "Do") :
    h("button", { type: "button", on: { click: () => queue.offer({}) } }, method.title);
  return h("section.ask", { "aria-label": method.title }, h("h3", {}, method.title), method.help ? h("p.hint", {}, method.help) : null, pad, answer);
}

/** @param {HTMLElement} place @param {any[]} figures */
async function show(place, figures) {
  const kinds = figures.map((figure) => figure.kind).join();
  if (place.dataset.kinds !== kinds) {
    const elements = await Promise.all(figures.map((figure) => create(figure.kind)));
    place.dataset.kinds = kinds;
    place.replaceChildren(...elements.map((element, at) => h("div.answer", { dataset: { kind: figures[at].kind } }, element)));
  }
  figures.forEach((figure, at) => /** @type {any} */ (place.children[at].firstChild).show(hydrate(figure)));
}
