import type { Logger } from '../util/log.ts'
import type { Awaitable, JsonObject } from '../plugin/index.ts'
import type { Durability, SpendRow } from '../trace/index.ts'
import type { Meter } from '../metrics/index.ts'
import type { Host } from '../host/index.ts'
import type { Ledger, Spending } from '../ledger/index.ts'
import type { Counters } from '../shared/index.ts'
import type { UpstreamSet } from '../upstream/index.ts'
import type { CacheParts } from './cache-settings.ts'
import type { ForwardOptions } from './forward-options.ts'
import type { LateSaves } from './late-saves.ts'
import type { CallRegister } from './register.ts'
import type { Prices } from './prices.ts'
import type { Recorded, Turnstile } from './repeat.ts'
import type { WeightVersions } from './weight-versions.ts'

/** What a reload of the configuration can change while the gateway runs: read it for each request. */
export interface Settings {
  /** Every call is for this model, whatever it asks; null leaves it to the call. */
  readonly model: string | null
  /** Written to `extra.project` of every trace. */
  readonly project: string | null
  /** Null: the API beside the calls is open, unless there is a master key. */
  readonly adminToken: string | null
  /** What calls need; it opens the API beside them, too. Null: calls are open. */
  readonly masterKey: string | null
  /** A header of its own for keys. */
  readonly keyHeader: string | null
  /** Whether scrapes need the admin token, too. */
  readonly metricsAuth: boolean
}

/** Everything the stages need, made once by the composition root. */
export interface Parts {
  readonly host: Host
  readonly upstreams: UpstreamSet
  readonly forwarding: ForwardOptions
  readonly calls: CallRegister
  readonly turnstile: Turnstile
  readonly lateSaves: LateSaves
  /** What the store has of a call; asked only for calls with an idempotency key. */
  recorded(traceId: string): Promise<Recorded | null>
  /** Writes down what a call cost whose trace is not saved. */
  charge(row: SpendRow): Promise<void>
  /** What a session lays over the params of its calls. */
  samplingParams(session: string): Awaitable<JsonObject | null>
  readonly settings: Settings
  readonly weights: WeightVersions
  readonly ledger: Pick<Ledger, 'identify' | 'knows' | 'everybody'>
  /** What limits are kept in, of this gateway or shared with others. */
  readonly counters: Counters
  readonly spending: Spending
  readonly prices: Prices
  /** Null: nothing is cached. */
  readonly cache: CacheParts | null
  readonly meter: Meter
  readonly log: Logger
  readonly durability: Durability
  /** Of this gateway. */
  readonly version: string
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
    /** Until an upstream begins to answer; null where the sockets to it keep the time themselves. */
    readonly headersMs: number | null
    readonly streamHeadersMs: number | null
    readonly graceMs: number
    readonly clientStallMs: number
  }
}
