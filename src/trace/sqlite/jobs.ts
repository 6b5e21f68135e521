import type { RecordKind } from '../spend.ts'
import type { PackedBatch } from './arena.ts'

/** What a column can hold. */
export type Cell = string | number | null

/** A call as it begins. */
export interface BeginJob {
  readonly op: 'begin'
  readonly id: string
  readonly sessions: readonly string[]
  readonly row: CallRow
  /** What else the intent says, as JSON. */
  readonly intent: string
  readonly received: Uint8Array
}

/** A call as it ended. Arrays of bytes are views into memory that the next batch overwrites. */
export interface SaveJob {
  readonly op: 'save'
  readonly id: string
  readonly sessions: readonly string[]
  readonly row: CallRow
  /** What it cost, in the order of `SPEND_COLUMNS`; null for a call that is still under way. */
  readonly spend: readonly Cell[] | null
  /** The trace as JSON, without what has a place of its own. */
  readonly head: Uint8Array
  /** Its lists of numbers, and other bytes, which the JSON refers to; null for none. */
  readonly columns: Uint8Array | null
  /** Null: the same as when the call began. */
  readonly received: Uint8Array | null
  /** The body that was sent, where it differs too much from the received one to be an edit of it. */
  readonly sent: Uint8Array | null
  /** The messages as JSON, where they cannot be read from the received body. */
  readonly messages: Uint8Array | null
  /** Prompt and completion ids of choice 0, one after the other; null when there are none. */
  readonly ids: Int32Array | null
  readonly promptLength: number
  readonly response: Uint8Array
}

export interface PutSessionJob {
  readonly op: 'put'
  readonly session: string
  /** Seconds since the epoch. */
  readonly createdAt: number
  /** JSON; null keeps what is there. */
  readonly metadata: string | null
  readonly samplingParams: string | null
}

/** One bounded step of deleting a session; its answer says whether to ask again. */
export interface DeleteJob {
  readonly op: 'delete'
  readonly session: string
  /** The last call that is part of the deletion; null in the first step, which finds it. */
  readonly upTo: number | null
}

export interface DeleteStep {
  readonly deleted: number
  readonly upTo: number
  readonly more: boolean
}

/** What a call cost that has no trace, in the order of `SPEND_COLUMNS`. */
export interface ChargeJob {
  readonly op: 'charge'
  readonly spend: readonly Cell[]
}

/** Puts documents in place of those with the same ids; a null body removes one. */
export interface RecordsJob {
  readonly op: 'records'
  readonly kind: RecordKind
  readonly records: readonly { readonly id: string; readonly body: string | null }[]
}

/** Does nothing, and is done when everything before it is. */
export interface FlushJob {
  readonly op: 'flush'
}

/** Writes what is there already, and so fails where any write would. */
export interface ProbeJob {
  readonly op: 'probe'
}

export type Job =
  | BeginJob
  | SaveJob
  | PutSessionJob
  | DeleteJob
  | ChargeJob
  | RecordsJob
  | FlushJob
  | ProbeJob

/** The columns that lists show, in the order of {@link CALL_COLUMNS}. */
export type CallRow = readonly Cell[]

export const CALL_COLUMNS = [
  'status',
  'reason',
  'model',
  'dialect',
  'streaming',
  'finish_reason',
  'prompt_tokens',
  'completion_tokens',
  'latency_ms',
  'ttft_ms',
  'timestamp',
  'upstream',
  'simulated',
] as const

/** What the writer thread is asked. */
export type WriterRequest =
  | { readonly ask: 'open' }
  | { readonly ask: 'batch'; readonly batch: PackedBatch; readonly patienceMs: number }
  | { readonly ask: 'close' }

/** An error as it crosses threads. */
export interface Failure {
  readonly message: string
  /** SQLite's extended result code, where it was SQLite that failed. */
  readonly errcode: number | null
  readonly stack: string
}

export type JobResult =
  | { readonly ok: true; readonly value: DeleteStep | null }
  | { readonly ok: false; readonly failure: Failure }

/** The answer to a batch; null when every job went well and none has a result. */
export type BatchReply = readonly JobResult[] | null

/** The answer to any request to a thread. */
export type ThreadReply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly failure: Failure }
