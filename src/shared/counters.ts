/**
 * Something a call counts against.
 *
 * `window`: what was used in the last window, which begins with its first use and ends 60 seconds later.
 * `held`: what calls under way hold. `budget`: money, spent and set aside for calls under way.
 */
export type Limit = WindowLimit | HeldLimit | BudgetLimit

interface Limited {
  /** Who is limited, and in what: the name of the counter. */
  readonly name: string
  /** The call is refused when this much is used already; null counts and refuses nobody. */
  readonly limit: number | null
  /** What the call is expected to use, and what is set aside for it. */
  readonly amount: number
}

export interface WindowLimit extends Limited {
  readonly kind: 'window'
}

export interface HeldLimit extends Limited {
  readonly kind: 'held'
}

export interface BudgetLimit extends Limited {
  readonly kind: 'budget'
  /** What this gateway's own books say was spent of it; what other gateways spent, they say themselves. */
  readonly spent: number
}

/** How things stand with a limit. */
export interface Standing {
  readonly limit: Limit
  /** Used so far, with what is set aside for calls under way, this one included if it was let in. */
  readonly used: number
  /** Milliseconds until a window is over; null for what has none. */
  readonly resetsInMs: number | null
}

/** What a call that was let in used after all, where that is known now. */
export interface Settled {
  /** In the order of the limits: what the call really used. `held` is always given back whole. */
  readonly used: readonly number[]
  /** In the order of the limits: for budgets, what this gateway's own books say was spent now. */
  readonly spent: readonly number[]
}

export type Claim =
  | {
      readonly admitted: true
      readonly standings: readonly Standing[]
      /**
       * Puts what was really used in place of what was set aside, once; later ones do nothing. Never
       * rejects. What belongs to a window that is over by now is left with it.
       */
      settle(settled: Settled): Promise<void>
    }
  | {
      readonly admitted: false
      /** The first limit that is used up. */
      readonly refused: Standing
    }

/**
 * Counters of one gateway, or of several that share them. A call is let in when nothing it counts
 * against is used up, and then counts against everything at once; so calls that come together overshoot
 * a limit by one call's reservation at most.
 */
export interface Counters {
  /**
   * @param lifeMs after which a call that was never settled, because its gateway died, holds nothing
   * @throws {GatewayError} `shared_state_unavailable` where shared counters cannot be asked and the
   * configuration says that nobody gets in then
   */
  claim(limits: readonly Limit[], lifeMs: number): Promise<Claim>
}
