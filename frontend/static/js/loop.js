// @ts-check
/** The page's one animation loop. Whatever moves asks for its next picture here and nowhere else. */

/** @typedef {{draw: (now: number) => void}} Drawable */

/** Milliseconds of one browser frame that drawing may take; what is left over is drawn in the next one, oldest wish first. */
const BUDGET_MS = 10;

/** @type {Set<Drawable>} */
const wishes = new Set();
/** @type {Map<Drawable, ReturnType<typeof setTimeout>>} */
const alarms = new Map();
let asked = 0;

/** Milliseconds spent drawing since the page began, and pictures drawn: for the page's own gauge and the tests. */
export const spent = { ms: 0, pictures: 0 };

/**
 * Have `it.draw(now)` called once in the next browser frame, however often this is asked before.
 * @param {Drawable} it
 */
export function invalidate(it) {
  wishes.add(it);
  if (!asked) asked = requestAnimationFrame(turn);
}

/**
 * The same, but not before `wait_ms`: for what follows a pause (a text alternative, a fading ring).
 * @param {Drawable} it @param {number} wait_ms
 */
export function soon(it, wait_ms) {
  if (alarms.has(it)) return;
  alarms.set(it, setTimeout(() => {
    alarms.delete(it);
    invalidate(it);
  }, wait_ms));
}

/** @param {Drawable} it */
export function forget(it) {
  wishes.delete(it);
  clearTimeout(alarms.get(it));
  alarms.delete(it);
}

/** @param {number} now */
function turn(now) {
  asked = 0;
  const start = performance.now();
  let left = wishes.size; // a wish made while drawing waits for the next frame
  for (const it of wishes) {
    if (left-- <= 0 || performance.now() - start > BUDGET_MS) break;
    wishes.delete(it);
    try {
      it.draw(now);
    } catch (error) {
      reportError(error); // one broken figure must not stop the others
    }
    spent.pictures += 1;
  }
  spent.ms += performance.now() - start;
  if (wishes.size && !asked) asked = requestAnimationFrame(turn);
}
