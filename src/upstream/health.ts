/** How many failures take a member out, and how many good probes take it in again. */
export interface HealthRules {
  readonly unhealthyAfter: number
  readonly healthyAfter: number
  /** Milliseconds after which one that nobody probes is tried with a call. */
  readonly trialMs: number
}

/** What probes and calls have found out about one member. */
export interface Health {
  readonly healthy: boolean
  /** True when it is out, nobody probes it, and a call may find out whether it is back. */
  readonly isDue: boolean
  /** That call is on its way; the next one may be `trialMs` later. */
  tried(): void
  /** `why` is null when the probe was answered. */
  probed(why: string | null): void
  callAnswered(): void
  callFailed(why: string): void
  /** An answer came to its end, or broke off for a reason. */
  answerEnded(whyBroken: string | null): void
  /** Nobody listens there: no more failures are needed to know. */
  callRefused(why: string): void
}

/**
 * Tells whether a member should be given calls. It is healthy until proven otherwise.
 *
 * Failures of probes and of calls, and answers that break off, count together: `unhealthyAfter` of them
 * take it out. A good probe forgives what probes found, an answer that begins what calls found as well,
 * and only one that comes to its end forgives those that did not; so a server whose health route answers
 * while its calls die, or its answers, goes out all the same. When probes take such a one in again, it is
 * on probation: what was found still stands, less one, until a call is answered.
 *
 * Once out, `healthyAfter` good probes in a row take it in, and calls that it answers as a last resort
 * do not: hysteresis keeps a server that flaps from dragging its sessions to and fro. One that nobody
 * probes (probing is off, or it costs money) is tried with a single call every `trialMs` instead, and
 * is in again when it answers.
 */
export function createHealth(
  rules: HealthRules,
  isProbed: () => boolean,
  onChange: (healthy: boolean, why: string) => void,
  now: () => number = () => performance.now(),
): Health {
  let healthy = true
  let probeFailures = 0
  let callFailures = 0
  let brokenAnswers = 0
  let goodProbes = 0
  let failedAt = 0

  function takeOut(why: string): void {
    goodProbes = 0
    failedAt = now()
    if (!healthy) return
    healthy = false
    onChange(false, why)
  }

  function takeIn(why: string): void {
    if (healthy) return
    healthy = true
    callFailures = Math.min(callFailures, rules.unhealthyAfter - 1)
    brokenAnswers = Math.min(brokenAnswers, rules.unhealthyAfter - 1)
    onChange(true, why)
  }

  function weigh(why: string): void {
    const failures = probeFailures + callFailures + brokenAnswers
    if (!healthy || failures >= rules.unhealthyAfter) takeOut(why)
  }

  return {
    get healthy() {
      return healthy
    },
    get isDue() {
      return !healthy && !isProbed() && now() - failedAt >= rules.trialMs
    },
    tried() {
      failedAt = now()
    },
    probed(why) {
      if (why !== null) {
        probeFailures += 1
        return weigh(`probe: ${why}`)
      }
      probeFailures = 0
      goodProbes += 1
      if (goodProbes >= rules.healthyAfter) takeIn(`${goodProbes} good probes`)
    },
    callAnswered() {
      probeFailures = 0
      callFailures = 0
      if (!isProbed()) takeIn('it answered a call')
    },
    callFailed(why) {
      callFailures += 1
      weigh(`call: ${why}`)
    },
    answerEnded(whyBroken) {
      if (whyBroken === null) return void (brokenAnswers = 0)
      brokenAnswers += 1
      weigh(`answer: ${whyBroken}`)
    },
    callRefused: (why) => takeOut(`call: ${why}`),
  }
}
