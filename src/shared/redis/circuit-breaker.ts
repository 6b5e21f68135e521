/** Decides whether somebody who may be gone is asked at all. */
export interface CircuitBreaker {
  /** True while nobody is to ask. */
  readonly isOpen: boolean
  /** True for whoever may ask now. While it is open, one in a while may: the probe. */
  enter(): boolean
  /** What was asked was answered: everybody may ask. */
  succeeded(): void
  /** What was asked was not answered. True when this opened it, or it was a probe. */
  failed(): boolean
}

const FAILURES = 5
const FIRST_MS = 1_000
const LONGEST_MS = 60_000

/**
 * Opens after five failures in a row, for one second at first and twice as long after each probe that
 * fails, a minute at most.
 *
 * @param now milliseconds of a clock that never goes back
 */
export function createCircuitBreaker(now: () => number = () => performance.now()): CircuitBreaker {
  let failures = 0
  /** 0 while everybody may ask. */
  let waitMs = 0
  let until = 0
  let probing = false

  return {
    get isOpen() {
      return waitMs > 0 && now() < until
    },
    enter() {
      if (waitMs === 0) return true
      if (now() < until) return false
      probing = true
      // Everybody else goes on waiting while the probe is under way.
      until = now() + waitMs
      return true
    },
    succeeded() {
      failures = waitMs = 0
      probing = false
    },
    failed() {
      if (waitMs > 0) {
        // Those that were under way when it opened say nothing new.
        if (!probing) return false
        probing = false
        waitMs = Math.min(waitMs * 2, LONGEST_MS)
      } else {
        failures += 1
        if (failures < FAILURES) return false
        waitMs = FIRST_MS
      }
      until = now() + waitMs
      return true
    },
  }
}
