// @ts-check
// Every recorded row of a run, kept whole in typed arrays that grow by doubling.

/** Columns that say where a row lies, and are no metric: the step, and the training clock in seconds. */
export const AXES = ["step", "epoch", "time_s"];

class Column {
  constructor(length = 0) {
    this.data = new Float64Array(Math.max(1024, length * 2)).fill(NaN);
  }

  /** @param {number} index @param {number} value */
  set(index, value) {
    if (index >= this.data.length) {
      const wider = new Float64Array(Math.max(index + 1, this.data.length * 2)).fill(NaN);
      wider.set(this.data);
      this.data = wider;
    }
    this.data[index] = value;
  }
}

export class Metrics {
  constructor() {
    this.clear();
  }

  clear() {
    /** @type {Map<string, Column>} */
    this.columns = new Map();
    this.steps = new Column();
    this.length = 0;
    this.version = (this.version ?? 0) + 1;
  }

  /** The last recorded step, or −1. */
  get last() {
    return this.length ? this.steps.data[this.length - 1] : -1;
  }

  /**
   * Adds the rows that are new; a row seen before is left out.
   * @param {Record<string, (number|null)[]>} columns equal lengths, "step" among them
   */
  append(columns) {
    const steps = columns.step ?? [];
    const last = this.last;
    let first = 0;
    while (first < steps.length && Number(steps[first]) <= last) first += 1;
    const added = steps.length - first;
    if (!added) return 0;
    for (const [id, values] of Object.entries(columns)) {
      const column = id === "step" ? this.steps : this.#column(id);
      for (let row = 0; row < added; row += 1) {
        const value = values[first + row];
        column.set(this.length + row, value === null || value === undefined ? NaN : Number(value));
      }
    }
    this.length += added;
    this.version += 1;
    return added;
  }

  /** Forgets every row after a step: a rewind. @param {number} step */
  cut(step) {
    let length = this.length;
    while (length && this.steps.data[length - 1] > step) length -= 1;
    for (const column of this.columns.values()) column.data.fill(NaN, length, this.length);
    this.length = length;
    if (!length) this.columns.clear(); // the next take may have other metrics
    this.version += 1;
  }

  /** The finite values of one column with their steps. @param {string} id */
  series(id) {
    const column = this.columns.get(id);
    const x = new Float64Array(this.length);
    const y = new Float64Array(this.length);
    let size = 0;
    if (column) {
      for (let row = 0; row < this.length; row += 1) {
        const value = column.data[row];
        if (!Number.isFinite(value)) continue;
        x[size] = this.steps.data[row];
        y[size] = value;
        size += 1;
      }
    }
    return { x: x.subarray(0, size), y: y.subarray(0, size) };
  }

  /** The seconds the run had trained when it made a step; NaN where no clock was kept. @param {number} step */
  timeAt(step) {
    const times = this.columns.get("time_s")?.data;
    if (!times || !this.length) return NaN;
    const row = this.#rowBefore(this.steps.data, step);
    if (row < 0) return times[0];
    const next = Math.min(row + 1, this.length - 1);
    const [a, b] = [this.steps.data[row], this.steps.data[next]];
    return b > a ? times[row] + (times[next] - times[row]) * Math.min(1, (step - a) / (b - a)) : times[row];
  }

  /** The last step that was made when the run had trained so long; −1 before its first, NaN where no clock was kept. @param {number} time seconds */
  stepAt(time) {
    const times = this.columns.get("time_s")?.data;
    if (!times || !this.length) return NaN;
    const row = this.#rowBefore(times, time);
    if (row < 0) return -1;
    const next = Math.min(row + 1, this.length - 1);
    const [a, b] = [times[row], times[next]];
    const share = b > a ? Math.min(1, (time - a) / (b - a)) : 0;
    return Math.floor(this.steps.data[row] + (this.steps.data[next] - this.steps.data[row]) * share + 1e-9);
  }

  /** The last row whose value is at most this one; −1 if none is. @param {Float64Array} data ascending @param {number} value */
  #rowBefore(data, value) {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (data[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** The newest finite value of a column. @param {string} id */
  newest(id) {
    const data = this.columns.get(id)?.data;
    for (let row = this.length - 1; data && row >= 0; row -= 1) if (Number.isFinite(data[row])) return data[row];
    return NaN;
  }

  /** @param {string} id */
  #column(id) {
    const known = this.columns.get(id);
    if (known) return known;
    const column = new Column(this.length);
    this.columns.set(id, column);
    return column;
  }
}
