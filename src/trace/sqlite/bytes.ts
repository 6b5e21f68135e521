/** Bytes compared natively at a time. */
const BLOCK = 4096

/** Grows as it is written to: unsigned LEB128 numbers and runs of bytes, one after the other. */
export class ByteWriter {
  #buffer: Uint8Array
  #length = 0

  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** A whole number from 0 to 2^53 - 1, in one byte for each 7 bits. */
  varint(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80
      // Shifts are 32 bits wide; offsets in a large body may need more.
      rest = rest > 0x7fffffff ? Math.floor(rest / 128) : rest >>> 7
    }
    this.#buffer[this.#length++] = rest
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
  }

  /** Begins anew in the same memory; what {@link finish} gave before is overwritten. */
  clear(): this {
    this.#length = 0
    return this
  }

  /** What was written; shares memory with the writer. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#buffer.length) return
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
    grown.set(this.finish())
    this.#buffer = grown
  }
}

/** How many bytes {@link ByteWriter.varint} takes for a number below 2^31. */
export function sizeOfVarint(value: number): number {
  let size = 1
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) size++
  return size
}

/** Reads what a {@link ByteWriter} wrote. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new RangeError('a stored number is cut off')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  /** The next `length` bytes, not copied. */
  bytes(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new RangeError('a stored run of bytes is cut off')
    const run = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return run
  }

  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.#at)
  }
}

/** How many leading bytes two arrays share. Compares blocks natively, then looks into the last one. */
export function commonPrefix(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length)
  let at = 0
  while (at < shorter) {
    const end = Math.min(at + BLOCK, shorter)
    if (Buffer.compare(a.subarray(at, end), b.subarray(at, end)) !== 0) break
    at = end
  }
  while (at < shorter && a[at] === b[at]) at++
  return at
}

/** How many trailing bytes two arrays share, looking no further back than `atMost` bytes. */
export function commonSuffix(a: Uint8Array, b: Uint8Array, atMost: number): number {
  let shared = 0
  while (shared < atMost) {
    const next = Math.min(shared + BLOCK, atMost)
    const tail = a.subarray(a.length - next, a.length - shared)
    if (Buffer.compare(tail, b.subarray(b.length - next, b.length - shared)) !== 0) break
    shared = next
  }
  while (shared < atMost && a[a.length - 1 - shared] === b[b.length - 1 - shared]) shared++
  return shared
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || (a.length === b.length && Buffer.compare(a, b) === 0)
}

/** The memory of a typed array as bytes, not copied. */
export function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
