/** What was used in one minute of the clock. */
export interface MinuteUse {
  /** Minutes since the epoch. */
  readonly minute: number
  readonly requests: number
  readonly tokens: number
}

/** What an upstream was used for in the minute of the clock that is under way. */
export interface MinuteWindow {
  /** By this gateway and, as far as it was told, by others. */
  readonly requests: number
  readonly tokens: number
  /** By this gateway alone. */
  readonly own: MinuteUse
  readonly failures: number
  /** Calls that ended, well or not. */
  readonly ended: number
  /** Milliseconds until the next minute begins, and all is 0 again. */
  readonly remainingMs: number
  /** A call is about to be sent: counts it with the tokens it is expected to take. */
  began(tokens: number): void
  /** Tokens that it took beyond those expected; fewer if negative. */
  took(tokens: number): void
  outcome(failed: boolean): void
  /** Other gateways used this, all in all. */
  usedElsewhere(use: MinuteUse): void
}

const MINUTE_MS = 60_000

/** @param now milliseconds since the epoch, so that windows are the minutes that limits are billed by */
export function createMinuteWindow(now: () => number = Date.now): MinuteWindow {
  let minute = 0
  let requests = 0
  let tokens = 0
  let failures = 0
  let ended = 0
  let elsewhere: MinuteUse = { minute: 0, requests: 0, tokens: 0 }

  function turn(): void {
    const current = Math.floor(now() / MINUTE_MS)
    if (current === minute) return
    minute = current
    requests = tokens = failures = ended = 0
  }

  return {
    get requests() {
      turn()
      return elsewhere.minute === minute ? requests + elsewhere.requests : requests
    },
    get tokens() {
      turn()
      return elsewhere.minute === minute ? tokens + elsewhere.tokens : tokens
    },
    get own() {
      turn()
      return { minute, requests, tokens }
    },
    get failures() {
      turn()
      return failures
    },
    get ended() {
      turn()
      return ended
    },
    get remainingMs() {
      return MINUTE_MS - (now() % MINUTE_MS)
    },
    began(expected) {
      turn()
      requests += 1
      tokens += expected
    },
    took(more) {
      turn()
      // What was expected may have been counted in the minute before.
      tokens = Math.max(0, tokens + more)
    },
    outcome(failed) {
      turn()
      ended += 1
      if (failed) failures += 1
    },
    usedElsewhere(use) {
      elsewhere = use
    },
  }
}
