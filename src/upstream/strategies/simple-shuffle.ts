import type { Candidate, Random, Strategy } from './strategy.ts'

/**
 * At random, by share: the `weight` of each if any of them has one, else `rpm`, else `tpm`, else all
 * alike. One without the number that others have counts as the least of these: it was not meant to be
 * left out, and 1 beside an rpm of 600 would be that. A weight that is missing is 1.
 */
export function simpleShuffle(random: Random): Strategy {
  return (members) => {
    if (members.length < 2) return [...members]
    const shareOf = sharesOf(members)
    // Efraimidis and Spirakis (2006): the least of -ln(u)/w is a draw by weight, the next one a draw
    // among those that are left.
    return members
      .map((member) => ({ member, key: -Math.log(1 - random()) / shareOf(member) }))
      .sort((a, b) => a.key - b.key)
      .map(({ member }) => member)
  }
}

function sharesOf(members: readonly Candidate[]): (member: Candidate) => number {
  if (members.some(({ terms }) => terms.share !== null)) return ({ terms }) => terms.share ?? 1
  for (const limit of ['rpm', 'tpm'] as const) {
    const given = members.flatMap(({ terms }) => terms[limit] ?? [])
    if (given.length === 0) continue
    const least = Math.min(...given)
    return ({ terms }) => terms[limit] ?? least
  }
  return () => 1
}
