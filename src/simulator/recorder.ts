import type { IncomingHttpHeaders } from 'node:http'

/** A request the simulator got. */
export interface RecordedRequest {
  /** Number of requests before it. */
  readonly index: number
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** The bytes as they came. */
  readonly body: Buffer
  /** Status of the answer; 0 while there is none. */
  readonly status: number
  /** The client left before the answer was complete. */
  readonly aborted: boolean
  /** The answer is over, whichever way. */
  readonly closed: boolean
}

/** The recorder's own, writable view of a request. */
export interface RequestRecord extends RecordedRequest {
  status: number
  aborted: boolean
  closed: boolean
}

type Predicate = (request: RecordedRequest) => boolean

interface Waiter {
  readonly matches: Predicate
  readonly resolve: (request: RecordedRequest) => void
}

const MOST_REQUESTS = 10_000
const MOST_BYTES = 64 * 1024 * 1024

/** Keeps the latest requests, and lets tests wait for one instead of sleeping. */
export class Recorder {
  readonly #requests: RequestRecord[] = []
  readonly #listeners = new Set<(request: RecordedRequest) => void>()
  readonly #waiters = new Set<Waiter>()
  #bytes = 0

  /** The latest 10,000, fewer where their bodies pass 64 MiB. */
  get requests(): readonly RecordedRequest[] {
    return this.#requests
  }

  add(request: RequestRecord): void {
    this.#requests.push(request)
    this.#bytes += request.body.length
    while (this.#requests.length > 1 && this.#isFull()) {
      this.#bytes -= this.#requests.shift()?.body.length ?? 0
    }
    for (const listener of this.#listeners) listener(request)
    this.notify(request)
  }

  /** Tells who waits that a request has changed. */
  notify(request: RecordedRequest): void {
    for (const waiter of this.#waiters) {
      if (!waiter.matches(request)) continue
      this.#waiters.delete(waiter)
      waiter.resolve(request)
    }
  }

  /** Calls back for every request from now on; the answer ends that. */
  listen(listener: (request: RecordedRequest) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The first request, past or future, that matches. */
  waitFor(matches: Predicate): Promise<RecordedRequest> {
    const past = this.#requests.find(matches)
    if (past !== undefined) return Promise.resolve(past)
    const { promise, resolve } = Promise.withResolvers<RecordedRequest>()
    this.#waiters.add({ matches, resolve })
    return promise
  }

  #isFull(): boolean {
    return this.#requests.length > MOST_REQUESTS || this.#bytes > MOST_BYTES
  }
}
