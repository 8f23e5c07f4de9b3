// @ts-check
// A figure is touched -> the view's touches say what is sent, and where. Hover asks, a drag edits; one request in flight, the newest wins.
import { Newest } from "./newest.js";

/**
 * @typedef {{touch: string, payload: any, phase: "hover"|"drag"|"commit"|"leave", gesture: string}} TouchDetail
 * @typedef {{touch: string, does: "action"|"live"|"reset"|"probe", name: string, title: string}} Touch
 */

export class Touches {
  /**
   * @param {{lab: any, run: import("./run.js").Run, controls: import("./controls.js").Controls, notices: import("./notices.js").Notices,
   *   answers: import("./answers.js").Answers, choose: (values: Record<string, any>) => void, changed: () => void}} page
   */
  constructor(page) {
    this.page = page;
    /** @type {Map<string, Newest<any>>} */
    this.queues = new Map();
    /** @type {any} the frame that is pointed at: an answer that comes after the pointer has left is not shown */
    this.over = null;
  }

  /** No edit is under way. */
  get idle() {
    return [...this.queues].every(([name, queue]) => name.startsWith("probe:") || queue.idle);
  }

  /** @param {HTMLElement} place where cards stand */
  listen(place) {
    place.addEventListener("touch", (event) => this.#touched(/** @type {CustomEvent} */ (event)));
    place.addEventListener("build", (event) => this.#build(/** @type {CustomEvent} */ (event).detail));
  }

  /** Of some settings those that no touch of this page is about to change. @param {Record<string, any>} fields */
  untouched(fields) {
    return Object.fromEntries(Object.entries(fields).filter(([name]) => this.queues.get(`live:${name}`)?.idle ?? true));
  }

  /** @param {CustomEvent<TouchDetail>} event */
  #touched(event) {
    const frame = /** @type {any} */ (/** @type {HTMLElement} */ (event.target).closest("figure-frame"));
    if (!frame) return;
    const { touch, payload, phase, gesture } = event.detail;
    const { answers } = this.page;
    this.over = phase === "leave" ? null : frame;
    if (phase === "leave") {
      for (const [name, queue] of this.queues) if (name.startsWith("probe:")) queue.drop();
      return answers.leave(frame);
    }
    /** @type {Touch[]} */
    const known = (frame.spec.touches ?? []).filter((/** @type {Touch} */ each) => each.touch === touch);
    const edits = known.filter((each) => each.does !== "probe");
    if (phase !== "hover" && edits.length) {
      for (const each of edits) this.#edit(each, payload, phase, gesture);
      return;
    }
    for (const each of known.filter((one) => one.does === "probe")) this.#ask(each, payload, frame, phase === "commit");
  }

  /** @param {Touch} touch @param {any} payload @param {any} frame @param {boolean} pin */
  #ask(touch, payload, frame, pin) {
    const { run, answers, notices } = this.page;
    this.#queue(`probe:${touch.name}`, async (/** @type {any} */ { payload: asked, frame: from, pin: pinned }) => {
      const figures = await run.ask(touch.name, asked);
      if (pinned || this.over === from) answers.show(touch, figures, from, pinned);
    }, (error) => notices.error(error, "probe")).offer({ payload: bodyOf(touch, payload), frame, pin });
  }

  /** @param {Touch} touch @param {any} payload @param {string} phase @param {string} gesture */
  #edit(touch, payload, phase, gesture) {
    const { run, controls, notices, choose, changed } = this.page;
    if (touch.does === "reset") {
      if (phase === "commit") choose({ [touch.name]: bodyOf(touch, payload) });
      return;
    }
    if (touch.does === "live") {
      controls.put({ [touch.name]: bodyOf(touch, payload) });
      changed();
    }
    this.#queue(`${touch.does}:${touch.name}`, (/** @type {any} */ { body, drag }) => (touch.does === "live" ? run.tune({ [touch.name]: body }, drag) : run.act(touch.name, body, drag)),
      (error) => notices.error(error, "edit")).offer({ body: bodyOf(touch, payload), drag: gesture });
  }

  /** A figure that builds (a network): its list of items gains or loses one, or one of their numbers moves. @param {{field: string, op: string, layer: number}} detail */
  #build({ field, op, layer }) {
    const { controls, choose } = this.page;
    const known = controls.fields.find((each) => each.name === field);
    if (!known) return;
    /** @type {any[]} */
    const items = structuredClone(controls.values[field] ?? []);
    const numeric = known.variants[0]?.fields.find((each) => each.type === "integer");
    if (op === "add-layer") {
      if (items.length >= known.most) return;
      const fresh = Object.fromEntries((known.variants[0]?.fields ?? []).map((each) => [each.name, each.initial]));
      items.splice(layer, 0, structuredClone(items[layer] ?? items[layer - 1] ?? fresh));
    } else if (op === "remove-layer") items.splice(layer, 1);
    else if (numeric && items[layer]) {
      const next = Number(items[layer][numeric.name]) + (op === "add-unit" ? 1 : -1);
      if (next < numeric.min || next > numeric.max) return;
      items[layer][numeric.name] = next;
    }
    if (items.length >= known.least) choose({ [field]: items });
  }

  /** @param {string} key @param {(value: any) => Promise<unknown>} send @param {(error: any) => void} failed */
  #queue(key, send, failed) {
    const old = this.queues.get(key);
    if (old) {
      old.send = send;
      return old;
    }
    const fresh = new Newest(send, failed);
    this.queues.set(key, fresh);
    return fresh;
  }
}

/** A set of points is a bare list as a setting, and an object as the input of an action or a probe. @param {Touch} touch @param {any} payload */
function bodyOf(touch, payload) {
  if (touch.touch !== "PointSet" && touch.touch !== "Path") return payload;
  const points = Array.isArray(payload) ? payload : payload.points;
  return touch.does === "live" || touch.does === "reset" ? points : { points };
}
