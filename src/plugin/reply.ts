import type { Json } from './json.ts'
import type { Headers, UpstreamInfo } from './call.ts'

/** One unit of a reply: an SSE event, or the whole body when the reply is not streamed. */
export interface Chunk {
  /** The SSE event name; absent in OpenAI's dialects. */
  readonly event: string | undefined
  /** The payload's text: the `data` lines joined, or the whole body. */
  readonly text: string
  /** The parsed payload, read on first use; undefined when it is not JSON. */
  readonly data: Json | undefined
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
