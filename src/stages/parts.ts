import type { Logger } from '../util/log.ts'
import type { Durability } from '../trace/index.ts'
import type { Host } from '../host/index.ts'
import type { UpstreamSet } from '../upstream/index.ts'
import type { LateSaves } from './late-saves.ts'
import type { CallRegister } from './register.ts'
import type { Recorded, Turnstile } from './repeat.ts'

/** Everything the stages need, made once by the composition root. */
export interface Parts {
  readonly host: Host
  readonly upstreams: UpstreamSet
  readonly calls: CallRegister
  readonly turnstile: Turnstile
  readonly lateSaves: LateSaves
  /** What the store has of a call; asked only for calls with an idempotency key. */
  recorded(traceId: string): Promise<Recorded | null>
  readonly log: Logger
  readonly durability: Durability
  /** This gateway's name in `via` headers; a call that carries it came back. */
  readonly viaName: string
  readonly metadataHeader: string | undefined
  readonly limits: {
    readonly bodyBytes: number
    readonly depth: number
    readonly responseBytes: number
    readonly eventBytes: number
  }
  readonly timeouts: {
    readonly totalMs: number
    readonly graceMs: number
    readonly clientStallMs: number
  }
}
