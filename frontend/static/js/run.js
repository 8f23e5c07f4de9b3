// @ts-check
// One run: its commands go over REST, what becomes of it comes back on the stream.
// Events: "status", "metrics", "frame" {detail: ArrayBuffer}, "edit", "challenge", "keyframe", "watch", "cut" {detail: step}, "link" {detail: state}.
import { api } from "./api.js";
import { Metrics } from "./metrics.js";
import { Stream } from "./stream.js";

/** @typedef {{status: string, step: number, epoch: number, take: number, max_steps: number, speed: number|null, steps_per_second: number, message: string, problem: any, error: any, queue_place: number|null, phase: string, config: Record<string, any>, seed: number, notices: {kind: string, message: string, hint: string}[]}} State */

export class Run extends EventTarget {
  /** @param {string} lab */
  constructor(lab) {
    super();
    this.lab = lab;
    this.id = "";
    this.metrics = new Metrics();
    /** @type {State} */
    this.state = { status: "starting", step: 0, epoch: 0, take: 0, max_steps: 0, speed: null, steps_per_second: 0, message: "", problem: null, error: null, queue_place: null, phase: "", config: {}, seed: 0, notices: [] };
    /** @type {Record<string, number>} */
    this.views = {};
    /** It trains on when its page is left: another page shows it. */
    this.kept = false;
    /** @type {Record<string, any[]>[] | null} rows heard while older ones are being fetched */
    this.held = null;
  }

  /** A draft: it trains nothing until asked, and goes by itself. @param {{config: object, seed?: number, max_steps?: number}} wish */
  async create(wish) {
    this.adopt(await api("POST", "/api/runs", { lab: this.lab, autoplay: false, ...wish }));
  }

  /** @param {string} id */
  async join(id) {
    this.adopt(await api("GET", `/api/runs/${encodeURIComponent(id)}`));
  }

  /** @param {any} run */
  adopt(run) {
    this.stream?.close();
    this.id = run.id;
    this.metrics.clear();
    this.held = null;
    this.#absorb(run);
    let resumed = false;
    this.stream = new Stream(this.id, () => {
      const cursor = resumed ? { since: this.metrics.last, take: this.state.take } : { since: -1 };
      resumed = true;
      return cursor;
    });
    this.stream.watch(this.views);
    this.stream.addEventListener("message", (event) => this.#hear(/** @type {CustomEvent} */ (event).detail));
    this.stream.addEventListener("frame", (event) => this.#tell("frame", /** @type {CustomEvent} */ (event).detail));
    this.stream.addEventListener("link", (event) => this.#tell("link", /** @type {CustomEvent} */ (event).detail));
  }

  close() {
    this.stream?.close();
  }

  get path() {
    return `/api/runs/${encodeURIComponent(this.id)}`;
  }

  get running() {
    return ["running", "queued"].includes(this.state.status);
  }

  /** @param {Record<string, number>} views */
  watch(views) {
    this.views = views;
    this.stream?.watch(views);
    this.#tell("watch");
  }

  async play() {
    if (this.state.status === "finished" && this.state.step >= this.state.max_steps) {
      await this.patch({ max_steps: this.state.step + Math.max(1, this.state.max_steps) });
    }
    this.#expect("running", await api("POST", `${this.path}/play`));
  }

  async pause() {
    this.#expect("paused", await api("POST", `${this.path}/pause`));
  }

  /** @param {number} count */
  async step(count = 1) {
    const answer = await api("POST", `${this.path}/step`, { count });
    if (answer.take === this.state.take) this.#hear({ type: "status", ...answer }); // else the stream says what has fallen
  }

  /** The lab built anew in the same run. @param {{config?: object, seed?: number}} wish */
  async reset(wish = {}) {
    const answer = await api("POST", `${this.path}/reset`, wish);
    this.#hear({ type: "status", ...answer });
  }

  /** Back to a step; what came after falls, and the run is paused. @param {number} step */
  async rewind(step) {
    const answer = await api("POST", `${this.path}/rewind`, { step });
    if (answer.take < this.state.take) return;
    this.#hear({ type: "rewind", to_step: answer.step, take: answer.take });
    this.#hear({ type: "status", ...answer });
  }

  /** Without the newest change by hand; the stream says from which step on all is made again. */
  async undo() {
    return api("POST", `${this.path}/undo`);
  }

  /** A new run that begins at a step of this one; its id. @param {number} step @returns {Promise<string>} */
  async branch(step) {
    return (await api("POST", `${this.path}/branch`, { step })).id;
  }

  /** @param {object} change */
  async patch(change) {
    return api("PATCH", this.path, change);
  }

  /** @param {Record<string, any>} fields live ones @param {string} [gesture] */
  async tune(fields, gesture) {
    return api("PATCH", this.path, gesture ? { config: fields, gesture } : { config: fields });
  }

  /** @param {string} action @param {unknown} payload @param {string} [gesture] */
  async act(action, payload, gesture) {
    return api("POST", `${this.path}/actions/${action}${gesture ? `?gesture=${encodeURIComponent(gesture)}` : ""}`, payload ?? {});
  }

  /** @param {string} probe @param {unknown} payload @returns {Promise<any[]>} */
  async ask(probe, payload) {
    return (await api("POST", `${this.path}/probes/${probe}`, payload ?? {})).figures;
  }

  /** @param {string} type @param {unknown} [detail] */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** What the answer says, else what was asked for: the button turns at once. @param {string} status @param {any} answer */
  #expect(status, answer) {
    this.#absorb({ status, ...(answer?.status ? answer : {}) });
    this.#tell("status");
  }

  /** @param {any} message */
  #absorb(message) {
    for (const key of Object.keys(this.state)) if (message[key] !== undefined) this.state[key] = message[key];
  }

  /** @param {any} message */
  #hear(message) {
    if (message.take < this.state.take) return; // of an older take
    // a greeting says where the run is; what fell while nobody listened is said by the rewind after it
    if (message.take > this.state.take && message.type !== "hello") this.#cut(message.to_step ?? -1, message.take);
    switch (message.type) {
      case "hello":
      case "status":
        this.#absorb(message);
        for (const id of message.passed ?? []) this.#tell("challenge", { id, passed: true });
        return this.#tell("status");
      case "rewind":
        this.#fall(message.to_step);
        return this.#tell("status");
      case "metrics":
        return this.held ? void this.held.push(message.columns) : this.#add(message.columns);
      case "history":
        return void this.#fetch();
      case "challenge":
      case "edit":
      case "keyframe":
        return this.#tell(message.type, message);
      case "error":
        return this.#tell("trouble", message);
    }
  }

  /** @param {Record<string, any[]>} columns */
  #add(columns) {
    if (!this.metrics.append(columns)) return;
    this.state.step = Math.max(this.state.step, this.metrics.last);
    this.#tell("metrics");
  }

  /** What is after a step falls, and a new take begins. @param {number} step −1: all of it @param {number} take */
  #cut(step, take) {
    Object.assign(this.state, { take, step: Math.max(0, step), message: "", problem: null, error: null });
    this.#fall(step);
  }

  /** @param {number} step the last that stands */
  #fall(step) {
    this.metrics.cut(step);
    this.held = null;
    this.#tell("cut", step);
  }

  /** The rows up to now; those that arrive meanwhile wait, so that none is missed or doubled. */
  async #fetch() {
    if (this.held) return;
    const [take, id] = [this.state.take, this.id];
    const held = (this.held = []);
    let columns = null;
    try {
      columns = await api("GET", `${this.path}/metrics?since=${this.metrics.last}`);
    } catch {
      // the stream's rows still come; a reconnection asks again
    }
    if (this.held !== held || take !== this.state.take || id !== this.id) return;
    this.held = null;
    if (columns?.step) this.metrics.append(columns);
    for (const rows of held) this.metrics.append(rows);
    this.#tell("metrics");
  }
}
