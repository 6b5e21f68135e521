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
  whenDone(t, () => store.close())
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
  whenDone(t, () => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export function temporaryPath(t: TestContext): string {
  return join(temporaryDirectory(t), 'traces.db')
}

type Cleanup = () => void | Promise<void>

const cleanups = new WeakMap<TestContext, Cleanup[]>()

/** Undoes things in reverse order when a test ends: a store is closed before its directory goes. */
export function whenDone(t: TestContext, cleanup: Cleanup): void {
  const known = cleanups.get(t)
  if (known) {
    known.unshift(cleanup)
    return
  }
  const mine = [cleanup]
  cleanups.set(t, mine)
  t.after(async () => {
    for (const undo of mine) await undo()
  })
}
