import { isObject, type Trace } from '../plugin/index.ts'

const CACHE_TOKENS = ['cache_read_input_tokens', 'cache_creation_input_tokens'] as const

/**
 * Tokens as the engine reported them, or else as they were counted. Anthropic's words leave out of
 * `input_tokens` what was read from a cache or written into one; here it is a part of the prompt.
 */
export function tokensOf({ usage, token_counts: counts }: Pick<Trace, 'usage' | 'token_counts'>): {
  readonly prompt: number
  readonly completion: number
} {
  const told = isObject(usage) ? usage : {}
  const prompt = amount(told['prompt_tokens'] ?? told['input_tokens'] ?? counts.prompt)
  const beside = told['prompt_tokens'] === undefined ? CACHE_TOKENS : []
  return {
    prompt: beside.reduce((sum, name) => sum + amount(told[name]), prompt),
    completion: amount(told['completion_tokens'] ?? told['output_tokens'] ?? counts.completion),
  }
}

/** Plugins and servers write these numbers; what is negative, no number or beyond measure is nothing. */
export function amount(value: unknown): number {
  if (typeof value !== 'number' || !(value > 0)) return 0
  return value <= Number.MAX_SAFE_INTEGER ? value : 0
}
