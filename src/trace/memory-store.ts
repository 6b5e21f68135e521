import { rawRequest, rawResponse } from './derive.ts'
import { extendsTurn } from './extends-turn.ts'
import {
  endedTurns,
  firstTurn,
  MemoryLedger,
  placeOf,
  turnWithIds,
  type Entry,
  type MemorySession,
  type Seen,
} from './memory-ledger.ts'
import { createMemoryBooks } from './memory-books.ts'
import { pageOf, readCursor, writeCursor } from './paging.ts'
import { pendingTrace } from './pending-trace.ts'
import { spendRowOf } from './spend-row.ts'
import type { Page, SessionInfo, SessionQuery, TraceQuery, TraceStore } from './store.ts'
import { summarize } from './summary.ts'
import type { Trace } from '../plugin/index.ts'

/** Keeps traces in this process and nowhere else: for tests, rehearsals and `--store memory`. */
export function createMemoryStore(): TraceStore {
  const ledger = new MemoryLedger()
  const books = createMemoryBooks()
  let commits = 0

  const read = ({ entry, sessionId }: Seen): Trace => {
    const seq = entry.seqs.get(sessionId) ?? 0
    const session = ledger.sessions.get(sessionId)
    const last = session ? turnWithIds(session, seq) : null
    return {
      ...entry.trace,
      session_id: sessionId,
      seq,
      raw_request: rawRequest(entry.wire.received),
      raw_response: rawResponse(entry.wire),
      checks: { ...entry.trace.checks, extends_last_turn: extendsTurn(entry.trace, last) },
    }
  }

  const list = <T>(query: TraceQuery, show: (trace: Trace) => T): Page<T> => {
    const { session_id: session, cursor, limit } = query
    const kind = session === undefined ? 'call' : 'turn'
    const found = ledger.find(query, readCursor(kind, cursor)?.[0] ?? 0)
    const page = pageOf(found, limit, ({ entry }) => writeCursor(kind, placeOf(entry, session)))
    return { items: page.items.map((seen) => show(read(seen))), cursor: page.cursor }
  }

  return {
    name: 'memory',
    books,
    durability: 'none',

    async begin(intent) {
      if (ledger.calls.has(intent.trace_id)) return
      const { received, streaming: stream } = intent
      const trace = pendingTrace(intent, rawRequest(received))
      ledger.put(trace, { received, sent: null, response: new Uint8Array(), edits: [], stream })
      commits++
    },

    async save(full) {
      const { wire, ...trace } = full
      ledger.put(trace, wire)
      if (full.status !== 'pending') books.put(spendRowOf(full))
      commits++
    },

    async putSession({ session_id, metadata, sampling_params }) {
      const session = ledger.session(session_id)
      session.createdAt = Date.now() / 1000
      if (metadata) session.metadata = metadata
      if (sampling_params) session.samplingParams = sampling_params
      return infoOf(session)
    },

    async getSession(id) {
      const session = ledger.sessions.get(id)
      return session ? infoOf(session) : null
    },

    getSamplingParams(id) {
      return ledger.sessions.get(id)?.samplingParams ?? null
    },

    async listSessions(query) {
      const page = pageOf(
        rank(ledger.sessions.values(), query),
        query.limit,
        ({ first, session }) => writeCursor('session', first.order, session.order),
      )
      return { items: page.items.map(({ session }) => infoOf(session)), cursor: page.cursor }
    },

    async deleteSession(id) {
      const session = ledger.sessions.get(id)
      if (!session) return 0
      books.forgetSession(id)
      return ledger.remove(session)
    },

    async getTrace(id) {
      const entry = ledger.calls.get(id)
      return entry ? read({ entry, sessionId: entry.trace.session_id }) : null
    },

    async getWire(id) {
      return ledger.calls.get(id)?.wire ?? null
    },

    listTraces: async (query) => list(query, (trace) => trace),
    listSummaries: async (query) => list(query, summarize),

    async flush() {},

    async stats() {
      const ended = [...ledger.calls.values()].filter(({ trace }) => trace.status !== 'pending')
      const counts = { sessions: ledger.sessions.size, traces: ended.length }
      return { ...counts, interrupted: 0, bytes: 0, commits, rows: commits, queued: 0 }
    },

    activity: () => ({ commits, rows: commits, queued: 0 }),

    async probe() {},

    async close() {},
  }
}

interface Ranked {
  readonly session: MemorySession
  readonly first: Entry
}

/** Sessions that have traces, newest first by their first call, after the cursor's. */
function rank(sessions: Iterable<MemorySession>, { since, cursor }: SessionQuery): Ranked[] {
  const [call = Infinity, key = Infinity] = readCursor('session', cursor) ?? []
  return [...sessions]
    .flatMap((session): Ranked[] => {
      const first = firstTurn(session)
      return first && endedTurns(session).length > 0 ? [{ session, first }] : []
    })
    .filter(({ first }) => first.trace.timestamp >= (since ?? -Infinity))
    .filter(
      ({ first, session }) => first.order < call || (first.order === call && session.order < key),
    )
    .sort((a, b) => b.first.order - a.first.order || b.session.order - a.session.order)
}

function infoOf(session: MemorySession): SessionInfo {
  return {
    session_id: session.id,
    trace_count: endedTurns(session).length,
    created_at: session.createdAt ?? firstTurn(session)?.trace.timestamp ?? null,
    metadata: session.metadata,
  }
}
