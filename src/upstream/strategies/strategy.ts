import type { Balanced } from '../balance.ts'
import type { Latencies } from '../latencies.ts'
import type { Terms } from '../terms.ts'

/** A member of the set as strategies see it. */
export interface Candidate extends Balanced {
  readonly terms: Terms
  /** What it was used for this minute. */
  readonly window: { readonly requests: number; readonly tokens: number }
  readonly latencies: Pick<Latencies, 'mean'>
}

/** What of a call decides where it goes. */
export interface Asked {
  /** The empty one is served by all. */
  readonly model: string
  /** Null: the call belongs to no session. */
  readonly session: string | null
  readonly streaming: boolean
  /** Tokens of its prompt, estimated. */
  readonly tokens: number
  readonly tags: readonly string[]
}

/** Puts members into the order in which a call tries them; all of them are in it once. */
export type Strategy = <Member extends Candidate>(
  members: readonly Member[],
  asked: Asked,
) => Member[]

/** A number from 0 on and below 1. */
export type Random = () => number

/** In the order of what `measure` says, the least first; those that are equal in any order. */
export function byLeast<Member>(
  members: readonly Member[],
  measure: (member: Member) => number,
  random: Random,
): Member[] {
  return members
    .map((member) => ({ member, measured: measure(member), tie: random() }))
    .sort((a, b) => a.measured - b.measured || a.tie - b.tie)
    .map(({ member }) => member)
}
