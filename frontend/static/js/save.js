// @ts-check
// The metrics of a run as a file.
import { ApiError } from "./api.js";
import { h } from "./dom.js";

/** @param {string} path @param {string} name */
export async function saveCSV(path, name) {
  const answer = await fetch(path, { headers: { Accept: "text/csv" } });
  if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => null));
  const link = h("a", { href: URL.createObjectURL(await answer.blob()), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
