import { existsSync, mkdirSync, openSync, closeSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { GatewayError } from '../../errors/index.ts'
import type { FullTrace, Intent, JsonObject, Trace } from '../../plugin/index.ts'
import type { Page, TraceQuery, TraceStore } from '../store.ts'
import { readCursor } from '../paging.ts'
import { spendRowOf } from '../spend-row.ts'
import { rowOfIntent, rowOfTrace } from './call-row.ts'
import { encodeTrace } from './encode-trace.ts'
import type { DeleteStep, Job } from './jobs.ts'
import { lockFile } from './lock-file.ts'
import type { SqliteOptions } from './options.ts'
import type { CallName } from './reader.ts'
import type { ReadRequest } from './reader-thread.ts'
import { SamplingCache } from './sampling-cache.ts'
import { spendCells } from './spend-columns.ts'
import { createBooks } from './sqlite-books.ts'
import { Thread } from './thread.ts'
import { WriteQueue } from './write-queue.ts'

/** Calls under way whose body is remembered, so that it is posted once and not again at the end. */
const REMEMBERED_CALLS = 4096

/**
 * Opens a store in one SQLite file. A thread of its own writes, another one reads; the event loop
 * does neither.
 * @throws {GatewayError} `store_unusable` with one line that says what is wrong with the file.
 */
export async function openSqliteStore(given: SqliteOptions): Promise<TraceStore> {
  const options = { ...given, path: resolve(given.path) }
  const unlock = prepareFile(options.path)
  const writer = new Thread('writer-thread', options)
  const reader = new Thread('reader-thread', options)
  try {
    const interrupted = await writer.ask<number>({ ask: 'open' })
    // The first question opens the reader's connection, which needs the tables to be there.
    const sampled = await reader.ask<boolean>({ ask: 'hasSamplingParams' })
    return createStore(options, writer, reader, { interrupted, sampled }, unlock)
  } catch (error) {
    await Promise.all([writer.stop(), reader.stop()])
    unlock()
    throw unusable(options.path, error)
  }
}

function createStore(
  options: SqliteOptions,
  writer: Thread,
  reader: Thread,
  { interrupted, sampled }: { readonly interrupted: number; readonly sampled: boolean },
  unlock: () => void,
): TraceStore {
  const { path } = options
  const queue = new WriteQueue(writer, options.maxQueuedBytes, options.deadlineMs)
  const begun = new Map<string, Uint8Array>()
  let closing: Promise<void> | null = null

  const read = <T>(request: ReadRequest): Promise<T> => {
    assertOpen(closing)
    return reader.ask<T>(request)
  }

  const write = (job: Job): Promise<DeleteStep | null> => {
    assertOpen(closing)
    return queue.push(job)
  }

  const sampling = new SamplingCache(sampled, async (id) => {
    const stored = await read<string | null>({ ask: 'samplingParams', id })
    return stored === null ? null : (JSON.parse(stored) as JsonObject)
  })

  return {
    name: 'sqlite',
    books: createBooks({ write, read }),
    durability: options.synchronous === 'full' ? 'synced' : 'os',

    async begin(intent: Intent) {
      assertOpen(closing)
      const { trace_id: id, session_ids: sessions, received } = intent
      const { metadata, request_id, idempotency_key } = intent
      const kept = JSON.stringify({ metadata, request_id, idempotency_key })
      await queue.push({
        op: 'begin',
        id,
        sessions,
        row: rowOfIntent(intent),
        intent: kept,
        received,
      })
      // Beginning again changed nothing, so what is stored is the first body.
      if (!begun.has(id)) begun.set(id, received)
      const [oldest] = begun.keys()
      if (begun.size > REMEMBERED_CALLS && oldest !== undefined) begun.delete(oldest)
    },

    async save(trace: FullTrace) {
      assertOpen(closing)
      const { trace_id: id, session_ids: sessions, wire } = trace
      const received = begun.get(id) === wire.received ? null : wire.received
      const row = rowOfTrace(trace)
      const spend = trace.status === 'pending' ? null : spendCells(spendRowOf(trace))
      await queue.push({ op: 'save', id, sessions, row, spend, received, ...encodeTrace(trace) })
      begun.delete(id)
    },

    async putSession({ session_id: session, metadata, sampling_params: params }) {
      assertOpen(closing)
      const job: Job = {
        op: 'put',
        session,
        createdAt: Date.now() / 1000,
        metadata: metadata ? JSON.stringify(metadata) : null,
        samplingParams: params ? JSON.stringify(params) : null,
      }
      await (params ? sampling.put(session, queue.push(job)) : queue.push(job))
      const info = await this.getSession(session)
      if (!info) throw new GatewayError('session_not_found', { detail: 'it was deleted just now' })
      return info
    },

    getSession: async (id) => read({ ask: 'session', id }),

    getSamplingParams: (id) => sampling.get(id),

    async listSessions(query) {
      readCursor('session', query.cursor)
      return read({ ask: 'sessions', query })
    },

    async deleteSession(session) {
      assertOpen(closing)
      let deleted = 0
      for (let upTo: number | null = null; ;) {
        const job: Job = { op: 'delete', session, upTo }
        const step: DeleteStep | null = await sampling.remove(session, queue.push(job))
        deleted += step?.deleted ?? 0
        if (!step?.more) return deleted
        upTo = step.upTo
      }
    },

    getTrace: async (id) => read({ ask: 'trace', id }),
    getWire: async (id) => read({ ask: 'wire', id }),

    /** Traces are fetched one by one: a session can be large, and the event loop has other calls. */
    async listTraces(query) {
      checkCursor(query)
      const { items: names, cursor } = await read<Page<CallName>>({ ask: 'names', query })
      const items: Trace[] = []
      for (const name of names) {
        const trace = await read<Trace | null>({ ask: 'traceAt', name })
        if (trace) items.push(trace)
      }
      return { items, cursor }
    },

    async listSummaries(query) {
      checkCursor(query)
      return read({ ask: 'summaries', query })
    },

    async flush() {
      assertOpen(closing)
      if (queue.stats.queued > 0) await queue.push({ op: 'flush' })
    },

    async stats() {
      const counts = await read<{ sessions: number; traces: number }>({ ask: 'counts' })
      const bytes = sizeOf(path) + sizeOf(`${path}-wal`)
      return { ...counts, interrupted, bytes, ...queue.stats }
    },

    activity: () => queue.stats,

    async probe() {
      assertOpen(closing)
      await queue.push({ op: 'probe' })
    },

    close() {
      closing ??= (async () => {
        // What was handed over is committed or refused; either way nothing is left behind.
        await queue.push({ op: 'flush' }).catch(() => undefined)
        await reader.stop()
        await writer.ask({ ask: 'close' }).catch(() => undefined)
        await writer.stop()
        unlock()
      })()
      return closing
    },
  }
}

/** The directory and the file belong to the gateway's user alone: prompts are in there. */
function prepareFile(path: string): () => void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const unlock = lockFile(`${path}.lock`)
    if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
    return unlock
  } catch (error) {
    throw unusable(path, error)
  }
}

function unusable(path: string, error: unknown): GatewayError {
  const cause = error instanceof GatewayError ? error.cause : error
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new GatewayError('store_unusable', { detail: `${path}: ${reason}`, owner: 'store', cause })
}

function assertOpen(closing: Promise<void> | null): void {
  if (closing) throw new GatewayError('shutting_down', { owner: 'store' })
}

/** Checked here, where the error is still a {@link GatewayError}. */
function checkCursor({ session_id, cursor }: TraceQuery): void {
  readCursor(session_id === undefined ? 'call' : 'turn', cursor)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
