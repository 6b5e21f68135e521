import type { Json } from './json.ts'
import type { Headers, UpstreamInfo } from './call.ts'

/** A list of objects that all have the same keys, as columns. */
export interface Rows {
  readonly length: number
  readonly keys: readonly string[]
  /** The value of each row under a key, in order; parsed on first use. */
  column(key: string): readonly Json[]
  /** The value that is written alike in every row; undefined when rows differ. */
  same(key: string): Json | undefined
  /** True when each list under `key` is the UTF-8 of the text under `textKey`, and null where that is null. */
  spells(key: string, textKey: string): boolean
}

/** One unit of a reply: an SSE event, or the whole body when the reply is not streamed. */
export interface Chunk {
  /** The SSE event name; absent in OpenAI's dialects. */
  readonly event: string | undefined
  /** The payload's text: the `data` lines joined, or the whole body. */
  readonly text: string
  /** The parsed payload, read on first use; undefined when it is not JSON. */
  readonly data: Json | undefined
  /**
   * The parsed payload with its long lists of logprob entries left empty: they are most of a single
   * reply, and `rows` reads them for a fraction of what `data` costs. Without such lists it is `data`.
   */
  readonly outline: Json | undefined
  /** A list that `outline` left empty, by its path, such as `choices.0.logprobs.content`. */
  rows(path: string): Rows | undefined
  /**
   * The same chunk without the values at these paths. Bytes are cut out; nothing is re-encoded.
   * A path is keys joined by dots; `*` is every element of an array: `choices.*.logprobs`.
   */
  omit(...paths: readonly string[]): Chunk
  /** A chunk that says something else. Its payload is encoded anew. */
  replace(data: Json): Chunk
}

/** A plugin's seat on one reply. Synchronous, because it runs once per token. */
export interface Tap {
  /** Sees what the upstream sent, before any tap edits it. For recording. */
  observe?(chunk: Chunk): void
  /**
   * Takes part in what the caller receives. Nothing returned: the chunk passes as it is.
   * A chunk: it is sent instead. `null`: nothing is sent.
   */
  chunk?(chunk: Chunk): Chunk | null | void
}

/** What an upstream answered. `body` is read once. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: AsyncIterable<Uint8Array>
}

/** A request as it leaves for an upstream. */
export interface Outgoing {
  readonly method: string
  /** Path and query below the upstream's own prefix, beginning with `/v1`. */
  readonly path: string
  readonly headers: Headers
  readonly body: Uint8Array | null
}

/** Something that can answer a call. Plugins may return their own from the `upstream` hook. */
export interface Upstream extends UpstreamInfo {
  readonly healthy: boolean
  readonly inFlight: number
  /** Null: serves any model. */
  readonly models: readonly string[] | null
  send(outgoing: Outgoing, signal: AbortSignal): Promise<Reply>
}
