// @ts-check
// From a changed setting to a changed run: live fields are tuned while it trains, others are checked and start the lab anew.
import { api } from "./api.js";
import { same } from "./dom.js";
import { Newest, settled } from "./newest.js";

const QUIET_MS = 140;

export class Settings {
  /**
   * @param {{lab: any, run: import("./run.js").Run, controls: import("./controls.js").Controls, notices: import("./notices.js").Notices, changed: () => void}} page
   */
  constructor(page) {
    this.page = page;
    /** @type {Map<string, Newest<any>>} */
    this.tuning = new Map();
    this.resume = false; // whether to play again once the lab is rebuilt
    /** @type {(() => void)[]} */
    this.waiting = [];
    this.building = new Newest(() => this.#build(), (error) => this.#beside(error));
    this.start = settled(() => this.building.offer(null), QUIET_MS);
    page.controls.addEventListener("tune", (event) => this.#tune(/** @type {CustomEvent} */ (event).detail));
    page.controls.addEventListener("rebuild", () => this.#wantBuild());
  }

  /** Nothing of the user's is on its way: what the run says may be shown. */
  get idle() {
    return this.building.idle && !this.resume && !this.start.waiting() && [...this.tuning.values()].every((queue) => queue.idle);
  }

  /** @param {{name: string, value: any, gesture: string}} change */
  #tune({ name, value, gesture }) {
    const { run, changed } = this.page;
    let queue = this.tuning.get(name);
    if (!queue) {
      queue = new Newest(({ value: newest, gesture: drag }) => run.tune({ [name]: newest }, drag), (error) => this.#beside(error));
      this.tuning.set(name, queue);
    }
    queue.offer({ value, gesture });
    changed();
  }

  #wantBuild() {
    if (this.building.idle && !this.resume) this.resume = this.page.run.running;
    this.start();
    this.page.changed();
  }

  /** What is asked for is checked first: its counts and problems stand beside the fields before anything is built. */
  async #build() {
    const { lab, run, controls, notices } = this.page;
    try {
      const wanted = structuredClone(controls.values);
      const check = await api("POST", `/api/labs/${lab.id}/check`, { config: wanted });
      const homeless = controls.problems(check.errors ?? []);
      if (check.errors?.length) {
        notices.show("config", { text: homeless[0] ?? "These settings do not fit together.", hint: "The run goes on as it was; the field at fault says why.", tone: "warn" });
        this.resume = false;
        return;
      }
      controls.counts(check);
      notices.clear("config");
      await run.reset({ config: wanted });
      const again = this.resume && !this.building.next;
      if (again) {
        this.resume = false;
        await run.play();
      }
    } finally {
      for (const done of this.waiting.splice(0)) done();
    }
  }

  /** A refusal goes beside its field, or over the stage where it has none. @param {any} error */
  #beside(error) {
    const { controls, notices } = this.page;
    this.resume = false;
    const homeless = error.errors?.length ? controls.problems(error.errors) : null;
    if (!homeless || homeless.length) notices.error(error, "config");
  }

  /** Settings chosen by a preset, a step of the text or a figure; done once the lab stands. @param {Record<string, any>} values */
  rebuild(values) {
    this.page.controls.choose(values);
    const done = new Promise((resolve) => this.waiting.push(() => resolve(undefined)));
    this.#wantBuild();
    return done;
  }

  /** Only what differs is sent; live fields alone do not start the lab anew. @param {Record<string, any>} values */
  async set(values) {
    const { controls, run, changed } = this.page;
    const different = Object.fromEntries(Object.entries(values).filter(([name, value]) => !same(controls.values[name], value)));
    if (!Object.keys(different).length) return;
    if (!Object.keys(different).every((name) => controls.live(name))) return this.rebuild(different);
    controls.choose(different);
    changed();
    await run.tune(different).catch((error) => this.#beside(error));
  }

  /** @param {{config: Record<string, any>}} preset */
  take(preset) {
    return this.rebuild({ ...this.page.controls.defaults, ...preset.config });
  }

  /** The counts of what stands. */
  async count() {
    const { lab, controls, notices } = this.page;
    try {
      controls.counts(await api("POST", `/api/labs/${lab.id}/check`, { config: controls.values }));
    } catch (error) {
      notices.error(error);
    }
  }
}
