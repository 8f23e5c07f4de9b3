// @ts-check
// Every command of the page is one REST call. A problem comes back as an ApiError that can be read aloud.

/** @typedef {{field: string, message: string}} FieldError */

export class ApiError extends Error {
  /** @param {number} status @param {any} problem */
  constructor(status, problem) {
    super(problem?.detail || problem?.message || problem?.title || `The server answered ${status}.`);
    this.status = status;
    this.title = problem?.title || "";
    this.kind = problem?.kind || problem?.type || "";
    this.hint = problem?.hint || "";
    this.problem = problem || {};
    /** @type {FieldError[]} */
    this.errors = problem?.errors || (problem?.field ? [{ field: problem.field, message: this.message }] : []);
  }
}

/** No answer at all: the server is away, or the network. */
export class Unreachable extends ApiError {
  constructor() {
    super(0, { title: "No connection", detail: "The server does not answer.", hint: "It may be restarting; the page tries again by itself." });
  }
}

/**
 * @param {string} method @param {string} path @param {unknown} [body]
 * @param {{headers?: Record<string, string>, keepalive?: boolean}} [options]
 * @returns {Promise<any>}
 */
export async function api(method, path, body, options = {}) {
  const [form, file] = [body instanceof FormData, body instanceof Blob];
  /** @type {Response} */
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { ...(body === undefined || form ? {} : { "Content-Type": file ? "application/octet-stream" : "application/json" }), Accept: "application/json", ...options.headers },
      body: form || file ? /** @type {BodyInit} */ (body) : body === undefined ? undefined : JSON.stringify(body),
      keepalive: options.keepalive,
    });
  } catch {
    throw new Unreachable();
  }
  const text = await response.text();
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    data = response.ok ? null : { detail: `The server answered ${response.status} ${response.statusText}.` };
  }
  if (!response.ok) throw new ApiError(response.status, data);
  return data;
}
