/** What the queue asks of the socket behind it. */
export interface Flow {
  pause(): void
  resume(): void
  /** Called once when the reader stops before the end. */
  abandon(): void
}

/** Bytes that may wait for the reader before the socket is told to pause. */
const HIGH_WATER = 131_072

/**
 * A reply body between a socket that pushes and one reader that pulls. When the reader falls behind,
 * the socket is paused, so a slow caller slows the engine instead of filling memory.
 */
export class BodyQueue implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #flow: Flow
  #chunks: Uint8Array[] = []
  #head = 0
  #waiting = 0
  #paused = false
  #ended = false
  #error: Error | undefined
  #reader: PromiseWithResolvers<IteratorResult<Uint8Array, undefined>> | undefined

  constructor(flow: Flow) {
    this.#flow = flow
  }

  push(bytes: Uint8Array): void {
    if (this.#ended) return
    if (this.#reader) {
      const reader = this.#reader
      this.#reader = undefined
      reader.resolve({ value: bytes, done: false })
      return
    }
    this.#chunks.push(bytes)
    this.#waiting += bytes.byteLength
    if (this.#waiting > HIGH_WATER && !this.#paused) {
      this.#paused = true
      this.#flow.pause()
    }
  }

  end(): void {
    this.#ended = true
    this.#reader?.resolve({ value: undefined, done: true })
    this.#reader = undefined
  }

  /** Bytes that already came in are read before the error is. */
  fail(error: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#reader?.reject(error)
    this.#reader = undefined
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const bytes = this.#chunks[this.#head]
    if (bytes !== undefined) {
      this.#head += 1
      if (this.#head === this.#chunks.length) {
        this.#chunks = []
        this.#head = 0
      }
      this.#waiting -= bytes.byteLength
      if (this.#paused && this.#waiting <= HIGH_WATER / 2) {
        this.#paused = false
        this.#flow.resume()
      }
      return { value: bytes, done: false }
    }
    if (this.#error) throw this.#error
    if (this.#ended) return { value: undefined, done: true }
    this.#reader = Promise.withResolvers()
    return this.#reader.promise
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#ended) {
      this.#ended = true
      this.#chunks = []
      this.#flow.abandon()
    }
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
