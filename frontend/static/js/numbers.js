// @ts-check
// Numbers as words: real minus signs, thousands apart, a fixed number of figures.

/** A whole number with thousands apart. @param {number} value */
export const count = (value) => Math.round(value).toLocaleString("en-GB");

/** Three significant figures; powers of ten where they are shorter. @param {number} value */
export function short(value, figures = 3) {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(Math.max(0, figures - 2)).replace("e+", "e") : String(Number(value.toPrecision(figures)));
  return text.replace(/-/g, "−");
}

/** What a user typed as a number: a comma or a point, 1e-3, a real minus sign. @param {string} text */
export function parse(text) {
  const clean = text.trim().replace(/−/g, "-").replace(/\s/g, "").replace(",", ".");
  return clean === "" ? NaN : Number(clean);
}

/** A value as it stands in a number box. @param {number} value */
export const plain = (value) => (Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)))).replace("-", "−");

/** Bytes as a user reads them. @param {number} value */
export function bytes(value) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < 4) [value, unit] = [value / 1000, unit + 1];
  return `${unit ? value.toPrecision(3) : value} ${units[unit]}`;
}

/** The next of 1, 2, 5 × 10ᵏ at or above: an axis that seldom moves. @param {number} value */
export function niceAbove(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const factor of [1, 2, 5, 10]) if (value <= factor * power * (1 + 1e-9)) return factor * power;
  return 10 * power;
}
