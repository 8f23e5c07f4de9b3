// @ts-check
// A trained run as a file: saved from here, or taken in as a new run.
import { api } from "./api.js";
import { h } from "./dom.js";

/** Saves what a run has learned; the browser streams it to the disk. @param {string} path of the run's API */
export function saveCheckpoint(path) {
  h("a", { href: `${path}/checkpoint`, download: "" }).click();
}

/**
 * Asks for a file and makes a run of it; then its page opens. A refusal is said where the caller says things.
 * @param {import("./notices.js").Notices} notices @param {(run: any) => unknown} [made] instead of opening its page
 */
export function takeCheckpoint(notices, made = (run) => location.assign(`/runs/${encodeURIComponent(run.id)}`)) {
  const box = h("input", { type: "file", accept: ".safetensors", on: { change: async () => {
    const [file] = box.files ?? [];
    if (!file) return;
    notices.clear("checkpoint");
    notices.show("uploading", { text: `Reading ${file.name} …` });
    try {
      made(await api("POST", "/api/checkpoints", file));
    } catch (error) {
      notices.show("checkpoint", { text: error.message, hint: error.hint, tone: "warn" });
    } finally {
      notices.clear("uploading");
    }
  } } });
  box.click();
}
