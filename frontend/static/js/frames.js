// @ts-check
/** Frames are safetensors: 8 bytes of header length, a JSON header, raw little-endian buffers. Read as views, without a copy. */

/**
 * @typedef {Float32Array | Float64Array | Int32Array | Int16Array | Int8Array | Uint8Array} Numbers
 * @typedef {{shape: number[], data: Numbers, lo?: number, hi?: number}} Tensor  with lo and hi: byte q stands for lo + q/254·(hi − lo), 255 for "not finite"
 * @typedef {Record<string, any> & {kind: string, title: string, alt: string, step?: number}} FigureValue  a figure as its class in models/core/figures/ has it
 * @typedef {{meta: Record<string, string>, tensors: Record<string, Tensor>, figure: FigureValue | null}} Frame
 */

const utf8 = new TextDecoder();
/** @type {Float32Array | undefined} */
let halves;

/**
 * @param {ArrayBuffer} buffer
 * @returns {Frame}
 */
export function decode(buffer) {
  if (buffer.byteLength < 8) throw new RangeError(`A frame has at least 8 bytes, this one has ${buffer.byteLength}.`);
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  if (8 + length > buffer.byteLength) throw new RangeError(`The frame's header claims ${length} bytes of ${buffer.byteLength}.`);
  const { __metadata__: meta = {}, ...entries } = JSON.parse(utf8.decode(new Uint8Array(buffer, 8, length)));
  /** @type {Record<string, Tensor>} */
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(entries)) {
    tensors[name] = { shape, data: numbers(dtype, buffer, 8 + length + from, to - from) };
  }
  let figure = null;
  if (meta.figure) {
    figure = hydrate(JSON.parse(meta.figure), tensors);
    figure.step = Number(meta.step ?? 0);
  }
  return { meta, tensors, figure };
}

/**
 * Put the numbers where the figure's JSON refers to them: `{"$": name}` of a frame, `{"shape", "data"}` of a probe's answer.
 * @param {any} value @param {Record<string, Tensor>} [tensors]
 * @returns {any}
 */
export function hydrate(value, tensors = {}) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map((item) => hydrate(item, tensors));
  if (typeof value.$ === "string") {
    const tensor = tensors[value.$];
    if (!tensor) throw new RangeError(`The frame has no tensor "${value.$}".`);
    return value.lo === undefined || value.lo === null ? tensor : { ...tensor, lo: value.lo, hi: value.hi };
  }
  if (Array.isArray(value.shape) && Array.isArray(value.data)) {
    return { shape: value.shape, data: Float32Array.from(value.data, (/** @type {number | null} */ x) => x ?? NaN) };
  }
  for (const key of Object.keys(value)) value[key] = hydrate(value[key], tensors);
  return value;
}

/**
 * @param {string} dtype @param {ArrayBuffer} buffer @param {number} at @param {number} bytes
 * @returns {Numbers}
 */
function numbers(dtype, buffer, at, bytes) {
  const size = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2, I16: 2, I8: 1, U8: 1, BOOL: 1 }[dtype];
  if (!size) throw new TypeError(`Frames hold no ${dtype}.`);
  if (at % size) [buffer, at] = [buffer.slice(at, at + bytes), 0];
  const count = bytes / size;
  switch (dtype) {
    case "F64": return new Float64Array(buffer, at, count);
    case "F32": return new Float32Array(buffer, at, count);
    case "I64": return Float64Array.from(new BigInt64Array(buffer, at, count), Number);
    case "I32": return new Int32Array(buffer, at, count);
    case "I16": return new Int16Array(buffer, at, count);
    case "I8": return new Int8Array(buffer, at, count);
    case "F16": return fromHalves(new Uint16Array(buffer, at, count));
    case "BF16": return new Float32Array(Uint32Array.from(new Uint16Array(buffer, at, count), (bits) => bits << 16).buffer);
    default: return new Uint8Array(buffer, at, count);
  }
}

/** @param {Uint16Array} bits */
function fromHalves(bits) {
  if (!halves) {
    halves = new Float32Array(65536);
    for (let i = 0; i < 65536; i += 1) {
      const exponent = (i >> 10) & 31;
      const fraction = i & 1023;
      const size = exponent === 31 ? (fraction ? NaN : Infinity)
        : exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
      halves[i] = i & 32768 ? -size : size;
    }
  }
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) out[i] = halves[bits[i]];
  return out;
}

/**
 * One number of a tensor in its real unit.
 * @param {Tensor} tensor @param {number} index
 */
export function at(tensor, index) {
  const x = tensor.data[index];
  if (tensor.lo === undefined || tensor.hi === undefined) return x;
  return x === 255 ? NaN : tensor.lo + (x / 254) * (tensor.hi - tensor.lo);
}

/**
 * The least and greatest finite value.
 * @param {Tensor} tensor
 * @returns {[number, number]}
 */
export function range(tensor) {
  if (tensor.lo !== undefined && tensor.hi !== undefined) return [tensor.lo, tensor.hi];
  let lo = Infinity;
  let hi = -Infinity;
  for (let i = 0; i < tensor.data.length; i += 1) {
    const x = tensor.data[i];
    if (x < lo && x > -Infinity) lo = x;
    if (x > hi && x < Infinity) hi = x;
  }
  return lo <= hi ? [lo, hi] : [0, 1];
}

/**
 * A figure as plain JSON values in real units, for saving. Tensors become nested lists.
 * @param {any} value
 * @returns {any}
 */
export function plain(value) {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value.data) && Array.isArray(value.shape)) return nested(value, 0, 0, value.data.length);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** @param {Tensor} tensor @param {number} axis @param {number} from @param {number} count @returns {any} */
function nested(tensor, axis, from, count) {
  if (axis >= tensor.shape.length) {
    const x = at(tensor, from);
    return Number.isFinite(x) ? x : null;
  }
  const part = tensor.shape[axis] ? count / tensor.shape[axis] : 0;
  return Array.from({ length: tensor.shape[axis] }, (_, i) => nested(tensor, axis + 1, from + i * part, part));
}
