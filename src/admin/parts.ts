import type { Ledger, Spending } from '../ledger/index.ts'
import type { Meter } from '../metrics/index.ts'
import type { UpstreamKind } from '../plugin/index.ts'
import type { CacheParts, Settings, WeightVersions } from '../stages/index.ts'
import type { TraceStore } from '../trace/store.ts'
import type { Terms, Workers } from '../upstream/index.ts'

/** An upstream as the admin API shows it. */
export interface UpstreamStatus {
  readonly id?: string
  readonly name: string
  readonly url: string
  readonly kind: UpstreamKind
  readonly simulated: boolean
  readonly healthy: boolean
  readonly inFlight: number
  /** Null: serves any model. */
  readonly models: readonly string[] | null
}

/** A configuration to take on: given as text, or a file to read. */
export type ConfigSource = { readonly text: string } | { readonly path: string }

export interface Reloaded {
  /** The models that upstreams are configured for now. */
  readonly models: readonly string[]
  /** Keys of the configuration that differ but hold only from the next start on. */
  readonly needs_restart: readonly string[]
}

/** What the admin API speaks about. */
export interface AdminParts {
  readonly store: TraceStore
  readonly upstreams: { list(): readonly UpstreamStatus[] }
  readonly workers: Workers
  readonly ledger: Ledger
  /** US dollars that a key, user or team has spent in the period of its budget. */
  readonly spentBy: Spending['spentBy']
  /** Reads from the books what those have spent who have done so by other names. */
  readonly takeUp: Spending['takeUp']
  readonly weights: WeightVersions
  /** Null: nothing is cached. */
  readonly cache: CacheParts | null
  readonly hooks: {
    describe(): unknown
    /** False when no plugin saves traces. */
    readonly tracing: boolean
  }
  readonly settings: Pick<Settings, 'adminToken' | 'masterKey' | 'keyHeader' | 'metricsAuth'>
  readonly metrics: Pick<Meter, 'text'>
  /** What is agreed for an upstream. */
  termsOf(upstream: UpstreamStatus): Terms
  /** Why an upstream is left out, for people; null when nothing is known. */
  whyOut(upstream: UpstreamStatus): string | null
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Waits for everything recorded so far to be committed; false when the time was too short. */
  flush(timeoutMs: number): Promise<boolean>
  /** True once the gateway takes no more calls. */
  draining(): boolean
  /**
   * Takes a configuration on; null reads the file that the gateway was started with, if any.
   *
   * @throws {GatewayError} `config_invalid` or `plugin_invalid`, and everything stays as it was.
   */
  reload(source: ConfigSource | null): Promise<Reloaded>
}
