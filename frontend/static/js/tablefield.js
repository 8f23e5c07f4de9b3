// @ts-check
// A table: chosen from a list, uploaded, dropped or pasted here. What was read of it stands below.
import { h, write } from "./dom.js";
import { about, listed, remove, upload } from "./tables.js";

/** @typedef {import("./schema.js").Field} Field */
/** @typedef {import("./slider.js").Change} Change */

const TOLD = 60; // characters of a cell or a name that are shown

/** @param {Field} field @param {Change} change @param {string} id */
export function tableField(field, change, id) {
  /** @type {string|null} */
  let value = null;
  const refuses = { refuse: (/** @type {string} */ _words) => {} };
  const select = h("select", { id, on: { change: () => choose(select.value || null) } });
  const picked = h("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv", hidden: true, tabIndex: -1, "aria-hidden": "true", on: { change: () => {
    take(picked.files?.[0]);
    picked.value = "";
  } } });
  const pick = h("button", { type: "button", title: "Or drop a file here, or paste a table", on: { click: () => picked.click() } }, "Upload a CSV …");
  const drop = h("button.quiet", { type: "button", hidden: true, on: { click: () => forget() } }, "Delete");
  const hint = h("span.table-hint", {}, "or drop, or paste");
  const status = h("p.table-status", { role: "status" });
  const facts = h("div.table-facts");
  const body = h("div.table-field", {}, select, h("div.table-tools", {}, pick, drop, hint), picked, status, facts);

  for (const type of ["dragenter", "dragover"]) body.addEventListener(type, (event) => {
    event.preventDefault();
    body.classList.add("over");
  });
  body.addEventListener("dragleave", () => body.classList.remove("over"));
  body.addEventListener("drop", (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    body.classList.remove("over");
    taken(event.dataTransfer);
  });
  body.addEventListener("paste", (/** @type {ClipboardEvent} */ event) => {
    event.preventDefault();
    taken(event.clipboardData);
  });

  /** A file, or else the text of a table. @param {DataTransfer|null} data */
  function taken(data) {
    const text = data?.getData("text/plain") ?? "";
    take(data?.files[0] ?? (text.trim() ? new File([text], "pasted table.csv", { type: "text/csv" }) : undefined));
  }

  /** @param {File|undefined} file */
  async function take(file) {
    if (!file) return;
    refuses.refuse("");
    write(status, `Reading ${file.name.slice(0, TOLD)} …`);
    try {
      choose((await upload(file)).id);
    } catch (error) {
      said(error);
    }
    write(status, "");
  }

  async function forget() {
    try {
      await remove(String(value));
      choose(null);
    } catch (error) {
      said(error);
    }
  }

  /** @param {any} error */
  const said = (error) => refuses.refuse([error.message, error.hint].filter(Boolean).join(" "));

  /** @param {string|null} next */
  function choose(next) {
    set(next);
    change(next, "commit", "");
  }

  /** @param {string|null} next */
  function set(next) {
    value = next ?? null;
    fill();
  }

  /** The list as it is now, and what is known of the chosen table. */
  async function fill() {
    const wanted = value;
    const [lists, table] = await Promise.all([listed().catch(() => ({ datasets: [], course: [] })), wanted ? about(wanted).catch(() => null) : null]);
    if (wanted !== value) return;
    const options = (/** @type {any[]} */ all) => all.map((each) => h("option", { value: each.id }, each.name.slice(0, TOLD)));
    const named = [...lists.datasets, ...lists.course].some((each) => each.id === wanted);
    select.replaceChildren(
      ...(field.nullable || !wanted ? [h("option", { value: "" }, "none")] : []),
      ...(named || !wanted ? [] : options([{ id: wanted, name: table?.name ?? `${wanted} (not here)` }])),
      ...(lists.datasets.length ? [h("optgroup", { label: "Yours" }, ...options(lists.datasets))] : []),
      h("optgroup", { label: "From the course" }, ...options(lists.course)),
    );
    select.value = wanted ?? "";
    drop.hidden = !table?.own;
    hint.hidden = !drop.hidden;
    facts.replaceChildren(...(table ? told(table) : []));
  }

  set(field.initial);
  return { body, focus: select, set, refuses, active: () => false };
}

/** Size, source, what was found out, the first rows. @param {import("./tables.js").About} table */
function told(table) {
  const source = [table.source, table.licence].filter(Boolean).join(". ");
  const head = h("tr", {}, ...table.columns.map((column) => h("th", { scope: "col", title: column.why || column.name }, column.label.slice(0, TOLD), column.unit ? ` (${column.unit})` : "")));
  const rows = table.first.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell === null ? "–" : String(cell).slice(0, TOLD)))));
  return [
    h("p", {}, `${table.rows.toLocaleString("en")} rows, ${table.columns.length} columns. ${source}`),
    ...table.notes.map((note) => h("p.table-note", {}, note)),
    h("details", {}, h("summary", {}, "First rows"), h("div.table-rows", { tabIndex: 0, role: "region", "aria-label": "First rows" }, h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)))),
  ];
}
