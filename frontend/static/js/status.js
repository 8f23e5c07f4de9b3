// @ts-check
// What has become of the run, said in sentences with a way out.
import { count } from "./numbers.js";

/**
 * @param {import("./run.js").State} state
 * @param {import("./notices.js").Notices} notices
 * @param {{again: () => unknown, on: () => unknown, out: () => import("./notices.js").Notice["ways"]}} ways
 */
export function tellStatus(state, notices, ways) {
  const again = { label: "Start again", go: ways.again };
  const on = { label: "Go on from there", go: ways.on };
  const { status, problem, error } = state;

  if (status === "queued") {
    const place = state.queue_place;
    notices.show("queue", { text: place ? `Waiting for a free processor: number ${place} in the queue.` : "Waiting for a free processor.", hint: "It starts by itself." });
  } else notices.clear("queue");

  if (status === "starting") notices.show("starting", { text: state.message || "The lab is being built." });
  else notices.clear("starting");

  if (problem && status !== "running") notices.show("problem", { text: problem.message, hint: problem.hint, tone: "bad", ways: [...(ways.out() ?? []), again] });
  else notices.clear("problem");

  if (status === "failed") {
    notices.show("failed", { text: error?.message || state.message || "This run stopped with an error.", hint: error?.hint || "The other runs are untouched.", tone: "bad", ways: error?.kind === "worker-lost" ? [on, again] : [again] });
  } else notices.clear("failed");

  if (status === "interrupted") {
    notices.show("interrupted", { text: `The server was restarted; this run stands at step ${count(state.step)}.`, hint: "Play goes on from its newest checkpoint.", tone: "warn", ways: [on, again] });
  } else notices.clear("interrupted");

  tellNotices(state.notices ?? [], notices, again);
}

/** What was said last by each place for notices: what has been dismissed is not said again. @type {WeakMap<object, Map<string, string>>} */
const said = new WeakMap();

/**
 * What the server would have the viewer know now.
 * @param {{kind: string, message: string, hint: string}[]} told
 * @param {import("./notices.js").Notices} notices
 * @param {{label: string, go: () => unknown}} again
 */
function tellNotices(told, notices, again) {
  const before = said.get(notices) ?? new Map();
  const now = new Map(told.map((one) => [`told-${one.kind}${one.kind === "view-failed" ? one.message : ""}`, one]));
  for (const key of before.keys()) if (!now.has(key)) notices.clear(key);
  for (const [key, { kind, message, hint }] of now) {
    if (before.get(key) !== message) notices.show(key, { text: message, hint, tone: "warn", ways: kind === "slow" ? [again] : [] });
  }
  said.set(notices, new Map([...now].map(([key, { message }]) => [key, message])));
}

/** Where the run is within its step, or why it has ended: one line under the counters. @param {import("./run.js").State} state */
export function phaseOf({ status, message, problem, phase, step, max_steps }) {
  if (status !== "finished" || problem) return phase ?? "";
  return step >= max_steps ? `Done: ${count(step)} steps. Play trains on.` : message || `Done at step ${count(step)}.`;
}
