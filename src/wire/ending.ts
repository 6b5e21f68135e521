import type { Chunk, Dialect } from '../plugin/index.ts'
import { createFinish } from './finish.ts'

export { createOutcome, type Outcome, type ReplyEnd, type Verdict } from './outcome.ts'

/** Tells where a streamed reply's ending begins: the part that is held until its trace is saved. */
export interface Ending {
  /** True for the chunk that finishes the last open choice, and for no other. */
  see(chunk: Chunk): boolean
}

/**
 * `expected` is the number of choices (see `expectedChoices`). Null: no chunk is the ending, only the
 * terminator or the end of the stream. A single body is its own ending and need not be shown here.
 */
export function createEnding(dialect: Dialect, expected: number | null): Ending {
  return createFinish(dialect, expected)
}
