import { isObject, type Json, type JsonObject } from '../../plugin/index.ts'

/**
 * Usage in OpenAI's words, which count what was read from or written into a cache as prompt; undefined
 * where there is none: zeros would be a claim.
 */
export function usageOf(usage: Json | undefined): JsonObject | undefined {
  if (!isObject(usage)) return undefined
  if (!isCount(usage['input_tokens']) && !isCount(usage['output_tokens'])) return undefined
  const cached = count(usage['cache_read_input_tokens'])
  const written = count(usage['cache_creation_input_tokens'])
  const prompt = count(usage['input_tokens']) + cached + written
  const completion = count(usage['output_tokens'])
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    // It costs more than other input, and OpenAI has no field for it.
    ...(written > 0 && { cache_creation_input_tokens: written }),
  }
}

function count(value: Json | undefined): number {
  return isCount(value) ? value : 0
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && value >= 0
}
