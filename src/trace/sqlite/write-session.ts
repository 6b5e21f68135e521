import type { DeleteJob, DeleteStep, PutSessionJob } from './jobs.ts'
import { keepTurns, rewriteLists } from './move-call.ts'
import { readTraceKey, textKey } from './text-key.ts'
import { readPlace, type CallPlaceRow } from './call-place.ts'
import { forgetSession } from './write-books.ts'
import type { WriterState } from './writer-state.ts'

/** How much one step of a deletion may remove; other calls are committed between two steps. */
const CALLS_PER_STEP = 200
const ROWS_PER_STEP = 1000

type EndedCall = CallPlaceRow & { readonly trace_id: Uint8Array | string }

export function putSession(state: WriterState, job: PutSessionJob): void {
  const { key } = state.session(job.session)
  state.sql.putSession.run(job.createdAt, job.metadata, job.samplingParams, key)
}

/**
 * Removes a bit of a session: first its calls, then lists and parts that nobody else needs. A call
 * under way keeps its number and is found in the session when it ends; a call that has begun since
 * is none of the deletion's business; a call of several sessions stays in the others.
 */
export function deleteStep(state: WriterState, job: DeleteJob): DeleteStep {
  const { sql } = state
  const found = sql.findSession.get(textKey(job.session)) as { key: number } | undefined
  const upTo = job.upTo ?? state.last.call
  if (!found) return { deleted: 0, upTo, more: false }
  const session = found.key
  // What the writer remembers of the session may be about to go.
  state.sessions.forget(job.session)
  state.calls.clear()
  if (job.upTo === null) sql.clearSession.run(session)

  const calls = sql.endedCalls.all(session, upTo, CALLS_PER_STEP) as unknown as EndedCall[]
  for (const { trace_id, ...row } of calls) {
    forgetSession(state, readTraceKey(trace_id), job.session)
    leaveSession(state, row, session)
  }
  if (calls.length > 0) return { deleted: calls.length, upTo, more: true }

  // Calls that stay may be stored as continuations of calls that went.
  for (const { key } of sql.linkedCalls.all(session) as { key: number }[]) {
    rewriteLists(state, key, session)
  }
  const more = deleteUnused(state, session)
  if (!more) finishSession(state, session)
  return { deleted: 0, upTo, more }
}

function leaveSession(state: WriterState, row: CallPlaceRow, session: number): void {
  const { sql } = state
  const place = readPlace(row)
  for (const [key, seq] of place.turns) if (key === session) sql.deleteTurn.run(session, seq)
  const left = place.turns.filter(([key]) => key !== session)
  if (left.length > 0) {
    keepTurns(state, place, left)
    return
  }
  sql.deletePayload.run(place.key)
  sql.deleteCall.run(place.key)
}

/** True when there may be more. */
function deleteUnused(state: WriterState, session: number): boolean {
  const { sql } = state
  if (sql.deleteChains.run(session, session, ROWS_PER_STEP).changes === ROWS_PER_STEP) return true
  const needed = new Set<number>()
  for (const { key } of sql.bodiesOfSession.all(session) as { key: number }[]) {
    for (const part of state.chains.read(key).values) needed.add(part)
  }
  let removed = 0
  for (const { part } of sql.partRefs.all(session) as { part: number }[]) {
    if (needed.has(part)) continue
    sql.deletePartRef.run(session, part)
    sql.deletePart.run(part, part)
    if (++removed === ROWS_PER_STEP) return true
  }
  return false
}

/** A session without turns is gone; one with calls under way lives on, and so do its numbers. */
function finishSession(state: WriterState, session: number): void {
  const first = state.sql.oldestTurn.get(session) as { call: number; timestamp: number } | undefined
  if (first) state.sql.firstTurn.run(first.call, first.timestamp, session)
  else state.sql.deleteSession.run(session)
}
