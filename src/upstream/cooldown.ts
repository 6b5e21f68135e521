import type { ByFailure, Failure } from './failure-kind.ts'
import type { MinuteWindow } from './minute-window.ts'

export interface CooldownRules {
  /** Failures within a cooldown that are let pass; null: the share of failures decides. */
  readonly allowedFails: number | null
  readonly allowedFailsPolicy: ByFailure
  /** Milliseconds; 0 never cools. */
  readonly cooldownMs: number
  /** What was agreed for this upstream, above all else. */
  readonly ownMs: number | null
}

/** Whether one upstream is left alone because it failed. */
export interface Cooldown {
  /** Milliseconds until it gets calls again; 0 when it does. */
  readonly remainingMs: number
  /**
   * Takes note of a failure that `window` has counted already.
   *
   * @param isAlone true when no other upstream serves the model
   * @returns true when it is left alone from now on, or for longer than it was
   */
  failed(failure: Failure, window: MinuteWindow, isAlone: boolean): boolean
  /** Leaves it alone for so many milliseconds because of what others found; where it ever is. */
  coolFor(ms: number): void
}

/** From so many calls in a minute on, more failures than answers say something. */
const ENOUGH_CALLS = 5
/** From so many on they do even about the only upstream there is. */
const ENOUGH_ALONE = 1_000

/**
 * An upstream cools down when a status says that it cannot (408, 429, 401, 404, 500 and above, or no
 * answer at all) and either more than `allowedFails` such failures came within a cooldown or, without
 * that number: it asked for fewer calls, it does not let us in, or it failed more than half of this
 * minute's calls. The only one that serves a model is left alone only where it did nothing but fail:
 * without it nobody answers at all. `retry-after` is obeyed for as long as it says.
 *
 * @param now milliseconds of a clock that never goes back
 */
export function createCooldown(
  rules: CooldownRules,
  now: () => number = () => performance.now(),
): Cooldown {
  const { allowedFails, allowedFailsPolicy, cooldownMs, ownMs } = rules
  const isCounting = allowedFails !== null || Object.keys(allowedFailsPolicy).length > 0
  let until = 0
  let counted = 0
  let countedUntil = 0

  function isOver(failure: Failure, window: MinuteWindow, isAlone: boolean): boolean {
    if (isCounting) return isOverAllowed(failure)
    const { failures, ended } = window
    if (isAlone) return ended >= ENOUGH_ALONE && failures === ended
    if (failure.status === 429 || failure.status === 401 || failure.status === 404) return true
    return ended >= ENOUGH_CALLS && failures * 2 > ended
  }

  function isOverAllowed({ kind }: Failure): boolean {
    if (now() >= countedUntil) counted = 0
    counted += 1
    countedUntil = now() + (ownMs ?? cooldownMs)
    return counted > (allowedFailsPolicy[kind] ?? allowedFailsPolicy.default ?? allowedFails ?? 0)
  }

  /** The later deadline stands: what is known of it does not become less by one more failure. */
  function lengthen(ms: number): boolean {
    const end = now() + ms
    if (end <= until) return false
    until = end
    return true
  }

  return {
    get remainingMs() {
      return Math.max(0, until - now())
    },
    failed(failure, window, isAlone) {
      const ms = ownMs ?? cooldownMs
      if (ms === 0 || !isOfServer(failure.status)) return false
      if (!isOver(failure, window, isAlone)) return false
      return lengthen(ownMs ?? failure.retryAfterMs ?? cooldownMs)
    },
    coolFor(ms) {
      if ((ownMs ?? cooldownMs) > 0) lengthen(ms)
    },
  }
}

/** True for a status that says something about the server and not about the call. */
export function isOfServer(status: number): boolean {
  return status >= 500 || status === 429 || status === 401 || status === 408 || status === 404
}
