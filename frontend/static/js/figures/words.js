// @ts-check
/** What figures made of words share: they are elements, read as they stand, and written only where something has changed. */
import { plain } from "../frames.js";
import { palette } from "../palette.js";
import { Figure } from "./figure.js";

export class WordFigure extends Figure {
  /** Nothing to build before the first value: no canvas. */
  build() {}
  /** Bring the elements up to date with `this.figure`. */
  write() {}

  connectedCallback() {
    super.connectedCallback();
    this.tabIndex = -1;
  }

  draw() {
    if (this.figure) this.write();
  }

  get lines() {
    return this.rows().map((row) => row.join("   "));
  }

  /** The words on paper. */
  async toPNG() {
    const c = palette();
    const em = this.em * 2;
    const words = [this.figure?.title || this.spec.title, ...this.lines].filter(Boolean);
    const sheet = new OffscreenCanvas(1600, Math.round(em * (words.length * 1.7 + 1.5)));
    const ctx = /** @type {any} */ (sheet.getContext("2d"));
    ctx.fillStyle = c.card;
    ctx.fillRect(0, 0, sheet.width, sheet.height);
    ctx.fillStyle = c.ink;
    words.forEach((text, i) => {
      ctx.font = `${i ? 400 : 600} ${em}px ${c.font}`;
      ctx.fillText(text, em, em * (1.7 * i + 1.9), sheet.width - 2 * em);
    });
    return sheet.convertToBlob({ type: "image/png" });
  }

  /** @param {"csv" | "json"} [format] */
  toData(format = "csv") {
    return format === "json" ? JSON.stringify(plain(this.figure), null, 1) : super.toData(format);
  }
}
