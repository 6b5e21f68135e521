import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import {
  createMemoryStore,
  openSqliteStore,
  type SqliteOptions,
  type TraceStore,
} from '../../src/trace/index.ts'

/** Opens an empty store that is closed when the test ends. */
export type OpenStore = (t: TestContext) => Promise<TraceStore>

export const openMemory: OpenStore = async () => createMemoryStore()

export const openSqlite: OpenStore = async (t) => openSqliteAt(t, temporaryPath(t))

export async function openSqliteAt(
  t: TestContext,
  path: string,
  options: Partial<SqliteOptions> = {},
): Promise<TraceStore> {
  const store = await openSqliteStore(optionsFor(path, options))
  t.after(() => store.close())
  return store
}

export function optionsFor(path: string, options: Partial<SqliteOptions> = {}): SqliteOptions {
  return {
    path,
    synchronous: 'normal',
    maxQueuedBytes: 64 * 1024 * 1024,
    deadlineMs: 5000,
    busyTimeoutMs: 100,
    ...options,
  }
}

export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-store-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export function temporaryPath(t: TestContext): string {
  return join(temporaryDirectory(t), 'traces.db')
}
