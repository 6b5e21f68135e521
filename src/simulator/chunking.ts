import type { Step } from './delivery.ts'
import { between, seededRandom } from './random.ts'
import type { Reply } from './sampler.ts'

/** How a stream is made, beside the reply itself. */
export interface StreamOptions {
  readonly tokensPerChunk: number
  readonly withUsage: boolean
  /** Whether the engine was told to stop this reply. */
  readonly isStopped: () => boolean
}

/** The tokens of one chunk: positions `from` up to, not including, `to`. */
export interface TokenRange {
  readonly from: number
  readonly to: number
  readonly isLast: boolean
  /** The engine was told to stop; the reply ends here with `abort`. */
  readonly stopped: boolean
}

/**
 * Engine steps of several choices that run side by side: each step gives every open choice one
 * chunk. `print` answers null where the server sends nothing. Returns the tokens that were produced.
 */
export function* tokenSteps<Choice extends { readonly reply: Reply }>(
  choices: readonly Choice[],
  options: StreamOptions,
  print: (choice: Choice, range: TokenRange) => string | null,
): Generator<Step, number> {
  let open = choices.map((choice) => ({
    choice,
    from: 0,
    random: seededRandom(choice.reply.seed),
  }))
  let produced = 0
  while (open.length > 0) {
    const stopped = options.isStopped()
    const events: string[] = []
    let tokens = 0
    for (const cursor of open) {
      const { choice, from, random } = cursor
      const count = choice.reply.ids.length
      const to = stopped ? from : Math.min(from + burst(random, options.tokensPerChunk), count)
      const event = print(choice, { from, to, isLast: stopped || to >= count, stopped })
      if (event !== null) events.push(event)
      produced += to - from
      cursor.from = to
      tokens = Math.max(tokens, to)
    }
    yield { tokens, events }
    open = stopped ? [] : open.filter(({ choice, from }) => from < choice.reply.ids.length)
  }
  return produced
}

/** Tokens of one chunk: one, or 1 to `most` as speculative decoding and slow readers cause them. */
const burst = (random: () => number, most: number): number =>
  most > 1 ? between(random, 1, most) : 1

/** Tokens or texts of a range; one item, by far the most frequent case, is not copied. */
export const joinRange = (
  items: readonly (string | number)[],
  { from, to }: Pick<TokenRange, 'from' | 'to'>,
  separator = '',
): string => (to - from === 1 ? String(items[from] ?? '') : items.slice(from, to).join(separator))
