import type { Chunk, JsonObject } from 'sluice/plugin'

/** One dialect's way of making one reply out of its chunks. */
export interface ReplyFold {
  /** Takes the next chunk. Never throws: what it cannot read becomes a warning. */
  readonly observe: (chunk: Chunk) => void
  /** What was said so far. */
  readonly folded: () => FoldedReply
}

export interface FoldedReply {
  /** The model the server says it ran; null when it did not say. */
  readonly model: string | null
  readonly usage: JsonObject | null
  readonly choices: readonly FoldedChoice[]
  /** Fields of the reply that have no place of their own in a trace. */
  readonly extra: JsonObject
  readonly warnings: ReadonlySet<string>
}

export interface FoldedChoice {
  readonly index: number
  readonly message: JsonObject
  readonly finish_reason: string | null
  readonly stop_reason: string | number | null
  readonly flags: ReadonlySet<string>
  readonly extra: JsonObject
}

/** Notes that a field was skipped because it is not what its dialect says it is. */
export function unexpected(warnings: Set<string>, field: string): void {
  warnings.add(`unexpected_shape:${field}`)
}
