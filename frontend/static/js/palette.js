// @ts-check
/** Every colour of a figure comes from tokens.css through here; ramps are mixed in OKLab, so that equal steps look equal. */

/**
 * @typedef {[number, number, number]} Rgb
 * @typedef {{
 *   paper: string, paper2: string, card: string, ink: string, ink2: string, ink3: string, rule: string, rule2: string, brass: string,
 *   neg: string, pos: string, negInk: string, posInk: string, good: string, warn: string, bad: string, train: string, test: string, mark: string,
 *   classes: string[], lines: string[],
 *   diverging: Uint32Array, sequential: Uint32Array, tints: Uint32Array[], font: string, version: number,
 * }} Palette  ramps have 255 colours (0 … 254) as little-endian RGBA words; entry 255 stands for "not finite"
 */

/** What stands in where tokens.css has no word. */
const FALLBACK = {
  paper: "#faf8f4", "paper-2": "#f2eee5", card: "#fffefb", ink: "#1d2330", "ink-2": "#545b69", "ink-3": "#696f7c", rule: "#e3dccf", "rule-2": "#8d8778",
  brass: "#a8792a", neg: "#d9730d", zero: "#f6f3ec", pos: "#0b6cb5", "neg-ink": "#a34f00", "pos-ink": "#0a5c9c", good: "#1f6b46", warn: "#8a5a00", bad: "#a52a1f",
  "class-0": "#e69f00", "class-1": "#0072b2", "class-2": "#009e73", "class-3": "#cc79a7",
  "class-4": "#56b4e9", "class-5": "#d55e00", "class-6": "#f0e442", "class-7": "#1d2330",
  "seq-0": "#f6f3ec", "seq-1": "#dde7e2", "seq-2": "#bcd6d6", "seq-3": "#97c1cc", "seq-4": "#71aac0", "seq-5": "#4e92b1", "seq-6": "#35789c", "seq-7": "#245c80", "seq-8": "#193f5e",
  train: "#1d2330", test: "#a4326b", "line-2": "#00795a", "line-3": "#b35a00", "line-4": "#0067a3", "line-5": "#7a4fa3", mark: "#c62f21",
};
/** How far a map goes towards the pure colour, so that points on it stay readable. */
const STRENGTH = 0.74;

/** @type {Palette | null} */
let current = null;
let version = 0;
/** @type {Set<() => void>} */
const listeners = new Set();
let watching = false;

/** The colours of the theme as it is now. @returns {Palette} */
export function palette() {
  if (!current) {
    watch();
    current = read();
  }
  return current;
}

/** Be told when the theme changes. @param {() => void} listener @returns {() => void} the way to stop */
export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function watch() {
  if (watching) return;
  watching = true;
  const changed = () => {
    current = null;
    for (const listener of listeners) listener();
  };
  new MutationObserver(changed).observe(document.documentElement, { attributes: true, attributeFilter: ["class", "data-theme", "data-look", "style"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}

/** @returns {Palette} */
function read() {
  const probe = document.createElement("span");
  const pixel = /** @type {any} */ (new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }));
  document.documentElement.append(probe);
  const style = getComputedStyle(probe);
  /** @param {string} name @returns {Rgb} */
  const rgb = (name) => {
    probe.style.color = style.getPropertyValue(`--${name}`).trim() ? `var(--${name})` : FALLBACK[name];
    pixel.fillStyle = style.color; // whatever CSS can say, a pixel says in RGB
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b] = pixel.getImageData(0, 0, 1, 1).data;
    return [r, g, b];
  };
  /** @type {any} */
  const result = { font: getComputedStyle(document.body ?? probe).fontFamily || "system-ui, sans-serif", version: (version += 1) };
  for (const name of Object.keys(FALLBACK)) {
    if (!/^(class|seq|line)-/.test(name)) result[name.replace(/-(\w)/, (_, x) => (x === "2" || x === "3" ? x : x.toUpperCase()))] = css(rgb(name));
  }
  const classes = [0, 1, 2, 3, 4, 5, 6, 7].map((k) => rgb(`class-${k}`));
  const [zero, neg, pos, missing] = [rgb("zero"), rgb("neg"), rgb("pos"), rgb("rule-2")];
  result.classes = classes.map(css);
  result.lines = [result.train, ...[4, 3, 2, 5].map((k) => css(rgb(`line-${k}`))), result.test];
  result.diverging = ramp([mix(zero, neg, STRENGTH), mix(zero, neg, STRENGTH * 0.5), zero, mix(zero, pos, STRENGTH * 0.5), mix(zero, pos, STRENGTH)], missing);
  result.sequential = ramp([0, 1, 2, 3, 4, 5, 6, 7, 8].map((k) => rgb(`seq-${k}`)), missing);
  result.tints = classes.map((k) => ramp([mix(zero, k, 0.08), mix(zero, k, 0.74)], missing));
  probe.remove();
  return result;
}

/** @param {Rgb} c */
const css = (c) => `rgb(${c.map((x) => Math.round(x)).join(" ")})`;

/** The CSS colour of one entry of a ramp. @param {Uint32Array} words @param {number} q 0 … 254 */
export function swatch(words, q) {
  const word = words[Math.max(0, Math.min(254, Math.round(q)))];
  return `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`;
}

/** A colour by the name a figure gives it. @param {string | undefined} name @param {number} index which line of the figure it is */
export function named(name, index) {
  const c = /** @type {any} */ (palette());
  if (name?.startsWith("class")) return c.classes[Number(name.slice(5)) % 8];
  if (name && name !== "auto" && typeof c[name] === "string") return c[name];
  return c.lines[index % c.lines.length];
}

/** @param {Rgb[]} stops @param {Rgb} missing @returns {Uint32Array} */
function ramp(stops, missing) {
  const words = new Uint32Array(256);
  for (let q = 0; q < 255; q += 1) {
    const place = (q / 254) * (stops.length - 1);
    const i = Math.min(stops.length - 2, Math.floor(place));
    words[q] = word(mix(stops[i], stops[i + 1], place - i));
  }
  words[255] = word(missing);
  return words;
}

/** @param {Rgb} c */
const word = (c) => ((255 << 24) | (Math.round(c[2]) << 16) | (Math.round(c[1]) << 8) | Math.round(c[0])) >>> 0;

/** From a to b by t, in OKLab (Ottosson 2020). @param {Rgb} a @param {Rgb} b @param {number} t @returns {Rgb} */
function mix(a, b, t) {
  const p = toLab(a);
  const q = toLab(b);
  return fromLab([p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t, p[2] + (q[2] - p[2]) * t]);
}

/** @param {Rgb} c @returns {Rgb} */
function toLab(c) {
  const [r, g, b] = c.map((x) => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4));
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s];
}

/** @param {Rgb} lab @returns {Rgb} */
function fromLab([L, A, B]) {
  const l = (L + 0.3963377774 * A + 0.2158037573 * B) ** 3;
  const m = (L - 0.1055613458 * A - 0.0638541728 * B) ** 3;
  const s = (L - 0.0894841775 * A - 1.291485548 * B) ** 3;
  const linear = [4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s];
  return /** @type {Rgb} */ (linear.map((x) => Math.max(0, Math.min(255, 255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055)))));
}
