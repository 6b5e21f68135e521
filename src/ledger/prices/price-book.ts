import type { CostDetails, UpstreamInfo } from '../../plugin/index.ts'
import { mostSpecific } from '../../util/model-patterns.ts'
import type { TokenPrices } from '../../util/token-prices.ts'
import { createPriceList, type PriceList } from './price-list.ts'
import { serviceOf } from './services.ts'

/** What is to be paid for: a model at an upstream. */
export interface Offer {
  readonly upstream: UpstreamInfo
  /** Whose API the upstream has, as configured. */
  readonly provider: string | null
  /** What was agreed for this upstream. */
  readonly own: TokenPrices | null
  /** The model by its name here, and by its name on the server. */
  readonly asked: string
  readonly sent: string
  /** Names of the model for the price list, the best first. */
  readonly listed: readonly string[]
  /** Tokens of the prompt: some models are dearer when it is long. */
  readonly promptTokens: number
}

/** A price, and who says it. */
export interface Priced {
  readonly prices: TokenPrices
  readonly source: Exclude<CostDetails['source'], 'cache'>
}

/** Knows what models cost. */
export interface PriceBook {
  /** Null where nobody knows. */
  priceFor(offer: Offer): Priced | null
}

export interface PriceBookOptions {
  /** Prices by the names of models, where `*` stands for any text. */
  readonly overrides: Readonly<Record<string, TokenPrices>>
  readonly list?: PriceList
}

/**
 * A book in which comes first what was agreed for the upstream, then what was said of the model, then the
 * price list, and that only for a service that sells it.
 */
export function createPriceBook({
  overrides,
  list = createPriceList(),
}: PriceBookOptions): PriceBook {
  const said = new Map(Object.entries(overrides))

  function saidOf(model: string): TokenPrices | undefined {
    if (said.size === 0 || model === '') return undefined
    return said.get(model) ?? said.get(mostSpecific(said.keys(), model) ?? '')
  }

  function listedFor({ upstream, provider, listed, promptTokens }: Offer): TokenPrices | null {
    const service = upstream.simulated ? null : serviceOf(upstream, provider)
    if (service === null) return null
    for (const model of listed) {
      const found = model === '' ? null : list.priceOf(service, model, promptTokens)
      if (found) return found
    }
    return null
  }

  return {
    priceFor(offer) {
      if (offer.own) return { prices: offer.own, source: 'upstream' }
      const override = saidOf(offer.asked) ?? saidOf(offer.sent)
      if (override) return { prices: override, source: 'prices' }
      const prices = listedFor(offer)
      return prices && { prices, source: 'list' }
    },
  }
}
