import type { DatabaseSync } from 'node:sqlite'
import type { TraceStatus } from '../../plugin/index.ts'
import { CALL_COLUMNS } from './jobs.ts'

export type ReadStatements = ReturnType<typeof prepareReads>

/** A call as lists show it, with its number in the session it is listed for. */
export interface ListRow {
  readonly key: number
  readonly trace_id: Uint8Array | string
  readonly session: number
  readonly session_id: string
  readonly seq: number
  readonly status: TraceStatus
  readonly reason: string | null
  readonly model: string
  readonly dialect: string
  readonly streaming: number
  readonly finish_reason: string | null
  readonly prompt_tokens: number | null
  readonly completion_tokens: number | null
  readonly latency_ms: number | null
  readonly ttft_ms: number | null
  readonly timestamp: number
  readonly upstream: string | null
  readonly simulated: number
}

/** A call with what it needs to be put together again. */
export interface CallRecord extends Omit<ListRow, 'session_id'> {
  readonly others: string | null
  readonly intent: string | null
  readonly received: number
  readonly sent: number | null
  readonly messages: number | null
  readonly ids: number | null
  readonly payload: Uint8Array | null
}

export interface SessionRow {
  readonly key: number
  readonly id: string
  readonly created_at: number | null
  readonly metadata: string | null
  readonly sampling_params: string | null
  readonly first_call: number | null
  readonly first_at: number | null
}

const LIST = `c.key, c.trace_id, ${CALL_COLUMNS.map((column) => `c.${column}`).join(', ')}`
const FILTER = `c.timestamp >= ? AND (? IS NULL OR c.status = ?) AND (? IS NULL OR c.status <> ?)`

export function prepareReads(db: DatabaseSync) {
  return {
    callKey: db.prepare('SELECT key AS call, session FROM calls WHERE trace_id = ?'),
    call: db.prepare(
      `SELECT c.*, p.body AS payload FROM calls c LEFT JOIN payloads p ON p.call = c.key
       WHERE c.key = ?`,
    ),
    calls: db.prepare(
      `SELECT ${LIST}, c.session, c.seq, s.id AS session_id
       FROM calls c JOIN sessions s ON s.key = c.session
       WHERE c.key > ? AND ${FILTER} ORDER BY c.key LIMIT ?`,
    ),
    turns: db.prepare(
      `SELECT ${LIST}, t.session, t.seq, s.id AS session_id
       FROM sessions s JOIN turns t ON t.session = s.key JOIN calls c ON c.key = t.call
       WHERE s.id = ? AND t.seq > ? AND ${FILTER} ORDER BY t.seq LIMIT ?`,
    ),
    /** The turn before one that has ids. */
    idsBefore: db.prepare(
      `SELECT c.ids FROM turns t JOIN calls c ON c.key = t.call
       WHERE t.session = ? AND t.seq < ? AND c.ids IS NOT NULL ORDER BY t.seq DESC LIMIT 1`,
    ),
    chainLink: db.prepare('SELECT parent, prefix FROM chains WHERE key = ?'),
    sessionId: db.prepare('SELECT id FROM sessions WHERE key = ?'),
    session: db.prepare('SELECT * FROM sessions WHERE id = ?'),
    hasSamplingParams: db.prepare(
      'SELECT EXISTS (SELECT 1 FROM sessions WHERE sampling_params IS NOT NULL) AS found',
    ),
    sessions: db.prepare(
      `SELECT * FROM sessions s
       WHERE (s.first_call, s.key) < (?, ?) AND s.first_at >= ? AND EXISTS (
         SELECT 1 FROM turns t JOIN calls c ON c.key = t.call
         WHERE t.session = s.key AND c.status <> 'pending')
       ORDER BY s.first_call DESC, s.key DESC LIMIT ?`,
    ),
    savedTurns: db.prepare(
      `SELECT count(*) AS count FROM turns t JOIN calls c ON c.key = t.call
       WHERE t.session = ? AND c.status <> 'pending'`,
    ),
    counts: db.prepare(
      `SELECT (SELECT count(*) FROM sessions) AS sessions,
       (SELECT count(*) FROM calls) - (SELECT count(*) FROM calls WHERE status = 'pending') AS traces`,
    ),
  }
}
