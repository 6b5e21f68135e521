import type { DatabaseSync } from 'node:sqlite'
import { ByteWriter } from './bytes.ts'
import { LiveSessions, type LiveSession } from './live-sessions.ts'
import { ChainReader, findLink, packNumbers, type Chain } from './number-chain.ts'
import type { CallPlace } from './call-place.ts'
import { numberOf, SCHEMA_VERSION } from './schema.ts'
import { textKey } from './text-key.ts'
import { prepareWrites, type WriteStatements } from './write-statements.ts'

/** Sessions under way are remembered up to this many bytes, all together. */
const LIVE_BYTES = 64 * 1024 * 1024
/** Calls under way whose place is remembered, so that saving them need not look it up. */
const LIVE_CALLS = 4096

/** What the writer knows besides the file. All of it can be forgotten and is then read anew. */
export class WriterState {
  readonly sql: WriteStatements
  readonly chains: ChainReader
  readonly sessions = new LiveSessions(LIVE_BYTES)
  readonly calls = new Map<string, CallPlace>()
  /** Memory to put a payload together in, used again for each. */
  readonly scratch = new ByteWriter(64 * 1024)
  /** The last key given out in each table. Keys are never given out twice while a process lives. */
  readonly last: { session: number; call: number; chain: number; part: number }
  readonly #db: DatabaseSync
  readonly #keyframeEvery: number

  constructor(db: DatabaseSync, keyframeEvery: number, atLeast?: WriterState['last']) {
    this.#db = db
    this.sql = prepareWrites(db)
    this.chains = new ChainReader(db)
    this.#keyframeEvery = keyframeEvery
    const lastOf = (table: string): number =>
      numberOf(db, `SELECT ifnull(max(key), 0) FROM ${table}`)
    this.last = {
      session: Math.max(lastOf('sessions'), atLeast?.session ?? 0),
      call: Math.max(lastOf('calls'), atLeast?.call ?? 0),
      chain: Math.max(lastOf('chains'), atLeast?.chain ?? 0),
      part: Math.max(lastOf('parts'), atLeast?.part ?? 0),
    }
  }

  /** The session, from memory, from the file, or new. */
  session(id: string): LiveSession {
    const live = this.sessions.get(id)
    if (live) return live
    const name = textKey(id)
    const found = this.sql.findSession.get(name) as
      | { key: number; first_call: number | null }
      | undefined
    const key = found?.key ?? ++this.last.session
    if (!found) this.sql.insertSession.run(key, name)
    const { seq } = found ? (this.sql.lastTurn.get(key) as { seq: number }) : { seq: 0 }
    const session: LiveSession = {
      key,
      lastSeq: seq,
      hasTurns: (found?.first_call ?? null) !== null,
      bodies: { received: [], sent: [], messages: [] },
      ids: [],
      bytes: 0,
    }
    this.sessions.add(id, session)
    if (!found) return session
    for (const { ids } of this.sql.recentIds.all(key) as { ids: number }[]) {
      this.sessions.addIds(session, this.chains.read(ids))
    }
    return session
  }

  writeChain(
    session: number,
    values: Int32Array,
    candidates: readonly Chain[],
    runs: Uint8Array | null,
  ): Chain {
    const { parent, prefix } = findLink(values, candidates, this.#keyframeEvery)
    const key = ++this.last.chain
    this.sql.insertChain.run(
      key,
      session,
      parent?.key ?? null,
      prefix,
      runs,
      packNumbers(values.subarray(prefix)),
    )
    return { key, values, depth: parent ? parent.depth + 1 : 0 }
  }

  rememberCall(id: string, place: CallPlace): void {
    this.calls.set(id, place)
    const [oldest] = this.calls.keys()
    if (this.calls.size > LIVE_CALLS && oldest !== undefined) this.calls.delete(oldest)
  }

  /** SQLite writes the page of the version number also when the number stays the same. */
  probe(): void {
    this.#db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
  }

  /** After a rollback nothing that was remembered since can be trusted. */
  forget(): void {
    this.sessions.clear()
    this.calls.clear()
    this.chains.clear()
  }
}
