import type { Awaitable, JsonObject } from '../../plugin/index.ts'

const MAX_SESSIONS = 10_000

type Params = JsonObject | null

/**
 * The sampling params of the sessions asked for most recently, because every call asks. As long as no
 * session has any, nobody is asked at all.
 */
export class SamplingCache {
  readonly #read: (session: string) => Promise<Params>
  readonly #known = new Map<string, Params>()
  /** False: the file holds none, and none are being put there. */
  #exist: boolean
  #changes = 0

  /** `exist` says whether the file holds any; `read` asks it for those of one session. */
  constructor(exist: boolean, read: (session: string) => Promise<Params>) {
    this.#exist = exist
    this.#read = read
  }

  /** What was put and not deleted, as of every change that has resolved. */
  get(session: string): Awaitable<Params> {
    if (!this.#exist) return null
    const known = this.#known.get(session)
    if (known === undefined) return this.#ask(session)
    this.#keep(session, known)
    return known
  }

  /** Passes the result of a change on that gives a session params. */
  put<T>(session: string, change: Promise<T>): Promise<T> {
    this.#exist = true
    return this.remove(session, change)
  }

  /** Passes the result of a change on that takes a session's params away. */
  async remove<T>(session: string, change: Promise<T>): Promise<T> {
    try {
      return await change
    } finally {
      this.#changes += 1
      this.#known.delete(session)
    }
  }

  async #ask(session: string): Promise<Params> {
    const changes = this.#changes
    const params = await this.#read(session)
    // What was read before a change says nothing about what holds after it.
    if (changes === this.#changes) this.#keep(session, params)
    return params
  }

  /** The last in the map is the one used last. */
  #keep(session: string, params: Params): void {
    this.#known.delete(session)
    this.#known.set(session, params)
    if (this.#known.size <= MAX_SESSIONS) return
    const [oldest] = this.#known.keys()
    if (oldest !== undefined) this.#known.delete(oldest)
  }
}
