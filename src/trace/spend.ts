import type { TraceCaller } from '../plugin/index.ts'

/** What one call cost, as it is kept. It outlives the trace: deleting a session gives no money back. */
export interface SpendRow {
  /** The trace id; a call that is repeated under the same id has a row for each time. */
  readonly request_id: string
  /** Seconds since the epoch. */
  readonly started_at: number
  readonly ended_at: number
  /** LiteLLM's word for the kind of call: `acompletion`, `atext_completion`, `aembedding`, … */
  readonly call_type: string
  /** The model on the server, the model that was asked for, and the upstream. */
  readonly model: string
  readonly model_group: string
  readonly model_id: string
  readonly api_base: string
  readonly provider: string
  readonly caller: TraceCaller | null
  /** Empty once the session was deleted. */
  readonly session_id: string
  readonly status: 'success' | 'failure'
  readonly prompt_tokens: number
  readonly completion_tokens: number
  /** Milliseconds. */
  readonly duration_ms: number
  readonly ttft_ms: number | null
  /** US dollars; 0 where nobody knows a price. */
  readonly spend: number
  readonly cache_hit: boolean
  readonly cache_key: string | null
  readonly tags: readonly string[]
}

/** Which rows. Times are seconds since the epoch: from `since`, inclusive, until `until`, exclusive. */
export interface SpendQuery {
  readonly since?: number
  readonly until?: number
  readonly request_id?: string
  readonly key_hash?: string
  readonly user_id?: string
  readonly team_id?: string
  readonly limit?: number
}

/**
 * By what sums are taken. `day` is the UTC day as `YYYY-MM-DD`; by `tag` a call counts for each of its
 * tags, and one without any for none.
 */
export type SpendGroup =
  | 'day'
  | 'key_hash'
  | 'user_id'
  | 'team_id'
  | 'model'
  | 'model_group'
  | 'provider'
  | 'end_user'
  | 'tag'

export interface SpendSum {
  /** One text for each group that was asked for; empty where a row has none. */
  readonly by: readonly string[]
  readonly spend: number
  readonly calls: number
  readonly prompt_tokens: number
  readonly completion_tokens: number
}

/** A small document, such as a virtual key, as JSON. */
export interface StoredRecord {
  readonly id: string
  readonly body: string
}

/** Which kind of small documents. */
export type RecordKind = 'key' | 'user' | 'team'

/** The books of a store: what calls cost, and who may make them. */
export interface Books {
  /** Commits a row for a call whose trace no plugin saves; the rows of others come with their traces. */
  charge(row: SpendRow): Promise<void>
  /** Newest first. */
  spendRows(query: SpendQuery): Promise<readonly SpendRow[]>
  /** Highest spend first; days in their order. */
  spendSums(by: readonly SpendGroup[], query: SpendQuery): Promise<readonly SpendSum[]>
  records(kind: RecordKind): Promise<readonly StoredRecord[]>
  /** Commits documents together; a null body removes one. */
  putRecords(
    kind: RecordKind,
    records: readonly { readonly id: string; readonly body: string | null }[],
  ): Promise<void>
}
