// @ts-check
// What has become of the run, said in sentences with a way out.
import { count } from "./numbers.js";

/**
 * @param {import("./run.js").State} state
 * @param {import("./notices.js").Notices} notices
 * @param {{again: () => unknown, play: () => unknown}} ways
 */
export function tellStatus(state, notices, ways) {
  const again = { label: "Start again", go: ways.again };
  const { status, problem, error } = state;

  if (status === "queued") {
    const place = state.queue_place;
    notices.show("queue", { text: place ? `Waiting for a free processor: number ${place} in the queue.` : "Waiting for a free processor.", hint: "It starts by itself." });
  } else notices.clear("queue");

  if (status === "starting") notices.show("starting", { text: state.message || "The lab is being built." });
  else notices.clear("starting");

  if (problem && status !== "running") notices.show("problem", { text: problem.message, hint: problem.hint, tone: "bad", ways: [again] });
  else notices.clear("problem");

  if (status === "failed") {
    notices.show("failed", { text: error?.message || state.message || "This run stopped with an error.", hint: error?.hint || "The other runs are untouched.", tone: "bad", ways: [again] });
  } else notices.clear("failed");

  if (status === "interrupted") {
    notices.show("interrupted", { text: `The server was restarted; this run stands at step ${count(state.step)}.`, tone: "warn", ways: [{ label: "Play on", go: ways.play }, again] });
  } else notices.clear("interrupted");

  if (status === "finished" && !problem) {
    const full = state.step >= state.max_steps;
    notices.show("finished", {
      text: state.message || (full ? `Done: ${count(state.step)} steps.` : `Done at step ${count(state.step)}.`), tone: "good",
      ways: full ? [{ label: "Train on", go: ways.play }, again] : [again],
    });
  } else notices.clear("finished");
}
