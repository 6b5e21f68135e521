import { byLeast, type Random, type Strategy } from './strategy.ts'

/** The cheapest first, by the price of a token of the prompt and one of the answer; the unknown last. */
export function cost(random: Random): Strategy {
  return (members) => byLeast(members, ({ terms }) => terms.price ?? Number.MAX_VALUE, random)
}
