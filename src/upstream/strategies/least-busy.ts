import { byLeast, type Random, type Strategy } from './strategy.ts'

/**
 * Where the fewest calls are under way. A call counts from the moment it is given away until its answer
 * has ended or its caller has left; among equals chance decides.
 */
export function leastBusy(random: Random): Strategy {
  return (members) => byLeast(members, ({ inFlight }) => inFlight, random)
}
