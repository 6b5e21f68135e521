import type { BodyCut } from './cut-body.ts'
import type { Chain } from './number-chain.ts'

/** A body as it was last seen, so that the next one need not be read where it is the same. */
export interface LiveBody {
  readonly bytes: Uint8Array
  readonly cut: BodyCut
  /** The keys of its parts, then the key of the bytes between them. */
  readonly chain: Chain
  readonly runs: Uint8Array
}

/** The kinds of lists a session has. Each has parents among its own kind only. */
export type BodyKind = 'received' | 'sent' | 'messages'

/** What the writer remembers of a session: its numbers and its most recent turns, newest first. */
export interface LiveSession {
  readonly key: number
  lastSeq: number
  hasTurns: boolean
  readonly bodies: Record<BodyKind, LiveBody[]>
  ids: Chain[]
  bytes: number
}

/** Sub-agents of a session take turns; the parent is among the last few, not always the last. */
const RECENT_TURNS = 4

/** Forgets the session that was not used for longest when all of them together grow too large. */
export class LiveSessions {
  readonly #sessions = new Map<string, LiveSession>()
  readonly #limit: number
  #bytes = 0

  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }

  get(id: string): LiveSession | undefined {
    const session = this.#sessions.get(id)
    if (session) {
      this.#sessions.delete(id)
      this.#sessions.set(id, session)
    }
    return session
  }

  add(id: string, session: LiveSession): LiveSession {
    this.#sessions.set(id, session)
    return session
  }

  addBody(session: LiveSession, kind: BodyKind, body: LiveBody): void {
    session.bodies[kind].unshift(body)
    const dropped = session.bodies[kind].splice(RECENT_TURNS)
    this.#grow(session, sizeOfBody(body) - dropped.reduce((sum, old) => sum + sizeOfBody(old), 0))
  }

  addIds(session: LiveSession, chain: Chain): void {
    session.ids.unshift(chain)
    const dropped = session.ids.splice(RECENT_TURNS)
    const freed = dropped.reduce((sum, old) => sum + old.values.byteLength, 0)
    this.#grow(session, chain.values.byteLength - freed)
  }

  forget(id: string): void {
    this.#bytes -= this.#sessions.get(id)?.bytes ?? 0
    this.#sessions.delete(id)
  }

  clear(): void {
    this.#sessions.clear()
    this.#bytes = 0
  }

  #grow(session: LiveSession, bytes: number): void {
    session.bytes += bytes
    this.#bytes += bytes
    for (const [id, oldest] of this.#sessions) {
      if (this.#bytes <= this.#limit || oldest === session) break
      this.forget(id)
    }
  }
}

function sizeOfBody({ bytes, cut, chain }: LiveBody): number {
  return bytes.length + cut.spans.length * 8 + chain.values.byteLength
}
