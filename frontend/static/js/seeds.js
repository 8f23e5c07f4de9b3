// @ts-check
// Five seeds: the present config again with the next four seeds, all five trained, and a way to see them as one.
import { api } from "./api.js";
import { h } from "./dom.js";

const OTHERS = 4;

/**
 * @param {import("./run.js").Run} run @param {HTMLElement} beside @param {() => Record<string, any>} config as it is set now
 * @param {import("./notices.js").Notices} notices
 */
export function offerSeeds(run, beside, config, notices) {
  const button = h("button.seeds", {
    type: "button", id: "five-seeds", "aria-label": "Train five seeds", title: "Five seeds: train this and the next four, to see how much is chance",
    on: { click: start },
  }, h("span", { "aria-hidden": "true" }, "×5"));
  beside.after(button);

  async function start() {
    const { seed, max_steps, speed } = run.state;
    button.disabled = true;
    /** @type {string[]} */
    const made = [];
    /** @type {any} */
    let refused = null;
    try {
      if (!run.running && run.state.status !== "finished") await run.play(); // first, so that it is seen first
      for (let k = 1; k <= OTHERS; k += 1) {
        const other = await api("POST", "/api/runs", { lab: run.lab, config: config(), seed: seed + k, autoplay: true, max_steps, steps_per_second: speed });
        made.push(other.id);
      }
    } catch (error) {
      if (typeof error?.status !== "number") throw error;
      refused = error;
    } finally {
      button.disabled = false;
    }
    if (!made.length) return notices.error(refused, "seeds");
    run.kept = true;
    const what = made.length === OTHERS ? `Five seeds train: ${seed} to ${seed + OTHERS}.` : `Only ${made.length} of ${OTHERS} more seeds were started.`;
    notices.show("seeds", {
      text: refused ? `${what} ${refused.message}` : what, hint: refused?.hint, tone: refused ? "warn" : "note",
      ways: [{ label: "Compare them", go: () => location.assign(`/compare?runs=${[run.id, ...made].map(encodeURIComponent).join(",")}`) }],
    });
  }
}
