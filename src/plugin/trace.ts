import type { Dialect, UpstreamInfo } from './call.ts'
import type { Json, JsonObject } from './json.ts'

/**
 * `pending`: the intent is committed, the call is under way. `complete`: the reply ended as its
 * dialect ends. `partial`: it was cut. `error`: the upstream answered with an error, or failed before
 * it answered. `interrupted`: the gateway died while the call was under way; whether the model ran
 * cannot be known.
 */
export type TraceStatus = 'pending' | 'complete' | 'partial' | 'error' | 'interrupted'

/** One alternative of a reply (`n` > 1 gives several). Arrays are aligned with `token_ids` or null. */
export interface Choice {
  readonly index: number
  /** The assistant message (chat) or `{role, content}` made of the text (completions). */
  readonly message: JsonObject
  readonly finish_reason: string | null
  readonly stop_reason: string | number | null
  /** Where this choice has its own prompt (completions with several prompts); else null. */
  readonly prompt_token_ids: readonly number[] | null
  readonly token_ids: readonly number[] | null
  /** One per entry; null where the engine gave no value. Never filtered, padded or invented. */
  readonly logprobs: readonly (number | null)[] | null
  readonly tokens: readonly (string | null)[] | null
  readonly bytes: readonly (readonly number[] | null)[] | null
  /** Engine order is kept. vLLM puts the sampled token first, OpenAI sorts by probability. */
  readonly top_logprobs: readonly (readonly TopLogprob[] | null)[] | null
  readonly routing_matrices: readonly string[] | null
  /** What is odd about this choice, such as `length_mismatch`; empty when nothing is. */
  readonly flags: readonly string[]
  /** Fields of the choice that have no place of their own, such as refusal logprobs. */
  readonly extra: JsonObject
}

export interface TopLogprob {
  readonly token: string
  readonly logprob: number | null
  readonly bytes: readonly number[] | null
  readonly id?: number
}

/**
 * Which plugin changed which top-level keys, and in which hook. `sluice` in `route` is the gateway itself,
 * as the upstream's settings say.
 */
export interface Change {
  readonly plugin: string
  readonly hook: string
  readonly keys: readonly string[]
}

export interface TraceAttempt {
  readonly upstream: UpstreamInfo
  /** Milliseconds after the call came in. */
  readonly started_ms: number
  readonly status: number | null
  /** An error code, or null when the attempt's reply was used. */
  readonly error: string | null
  /** The model that was asked in place of the call's own; absent while that was asked. */
  readonly model?: string
}

/** Who made a call. Of keys only the hash is ever kept. */
export interface TraceCaller {
  /** SHA-256 of the key, in hexadecimal; null for the master key, and where no key was asked for. */
  readonly key_hash: string | null
  readonly key_alias: string | null
  readonly user_id: string | null
  readonly team_id: string | null
  readonly team_alias: string | null
  /** LiteLLM's header for it, or `user` of the call's body; its first 256 characters. */
  readonly end_user: string | null
}

/** A cost in US dollars, taken apart. Parts that are not billed apart are 0. */
export interface CostDetails {
  readonly input: number
  readonly cached_input: number
  readonly cache_write: number
  readonly output: number
  readonly reasoning: number
  /** `upstream` and `prices`: as configured; `list`: the price list that comes with the gateway. */
  readonly source: 'upstream' | 'prices' | 'list' | 'cache'
  /** True when the upstream did not say what it used, so that it was estimated. */
  readonly estimated: boolean
}

/** What the cache did for a call. */
export interface TraceCache {
  readonly key: string
  /** True when the answer came from there, so that no model was asked. */
  readonly hit: boolean
  /** Milliseconds since the epoch when a hit was stored; null for a miss. */
  readonly stored_at: number | null
}

/** What the recorded numbers say about each other. Null: cannot be told from this reply. */
export interface Checks {
  /** Sum of all choices' ids equals `usage.completion_tokens`. */
  readonly ids_match_usage: boolean | null
  /** `usage.prompt_tokens` equals the prompt ids. */
  readonly prompt_matches_usage: boolean | null
  /** Every choice has one logprob for each id. */
  readonly logprobs_aligned: boolean | null
  /** The prompt starts with the prompt and completion of the turn before it. Filled in on reading. */
  readonly extends_last_turn: boolean | null
}

/** A replaced range of the upstream's reply: what the caller got differs from it exactly here. */
export interface Edit {
  /** Byte offset in the upstream's reply. */
  readonly at: number
  /** Bytes removed from there. */
  readonly removed: number
  /** Bytes put in their place; null for none. */
  readonly inserted: Uint8Array | null
}

/** The bytes behind a trace, exact. */
export interface WireRecord {
  /** The caller's body. */
  readonly received: Uint8Array
  /** The body that went upstream; null when it is the same as `received`. */
  readonly sent: Uint8Array | null
  /** The upstream's reply body, as far as it came. */
  readonly response: Uint8Array
  /** What the caller got is `response` with these edits, in order of `at`. */
  readonly edits: readonly Edit[]
  /** True when the reply was an event stream. */
  readonly stream: boolean
}

/**
 * The saved record of one call. The first block is rLLM's TraceRecord, same names and types, and
 * speaks of choice 0; everything else is ours.
 */
export interface Trace {
  readonly trace_id: string
  readonly session_id: string
  readonly model: string
  readonly messages: readonly Json[]
  readonly prompt_token_ids: readonly number[]
  readonly response_message: JsonObject
  readonly completion_token_ids: readonly number[]
  readonly logprobs: readonly (number | null)[] | null
  readonly routing_matrices: readonly string[] | null
  readonly finish_reason: string | null
  readonly weight_version: number | string | null
  readonly latency_ms: number
  readonly token_counts: { readonly prompt?: number; readonly completion?: number }
  /** Seconds since the epoch, when the call came in. */
  readonly timestamp: number
  readonly metadata: JsonObject
  /** The caller's body as JSON. Derived from the bytes on reading. */
  readonly raw_request: JsonObject | null
  /** The reply as JSON; for a stream `{"object":"stream","events":[…]}`. Derived on reading. */
  readonly raw_response: JsonObject | null

  /** The turn's number within `session_id`, from 1, given by the store before the call was sent. */
  readonly seq: number
  readonly session_ids: readonly string[]
  readonly status: TraceStatus
  /** Why the status is not `complete`, or what is odd about a complete one: an error code or a word. */
  readonly reason: string | null
  readonly dialect: Dialect
  readonly streaming: boolean
  readonly http_status: number | null
  readonly response_model: string | null
  readonly upstream: UpstreamInfo | null
  readonly attempts: readonly TraceAttempt[]
  readonly choices: readonly Choice[]
  readonly tools: readonly Json[] | null
  /** Top-level parameters that were sent and differ from what was received; null means removed. */
  readonly params_sent: JsonObject
  readonly changes: readonly Change[]
  readonly ttft_ms: number | null
  readonly weight_version_end: number | string | null
  readonly usage: JsonObject | null
  /** US dollars; null when nobody knows a price. */
  readonly cost: number | null
  /** What the cost is made of; null without one. */
  readonly cost_details: CostDetails | null
  /** Who made the call; null where it came with no key that is known and names no end user. */
  readonly caller: TraceCaller | null
  /** Null where calls like this one are not answered from a cache. */
  readonly cache: TraceCache | null
  readonly checks: Checks
  readonly agent: string | null
  readonly parent_agent: string | null
  readonly request_id: string
  readonly idempotency_key: string | null
  /** `x-stainless-retry-count`: above 0, this call repeats an earlier one. */
  readonly client_retry: number | null
  /** What is odd about the call, as words: `data_after_done`, `plugin_failed:<plugin>.<hook>`, … */
  readonly warnings: readonly string[]
  /** Anything plugins add. */
  readonly extra: JsonObject
}

/** A trace together with its bytes, as `trace` and `save` hooks see it. */
export interface FullTrace extends Trace {
  readonly wire: WireRecord
}
