import type { UpstreamKind } from '../plugin/index.ts'
import type { TraceStore } from '../trace/store.ts'

/** An upstream as the admin API shows it. */
export interface UpstreamStatus {
  readonly name: string
  readonly url: string
  readonly kind: UpstreamKind
  readonly simulated: boolean
  readonly healthy: boolean
  readonly inFlight: number
  /** Null: serves any model. */
  readonly models: readonly string[] | null
}

/** What the admin API speaks about. */
export interface AdminParts {
  readonly store: TraceStore
  readonly upstreams: { list(): readonly UpstreamStatus[] }
  readonly hooks: { describe(): unknown }
  readonly version: string
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Waits for everything recorded so far to be committed; false when the time was too short. */
  flush(timeoutMs: number): Promise<boolean>
}
