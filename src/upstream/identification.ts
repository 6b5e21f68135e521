import type { Headers, Upstream } from '../plugin/index.ts'
import { unlessAborted } from '../util/unless-aborted.ts'
import type { HttpUpstream } from './http-upstream.ts'
import { identifyUpstream } from './identify.ts'

const IDENTIFY_MS = 2_000
/** Asking takes up at most one part in so many of the time: a slow server must not slow down its calls. */
const PAUSE_FACTOR = 5
/** One that refuses is asked again soon: the first call after it came up is to find out what it is. */
const LEAST_PAUSE_MS = 100

/** Asks servers of unknown kind what they are, when a call first needs to know. */
export interface Identification {
  /** Notes a server whose kind the configuration left to itself, and how it may be asked. */
  expect(upstream: HttpUpstream, headers: Headers): void
  forget(upstream: HttpUpstream): void
  /**
   * Resolves when the server was asked what it is, or at once when it is known.
   *
   * @throws the signal's reason when it aborts before; others may still wait for the answer.
   */
  identified(upstream: Upstream, signal: AbortSignal): Promise<void>
}

interface Unknown {
  readonly upstream: HttpUpstream
  readonly headers: Headers
  asking: Promise<void> | undefined
  /** Not before, in milliseconds of `performance.now()`. */
  nextAt: number
}

export function createIdentification(signal: AbortSignal): Identification {
  const unknown = new Map<Upstream, Unknown>()

  async function ask(one: Unknown): Promise<void> {
    const { upstream, headers } = one
    const start = performance.now()
    const kind = await identifyUpstream(upstream, headers, IDENTIFY_MS, signal)
    const end = performance.now()
    one.nextAt = end + Math.max(LEAST_PAUSE_MS, (end - start) * PAUSE_FACTOR)
    one.asking = undefined
    if (!kind) return
    upstream.identify(kind)
    unknown.delete(upstream)
  }

  return {
    expect(upstream, headers) {
      unknown.set(upstream, { upstream, headers, asking: undefined, nextAt: -Infinity })
    },
    forget: (upstream) => void unknown.delete(upstream),
    async identified(upstream, waiting) {
      const one = unknown.get(upstream)
      if (!one) return
      if (!one.asking) {
        if (performance.now() < one.nextAt) return
        one.asking = ask(one)
      }
      await unlessAborted(one.asking, waiting)
    },
  }
}
