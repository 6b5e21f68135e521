import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { RecordKind, SpendGroup, SpendQuery } from '../spend.ts'
import type { SessionQuery, TraceQuery } from '../store.ts'
import { failureOf } from './failure.ts'
import type { ThreadReply } from './jobs.ts'
import type { SqliteOptions } from './options.ts'
import { BooksReader } from './read-books.ts'
import { Reader, type CallName } from './reader.ts'

/** The reader thread: one question at a time, answered in order. */

export type ReadRequest =
  | { readonly ask: 'trace' | 'wire' | 'session' | 'samplingParams'; readonly id: string }
  | { readonly ask: 'traceAt'; readonly name: CallName }
  | { readonly ask: 'names' | 'summaries'; readonly query: TraceQuery }
  | { readonly ask: 'sessions'; readonly query: SessionQuery }
  | { readonly ask: 'counts' | 'hasSamplingParams' }
  | { readonly ask: 'spendRows'; readonly query: SpendQuery }
  | { readonly ask: 'spendSums'; readonly by: readonly SpendGroup[]; readonly query: SpendQuery }
  | { readonly ask: 'records'; readonly kind: RecordKind }

const { path, busyTimeoutMs } = workerData as SqliteOptions
const db = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs })
const reader = new Reader(db)
const books = new BooksReader(db)

parentPort?.on('message', (request: ReadRequest) => {
  parentPort?.postMessage(reply(request))
})

function reply(request: ReadRequest): ThreadReply {
  try {
    // One answer is one moment: a call deleted between two statements would be half there.
    db.exec('BEGIN')
    return { ok: true, value: answer(request) }
  } catch (error) {
    return { ok: false, failure: failureOf(error) }
  } finally {
    if (db.isTransaction) db.exec('ROLLBACK')
  }
}

function answer(request: ReadRequest): unknown {
  switch (request.ask) {
    case 'trace':
      return reader.trace(request.id)
    case 'wire':
      return reader.wire(request.id)
    case 'session':
      return reader.session(request.id)
    case 'samplingParams':
      return reader.samplingParams(request.id)
    case 'traceAt':
      return reader.traceAt(request.name)
    case 'names':
      return reader.names(request.query)
    case 'summaries':
      return reader.summaries(request.query)
    case 'sessions':
      return reader.sessions(request.query)
    case 'hasSamplingParams':
      return reader.hasSamplingParams()
    case 'counts':
      return reader.counts()
    case 'spendRows':
      return books.rows(request.query)
    case 'spendSums':
      return books.sums(request.by, request.query)
    case 'records':
      return books.records(request.kind)
  }
}
