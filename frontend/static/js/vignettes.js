// @ts-check
// Small drawings of what a figure kind looks like, for the map of the course. Made from the kind and a lab's id alone.

/** @typedef {{ctx: CanvasRenderingContext2D, w: number, h: number, t: number, chance: () => number, colour: (name: string) => string}} Sheet */

/** The same numbers for the same word, always. @param {string} word */
function chanceOf(word) {
  let state = [...word].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0, 7);
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const TURN = Math.PI * 2;

/** @param {Sheet} sheet @param {number} x @param {number} y @param {number} r @param {string} fill */
function dot({ ctx, colour }, x, y, r, fill) {
  ctx.beginPath();
  ctx.arc(x, y, r, 0, TURN);
  ctx.fillStyle = colour(fill);
  ctx.fill();
  ctx.lineWidth = 0.8;
  ctx.strokeStyle = colour("ink");
  ctx.stroke();
}

/** Two half-planes and their points; the boundary turns. @param {Sheet} sheet */
function field(sheet) {
  const { ctx, w, h, t, chance, colour } = sheet;
  const angle = chance() * 1.2 - 0.6 + Math.sin(t * 0.7) * 0.35;
  const bend = 14 + chance() * 22;
  const side = (/** @type {number} */ x, /** @type {number} */ y) => (y - h / 2) * Math.cos(angle) - (x - w / 2) * Math.sin(angle) + bend * Math.sin((x - w / 2) / (w / 5) + angle);
  const cell = 8;
  for (let y = 0; y < h; y += cell) {
    for (let x = 0; x < w; x += cell) {
      const value = Math.tanh(side(x + 4, y + 4) / 46);
      ctx.globalAlpha = Math.abs(value) * 0.5;
      ctx.fillStyle = colour(value < 0 ? "neg" : "pos");
      ctx.fillRect(x, y, cell, cell);
    }
  }
  ctx.globalAlpha = 1;
  for (let n = 0; n < 34; n += 1) {
    const [x, y] = [w * (0.06 + 0.88 * chance()), h * (0.1 + 0.8 * chance())];
    const still = (y - h / 2) + bend * Math.sin((x - w / 2) / (w / 5));
    if (Math.abs(still) > 13) dot(sheet, x, y, 3, still < 0 ? "class-0" : "class-1");
  }
}

/** Layers of units joined by signed weights that breathe. @param {Sheet} sheet */
function network(sheet) {
  const { ctx, w, h, t, chance, colour } = sheet;
  const layers = [2, 4, 3 + Math.floor(chance() * 2), 1];
  const at = (/** @type {number} */ layer, /** @type {number} */ unit) => [w * (0.14 + (0.72 * layer) / (layers.length - 1)), h * (0.5 + ((unit - (layers[layer] - 1) / 2) * 0.74) / Math.max(3, layers[layer] - 1))];
  for (let layer = 1; layer < layers.length; layer += 1) {
    for (let to = 0; to < layers[layer]; to += 1) {
      for (let from = 0; from < layers[layer - 1]; from += 1) {
        const weight = (chance() * 2 - 1) * 2.6 + Math.sin(t * 1.3 + to * 2 + from) * 0.8;
        const [[x0, y0], [x1, y1]] = [at(layer - 1, from), at(layer, to)];
        ctx.beginPath();
        ctx.moveTo(x0, y0);
        ctx.bezierCurveTo((x0 + x1) / 2, y0, (x0 + x1) / 2, y1, x1, y1);
        ctx.strokeStyle = colour(weight < 0 ? "neg" : "pos");
        ctx.globalAlpha = 0.75;
        ctx.lineWidth = Math.max(0.5, Math.abs(weight));
        ctx.stroke();
      }
    }
  }
  ctx.globalAlpha = 1;
  layers.forEach((size, layer) => {
    for (let unit = 0; unit < size; unit += 1) {
      const [x, y] = at(layer, unit);
      ctx.fillStyle = colour("card");
      ctx.strokeStyle = colour("ink");
      ctx.lineWidth = 1.2;
      ctx.beginPath();
      ctx.roundRect(x - 9, y - 9, 18, 18, 3);
      ctx.fill();
      ctx.stroke();
    }
  });
}

/** A falling train line and its dashed test line. @param {Sheet} sheet */
function curves({ ctx, w, h, t, chance, colour }) {
  const rate = 3 + chance() * 3;
  for (const [name, dash, lift] of /** @type {[string, number[], number][]} */ ([["train", [], 0], ["test", [6, 5], 0.13]])) {
    ctx.beginPath();
    for (let n = 0; n <= 80; n += 1) {
      const x = n / 80;
      const y = 0.12 + lift * x + 0.74 * Math.exp(-rate * x) + 0.02 * Math.sin(n * (1.1 + lift) + t * 2) * (1 - x);
      ctx.lineTo(w * (0.08 + 0.86 * x), h * (0.9 - 0.86 * y));
    }
    ctx.setLineDash(dash);
    ctx.strokeStyle = colour(name);
    ctx.lineWidth = 1.8;
    ctx.stroke();
  }
  ctx.setLineDash([]);
}

/** @param {Sheet} sheet */
function matrix({ ctx, w, h, t, chance, colour }) {
  const [rows, columns] = [6, 12];
  const size = Math.min(w / (columns + 1), h / (rows + 1));
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const value = Math.sin(chance() * TURN + t + row) * (Math.abs(row * 2 - column) < 2 ? 1 : 0.45);
      ctx.globalAlpha = Math.abs(value) * 0.9;
      ctx.fillStyle = colour(value < 0 ? "neg" : "pos");
      ctx.fillRect(w / 2 + (column - columns / 2) * size, h / 2 + (row - rows / 2) * size, size - 2, size - 2);
    }
  }
  ctx.globalAlpha = 1;
}

/** @param {Sheet} sheet */
function points(sheet) {
  const { w, h, t, chance } = sheet;
  for (let n = 0; n < 66; n += 1) {
    const group = n % 3;
    const [angle, r] = [chance() * TURN + t * 0.1, chance() ** 0.7 * h * 0.22];
    dot(sheet, w * (0.27 + 0.23 * group) + r * Math.cos(angle) * 1.2, h * (0.5 + 0.14 * Math.sin(group * 2.4)) + r * Math.sin(angle), 3, `class-${group}`);
  }
}

/** @param {Sheet} sheet */
function histograms({ ctx, w, h, t, chance, colour }) {
  const centre = chance() * 0.3 - 0.15;
  for (let row = 0; row < 7; row += 1) {
    const width = 0.09 + 0.02 * row;
    ctx.beginPath();
    for (let n = 0; n <= 60; n += 1) {
      const x = n / 60;
      const away = (x - 0.5 - centre * (row / 7) - 0.04 * Math.sin(t + row)) / width;
      ctx.lineTo(w * (0.06 + 0.88 * x), h * (0.34 + row * 0.09) - h * 0.3 * Math.exp(-0.5 * away * away));
    }
    ctx.fillStyle = colour("card");
    ctx.fill();
    ctx.strokeStyle = colour(`seq-${Math.min(8, 3 + row)}`);
    ctx.lineWidth = 1.4;
    ctx.stroke();
  }
}

/** @param {Sheet} sheet */
function bars({ ctx, w, h, t, chance, colour }) {
  for (let n = 0; n < 9; n += 1) {
    const value = 0.2 + 0.6 * Math.abs(Math.sin(chance() * 3 + t * 0.6 + n));
    ctx.fillStyle = colour(n % 2 ? "seq-6" : "seq-4");
    ctx.fillRect(w * (0.09 + n * 0.093), h * (0.88 - 0.74 * value), w * 0.07, h * 0.74 * value);
  }
}

/** Level lines of a bowl and a path down to its ground. @param {Sheet} sheet */
function surface({ ctx, w, h, t, chance, colour }) {
  ctx.save();
  ctx.translate(w * 0.52, h * 0.54);
  ctx.rotate(chance() * 0.6 - 0.3);
  for (let level = 7; level > 0; level -= 1) {
    ctx.beginPath();
    ctx.ellipse(0, 0, level * w * 0.062, level * h * 0.062, 0, 0, TURN);
    ctx.fillStyle = colour(`seq-${Math.max(0, 7 - level)}`);
    ctx.fill();
  }
  ctx.beginPath();
  for (let n = 0; n < 14; n += 1) ctx.lineTo(-w * 0.38 * 0.8 ** n, h * 0.3 * (-0.72) ** n * Math.cos(t * 0.2));
  ctx.strokeStyle = colour("ink");
  ctx.lineWidth = 1.6;
  ctx.stroke();
  ctx.restore();
}

/** Words as blocks, joined by arcs. @param {Sheet} sheet */
function tokens({ ctx, w, h, t, chance, colour }) {
  let x = w * 0.06;
  for (let n = 0; n < 9 && x < w * 0.9; n += 1) {
    const wide = 16 + chance() * 26;
    ctx.fillStyle = colour(`seq-${2 + Math.floor((chance() + 0.3 * Math.sin(t + n)) * 4 + 1)}`);
    ctx.fillRect(x, h * 0.62, wide, 18);
    ctx.beginPath();
    ctx.arc(x + wide, h * 0.6, wide * (0.6 + chance()), Math.PI, TURN);
    ctx.strokeStyle = colour("rule-2");
    ctx.stroke();
    x += wide + 6;
  }
}

/** Values go forwards through a small graph, gradients come back. @param {Sheet} sheet */
function graph({ ctx, w, h, t, colour }) {
  const nodes = [[0.12, 0.24], [0.12, 0.72], [0.4, 0.48], [0.64, 0.48], [0.88, 0.48], [0.64, 0.84]].map(([x, y]) => [x * w, y * h]);
  const edges = [[0, 2], [1, 2], [2, 3], [3, 4], [1, 5], [5, 4]];
  const phase = (t * 0.5) % 2;
  const back = phase > 1;
  const now = back ? 2 - phase : phase; // how far to the right the wave stands
  for (const [from, to] of edges) {
    const [[x0, y0], [x1, y1]] = [nodes[from], nodes[to]];
    const place = now * w;
    const lit = place > x0 && place < x1;
    ctx.beginPath();
    ctx.moveTo(x0, y0);
    ctx.bezierCurveTo((x0 + x1) / 2, y0, (x0 + x1) / 2, y1, x1, y1);
    ctx.strokeStyle = colour(lit ? (back ? "line-3" : "line-2") : "rule-2");
    ctx.lineWidth = lit ? 3 : 1.3;
    ctx.stroke();
  }
  nodes.forEach(([x, y], k) => {
    ctx.beginPath();
    if (k < 2) ctx.rect(x - 11, y - 9, 22, 18);
    else ctx.roundRect(x - 13, y - 10, 26, 20, 10);
    ctx.fillStyle = colour("card");
    ctx.fill();
    ctx.strokeStyle = colour("ink");
    ctx.lineWidth = k === 4 ? 2.2 : 1.2;
    ctx.stroke();
    ctx.fillStyle = colour("line-2");
    ctx.fillRect(x - 7, y - 17, 14, 3);
    ctx.fillStyle = colour("line-3");
    ctx.fillRect(x - 7, y + 14, 14 * (back ? 1 : 0.35), 3);
  });
}

/** Small pictures of strokes and rings, pixel by pixel. @param {Sheet} sheet */
function images({ ctx, w, h, t, chance, colour }) {
  const [rows, columns, pixels] = [2, 4, 9];
  const size = Math.min((w * 0.9) / columns - 8, (h * 0.86) / rows - 8);
  const dot = size / pixels;
  for (let n = 0; n < rows * columns; n += 1) {
    const [x0, y0] = [w / 2 + (n % columns - columns / 2) * (size + 8) + 4, h / 2 + (Math.floor(n / columns) - rows / 2) * (size + 8) + 4];
    const [turn, ring] = [chance() * TURN + t * 0.2, chance() > 0.5];
    for (let i = 0; i < pixels * pixels; i += 1) {
      const [u, v] = [(i % pixels) / 4 - 1, Math.floor(i / pixels) / 4 - 1];
      const away = ring ? Math.hypot(u * (1 + 0.3 * Math.sin(turn)), v) - 0.62 : u * Math.cos(turn) + v * Math.sin(turn);
      ctx.fillStyle = colour(`seq-${Math.max(0, Math.min(8, Math.round(8 * Math.exp(-away * away * 14))))}`);
      ctx.fillRect(x0 + (i % pixels) * dot, y0 + Math.floor(i / pixels) * dot, dot + 0.5, dot + 0.5);
    }
    ctx.strokeStyle = colour("rule-2");
    ctx.lineWidth = 1;
    ctx.strokeRect(x0, y0, size, size);
  }
}

/** An orbit: a kind without a drawing of its own. @param {Sheet} sheet */
function orbit(sheet) {
  const { ctx, w, h, t, chance, colour } = sheet;
  for (let n = 1; n < 4; n += 1) {
    ctx.beginPath();
    ctx.arc(w / 2, h / 2, n * h * 0.13, 0, TURN);
    ctx.strokeStyle = colour("rule-2");
    ctx.stroke();
    const angle = chance() * TURN + t / n;
    dot(sheet, w / 2 + n * h * 0.13 * Math.cos(angle), h / 2 + n * h * 0.13 * Math.sin(angle), 4, n === 2 ? "ink" : "card");
  }
}

const DRAWINGS = { Field: field, Network: network, Graph: graph, Curves: curves, Equation: curves, Matrix: matrix, Images: images, Points: points, Histograms: histograms, Bars: bars, Table: bars, Surface: surface, Tokens: tokens, Attention: tokens, Text: tokens };

/**
 * @param {HTMLCanvasElement} canvas @param {string[]} kinds one or two figure kinds @param {string} id @param {number} t seconds
 */
export function drawVignette(canvas, kinds, id, t) {
  const ratio = Math.min(2, devicePixelRatio || 1);
  const [width, height] = [320, 160];
  if (canvas.width !== width * ratio) [canvas.width, canvas.height] = [width * ratio, height * ratio];
  const ctx = canvas.getContext("2d");
  if (!ctx) return;
  const style = getComputedStyle(document.documentElement);
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  const shown = kinds.slice(0, 2);
  shown.forEach((kind, index) => {
    ctx.save();
    const w = width / shown.length;
    ctx.beginPath();
    ctx.rect(index * w, 0, w, height);
    ctx.clip();
    ctx.translate(index * w, 0);
    (DRAWINGS[kind] ?? orbit)({ ctx, w, h: height, t, chance: chanceOf(id + kind), colour: (name) => style.getPropertyValue(`--${name}`).trim() });
    ctx.restore();
  });
}
