import type { Headers, Upstream } from '../plugin/index.ts'
import type { HttpUpstream } from './http-upstream.ts'
import { identifyUpstream } from './identify.ts'

const IDENTIFY_MS = 2_000
const IDENTIFY_AGAIN_MS = 10_000

/** Asks servers of unknown kind what they are, when a call first needs to know. */
export interface Identification {
  /** Notes a server whose kind the configuration left to itself, and how it may be asked. */
  expect(upstream: HttpUpstream, headers: Headers): void
  forget(upstream: HttpUpstream): void
  /** Resolves when the server was asked what it is, or at once when it is known. Never rejects. */
  identified(upstream: Upstream): Promise<void>
}

interface Unknown {
  readonly upstream: HttpUpstream
  readonly headers: Headers
  asking: Promise<void> | undefined
  askedAt: number
}

export function createIdentification(signal: AbortSignal): Identification {
  const unknown = new Map<Upstream, Unknown>()

  async function ask(one: Unknown): Promise<void> {
    const { upstream, headers } = one
    const kind = await identifyUpstream(upstream.url, headers, IDENTIFY_MS, signal)
    one.asking = undefined
    if (!kind) return
    upstream.identify(kind)
    unknown.delete(upstream)
  }

  return {
    expect(upstream, headers) {
      unknown.set(upstream, { upstream, headers, asking: undefined, askedAt: -Infinity })
    },
    forget: (upstream) => void unknown.delete(upstream),
    async identified(upstream) {
      const one = unknown.get(upstream)
      if (!one) return
      if (!one.asking) {
        if (performance.now() - one.askedAt < IDENTIFY_AGAIN_MS) return
        one.askedAt = performance.now()
        one.asking = ask(one)
      }
      await one.asking
    },
  }
}
