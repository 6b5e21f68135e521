import type {
  Awaitable,
  FullTrace,
  Intent,
  JsonObject,
  Trace,
  TraceStatus,
  WireRecord,
} from '../plugin/index.ts'
import type { Books } from './spend.ts'

/** `synced`: survives a power cut. `os`: survives the process. `none`: lives in memory. */
export type Durability = 'synced' | 'os' | 'none'

export interface SessionInfo {
  readonly session_id: string
  readonly trace_count: number
  /** Seconds since the epoch; null when the session was never created and has no traces. */
  readonly created_at: number | null
  readonly metadata: JsonObject
}

export interface NewSession {
  readonly session_id: string
  readonly metadata?: JsonObject
  readonly sampling_params?: JsonObject
}

/** A trace without its payload, for lists: no query for it touches a payload table. */
export interface TraceSummary {
  readonly trace_id: string
  readonly session_id: string
  readonly seq: number
  readonly model: string
  readonly dialect: string
  readonly streaming: boolean
  readonly status: TraceStatus
  readonly reason: string | null
  readonly finish_reason: string | null
  readonly prompt_tokens: number | null
  readonly completion_tokens: number | null
  readonly latency_ms: number | null
  readonly ttft_ms: number | null
  readonly timestamp: number
  readonly upstream: string | null
  readonly simulated: boolean
}

/** Which traces: of one session in turn order, or of all sessions in the order they were begun. */
export interface TraceQuery {
  readonly session_id?: string
  /** Seconds since the epoch, inclusive. */
  readonly since?: number
  readonly limit?: number
  /** From the page before; opaque. */
  readonly cursor?: string
  readonly status?: TraceStatus
  /** Include calls still under way. Off by default. */
  readonly pending?: boolean
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Null when this was the last page. */
  readonly cursor: string | null
}

export interface SessionQuery {
  readonly since?: number
  readonly limit?: number
  readonly cursor?: string
}

/**
 * Where traces live. One contract test suite holds every implementation to the promises: what `begin`
 * and `save` resolved is as durable as `durability` says and visible to every later read; `seq` is
 * contiguous within a session; saving the same trace again replaces it.
 */
export interface TraceStore {
  readonly books: Books
  readonly name: string
  readonly durability: Durability
  /** Commits an intent: status `pending`, a `seq` in each of its sessions. Repeating is harmless. */
  begin(intent: Intent): Promise<void>
  /** Commits a trace, with or without an intent before it. */
  save(trace: FullTrace): Promise<void>
  /** Creates or replaces metadata and sampling params; keeps traces; resets `created_at`. */
  putSession(session: NewSession): Promise<SessionInfo>
  /** Null when the session was neither created nor has traces. */
  getSession(id: string): Promise<SessionInfo | null>
  /** Asked for every call: answered at once, without a promise, where the answer is known. */
  getSamplingParams(id: string): Awaitable<JsonObject | null>
  /** Sessions that have traces, newest first by their first trace. */
  listSessions(query: SessionQuery): Promise<Page<SessionInfo>>
  /** Removes the session and its traces from the file; resolves to how many traces went. */
  deleteSession(id: string): Promise<number>
  getTrace(id: string): Promise<Trace | null>
  getWire(id: string): Promise<WireRecord | null>
  listTraces(query: TraceQuery): Promise<Page<Trace>>
  listSummaries(query: TraceQuery): Promise<Page<TraceSummary>>
  /** Resolves when everything handed over before is committed. */
  flush(): Promise<void>
  stats(): Promise<StoreStats>
  /** What is known without asking the file. */
  activity(): StoreActivity
  /** Commits a write that changes nothing. Rejects where traces could not be committed, either. */
  probe(): Promise<void>
  close(): Promise<void>
}

export interface StoreStats extends StoreActivity {
  readonly sessions: number
  readonly traces: number
  /** Calls that a dead process left behind, relabelled `interrupted` at start. */
  readonly interrupted: number
  /** Size on disk with write-ahead log; 0 for memory. */
  readonly bytes: number
}

export interface StoreActivity {
  readonly commits: number
  readonly rows: number
  /** Bytes waiting to be committed. */
  readonly queued: number
}
