// @ts-check
// The tables there are: one's own and those of the course, fetched once, for every field of a page.
import { api } from "./api.js";

/** @typedef {{name: string, label: string, kind: string, unit: string, classes: string[], missing: number, fits: string[], why: string}} Column */
/** @typedef {{id: string, name: string, own: boolean, rows: number, columns: Column[], source: string, licence: string, notes: string[], first: any[][]}} About */

/** @type {Map<string, Promise<About>>} */
const known = new Map();
/** @type {Promise<{datasets: any[], course: any[]}> | null} */
let lists = null;

/** One's own tables and those of the course. @param {boolean} [again] */
export function listed(again = false) {
  if (!lists || again) lists = api("GET", "/api/datasets");
  lists.catch(() => (lists = null));
  return lists;
}

/** Columns and first rows of a table. @param {string} id @returns {Promise<About>} */
export function about(id) {
  let found = known.get(id);
  if (!found) {
    found = api("GET", `/api/datasets/${encodeURIComponent(id)}`);
    known.set(id, found);
    found.catch(() => known.delete(id));
  }
  return found;
}

/** @param {File} file @returns {Promise<About>} */
export async function upload(file) {
  const form = new FormData();
  form.append("file", file);
  const made = await api("POST", "/api/datasets", form);
  known.set(made.id, Promise.resolve(made));
  await listed(true);
  return made;
}

/** @param {string} id */
export async function remove(id) {
  await api("DELETE", `/api/datasets/${encodeURIComponent(id)}`);
  known.delete(id);
  await listed(true);
}
