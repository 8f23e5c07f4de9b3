// @ts-check
// One request in flight, the newest wins: what a drag or a hover sends.

/** @template T */
export class Newest {
  /**
   * @param {(value: T) => Promise<unknown>} send
   * @param {(error: any, value: T) => void} failed
   */
  constructor(send, failed) {
    this.send = send;
    this.failed = failed;
    /** @type {{value: T} | null} */
    this.next = null;
    this.busy = false;
  }

  /** @param {T} value */
  offer(value) {
    this.next = { value };
    if (!this.busy) this.#pump();
  }

  /** Nothing waits and nothing is under way. */
  get idle() {
    return !this.busy && !this.next;
  }

  drop() {
    this.next = null;
  }

  async #pump() {
    this.busy = true;
    while (this.next) {
      const { value } = this.next;
      this.next = null;
      try {
        await this.send(value);
      } catch (error) {
        this.failed(error, value);
      }
    }
    this.busy = false;
  }
}

/** Calls once things have been quiet for a while. @param {(...args: any[]) => void} call @param {number} quiet_ms */
export function settled(call, quiet_ms) {
  let timer = 0;
  const later = (/** @type {any[]} */ ...args) => {
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      timer = 0;
      call(...args);
    }, quiet_ms);
  };
  later.waiting = () => timer !== 0;
  return later;
}
