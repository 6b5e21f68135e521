import type { LiveSession } from './live-sessions.ts'
import { traceKey } from './text-key.ts'
import type { WriterState } from './writer-state.ts'

/** Where a call is: its key and its turn in each session, the first one owning its lists. */
export interface CallPlace {
  readonly key: number
  readonly turns: readonly (readonly [session: number, seq: number])[]
  readonly received: number
  readonly ids: number | null
}

/** The next number of a session, given to a call. */
export function takeTurn(
  state: WriterState,
  session: LiveSession,
  call: number,
  timestamp: number,
): readonly [session: number, seq: number] {
  const seq = ++session.lastSeq
  state.sql.insertTurn.run(session.key, seq, call)
  if (!session.hasTurns) {
    state.sql.firstTurn.run(call, timestamp, session.key)
    session.hasTurns = true
  }
  return [session.key, seq]
}

/** Where a call is, from memory or from the file; null when it is not known. */
export function findPlace(state: WriterState, id: string): CallPlace | null {
  const known = state.calls.get(id)
  if (known) return known
  const row = state.sql.findCall.get(traceKey(id)) as unknown as CallPlaceRow | undefined
  return row ? readPlace(row) : null
}

export interface CallPlaceRow {
  readonly key: number
  readonly session: number
  readonly seq: number
  readonly others: string | null
  readonly received: number
  readonly ids: number | null
}

export function readPlace({ key, session, seq, others, received, ids }: CallPlaceRow): CallPlace {
  const rest = others === null ? [] : (JSON.parse(others) as [number, number][])
  return { key, turns: [[session, seq], ...rest], received, ids }
}
