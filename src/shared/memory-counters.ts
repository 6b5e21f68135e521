import type { Claim, Counters, Limit, Settled, Standing } from './counters.ts'

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

/** What calls under way hold, or have set aside. */
interface Leases {
  sum: number
  readonly each: Map<object, { readonly amount: number; readonly ends: number }>
  /** No lease ends before. */
  next: number
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
  const leases = new Map<string, Leases>()
  let tidyAt = now() + windowMs

  /** Forgets what is over and nobody asks for any more. */
  function tidy(): void {
    const time = now()
    if (time < tidyAt) return
    tidyAt = time + windowMs
    for (const [name, { ends }] of windows) if (ends <= time) windows.delete(name)
    for (const name of leases.keys()) leasesOf(name)
  }

  function windowOf(name: string): Window | undefined {
    const window = windows.get(name)
    return window && now() < window.ends ? window : undefined
  }

  function leasesOf(name: string): Leases | undefined {
    const found = leases.get(name)
    const time = now()
    if (!found || time < found.next) return found
    found.next = Infinity
    for (const [claim, { amount, ends }] of found.each) {
      if (ends <= time) release(name, found, claim, amount)
      else found.next = Math.min(found.next, ends)
    }
    return leases.get(name)
  }

  function release(name: string, from: Leases, claim: object, amount: number): void {
    from.each.delete(claim)
    from.sum = Math.max(0, from.sum - amount)
    // Rounding cannot pile up: the next sum starts at 0.
    if (from.each.size === 0) leases.delete(name)
  }

  function standingOf(limit: Limit): Standing {
    if (limit.kind === 'window') {
      const window = windowOf(limit.name)
      const resetsInMs = window ? window.ends - now() : windowMs
      return { limit, used: window?.used ?? 0, resetsInMs }
    }
    const held = leasesOf(keyOf(limit))?.sum ?? 0
    const spent = limit.kind === 'budget' ? limit.spent : 0
    return { limit, used: held + spent, resetsInMs: null }
  }

  /** Counts, and gives what takes the place of it with what was used. */
  function count(limit: Limit, lifeMs: number): (used: number) => void {
    const { name, amount } = limit
    if (limit.kind === 'window') {
      const window = windowOf(name) ?? { used: 0, ends: now() + windowMs }
      windows.set(name, window)
      window.used += amount
      return (used) => {
        window.used = Math.max(0, window.used - amount + used)
      }
    }
    const key = keyOf(limit)
    const found = leasesOf(key) ?? { sum: 0, each: new Map(), next: Infinity }
    leases.set(key, found)
    const ends = now() + lifeMs
    const lease = {}
    found.each.set(lease, { amount, ends })
    found.sum += amount
    found.next = Math.min(found.next, ends)
    return () => {
      const current = leasesOf(key)
      if (current?.each.has(lease)) release(key, current, lease, amount)
    }
  }

  return {
    get size() {
      return windows.size + leases.size
    },
    async claim(limits, lifeMs): Promise<Claim> {
      tidy()
      for (const limit of limits) {
        const refused = standingOf(limit)
        if (limit.limit !== null && refused.used >= limit.limit) return { admitted: false, refused }
      }
      const counted = limits.map((limit) => count(limit, lifeMs))
      let settled = false
      return {
        admitted: true,
        standings: limits.map(standingOf),
        async settle({ used }: Settled) {
          if (settled) return
          settled = true
          for (const [at, put] of counted.entries()) put(used[at] ?? limits[at]?.amount ?? 0)
        },
      }
    },
  }
}

function keyOf({ kind, name }: Limit): string {
  return `${kind}:${name}`
}
