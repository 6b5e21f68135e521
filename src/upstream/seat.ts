import type { Member } from './member.ts'

/** A call's place at one upstream, from the choice to the end of the answer. */
export interface Seat {
  /** Says what the call took, once it is known. Times are milliseconds. */
  used(use: Use): void
  /** Gives the place up; more than once does no harm. */
  leave(): void
}

export interface Use {
  /** Of the prompt and the answer; null: not known. */
  readonly tokens: number | null
  readonly answerTokens: number
  readonly durationMs: number
  readonly firstByteMs: number | null
}

/** A seat at something that is none of the gateway's upstreams. */
export const NO_SEAT: Seat = Object.freeze({ used() {}, leave() {} })

/**
 * Takes a seat at a member.
 *
 * @param tokens what the call is expected to take of its minute
 * @param onLeave called once, when there is room again
 */
export function takeSeat(member: Member, tokens: number, onLeave: () => void): Seat {
  member.seats += 1
  member.window.began(tokens)
  let isTaken = true
  let isUsed = false
  return {
    used(use) {
      if (isUsed) return
      isUsed = true
      member.window.took((use.tokens ?? tokens) - tokens)
      const perToken = use.durationMs / Math.max(1, use.answerTokens)
      member.latencies.add(perToken, use.firstByteMs)
    },
    leave() {
      if (!isTaken) return
      isTaken = false
      member.seats -= 1
      // A call that came to nothing took no tokens.
      if (!isUsed) member.window.took(-tokens)
      onLeave()
    },
  }
}
