import type { Claim, Counters, Limit, Settled, Standing } from './counters.ts'
import { giveBack, heldAt, lend, noLeases, type Leases } from './leases.ts'

export interface MemoryCountersOptions {
  readonly windowMs?: number
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

const WINDOW_MS = 60_000

interface Window {
  used: number
  readonly ends: number
}

export interface MemoryCounters extends Counters {
  /** How many names are remembered. */
  readonly size: number
}

/** Counters of this gateway alone. What nobody asks for any more is forgotten within two windows. */
export function createMemoryCounters({
  windowMs = WINDOW_MS,
  now = () => performance.now(),
}: MemoryCountersOptions = {}): MemoryCounters {
  const windows = new Map<string, Window>()
  /** Apart, because what is held and what is paid for may have the same name. */
  const leases = { held: new Map<string, Leases>(), budget: new Map<string, Leases>() }
  let tidyAt = now() + windowMs

  /** Forgets what is over and nobody asks for any more. */
  function tidy(time: number): void {
    if (time < tidyAt) return
    tidyAt = time + windowMs
    for (const [name, { ends }] of windows) if (ends <= time) windows.delete(name)
    for (const named of [leases.held, leases.budget]) {
      for (const [name, some] of named) {
        heldAt(some, time) // Lets go of what has ended.
        if (some.each.size === 0) named.delete(name)
      }
    }
  }

  function windowAt(time: number, name: string): Window | undefined {
    const window = windows.get(name)
    return window && time < window.ends ? window : undefined
  }

  function standingAt(time: number, limit: Limit): Standing {
    if (limit.kind === 'window') {
      const window = windowAt(time, limit.name)
      return window
        ? { limit, used: window.used, resetsInMs: window.ends - time }
        : { limit, used: 0, resetsInMs: windowMs }
    }
    const some = leases[limit.kind].get(limit.name)
    const held = some ? heldAt(some, time) : 0
    const spent = limit.kind === 'budget' ? limit.spent : 0
    return { limit, used: held + spent, resetsInMs: null }
  }

  /** Counts, and gives what takes the place of it with what was used. */
  function count(limit: Limit, time: number, lifeMs: number): (used: number) => void {
    const { kind, name, amount } = limit
    if (kind === 'window') {
      const window = windowAt(time, name) ?? { used: 0, ends: time + windowMs }
      windows.set(name, window)
      window.used += amount
      return (used) => {
        window.used = Math.max(0, window.used - amount + used)
      }
    }
    const some = leases[kind].get(name) ?? noLeases()
    leases[kind].set(name, some)
    const lease = { amount, ends: time + lifeMs }
    lend(some, lease)
    return () => giveBack(some, lease)
  }

  return {
    get size() {
      return windows.size + leases.held.size + leases.budget.size
    },
    async claim(limits, lifeMs): Promise<Claim> {
      const time = now()
      tidy(time)
      for (const limit of limits) {
        const refused = standingAt(time, limit)
        if (limit.limit !== null && refused.used >= limit.limit) return { admitted: false, refused }
      }
      const counted = limits.map((limit) => count(limit, time, lifeMs))
      let settled = false
      return {
        admitted: true,
        standings: limits.map((limit) => standingAt(time, limit)),
        async settle({ used }: Settled) {
          if (settled) return
          settled = true
          for (const [at, put] of counted.entries()) put(used[at] ?? limits[at]?.amount ?? 0)
        },
      }
    },
  }
}
