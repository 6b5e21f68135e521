import { costOf, totalOf, type PriceBook, type Priced } from '../ledger/index.ts'
import type { UpstreamInfo } from '../plugin/index.ts'
import type { UpstreamSet } from '../upstream/index.ts'
import type { Logger } from '../util/log.ts'

/** A model at an upstream, with the length of a prompt for it. */
export interface PricedModel {
  /** By its name here. */
  readonly asked: string
  /** By its name on the server. */
  readonly sent: string
  /** As the server called it in its answer, if one came. */
  readonly answered: string | null
  readonly promptTokens: number
}

/** What calls may cost. */
export interface Prices {
  /** What the model's tokens cost at the upstream; null where nobody knows. */
  of(upstream: UpstreamInfo, model: PricedModel): Priced | null
  /** The most that so many tokens of this model may cost, in US dollars; 0 where nobody knows. */
  reserve(model: string, tokens: { readonly prompt: number; readonly answer: number }): number
}

export interface PricesParts {
  readonly book: PriceBook
  readonly upstreams: Pick<UpstreamSet, 'servers' | 'termsOf' | 'nameOn'>
  readonly log: Pick<Logger, 'debug' | 'error'>
}

/** A caller may ask for any name: only so many are remembered as told. */
const MOST_TOLD = 1000

/** The prices of a gateway's upstreams. */
export function createPrices({ book, upstreams, log }: PricesParts): Prices {
  const told = new Set<string>()

  function of(upstream: UpstreamInfo, model: PricedModel): Priced | null {
    const { asked, sent, answered, promptTokens } = model
    const { prices: own, provider, baseModel } = upstreams.termsOf(upstream)
    const listed = baseModel === null ? [sent, answered ?? ''] : [baseModel]
    const priced = lookUp({ upstream, provider, own, asked, sent, listed, promptTokens })
    if (!priced) tellUnknown(upstream, sent)
    return priced
  }

  /** An answer is paid for and passed on, whatever is wrong with a list of prices. */
  function lookUp(offer: Parameters<PriceBook['priceFor']>[0]): Priced | null {
    try {
      return book.priceFor(offer)
    } catch (error) {
      log.error({ err: error, model: offer.sent }, 'a price cannot be found')
      return null
    }
  }

  function tellUnknown({ name: upstream }: UpstreamInfo, model: string): void {
    const key = `${upstream} ${model}`
    if (told.has(key) || told.size >= MOST_TOLD) return
    told.add(key)
    log.debug({ upstream, model }, 'no price is known')
  }

  return {
    of,
    reserve(model, { prompt, answer }) {
      const usage = {
        prompt,
        cached: 0,
        cacheWrite: 0,
        completion: answer,
        reasoning: 0,
        estimated: true,
      }
      const costs = upstreams.servers(model).map((upstream) => {
        const sent = upstreams.nameOn(upstream, model)
        const asked = { asked: model, sent, answered: null, promptTokens: prompt }
        const priced = of(upstream, asked)
        return priced ? totalOf(costOf(usage, dearest(priced.prices), 0)) : 0
      })
      return Math.max(0, ...costs)
    },
  }
}

/** Whatever the tokens turn out to be: new to a cache, or thoughts. */
function dearest(prices: Priced['prices']): Priced['prices'] {
  const { input_per_token: input = 0, cache_write_per_token: writing = 0 } = prices
  const { output_per_token: output = 0, reasoning_per_token: thought = 0 } = prices
  return { input_per_token: Math.max(input, writing), output_per_token: Math.max(output, thought) }
}
