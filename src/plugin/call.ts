import type { JsonObject } from './json.ts'

export type Headers = Readonly<Record<string, string>>

/** The wire language of a call, told from its path. `other` is passed through and kept as bytes. */
export type Dialect = 'chat' | 'completions' | 'responses' | 'messages' | 'embeddings' | 'other'

/** What a server speaks besides OpenAI's API; decides which capture fields may be sent to it. */
export type UpstreamKind = 'vllm' | 'vllm-old' | 'sglang' | 'llamacpp' | 'openai' | 'generic'

/** A place a call can be sent. */
export interface UpstreamInfo {
  readonly name: string
  readonly kind: UpstreamKind
  /** Scheme, host, port and path prefix, without credentials. */
  readonly url: string
  /** True for the built-in simulator: its answers are never samples of a model. */
  readonly simulated: boolean
}

/** One model call, from its first byte in to its saved trace. Plugins only ever read it. */
export interface Call {
  /** The trace id: a UUID, unique to this call. */
  readonly id: string
  /** The caller's `x-request-id`, or one made here. May repeat when a client retries. */
  readonly requestId: string
  /** Never empty; the first one is the trace's `session_id`. */
  readonly sessions: readonly string[]
  /** What the slug and the metadata headers said, without the session keys. */
  readonly metadata: JsonObject
  readonly dialect: Dialect
  readonly method: string
  /** The OpenAI path after slug and session were taken off, such as `/v1/chat/completions`. */
  readonly path: string
  /** The model the caller asked for; empty when it named none. */
  readonly model: string
  /** True when the caller asked for a stream. The reply decides for itself what it is. */
  readonly streaming: boolean
  /** The caller's parameters; an empty object when the call has no JSON body. */
  readonly received: JsonObject
  /** The caller's headers, lower case, without credentials and cookies. */
  readonly headers: Headers
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Aborts when the client leaves, the call's deadline passes or the gateway stops. */
  readonly signal: AbortSignal
}

/** One send of a call to one upstream. */
export interface Attempt {
  /** 0 for the first. */
  readonly index: number
  readonly upstream: UpstreamInfo
}

/** A reply with an error status, shown to the `refused` hooks before the caller sees it. */
export interface Refusal {
  readonly status: number
  readonly headers: Headers
  /** The error text, from any of the body shapes engines use; the body itself when it has none. */
  readonly message: string
  /** The `param` of the error, where the upstream names one. */
  readonly param: string | null
}
