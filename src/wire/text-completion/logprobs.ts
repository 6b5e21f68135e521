import { isObject, type Json, type JsonObject } from '../../plugin/index.ts'

/**
 * The log probabilities of a text completion in the form a chat has them: an entry for each token. `bytes`
 * is null, because completions do not tell them and a token's text may have lost some.
 *
 * @param alternatives how many the caller asked for; the server may have been asked for one more
 */
export function chatLogprobs(logprobs: Json | undefined, alternatives: number): JsonObject | null {
  if (!isObject(logprobs)) return null
  const { token_logprobs: values, tokens, top_logprobs: maps } = logprobs
  if (!Array.isArray(values)) return null
  return {
    content: values.map((logprob: Json, i) => ({
      token: at(tokens, i) ?? '',
      logprob,
      bytes: null,
      top_logprobs: topOf(at(maps, i)).slice(0, alternatives),
    })),
  }
}

function topOf(map: Json | undefined): readonly JsonObject[] {
  if (!isObject(map)) return []
  return Object.entries(map).map(([token, logprob]) => ({ token, logprob, bytes: null }))
}

function at(list: Json | undefined, i: number): Json | undefined {
  return Array.isArray(list) ? (list as readonly Json[])[i] : undefined
}
