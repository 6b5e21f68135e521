import type { Redis } from './redis.ts'
import { SETTLE } from './counter-scripts.ts'

/** What Redis is to hear of a claim that has ended. */
export interface End {
  readonly keys: readonly string[]
  readonly args: readonly string[]
}

/** Ends of claims that Redis was not told of, because it did not answer. */
export interface UntoldEnds {
  add(end: End): void
  /** Tells them now, unless there are none; what cannot be told stays. Never rejects. */
  tell(): Promise<void>
}

/** Each is a few hundred bytes. Beyond it the oldest are left to the ends of their leases. */
const MOST = 10_000

/**
 * Remembers them until Redis answers again: otherwise whatever ended during an outage would hold its place
 * for as long as a call may take.
 */
export function createUntoldEnds(redis: Pick<Redis, 'run' | 'onReturn'>): UntoldEnds {
  const ends = new Set<End>()

  function add(end: End): void {
    ends.add(end)
    const [oldest] = ends
    if (ends.size > MOST && oldest) ends.delete(oldest)
  }

  async function tell(): Promise<void> {
    const told = [...ends]
    ends.clear()
    for (const end of told) {
      await redis.run(SETTLE, end.keys, end.args).catch(() => add(end))
    }
  }

  redis.onReturn(() => void tell())
  return { add, tell: () => (ends.size === 0 ? Promise.resolve() : tell()) }
}
