import type { CostDetails } from '../../plugin/index.ts'
import { withoutNoise } from '../../util/without-noise.ts'
import type { TokenPrices } from '../../util/token-prices.ts'
import type { TokenUsage } from './usage.ts'

/** The parts of a cost. */
export type CostParts = Omit<CostDetails, 'source' | 'estimated'>

/** Nothing. */
export const NO_COST: CostParts = Object.freeze({
  input: 0,
  cached_input: 0,
  cache_write: 0,
  output: 0,
  reasoning: 0,
})

/**
 * What tokens cost, in US dollars. What has no price of its own is billed with what it is a part of; a
 * price by the second comes on top.
 *
 * @param seconds of work on the call
 */
export function costOf(usage: TokenUsage, prices: TokenPrices, seconds: number): CostParts {
  const { prompt, cached, cacheWrite, completion, reasoning } = usage
  const {
    input_per_token: input = 0,
    output_per_token: output = 0,
    cached_input_per_token: cachedInput,
    cache_write_per_token: writing,
    reasoning_per_token: thought,
    input_per_second: inputTime = 0,
    output_per_second: outputTime = 0,
  } = prices
  const apart = (tokens: number, price: number | undefined): number =>
    price === undefined ? 0 : tokens
  const plainInput = prompt - apart(cached, cachedInput) - apart(cacheWrite, writing)
  return {
    input: withoutNoise(plainInput * input + seconds * inputTime),
    cached_input: withoutNoise(cached * (cachedInput ?? 0)),
    cache_write: withoutNoise(cacheWrite * (writing ?? 0)),
    output: withoutNoise((completion - apart(reasoning, thought)) * output + seconds * outputTime),
    reasoning: withoutNoise(reasoning * (thought ?? 0)),
  }
}

/** The sum of the parts. */
export function totalOf(parts: CostParts): number {
  const { input, cached_input, cache_write, output, reasoning } = parts
  return withoutNoise(input + cached_input + cache_write + output + reasoning)
}
