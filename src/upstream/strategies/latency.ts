import { byLeast, type Random, type Strategy } from './strategy.ts'

/**
 * To the fastest: those whose mean is within `buffer` of the least are as good as it, and chance decides
 * among them. One of which nothing is known comes first, to find out, unless it is busy with just that:
 * else a burst would end there.
 */
export function latency(buffer: number, random: Random): Strategy {
  return (members, { streaming }) => {
    const means = new Map(
      members.map((member) => [member, member.latencies.mean(streaming)] as const),
    )
    const known = [...means.values()].filter((mean) => mean !== null)
    const fast = Math.min(...known) * (1 + buffer)
    return byLeast(
      members,
      (member) => {
        const mean = means.get(member) ?? null
        if (mean === null) return known.length === 0 || member.inFlight === 0 ? 0 : fast
        return mean <= fast ? fast : mean
      },
      random,
    )
  }
}
