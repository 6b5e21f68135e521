import { takeTurn, type CallPlace } from './call-place.ts'
import type { Chain } from './number-chain.ts'
import type { WriterState } from './writer-state.ts'

/** Where a call's lists are named. */
const LISTS = ['received', 'sent', 'messages', 'ids'] as const

/** Gives a call exactly these sessions, the first one being its owner. Numbers it has already stay. */
export function moveCall(
  state: WriterState,
  place: CallPlace,
  sessions: readonly string[],
): CallPlace {
  const wanted = [...new Set(sessions)].map((id) => state.session(id))
  const isSame =
    wanted.length === place.turns.length &&
    wanted.every(({ key }, at) => key === place.turns[at]?.[0])
  if (isSame) return place
  const turns = wanted.map(
    (session) =>
      place.turns.find(([key]) => key === session.key) ??
      takeTurn(state, session, place.key, timestampOf(state, place.key)),
  )
  for (const [session, seq] of place.turns) {
    if (!turns.some(([kept]) => kept === session)) state.sql.deleteTurn.run(session, seq)
  }
  return keepTurns(state, place, turns)
}

/** Writes down the sessions that a call is left with; a new owner gets lists of its own. */
export function keepTurns(
  state: WriterState,
  place: CallPlace,
  turns: CallPlace['turns'],
): CallPlace {
  const [owner, ...others] = turns
  if (!owner) throw new Error(`call ${place.key} would belong to no session`)
  state.sql.moveCall.run(...owner, others.length > 0 ? JSON.stringify(others) : null, place.key)
  if (owner[0] === place.turns[0]?.[0]) return { ...place, turns }
  const lists = rewriteLists(state, place.key, owner[0])
  return { ...place, turns, received: lists.received as number, ids: lists.ids ?? null }
}

/** Stores a call's lists whole under a session, so that they depend on no other call. */
export function rewriteLists(
  state: WriterState,
  call: number,
  session: number,
): Partial<Record<(typeof LISTS)[number], number>> {
  const row = state.sql.listsOfCall.get(call) as unknown as Record<string, number | null>
  const rewritten: Record<string, number> = {}
  for (const name of LISTS) {
    const key = row[name]
    if (key === null || key === undefined) continue
    const { runs } = state.sql.runsOfChain.get(key) as { runs: Uint8Array | null }
    const chain: Chain = state.writeChain(session, state.chains.read(key).values, [], runs)
    rewritten[name] = chain.key
    if (runs) for (const part of chain.values) state.sql.insertPartRef.run(session, part)
  }
  const { received, sent = null, messages = null, ids = null } = rewritten
  state.sql.putLists.run(received as number, sent, messages, ids, call)
  return rewritten
}

function timestampOf(state: WriterState, call: number): number {
  return (state.sql.timestampOfCall.get(call) as { timestamp: number }).timestamp
}
