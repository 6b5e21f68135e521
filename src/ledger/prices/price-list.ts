import { createRequire } from 'node:module'
import type { ModelPrice } from '@pydantic/genai-prices'
import type { TokenPrices } from '../../util/token-prices.ts'

/** The published prices of the services that sell models. */
export interface PriceList {
  /**
   * What a model's tokens cost at a service, for a prompt of so many tokens: some are dearer when it is
   * long. Null when the list does not know the model.
   */
  priceOf(service: string, model: string, promptTokens: number): TokenPrices | null
}

type Listed = typeof import('@pydantic/genai-prices')

/** The list is in dollars for a million tokens. */
const MILLION = 1e6

/**
 * The list that comes with the gateway: nothing is fetched, now or later. It is loaded when it is first
 * asked, because it takes 20 MB of memory that a gateway before servers of its own has no use for.
 */
export function createPriceList(): PriceList {
  const load = createRequire(import.meta.url)
  let listed: Listed | undefined
  return {
    priceOf(service, model, promptTokens) {
      listed ??= load('@pydantic/genai-prices') as Listed
      // Prices change by date and hour of day: each call asks anew.
      const found = listed.calcPrice({ input_tokens: promptTokens }, model, { providerId: service })
      return found && pricesIn(found.model_price, promptTokens)
    },
  }
}

/** Null where the model is not paid by token. */
function pricesIn(listed: ModelPrice, promptTokens: number): TokenPrices | null {
  const prices = {
    ...perToken('input_per_token', listed['input_mtok']),
    ...perToken('output_per_token', listed['output_mtok']),
    ...perToken('cached_input_per_token', listed['cache_read_mtok']),
    ...perToken('cache_write_per_token', listed['cache_write_mtok']),
  }
  return Object.keys(prices).length === 0 ? null : prices

  function perToken(name: keyof TokenPrices, price: ModelPrice[string]): TokenPrices {
    if (price === undefined) return {}
    if (typeof price === 'number') return { [name]: price / MILLION }
    // The step that the prompt has come above counts for the whole call.
    const step = price.tiers.findLast(({ start }) => promptTokens > start)
    return { [name]: (step?.price ?? price.base) / MILLION }
  }
}
