import type { JsonObject } from '../plugin/index.ts'
import type { TokenPrices } from '../util/token-prices.ts'

/** What is agreed for one upstream, beside where it is. */
export interface Terms {
  /** The model's name on the server; each `*` is what the `*` of the group's pattern stood for. */
  readonly sendModel: string | null
  /** Those of the lowest order get the calls; the others when none of these can. */
  readonly order: number
  readonly tags: readonly string[]
  /** Its share under `simple-shuffle`; null when none was given. */
  readonly share: number | null
  /** Calls in a minute. */
  readonly rpm: number | null
  /** Tokens in a minute, of prompts and answers. */
  readonly tpm: number | null
  /** Calls at a time. */
  readonly maxParallel: number | null
  /** Until it begins to answer, in milliseconds; null: as the pool of sockets says. */
  readonly timeoutMs: number | null
  readonly streamTimeoutMs: number | null
  /** How often a call that failed here is sent again, here or elsewhere; null: as routing says. */
  readonly retries: number | null
  /** How long it gets no calls after it failed, in milliseconds; null: as routing says. */
  readonly cooldownMs: number | null
  /** Tokens of a prompt; null: unknown. */
  readonly maxInputTokens: number | null
  /** US dollars for a token of a prompt and one of an answer together; null: unknown. */
  readonly price: number | null
  /** What its tokens cost; null: as a price list says. */
  readonly prices: TokenPrices | null
  /** Its model's name in price lists; null: the name on the server. */
  readonly baseModel: string | null
  /** Whose API it has, as configured; null: nothing is known of it. */
  readonly provider: string | null
  /** Parameters of calls that do not say them. */
  readonly params: JsonObject
  /** Put over what the caller says. */
  readonly extraBody: JsonObject
  /** Parameters that are never sent. */
  readonly dropParams: readonly string[]
  /** What else is to be known of it, in any shape. */
  readonly info: JsonObject
}

/** Nothing is agreed. */
export const PLAIN_TERMS: Terms = Object.freeze({
  sendModel: null,
  order: 1,
  tags: Object.freeze([]),
  share: null,
  rpm: null,
  tpm: null,
  maxParallel: null,
  timeoutMs: null,
  streamTimeoutMs: null,
  retries: null,
  cooldownMs: null,
  maxInputTokens: null,
  price: null,
  prices: null,
  baseModel: null,
  provider: null,
  params: Object.freeze({}),
  extraBody: Object.freeze({}),
  dropParams: Object.freeze([]),
  info: Object.freeze({}),
})
