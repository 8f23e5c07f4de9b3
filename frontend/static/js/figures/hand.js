// @ts-check
/** The user's hand on a field: hover, drag, click, and the same by keys. */
import { invalidate } from "../loop.js";
import { under } from "./plane.js";

const REACH = 11;
const FINGER = 22;
const DRAG_PX = 3;

/** @param {number} x three decimals are enough, and fit the URL */
export const round = (x) => Math.round(x * 1000) / 1000;

export class FieldHand {
  /** @param {import("./field.js").Field} field */
  constructor(field) {
    this.field = field;
    /** @type {{kind: "point" | "handle" | "arrow" | "place" | "paint", id: any, gesture: string, x: number, y: number, from: [number, number], moved: boolean} | null} */
    this.hold = null;
    /** @type {{kind: "point" | "handle" | "arrow", id: any} | null} what is under the pointer, or chosen by keys */
    this.chosen = null;
    this.reach = REACH;
    /** @type {{x: number, y: number} | null} where the keys stand, in data units */
    this.cursor = null;
    this.gripped = false;
  }

  get busy() {
    return this.hold !== null || this.gripped;
  }

  /** @returns {number | null} */
  get point() {
    return this.chosen?.kind === "point" ? this.chosen.id : null;
  }

  /** All that keys can go to: handles, arrows' tips, points. @returns {{kind: "point" | "handle" | "arrow", id: any, x: number, y: number}[]} */
  stops() {
    const f = /** @type {any} */ (this.field.figure);
    const free = this.field.takes("Handle");
    const n = f.points?.shape[0] ?? 0;
    return [
      ...(free ? f.handles ?? [] : []).map((/** @type {any} */ h) => ({ kind: "handle", id: h.id, x: h.x, y: h.y })),
      ...(free ? f.arrows ?? [] : []).filter((/** @type {any} */ a) => a.grab).map((/** @type {any} */ a) => ({ kind: "arrow", id: a.id, x: a.x + a.dx, y: a.y + a.dy })),
      ...Array.from({ length: n }, (_, i) => ({ kind: "point", id: i, x: f.points.data[2 * i], y: f.points.data[2 * i + 1] })),
    ];
  }

  /** @param {number} px @param {number} py @returns {{x: number, y: number}} inside the box */
  place(px, py) {
    const { sx, sy } = this.field;
    return { x: round(Math.max(sx.lo, Math.min(sx.hi, sx.at(px)))), y: round(Math.max(sy.lo, Math.min(sy.hi, sy.at(py)))) };
  }

  /** @param {number} px @param {number} py */
  inside(px, py) {
    const { x, y, w, h } = this.field.plot;
    return px >= x && px <= x + w && py >= y && py <= y + h;
  }

  /** The nearest point within reach. @param {number} px @param {number} py @returns {number | null} */
  nearest(px, py) {
    const { figure, sx, sy } = this.field;
    if (!figure?.points) return null;
    const { data, shape } = figure.points;
    let best = this.reach * this.reach;
    let found = null;
    for (let i = 0; i < shape[0]; i += 1) {
      const d = (sx.px(data[2 * i]) - px) ** 2 + (sy.px(data[2 * i + 1]) - py) ** 2;
      if (d < best) [best, found] = [d, i];
    }
    return found;
  }

  /** What can be grabbed here. @param {number} px @param {number} py @returns {{kind: "point" | "handle" | "arrow", id: any} | null} */
  target(px, py) {
    const { figure: f, sx, sy } = this.field;
    if (!f) return null;
    if (this.field.takes("Handle")) {
      let [best, found] = [this.reach + 2, /** @type {{kind: "handle" | "arrow", id: any} | null} */ (null)];
      const near = (/** @type {number} */ x, /** @type {number} */ y, /** @type {"handle" | "arrow"} */ kind, /** @type {any} */ id) => {
        const far = Math.hypot(sx.px(x) - px, sy.px(y) - py);
        if (far < best) [best, found] = [far, { kind, id }];
      };
      for (const h of f.handles ?? []) near(h.x, h.y, "handle", h.id);
      for (const a of f.arrows ?? []) if (a.grab) near(a.x + a.dx, a.y + a.dy, "arrow", a.id);
      if (found) return found;
    }
    const i = this.field.takes("PointMove") ? this.nearest(px, py) : null;
    return i === null ? null : { kind: "point", id: i };
  }

  /** Whether a finger here must not scroll the page. @param {number} px @param {number} py */
  holds(px, py) {
    this.reach = FINGER;
    return this.inside(px, py) && (this.field.brush.active || this.target(px, py) !== null);
  }

  pressed(px, py, e) {
    if (!this.inside(px, py) || !this.field.figure) return;
    const at = this.place(px, py);
    this.reach = e.pointerType === "touch" ? FINGER : REACH;
    const paint = this.field.brush.active;
    const target = paint ? { kind: /** @type {const} */ ("paint"), id: null } : this.target(px, py) ?? { kind: /** @type {const} */ ("place"), id: null };
    this.chosen = target.kind === "paint" || target.kind === "place" ? this.chosen : { kind: target.kind, id: target.id };
    this.hold = { ...target, ...at, gesture: this.field.gesture(), from: [px, py], moved: false };
    this.field.canvas.setPointerCapture(e.pointerId);
    if (paint) this.field.brush.stroke(px, py, true);
    invalidate(this.field);
  }

  moved(px, py, e) {
    const { field, hold } = this;
    if (!field.figure) return;
    if (hold) {
      if (!hold.moved && Math.hypot(px - hold.from[0], py - hold.from[1]) < DRAG_PX) return;
      hold.moved = true;
      Object.assign(hold, this.place(px, py));
      if (hold.kind === "paint") field.brush.stroke(px, py, false);
      else this.#send("drag");
      this.tell(px, py);
      return;
    }
    if (!this.inside(px, py)) return this.left();
    this.cursor = null;
    this.reach = e.pointerType === "touch" ? FINGER : REACH;
    const target = field.brush.active ? null : this.target(px, py);
    this.chosen = field.brush.active ? null : target ?? this.#seen(px, py);
    field.canvas.style.cursor = field.brush.active ? field.brush.cursor : target ? "grab" : field.takes("Point") ? "crosshair" : "default";
    this.tell(px, py);
    if (field.takes("Point") && e.pointerType !== "touch" && !field.brush.active) field.touch("Point", this.place(px, py), "hover");
  }

  /** A point that can be looked at, if not moved. @param {number} px @param {number} py @returns {{kind: "point", id: number} | null} */
  #seen(px, py) {
    const i = this.nearest(px, py);
    return i === null ? null : { kind: "point", id: i };
  }

  released(px, py) {
    const { hold, field } = this;
    if (!hold) return;
    this.hold = null;
    if (hold.kind === "paint") field.brush.commit(hold.gesture);
    else if (hold.kind === "place" || !hold.moved) field.takes("Point") && field.touch("Point", this.place(px, py), "commit");
    else this.#send("commit", hold);
    this.tell(px, py);
  }

  cancelled() {
    if (this.hold?.kind === "paint") this.field.brush.commit(this.hold.gesture);
    this.hold = null;
    this.field.ghost = null;
    this.left();
  }

  left() {
    if (this.hold) return;
    const had = this.field.readout;
    this.chosen = this.cursor = null;
    this.gripped = false;
    this.field.point(null);
    if (had && this.field.takes("Point")) this.field.touch("Point", { x: 0, y: 0 }, "leave");
  }

  /** @param {"drag" | "commit"} phase */
  #send(phase, hold = this.hold) {
    if (!hold || hold.kind === "place" || hold.kind === "paint") return;
    const { kind, id, x, y, gesture } = hold;
    this.field.carry(kind, id, x, y);
    if (kind === "point") this.field.touch("PointMove", { index: id, x, y }, phase, gesture);
    else this.field.touch("Handle", { id, x, y }, phase, gesture);
  }

  /** Read out what is under a pixel. @param {number} px @param {number} py @param {boolean} [aloud] */
  tell(px, py, aloud = false) {
    const { field } = this;
    const f = /** @type {any} */ (field.figure);
    const { x, y } = this.place(px, py);
    const lines = field.read(x, y);
    const i = this.point;
    if (i !== null && f.points) {
      const kind = f.labels && f.labels.data[i] !== 255 ? f.class_names?.[f.labels.data[i]] ?? `class ${f.labels.data[i]}` : f.targets ? `target ${f.targets.data[i].toFixed(2)}` : "";
      lines.push([`point ${i}`, kind, f.held?.data[i] ? "held out" : "", f.wrong?.data[i] ? "wrong" : ""].filter(Boolean).join(", "));
    }
    const grip = this.chosen && this.chosen.kind !== "point" ? this.chosen : null;
    if (grip) lines.unshift(this.#nameOf(grip));
    const line = i === null && !grip ? under(field, px, py) : null;
    if (line?.words) lines.push(line.words);
    const id = i !== null ? `point-${i}` : line?.id;
    field.point({ x: px, y: py, lines }, id ? { id, text: lines.join(", ") } : null, aloud);
  }

  /** @param {{kind: string, id: any}} grip */
  #nameOf({ kind, id }) {
    const f = /** @type {any} */ (this.field.figure);
    const one = (kind === "handle" ? f.handles : f.arrows).find((/** @type {any} */ each) => each.id === id);
    return `${one?.label || id}${this.busy ? "" : ", can be dragged"}`;
  }

  /** Arrow keys move the cursor, or what Enter has picked up; [ and ] go to handles, arrows and points. @param {KeyboardEvent} e */
  key(e) {
    const { field } = this;
    const { sx, sy } = field;
    const f = /** @type {any} */ (field.figure);
    const step = e.shiftKey ? 0.1 : 0.02;
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
    const at = (this.cursor ??= { x: (sx.lo + sx.hi) / 2, y: (sy.lo + sy.hi) / 2 });
    if (move) {
      at.x = Math.max(sx.lo, Math.min(sx.hi, at.x + move[0] * step * (sx.hi - sx.lo)));
      at.y = Math.max(sy.lo, Math.min(sy.hi, at.y + move[1] * step * (sy.hi - sy.lo)));
      if (this.gripped) this.#carried("drag", at);
      else this.chosen = this.target(sx.px(at.x), sy.px(at.y)) ?? this.#seen(sx.px(at.x), sy.px(at.y));
    } else if (e.key === "]" || e.key === "[") {
      this.#walk(e.key === "]" ? 1 : -1, at);
    } else if (e.key === "Enter") {
      this.#enter(at);
    } else if (f.draws && (/^[1-8]$/.test(e.key) || e.key === "Delete" || e.key === "Backspace")) {
      field.brush.byKey(e.key, at);
    } else if (e.key === "Escape") {
      this.left();
      return true;
    } else return false;
    this.tell(sx.px(at.x), sy.px(at.y), true);
    return true;
  }

  /** To the next stop. @param {1 | -1} way @param {{x: number, y: number}} at the cursor, which goes there */
  #walk(way, at) {
    const stops = this.stops();
    if (!stops.length || this.gripped) return;
    const now = stops.findIndex((s) => s.kind === this.chosen?.kind && s.id === this.chosen.id);
    const next = stops[now < 0 ? (way > 0 ? 0 : stops.length - 1) : (now + way + stops.length) % stops.length];
    this.chosen = { kind: next.kind, id: next.id };
    Object.assign(at, { x: next.x, y: next.y });
  }

  /** @param {"drag" | "commit"} phase @param {{x: number, y: number}} at */
  #carried(phase, at) {
    if (this.chosen) this.#send(phase, { ...this.chosen, x: round(at.x), y: round(at.y), gesture: this.grip ?? "", from: [0, 0], moved: true });
  }

  /** @param {{x: number, y: number}} at */
  #enter(at) {
    const { field } = this;
    if (this.chosen && field.takes(this.chosen.kind === "point" ? "PointMove" : "Handle")) {
      this.gripped = !this.gripped;
      if (this.gripped) this.grip = field.gesture();
      else this.#carried("commit", at);
    } else if (field.takes("Point")) field.touch("Point", { x: round(at.x), y: round(at.y) }, "commit");
  }

  /** The cursor of the keys. @param {CanvasRenderingContext2D} ctx @param {import("../palette.js").Palette} c */
  paint(ctx, c) {
    if (!this.cursor) return;
    const { sx, sy, plot } = this.field;
    const [px, py] = [sx.px(this.cursor.x), sy.px(this.cursor.y)];
    ctx.strokeStyle = c.brass;
    ctx.lineWidth = this.gripped ? 2 : 1;
    ctx.beginPath();
    ctx.moveTo(plot.x, py);
    ctx.lineTo(plot.x + plot.w, py);
    ctx.moveTo(px, plot.y);
    ctx.lineTo(px, plot.y + plot.h);
    ctx.stroke();
  }
}
