// @ts-check
/** The card around a figure: its title, the choice between several, and the corner menu that saves, opens and explains it. */
import { h } from "../dom.js";
import { plain } from "../frames.js";
import { openDialog, openMenu } from "../menus.js";
import { create } from "./index.js";

/** @typedef {import("../frames.js").FigureValue} FigureValue */

const TWIN_ROWS = 400;

export class FigureFrame extends HTMLElement {
  /** @type {import("./figure.js").Spec} */
  #spec = { id: "", title: "", kind: "", touches: [] };
  /** @type {FigureValue | null} what was shown last: a figure or Choices of them */
  value = null;
  /** @type {import("./figure.js").Figure | null} */
  figure = null;
  chosen = 0;
  /** @type {{label: string | (() => string), go: () => void}[]} */
  #own = [];
  #kind = "";
  #labels = "";
  /** @type {string | null} */
  #lit = null;

  connectedCallback() {
    if (this.body) return;
    this.heading = h("h3.frame-title", {}, this.#spec.title);
    this.choices = h("div.frame-choices", { role: "radiogroup", "aria-label": "Which one", hidden: true });
    const menu = h("button.frame-menu.quiet.icon", { type: "button", "aria-label": `Menu of ${this.#spec.title}`, title: "Save, open, explain", "aria-haspopup": "menu", "aria-expanded": "false", on: { click: () => openMenu(menu, this.#entries(), `Menu of ${this.#spec.title}`) } }, "⋯");
    this.menu = menu;
    this.body = h("div.frame-body");
    this.append(h("header.frame-head", {}, this.heading, this.choices, menu), this.body);
    this.spec = this.#spec;
  }

  get spec() {
    return this.#spec;
  }

  set spec(spec) {
    this.#spec = spec;
    if (!this.body) return;
    this.heading.textContent = spec.title;
    if (spec.help) this.heading.title = spec.help;
    this.menu.setAttribute("aria-label", `Menu of ${spec.title}`);
    if (spec.kind && spec.kind !== "Choices") this.#make(spec.kind);
  }

  /** @param {FigureValue} value a hydrated figure, or Choices of several */
  show(value) {
    this.value = value;
    if (value.kind === "Choices") {
      this.#offer(value.labels);
      this.chosen = Math.min(this.chosen, Math.max(0, value.figures.length - 1));
    }
    const figure = this.#current();
    if (!figure) return;
    if (figure.kind !== this.#kind) this.#make(figure.kind);
    this.figure?.show(figure);
  }

  /** @param {string | null} id */
  highlight(id) {
    this.#lit = id;
    this.figure?.highlight(id);
  }

  /** An entry of the page's own in the corner menu. @param {string | (() => string)} label @param {() => void} go */
  addMenuItem(label, go) {
    this.#own.push({ label, go });
  }

  /** @returns {FigureValue | null} */
  #current() {
    const value = this.value;
    if (!value || value.kind !== "Choices") return value;
    const figure = value.figures[this.chosen];
    if (figure) figure.step ??= value.step;
    return figure ?? null;
  }

  /** @param {string} kind */
  async #make(kind) {
    if (kind === this.#kind) return;
    this.#kind = kind;
    this.dataset.kind = kind.toLowerCase();
    this.figure = null;
    const figure = await create(kind);
    if (this.#kind !== kind) return; // another kind came meanwhile
    figure.spec = { ...this.#spec, kind };
    this.body.replaceChildren(figure);
    this.figure = figure;
    const value = this.#current();
    if (value) figure.show(value);
    if (this.#lit) figure.highlight(this.#lit);
  }

  /** Show one of several. Event: "choose" {index}. @param {number} i */
  choose(i) {
    if (i === this.chosen || !this.value) return;
    this.chosen = i;
    for (const [k, b] of [...this.choices.querySelectorAll("button")].entries()) b.setAttribute("aria-checked", String(k === i));
    const list = this.choices.querySelector("select");
    if (list) list.selectedIndex = i;
    this.show(this.value);
    this.dispatchEvent(new CustomEvent("choose", { bubbles: true, detail: { index: this.chosen } }));
  }

  /** One radio button a choice; many become a list. @param {string[]} labels */
  #offer(labels) {
    if (labels.join("\n") === this.#labels) return;
    this.#labels = labels.join("\n");
    this.choices.hidden = labels.length < 2;
    this.chosen = Math.min(this.chosen, labels.length - 1);
    const choose = (/** @type {number} */ i) => this.choose(i);
    if (labels.length > 6) {
      const list = h("select", { "aria-label": "Which one", on: { change: () => choose(list.selectedIndex) } }, ...labels.map((text) => h("option", {}, text)));
      list.selectedIndex = this.chosen;
      this.choices.replaceChildren(list);
    } else {
      this.choices.replaceChildren(...labels.map((text, i) => h("button", { type: "button", role: "radio", "aria-checked": String(i === this.chosen), on: { click: () => choose(i) } }, text)));
    }
  }

  #entries() {
    const figure = this.figure;
    if (!figure) return [];
    /** @type {any[]} */
    const entries = figure.options().map((o) => ({ label: o.label, checked: o.on(), go: o.flip }));
    for (const { label, go } of this.#own) entries.push({ label: typeof label === "string" ? label : label(), go });
    if (entries.length) entries.push("rule");
    const name = `${this.#spec.id || this.#kind}${figure.figure?.step ? `-step-${figure.figure.step}` : ""}`.toLowerCase().replace(/[^a-z0-9]+/g, "-");
    entries.push(
      { label: "Open", note: "zoom, hover, save as SVG", go: () => this.open() },
      { label: "Full size", go: () => (document.fullscreenElement ? document.exitFullscreen() : this.requestFullscreen()) },
      "rule",
      { label: "Save picture", note: "PNG", go: async () => save(`${name}.png`, await figure.toPNG()) },
      { label: "Save data", note: "CSV", go: () => save(`${name}.csv`, new Blob([figure.toData("csv")], { type: "text/csv" })) },
      { label: "Save data", note: "JSON", go: () => save(`${name}.json`, new Blob([figure.toData("json")], { type: "application/json" })) },
      { label: "Show as a table", go: () => this.#twin(figure) },
      "rule",
      { label: "The API call", go: () => this.#call() },
    );
    return entries;
  }

  /** The same numbers as a table, for eyes and screen readers. @param {import("./figure.js").Figure} figure */
  #twin(figure) {
    const [head = [], ...rows] = figure.rows();
    const show = (/** @type {any} */ x) => (typeof x === "number" && !Number.isInteger(x) ? x.toPrecision(4).replace("-", "−") : String(x ?? ""));
    openDialog(
      figure.figure?.title || this.#spec.title,
      h("p.hint", {}, rows.length > TWIN_ROWS ? `The first ${TWIN_ROWS} of ${rows.length} rows; save the data for all of them.` : figure.alt),
      h("div.figure-twin", { tabIndex: 0 }, h("table", {}, h("thead", {}, h("tr", {}, ...head.map((x) => h("th", { scope: "col" }, show(x))))), h("tbody", {}, ...rows.slice(0, TWIN_ROWS).map((row) => h("tr", {}, ...row.map((x) => h("td", {}, show(x)))))))),
    );
  }

  #call() {
    const url = new URL(this.#spec.api ?? location.pathname, location.href).href;
    const lines = this.#spec.api
      ? [`curl -H 'Accept: application/json' ${url}`, "", `# Python`, "import httpx", `httpx.get("${url}", headers={"Accept": "application/json"}).json()`]
      : ["# This chart is made by the page from the run's metrics."];
    openDialog("The API call", h("p.hint", {}, "JSON in real units; safetensors by default, Plotly's JSON with Accept: application/vnd.plotly.v1+json."), h("pre.code", { tabIndex: 0 }, lines.join("\n")));
  }

  /** The figure as Plotly draws it, in a dialog. */
  async open() {
    const { openPlotly } = await import("./open.js");
    const chart = h("div.figure-open");
    openDialog(this.figure?.figure?.title || this.#spec.title, chart);
    await openPlotly(chart, this.#spec, plain(this.#current()), this.chosen);
  }
}

/** @param {string} name @param {Blob} blob */
function save(name, blob) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
customElements.define("figure-frame", FigureFrame);
