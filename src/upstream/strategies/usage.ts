import { byLeast, type Random, type Strategy } from './strategy.ts'

/**
 * Where the fewest tokens were used this minute. Those whose `rpm` or `tpm` would be passed were left
 * out before.
 */
export function usage(random: Random): Strategy {
  return (members) => byLeast(members, ({ window }) => window.tokens, random)
}
