// @ts-check
/** The small slip of paper beside the pointer that says the number. Drawn on the canvas, so that moving it costs no layout. */

/**
 * @param {CanvasRenderingContext2D} ctx @param {import("./figure.js").Readout} readout @param {number} width @param {number} height
 * @param {import("../palette.js").Palette} c @param {number} em
 */
export function drawChip(ctx, { x, y, lines, swatch }, width, height, c, em) {
  const line = em * 1.4;
  const pad = em * 0.6;
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  let wide = 0;
  for (const text of lines) wide = Math.max(wide, ctx.measureText(text).width);
  const w = wide + pad * 2 + (swatch ? em : 0);
  const h = lines.length * line + pad * 0.9;
  let left = x + em;
  if (left + w > width - 2) left = x - em - w;
  left = Math.max(2, Math.min(left, width - w - 2));
  let top = y - h - em * 0.6;
  if (top < 2) top = y + em;
  top = Math.max(2, Math.min(top, height - h - 2));
  ctx.beginPath();
  ctx.roundRect(Math.round(left) + 0.5, Math.round(top) + 0.5, w, h, 4);
  ctx.fillStyle = c.card;
  ctx.fill();
  ctx.strokeStyle = c.rule2;
  ctx.lineWidth = 1;
  ctx.stroke();
  if (swatch) {
    ctx.fillStyle = swatch;
    ctx.fillRect(left + pad, top + pad * 0.45 + line * 0.22, em * 0.6, line * 0.56);
  }
  ctx.fillStyle = c.ink;
  for (let i = 0; i < lines.length; i += 1) {
    if (i) ctx.fillStyle = c.ink2;
    ctx.fillText(lines[i], left + pad + (swatch && !i ? em : 0), top + pad * 0.45 + (i + 0.5) * line);
  }
  ctx.textBaseline = "alphabetic";
}
