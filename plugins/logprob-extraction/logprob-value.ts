import type { Json, JsonObject } from 'sluice/plugin'

/** What vLLM and OpenAI write for a token so unlikely that they give no number. */
const CLAMPED = -9999

/**
 * The logprob of a chat entry: natural log, 0 and -0 included. Null with a flag where the server gave
 * none. llama.cpp, when asked for `post_sampling_probs`, sends a probability instead.
 */
export function logprobOf(entry: JsonObject, flags: Set<string>): number | null {
  const { logprob, prob } = entry
  if (logprob === undefined && prob !== undefined) {
    flags.add('post_sampling_probs')
    return naturalLog(prob, flags)
  }
  return numberOr(logprob, flags)
}

/** A number as the server sent it, or null and a flag saying why there is none. */
export function numberOr(value: Json | undefined, flags: Set<string>): number | null {
  if (typeof value === 'number' && Number.isFinite(value)) {
    if (value <= CLAMPED) flags.add('clamped_logprob')
    return value
  }
  flags.add(value === undefined || value === null ? 'missing_logprob' : 'bad_logprob')
  return null
}

function naturalLog(prob: Json, flags: Set<string>): number | null {
  if (typeof prob === 'number' && prob > 0 && prob <= 1) return Math.log(prob)
  // The logarithm of 0 is not a number JSON can hold.
  flags.add(prob === 0 || prob === null ? 'missing_logprob' : 'bad_logprob')
  return null
}
