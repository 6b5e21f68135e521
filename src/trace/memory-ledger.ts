import type { JsonObject, Trace, WireRecord } from '../plugin/index.ts'
import type { TraceQuery } from './store.ts'

/** A call as kept: `order` counts calls as they began, `seqs` holds its number in each session. */
export interface Entry {
  readonly order: number
  readonly seqs: Map<string, number>
  trace: Omit<Trace, 'seq'>
  wire: WireRecord
}

export interface MemorySession {
  readonly id: string
  /** Counts sessions as they were first heard of. */
  readonly order: number
  createdAt: number | null
  metadata: JsonObject
  samplingParams: JsonObject | null
  /** The last number given out. */
  lastSeq: number
  /** Calls by their number, in the order of their numbers. */
  readonly turns: Map<number, Entry>
}

/** An entry as seen from one of its sessions. */
export interface Seen {
  readonly entry: Entry
  readonly sessionId: string
}

/** Calls and sessions, and which call is which turn of which session. */
export class MemoryLedger {
  readonly calls = new Map<string, Entry>()
  readonly sessions = new Map<string, MemorySession>()
  #calls = 0
  #sessions = 0

  session(id: string): MemorySession {
    const known = this.sessions.get(id)
    if (known) return known
    const session = {
      id,
      order: ++this.#sessions,
      createdAt: null,
      metadata: {},
      samplingParams: null,
      lastSeq: 0,
      turns: new Map<number, Entry>(),
    }
    this.sessions.set(id, session)
    return session
  }

  /** Keeps a call in exactly these sessions; numbers it has already stay. */
  put(trace: Omit<Trace, 'seq'>, wire: WireRecord): void {
    let entry = this.calls.get(trace.trace_id)
    if (!entry) {
      entry = { order: ++this.#calls, seqs: new Map(), trace, wire }
      this.calls.set(trace.trace_id, entry)
    }
    entry.trace = trace
    entry.wire = wire
    for (const id of trace.session_ids) if (!entry.seqs.has(id)) this.#join(entry, id)
    for (const id of entry.seqs.keys()) if (!trace.session_ids.includes(id)) this.#leave(entry, id)
  }

  /**
   * Removes a session and every ended call that is in no other one. A call under way keeps its number,
   * so the session lives on until that call ends. Returns how many calls left the session.
   */
  remove(session: MemorySession): number {
    const ended = endedTurns(session)
    for (const entry of ended) {
      this.#leave(entry, session.id)
      const left = entry.trace.session_ids.filter((id) => id !== session.id)
      const [first] = left
      if (first === undefined) this.calls.delete(entry.trace.trace_id)
      else entry.trace = { ...entry.trace, session_ids: left, session_id: first }
    }
    session.createdAt = null
    session.metadata = {}
    session.samplingParams = null
    if (session.turns.size === 0) this.sessions.delete(session.id)
    return ended.length
  }

  /** What a query asks for, one more than its limit, after the given place in its order. */
  find(query: TraceQuery, after: number): Seen[] {
    const { session_id: session, limit = Infinity } = query
    const found: Seen[] = []
    const entries =
      session === undefined
        ? this.calls.values()
        : (this.sessions.get(session)?.turns.values() ?? [])
    for (const entry of entries) {
      if (found.length > limit) break
      if (placeOf(entry, session) <= after || !matches(entry.trace, query)) continue
      found.push({ entry, sessionId: session ?? entry.trace.session_id })
    }
    return found
  }

  #join(entry: Entry, id: string): void {
    const session = this.session(id)
    const seq = ++session.lastSeq
    entry.seqs.set(id, seq)
    session.turns.set(seq, entry)
  }

  #leave(entry: Entry, id: string): void {
    this.sessions.get(id)?.turns.delete(entry.seqs.get(id) ?? 0)
    entry.seqs.delete(id)
  }
}

/** Where an entry stands in the order of a list. */
export function placeOf(entry: Entry, sessionId: string | undefined): number {
  return sessionId === undefined ? entry.order : (entry.seqs.get(sessionId) ?? 0)
}

export function endedTurns({ turns }: MemorySession): Entry[] {
  return [...turns.values()].filter(({ trace }) => trace.status !== 'pending')
}

export function firstTurn({ turns }: MemorySession): Entry | undefined {
  const [first] = turns.values()
  return first
}

/** The last turn before this one that has ids. */
export function turnWithIds({ turns }: MemorySession, before: number): Entry['trace'] | null {
  for (let seq = before - 1; seq > 0; seq--) {
    const trace = turns.get(seq)?.trace
    if (trace && trace.prompt_token_ids.length + trace.completion_token_ids.length > 0) return trace
  }
  return null
}

function matches(trace: Entry['trace'], query: TraceQuery): boolean {
  if (query.status !== undefined && trace.status !== query.status) return false
  if (query.status === undefined && trace.status === 'pending' && !query.pending) return false
  return query.since === undefined || trace.timestamp >= query.since
}
