// @ts-check
// The map: each living lab gets a small drawing of what its stage shows; it moves while it is pointed at.
import { drawVignette } from "../vignettes.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** @param {HTMLElement} card */
function enliven(card) {
  const id = card.dataset.lab ?? "";
  const canvas = /** @type {HTMLCanvasElement} */ (card.querySelector("canvas"));
  const kinds = (card.dataset.kinds ?? "").split(",");
  let time = 0;
  let last = 0;
  let moving = false;
  const draw = () => drawVignette(canvas, kinds, id, time);
  const turn = (/** @type {number} */ now) => {
    if (!moving) return;
    time += last ? Math.min(0.1, (now - last) / 1000) : 0;
    last = now;
    draw();
    requestAnimationFrame(turn);
  };
  const start = () => {
    if (moving || still.matches) return;
    moving = true;
    last = 0;
    requestAnimationFrame(turn);
  };
  const stop = () => (moving = false);
  card.addEventListener("pointerenter", start);
  card.addEventListener("pointerleave", stop);
  card.addEventListener("focusin", start);
  card.addEventListener("focusout", stop);
  document.addEventListener("themechange", draw);
  draw();
}

const sights = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    sights.unobserve(target);
    enliven(/** @type {HTMLElement} */ (target));
  }
}, { rootMargin: "1500px" });
for (const card of document.querySelectorAll(".card.live")) sights.observe(card);

document.addEventListener("keydown", (event) => {
  if (event.key === "d" && !event.ctrlKey && !event.metaKey && !(/** @type {HTMLElement} */ (event.target).matches("input, textarea"))) document.dispatchEvent(new CustomEvent("nexttheme"));
});
