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

/** Each token's UTF-8, null for null. */
export function utf8Bytes(
  tokens: readonly (string | null)[],
): readonly (readonly number[] | null)[] {
  return tokens.map((token) => (token === null ? null : [...Buffer.from(token)]))
}

/**
 * The choice with the UTF-8 of its tokens as `bytes`, which is what servers send but for tokens that
 * are no whole characters. They are made when somebody reads them, and a store need not keep them.
 */
export function withUtf8Bytes(choice: Choice): Choice {
  return Object.defineProperty({ ...choice }, 'bytes', {
    get: bytesOfTokens,
    enumerable: true,
    configurable: true,
  })
}

/** True while `bytes` are those of `withUtf8Bytes` and nobody has read them. */
export function hasUtf8Bytes(choice: Choice): boolean {
  return Object.getOwnPropertyDescriptor(choice, 'bytes')?.get === bytesOfTokens
}

function bytesOfTokens(this: Choice): Choice['bytes'] {
  const bytes = this.tokens && utf8Bytes(this.tokens)
  // From now on it is a value like any other.
  if (!Object.isFrozen(this)) {
    Object.defineProperty(this, 'bytes', { value: bytes, enumerable: true, configurable: true })
  }
  return bytes
}
