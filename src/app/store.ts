import type { Config } from '../config/index.ts'
import {
  createMemoryStore,
  openSqliteStore,
  type SqliteOptions,
  type TraceStore,
} from '../trace/index.ts'

/** Opens the store that the configuration names. @throws {GatewayError} `store_unusable` */
export async function openConfigured(store: Config['store']): Promise<TraceStore> {
  return store.kind === 'memory' ? createMemoryStore() : openSqliteStore(sqliteOptions(store))
}

/** The settings of the configuration as the SQLite store takes them. */
export function sqliteOptions(store: Config['store']): SqliteOptions {
  return {
    path: store.path,
    synchronous: store.synchronous,
    intents: store.intents,
    maxQueuedBytes: store.max_queued_bytes,
    deadlineMs: store.deadline_ms,
    busyTimeoutMs: store.busy_timeout_ms,
  }
}
