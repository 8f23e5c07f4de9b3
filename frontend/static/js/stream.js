// @ts-check
// The websocket of a run. It reconnects by itself, resumes where it was, and says what it hears as events:
// "message" {detail: JSON}, "frame" {detail: ArrayBuffer}, "link" {detail: "open" | "lost" | "gone"}.

const GONE = 4404;
const FIRST_MS = 250;
const LONGEST_MS = 15_000;
const PING_MS = 20_000;
const SILENT_MS = 45_000;

export class Stream extends EventTarget {
  /**
   * @param {string} run
   * @param {() => {since: number, take?: number}} cursor  the last step known, and its take; −1 before the first
   */
  constructor(run, cursor) {
    super();
    this.run = run;
    this.cursor = cursor;
    /** @type {Record<string, number>} */
    this.views = {};
    this.tries = 0;
    this.closed = false;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.online = () => this.#now();
    addEventListener("online", this.online);
    this.#connect();
  }

  /** The views wanted, in frames a second; the whole set. @param {Record<string, number>} views */
  watch(views) {
    this.views = views;
    this.#send({ type: "watch", views });
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    clearInterval(this.ping);
    removeEventListener("online", this.online);
    this.socket?.close(1000);
  }

  #connect() {
    clearTimeout(this.timer);
    const at = this.cursor();
    const query = `?since=${at.since}${at.take === undefined ? "" : `&take=${at.take}`}`;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/api/runs/${encodeURIComponent(this.run)}/stream${query}`, ["orrery.v1"]);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.heard = performance.now();
      this.#send({ type: "watch", views: this.views });
      this.ping = window.setInterval(() => this.#beat(), PING_MS);
    };
    socket.onmessage = ({ data }) => {
      this.heard = performance.now();
      if (data instanceof ArrayBuffer) return void this.dispatchEvent(new CustomEvent("frame", { detail: data }));
      const message = JSON.parse(data);
      if (message.type === "hello") {
        this.tries = 0;
        this.dispatchEvent(new CustomEvent("link", { detail: "open" }));
      }
      this.dispatchEvent(new CustomEvent("message", { detail: message }));
    };
    socket.onclose = ({ code }) => {
      clearInterval(this.ping);
      if (this.socket !== socket || this.closed) return;
      this.socket = null;
      if (code === GONE) return void this.dispatchEvent(new CustomEvent("link", { detail: "gone" }));
      this.dispatchEvent(new CustomEvent("link", { detail: "lost" }));
      // full jitter: a class of 300 does not come back in one breath
      const wait_ms = Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** this.tries);
      this.tries += 1;
      this.timer = window.setTimeout(() => this.#connect(), wait_ms);
    };
    this.socket = socket;
  }

  /** @param {unknown} message */
  #send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** A connection that says nothing for long is dead, whatever the network believes. */
  #beat() {
    this.#send({ type: "ping" });
    if (performance.now() - (this.heard ?? 0) > SILENT_MS) this.socket?.close(4000);
  }

  #now() {
    if (!this.socket && !this.closed) {
      this.tries = 0;
      this.#connect();
    }
  }
}
