// @ts-check
// The cards of a lab page: which view stands on the stage, in the side or is put away, and which are seen (the only ones asked for).
// Events: "moved" when a card has changed its place.
import { chartsOf, figureOf } from "./charts.js";
import "./figures/frame.js";
import { invalidate, soon } from "./loop.js";

const STAGE_HZ = 30;
const SIDE_HZ = 10;
const CHARTS_MS = 100;
const SETTLE_MS = 60;
/** A network of more layers than this takes the whole width of the stage. */
const WIDE_LAYERS = 5;

/** @typedef {"stage"|"side"|"off"} Place */
/** @typedef {{frame: any, place: Place, view: any, seen: boolean, chart: boolean}} Card */

export class Views extends EventTarget {
  /**
   * @param {HTMLElement} stage @param {HTMLElement} side @param {any} lab @param {import("./run.js").Run} run
   * @param {{stage: string[]|null, on: string[]|null, off: string[]|null}} wish
   */
  constructor(stage, side, lab, run, wish) {
    super();
    this.lab = lab;
    this.run = run;
    this.places = { stage, side };
    /** @type {Map<string, Card>} */
    this.cards = new Map();
    this.drawnVersion = -1;
    this.drawnAt = 0;
    this.sights = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const card = this.cards.get(/** @type {any} */ (target).spec?.id);
        if (card) card.seen = isIntersecting;
      }
      this.#rewatch();
      this.chartsChanged();
    });
    for (const view of lab.views) this.#add(view, placeOf(view, wish));
    document.addEventListener("visibilitychange", () => this.#rewatch());
    for (const place of /** @type {const} */ (["stage", "side"])) this.#dropZone(this.places[place], place);
    this.wish = wish;
    run.addEventListener("metrics", () => this.chartsChanged());
    run.addEventListener("cut", () => this.chartsChanged());
  }

  /** @param {any} view @param {Place} place */
  #add(view, place, chart = false) {
    const frame = /** @type {any} */ (document.createElement("figure-frame"));
    frame.spec = { id: view.id, title: view.title, kind: view.kind, touches: view.touches ?? [], help: view.help ?? "", api: chart ? `${this.run.path}/metrics` : `${this.run.path}/views/${view.id}` };
    frame.dataset.kind = view.kind.toLowerCase();
    frame.dataset.view = view.id;
    const card = { frame, place, view, seen: false, chart };
    frame.addMenuItem(() => (card.place === "stage" ? "Move beside the stage" : "Move onto the stage"), () => this.move(view.id, card.place === "stage" ? "side" : "stage"));
    frame.addMenuItem("Put away", () => this.move(view.id, "off"));
    this.cards.set(view.id, card);
    this.#put(card, place);
  }

  /** The run has its name only once it exists. */
  named() {
    for (const { frame, view, chart } of this.cards.values()) frame.spec = { ...frame.spec, api: chart ? `${this.run.path}/metrics` : `${this.run.path}/views/${view.id}` };
  }

  /** @param {Card} card @param {Place} place */
  #put(card, place) {
    card.place = place;
    card.seen = false;
    this.sights.unobserve(card.frame);
    if (place === "off") card.frame.remove();
    else {
      const parent = this.places[place];
      const after = [...this.cards.values()].filter((each) => each !== card && each.frame.parentNode === parent && turnOf(each) > turnOf(card))
        .sort((a, b) => turnOf(a) - turnOf(b))[0];
      parent.insertBefore(card.frame, after?.frame ?? null);
      this.sights.observe(card.frame);
      this.#draggable(card);
    }
    const kinds = [...this.places.stage.children].map((each) => /** @type {HTMLElement} */ (each).dataset.kind ?? "");
    const words = kinds.filter((kind) => ["equation", "text", "table"].includes(kind));
    this.places.stage.dataset.kinds = kinds.filter((kind) => !words.includes(kind)).join(" ");
    if (!kinds.includes("network")) this.places.stage.removeAttribute("data-wide");
    this.places.stage.dataset.count = String(kinds.length);
    this.places.stage.toggleAttribute("data-words", words.length > 0);
    this.#rewatch();
  }

  /** @param {string} id @param {Place} place */
  move(id, place) {
    const card = this.cards.get(id);
    if (!card || card.place === place) return;
    this.#put(card, place);
    this.dispatchEvent(new CustomEvent("moved"));
  }

  /** Brings a view into sight and rings it; the ring goes with the next one. @param {string} id */
  look(id) {
    const card = this.cards.get(id) ?? this.cards.get(`metric:${id}`);
    for (const each of this.cards.values()) each.frame.classList.remove("looked");
    if (!card) return;
    if (card.place === "off") this.move(id, "side");
    card.frame.classList.add("looked");
    card.frame.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }

  /** @param {{meta: Record<string, string>, figure: any}} frame */
  show({ meta, figure }) {
    const card = figure && this.cards.get(meta.view);
    if (!card) return;
    card.frame.show(figure);
    if (figure.kind === "Network" && card.place === "stage") this.places.stage.toggleAttribute("data-wide", figure.layers.length > WIDE_LAYERS);
  }

  /** What the URL says of the views. */
  get state() {
    const all = [...this.cards.values()].filter((card) => !card.chart);
    const ids = (/** @type {(card: Card) => boolean} */ test) => all.filter(test).map((card) => card.view.id);
    return {
      stage: ids((card) => card.place === "stage"),
      on: ids((card) => card.place !== "off" && card.view.shown === false && !card.view.stage),
      off: ids((card) => card.place === "off" && (card.view.shown !== false || card.view.stage)),
    };
  }

  #rewatch() {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      /** @type {Record<string, number>} */
      const wanted = {};
      if (!document.hidden) {
        for (const { view, place, seen, chart } of this.cards.values()) if (seen && !chart) wanted[view.id] = place === "stage" ? STAGE_HZ : SIDE_HZ;
      }
      const key = JSON.stringify(wanted);
      if (key === this.watched) return;
      this.watched = key;
      this.run.watch(wanted);
    }, SETTLE_MS);
  }

  /** The charts are drawn in the page's loop, ten times a second at most. */
  chartsChanged() {
    invalidate(this);
  }

  /** Called by the page's loop. @param {number} now */
  draw(now) {
    if (now - this.drawnAt < CHARTS_MS) return soon(this, CHARTS_MS - (now - this.drawnAt));
    const { metrics } = this.run;
    this.drawnAt = now;
    const charts = chartsOf([...metrics.columns.keys()], this.lab.metrics ?? []);
    for (const card of this.cards.values()) if (card.chart && metrics.length) card.frame.hidden = !charts.some((chart) => chart.id === card.view.id);
    for (const chart of charts) {
      if (!this.cards.has(chart.id)) this.#add({ id: chart.id, title: chart.title, kind: "Curves" }, this.wish.off?.includes(chart.id) ? "off" : "side", true);
      const card = /** @type {Card} */ (this.cards.get(chart.id));
      const state = `${metrics.version} ${chart.lines.length}`;
      if (card.place === "off" || !card.seen || card.frame.dataset.drawn === state) continue;
      card.frame.dataset.drawn = state;
      card.frame.show(figureOf(chart, metrics));
    }
  }

  /** The head of a card is its handle. @param {Card} card */
  #draggable({ frame, view }) {
    const head = frame.querySelector(".frame-head");
    if (!head || head.draggable) return;
    head.draggable = true;
    head.title = "Drag onto the stage, or off it";
    head.addEventListener("dragstart", (/** @type {DragEvent} */ event) => {
      event.dataTransfer?.setData("text/x-view", view.id);
      document.body.classList.add("dragging-view");
    });
    head.addEventListener("dragend", () => document.body.classList.remove("dragging-view"));
  }

  /** @param {HTMLElement} zone @param {Place} place */
  #dropZone(zone, place) {
    const ours = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("text/x-view");
    zone.addEventListener("dragover", (event) => {
      if (!ours(event)) return;
      event.preventDefault();
      zone.classList.add("drop");
    });
    zone.addEventListener("dragleave", () => zone.classList.remove("drop"));
    zone.addEventListener("drop", (event) => {
      zone.classList.remove("drop");
      const id = event.dataTransfer?.getData("text/x-view");
      if (!id) return;
      event.preventDefault();
      this.move(id, place);
    });
  }

  /** The views as entries of a menu. @returns {import("./menus.js").Entry[]} */
  get entries() {
    return [...this.cards.values()].map(({ view, place }) => ({
      label: view.title, checked: place !== "off", note: place === "stage" ? "on the stage" : "", go: () => this.move(view.id, place === "off" ? "side" : "off"),
    }));
  }
}

/** Loss and accuracy come first, then the lab's views as it lists them, then every other metric. @param {Card} card */
const turnOf = (card) => (card.chart ? (/:(loss|accuracy)$/.exec(card.view.id)?.[1] === "loss" ? 0 : card.view.id.endsWith(":accuracy") ? 1 : 3) : 2);

/** Where a view stands at first. @param {any} view @param {{stage: string[]|null, on: string[]|null, off: string[]|null}} wish @returns {Place} */
function placeOf(view, wish) {
  if (wish.off?.includes(view.id)) return "off";
  if (wish.stage ? wish.stage.includes(view.id) : view.stage) return "stage";
  return view.shown === false && !view.stage && !wish.on?.includes(view.id) ? "off" : "side";
}
