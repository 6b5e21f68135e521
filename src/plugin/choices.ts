import type { Rows } from './reply.ts'
import type { Choice } from './trace.ts'

/** A choice of which nothing is known yet but its index. */
export function emptyChoice(index: number): Choice {
  return {
    index,
    message: {},
    finish_reason: null,
    stop_reason: null,
    prompt_token_ids: null,
    token_ids: null,
    logprobs: null,
    tokens: null,
    bytes: null,
    top_logprobs: null,
    routing_matrices: null,
    flags: [],
    extra: {},
  }
}

/**
 * The choices with the one of this index changed, or added when there was none: so plugins that fill
 * different fields of a choice need not know of each other. The result is in order of index.
 */
export function withChoice(
  choices: readonly Choice[],
  index: number,
  change: (choice: Choice) => Choice,
): readonly Choice[] {
  const at = choices.findIndex((choice) => choice.index === index)
  if (at >= 0) return choices.map((choice, i) => (i === at ? change(choice) : choice))
  const after = choices.findIndex((choice) => choice.index > index)
  return choices.toSpliced(after < 0 ? choices.length : after, 0, change(emptyChoice(index)))
}

/** Two sets of flags or warnings as one, each once, sorted so that the order of plugins leaves no mark. */
export function withFlags(flags: readonly string[], more: Iterable<string>): readonly string[] {
  return [...new Set([...flags, ...more])].toSorted()
}

/** Keeps the rows behind a choice out of copies of it, which may say something else. */
const ROWS = Symbol('rows')

/**
 * The choice with `tokens` and `bytes` as its entries in the reply say, in which every token is followed
 * by its own UTF-8. They are made when somebody reads them, and a store that keeps the reply need not
 * keep them.
 */
export function withRows(choice: Choice, rows: Rows): Choice {
  return Object.defineProperties(
    { ...choice },
    {
      tokens: lazily('tokens', () => rows.column('token') as Choice['tokens']),
      bytes: lazily('bytes', () => utf8Of(rows.column('token') as readonly (string | null)[])),
      [ROWS]: { value: rows },
    },
  )
}

/** The rows of a choice that was made with `withRows`, until it is copied. */
export function rowsOf(choice: Choice): Rows | undefined {
  return ROWS in choice ? (choice[ROWS] as Rows) : undefined
}

function lazily<T>(name: 'tokens' | 'bytes', make: () => T): PropertyDescriptor {
  return {
    get(this: Choice): T {
      const value = make()
      // From now on it is a value like any other.
      if (!Object.isFrozen(this)) Object.defineProperty(this, name, { value, enumerable: true })
      return value
    },
    enumerable: true,
    configurable: true,
  }
}

function utf8Of(tokens: readonly (string | null)[]): Choice['bytes'] {
  return tokens.map((token) => (token === null ? null : [...Buffer.from(token)]))
}
