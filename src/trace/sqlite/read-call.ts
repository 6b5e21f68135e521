import type { DatabaseSync } from 'node:sqlite'
import type { Intent, Trace, WireRecord } from '../../plugin/index.ts'
import { rawRequest } from '../derive.ts'
import { extendsTurn } from '../extends-turn.ts'
import { pendingTrace } from '../pending-trace.ts'
import { unpackBlob } from './blob.ts'
import { decodeTrace, type Decoded } from './decode-trace.ts'
import { ChainReader } from './number-chain.ts'
import { BodyReader } from './read-body.ts'
import type { CallRecord, ReadStatements } from './read-statements.ts'
import { readTextKey, readTraceKey } from './text-key.ts'

const NO_IDS = new Int32Array()

/** What of an intent has no column of its own. */
export type StoredIntent = Pick<Intent, 'metadata' | 'request_id' | 'idempotency_key'>

/** Puts calls together again from everything that is stored of them. */
export class CallReader {
  readonly #sql: ReadStatements
  readonly #chains: ChainReader
  readonly #bodies: BodyReader

  constructor(db: DatabaseSync, sql: ReadStatements) {
    this.#sql = sql
    this.#chains = new ChainReader(db)
    this.#bodies = new BodyReader(db, this.#chains)
  }

  /** A call as seen from one of its sessions; null when it is gone, or not in that session. */
  read(key: number, session: number): Trace | null {
    const row = this.#row(key)
    if (!row) return null
    const turns = turnsOf(row)
    const turn = turns.find(([inSession]) => inSession === session)
    if (!turn) return null
    const ids = turns.map(([inSession]) => this.#sessionId(inSession))
    const { wire: _, ...decoded } = this.#decode(row, ids)
    return {
      ...decoded,
      session_id: this.#sessionId(session),
      session_ids: ids,
      seq: turn[1],
      status: row.status,
      reason: row.reason === null ? null : readTextKey(row.reason),
      checks: {
        ...decoded.checks,
        extends_last_turn: this.#extendsLast(row.ids, turn, decoded.prompt_token_ids),
      },
    }
  }

  readWire(key: number): WireRecord | null {
    const row = this.#row(key)
    return row ? this.#decode(row, []).wire : null
  }

  #decode(row: CallRecord, sessionIds: readonly string[]): Decoded {
    const received = this.#bodies.read(row.received)
    if (row.payload === null) return decodeIntent(row, received, sessionIds)
    return decodeTrace(unpackBlob(row.payload), {
      received,
      ids: row.ids === null ? NO_IDS : this.#chains.read(row.ids).values,
      readSent: () => this.#bodies.read(row.sent as number),
      readMessages: () => this.#bodies.read(row.messages as number),
    })
  }

  /** Mostly told by how the ids are stored; only a list that is no plain continuation is compared. */
  #extendsLast(
    ids: number | null,
    [session, seq]: readonly [number, number],
    prompt: readonly number[],
  ): boolean | null {
    if (ids === null || prompt.length === 0) return null
    const last = this.#sql.idsBefore.get(session, seq) as { ids: number } | undefined
    if (!last) return null
    const before = this.#chains.read(last.ids).values
    const link = this.#sql.chainLink.get(ids) as { parent: number | null; prefix: number }
    const isLinked = link.parent === last.ids && link.prefix === before.length
    if (isLinked && prompt.length >= before.length) return true
    return extendsTurn(
      { prompt_token_ids: prompt, completion_token_ids: [] },
      { prompt_token_ids: [...before], completion_token_ids: [] },
    )
  }

  #row(key: number): CallRecord | undefined {
    return this.#sql.call.get(key) as unknown as CallRecord | undefined
  }

  #sessionId(key: number): string {
    const row = this.#sql.sessionId.get(key) as { id: string } | undefined
    if (!row) throw new Error(`the stored session ${key} is missing`)
    return readTextKey(row.id)
  }
}

function turnsOf({ session, seq, others }: CallRecord): (readonly [number, number])[] {
  return [[session, seq], ...(others === null ? [] : (JSON.parse(others) as [number, number][]))]
}

function decodeIntent(
  row: CallRecord,
  received: Uint8Array,
  sessionIds: readonly string[],
): Decoded {
  const intent = JSON.parse(row.intent ?? '{}') as StoredIntent
  const request = rawRequest(received)
  const streaming = row.streaming === 1
  const trace = pendingTrace(
    {
      ...intent,
      trace_id: readTraceKey(row.trace_id),
      session_ids: sessionIds,
      timestamp: row.timestamp,
      model: readTextKey(row.model),
      dialect: row.dialect as Intent['dialect'],
      streaming,
    },
    request,
  )
  const response = new Uint8Array()
  return { ...trace, wire: { received, sent: null, response, edits: [], stream: streaming } }
}
