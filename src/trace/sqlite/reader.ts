import type { DatabaseSync } from 'node:sqlite'
import type { Trace, WireRecord } from '../../plugin/index.ts'
import { pageOf, readCursor, writeCursor } from '../paging.ts'
import type { Page, SessionInfo, SessionQuery, TraceQuery, TraceSummary } from '../store.ts'
import { CallReader } from './read-call.ts'
import {
  prepareReads,
  type ListRow,
  type ReadStatements,
  type SessionRow,
} from './read-statements.ts'
import { readTextKey, readTraceKey, textKey, traceKey } from './text-key.ts'

/** One entry of a list, to be read on its own, so that no answer is larger than a trace. */
export interface CallName {
  readonly call: number
  readonly session: number
}

const NO_LIMIT = -1

/** Answers every question about what is stored, on a connection that cannot write. */
export class Reader {
  readonly #sql: ReadStatements
  readonly #calls: CallReader

  constructor(db: DatabaseSync) {
    this.#sql = prepareReads(db)
    this.#calls = new CallReader(db, this.#sql)
  }

  trace(id: string): Trace | null {
    const found = this.#sql.callKey.get(traceKey(id)) as unknown as CallName | undefined
    return found ? this.#calls.read(found.call, found.session) : null
  }

  /** Null when the call was deleted since it was listed. */
  traceAt({ call, session }: CallName): Trace | null {
    return this.#calls.read(call, session)
  }

  wire(id: string): WireRecord | null {
    const found = this.#sql.callKey.get(traceKey(id)) as unknown as CallName | undefined
    return found ? this.#calls.readWire(found.call) : null
  }

  names(query: TraceQuery): Page<CallName> {
    const { items, cursor } = this.#list(query)
    return { items: items.map(({ key, session }) => ({ call: key, session })), cursor }
  }

  summaries(query: TraceQuery): Page<TraceSummary> {
    const { items, cursor } = this.#list(query)
    return { items: items.map(summaryOf), cursor }
  }

  session(id: string): SessionInfo | null {
    const row = this.#sql.session.get(textKey(id)) as unknown as SessionRow | undefined
    return row ? this.#infoOf(row) : null
  }

  samplingParams(id: string): string | null {
    const row = this.#sql.session.get(textKey(id)) as unknown as SessionRow | undefined
    return row?.sampling_params ?? null
  }

  /** True when any session has some. */
  hasSamplingParams(): boolean {
    return (this.#sql.hasSamplingParams.get() as { found: number }).found === 1
  }

  sessions({ since, limit, cursor }: SessionQuery): Page<SessionInfo> {
    const [call = Number.MAX_SAFE_INTEGER, key = Number.MAX_SAFE_INTEGER] =
      readCursor('session', cursor) ?? []
    const rows = this.#sql.sessions.all(
      call,
      key,
      since ?? -Infinity,
      limit === undefined ? NO_LIMIT : limit + 1,
    ) as unknown as SessionRow[]
    const page = pageOf(rows, limit, (row) => writeCursor('session', row.first_call ?? 0, row.key))
    return { items: page.items.map((row) => this.#infoOf(row)), cursor: page.cursor }
  }

  counts(): { sessions: number; traces: number } {
    return this.#sql.counts.get() as { sessions: number; traces: number }
  }

  #list(query: TraceQuery): Page<ListRow> {
    const { session_id: session, since = -Infinity, limit, status = null } = query
    const kind = session === undefined ? 'call' : 'turn'
    const after = readCursor(kind, query.cursor)?.[0] ?? 0
    const hidden = query.pending || status !== null ? null : 'pending'
    const most = limit === undefined ? NO_LIMIT : limit + 1
    const rows =
      session === undefined
        ? this.#sql.calls.all(after, since, status, status, hidden, hidden, most)
        : this.#sql.turns.all(textKey(session), after, since, status, status, hidden, hidden, most)
    return pageOf(rows as unknown as ListRow[], limit, (row) =>
      writeCursor(kind, kind === 'call' ? row.key : row.seq),
    )
  }

  #infoOf(row: SessionRow): SessionInfo {
    const { count } = this.#sql.savedTurns.get(row.key) as { count: number }
    return {
      session_id: readTextKey(row.id),
      trace_count: count,
      created_at: row.created_at ?? row.first_at,
      metadata: row.metadata === null ? {} : (JSON.parse(row.metadata) as SessionInfo['metadata']),
    }
  }
}

function summaryOf(row: ListRow): TraceSummary {
  return {
    trace_id: readTraceKey(row.trace_id),
    session_id: readTextKey(row.session_id),
    seq: row.seq,
    model: readTextKey(row.model),
    dialect: row.dialect,
    streaming: row.streaming === 1,
    status: row.status,
    reason: readOptional(row.reason),
    finish_reason: readOptional(row.finish_reason),
    prompt_tokens: row.prompt_tokens,
    completion_tokens: row.completion_tokens,
    latency_ms: row.latency_ms,
    ttft_ms: row.ttft_ms,
    timestamp: row.timestamp,
    upstream: readOptional(row.upstream),
    simulated: row.simulated === 1,
  }
}

function readOptional(stored: string | null): string | null {
  return stored === null ? null : readTextKey(stored)
}
