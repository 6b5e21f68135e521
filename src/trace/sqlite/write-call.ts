import { packBlob } from './blob.ts'
import { writeBody } from './body-writer.ts'
import { sizeOfVarint, type ByteWriter } from './bytes.ts'
import type { BeginJob, SaveJob } from './jobs.ts'
import { findPlace, takeTurn, type CallPlace } from './call-place.ts'
import type { LiveSession } from './live-sessions.ts'
import { sharedNumbers } from './number-chain.ts'
import { writeResponse } from './response-ids.ts'
import { moveCall } from './move-call.ts'
import { traceKey } from './text-key.ts'
import { putSpend } from './write-books.ts'
import type { WriterState } from './writer-state.ts'

const NO_IDS = new Int32Array()

/** Gives a call its numbers and keeps what is known of it. A call that has begun stays as it is. */
export function beginCall(state: WriterState, job: BeginJob): void {
  if (findPlace(state, job.id)) return
  insertCall(state, job, job.received, job.intent)
}

/** Keeps a call as it ended, in place of what was kept of it before. */
export function saveCall(state: WriterState, job: SaveJob): void {
  const place = placeOf(state, job)
  const owner = state.session(job.sessions[0] as string)
  const received = job.received ? writeBody(state, owner, 'received', job.received) : place.received
  const sent = job.sent && writeBody(state, owner, 'sent', job.sent)
  const messages = job.messages && writeBody(state, owner, 'messages', job.messages)
  const ids = job.ids && writeIds(state, owner, place, job.ids)
  state.sql.saveCall.run(received, sent, messages, ids, ...job.row, place.key)
  state.sql.putPayload.run(place.key, packPayload(state.scratch.clear(), job))
  if (job.spend) putSpend(state, job.spend)
  // A call is saved once; a second time is rare and may look its place up.
  state.calls.delete(job.id)
}

function packPayload(
  payload: ByteWriter,
  { head, columns, response, ids, promptLength }: SaveJob,
): Uint8Array {
  payload.varint(sizeOfVarint(head.length) + head.length + (columns?.length ?? 0))
  payload.varint(head.length)
  payload.bytes(head)
  if (columns) payload.bytes(columns)
  writeResponse(payload, response, ids?.subarray(0, promptLength) ?? NO_IDS)
  return packBlob(payload.finish())
}

function writeIds(
  state: WriterState,
  session: LiveSession,
  place: CallPlace,
  view: Int32Array,
): number {
  if (place.ids !== null) {
    const kept = state.chains.read(place.ids).values
    if (kept.length === view.length && sharedNumbers(kept, view) === view.length) return place.ids
  }
  // The view shares its memory with the whole batch, which must not outlive it.
  const chain = state.writeChain(session.key, view.slice(), session.ids, null)
  state.sessions.addIds(session, chain)
  return chain.key
}

/** The place of a call, taken now when it never began, and moved when its sessions are others. */
function placeOf(state: WriterState, job: SaveJob): CallPlace {
  const place = findPlace(state, job.id)
  if (place) return moveCall(state, place, job.sessions)
  if (!job.received) throw new Error(`call ${job.id} is saved without its body, which is not known`)
  return insertCall(state, job, job.received, null)
}

function insertCall(
  state: WriterState,
  job: BeginJob | SaveJob,
  received: Uint8Array,
  intent: string | null,
): CallPlace {
  const key = ++state.last.call
  const timestamp = job.row[10] as number
  const turns = [...new Set(job.sessions)].map((id) => {
    const session = state.session(id)
    return takeTurn(state, session, key, timestamp)
  })
  const [first, ...others] = turns
  if (!first) throw new Error(`call ${job.id} belongs to no session`)
  const owner = state.session(job.sessions[0] as string)
  const place = { key, turns, received: writeBody(state, owner, 'received', received), ids: null }
  const extra = others.length > 0 ? JSON.stringify(others) : null
  state.sql.insertCall.run(
    key,
    traceKey(job.id),
    ...first,
    extra,
    place.received,
    intent,
    ...job.row,
  )
  if (intent !== null) state.rememberCall(job.id, place)
  return place
}
