import { join, parse } from 'node:path'
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

/**
 * Where the small state lives: in the folder for it, else beside the traces, so that whoever takes
 * another store for another run begins anew. Null: in memory, as the traces.
 */
export function statePath({ state_dir: folder, store }: Config): string | null {
  if (folder !== undefined) return join(folder, 'state.json')
  if (store.kind === 'memory') return null
  const { dir, name } = parse(store.path)
  return join(dir, `${name}.state.json`)
}
