import { isObject, type Trace } from '../plugin/index.ts'

/** Tokens as the engine reported them, or else as they were counted. */
export function tokensOf({ usage, token_counts: counts }: Pick<Trace, 'usage' | 'token_counts'>): {
  readonly prompt: number
  readonly completion: number
} {
  const told = isObject(usage) ? usage : {}
  return {
    prompt: amount(told['prompt_tokens'] ?? told['input_tokens'] ?? counts.prompt),
    completion: amount(told['completion_tokens'] ?? told['output_tokens'] ?? counts.completion),
  }
}

/** Plugins and servers write these numbers; what is negative or no number counts as nothing. */
export function amount(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0
}
