import type { Attempt, Call, Chunk, Tap } from '../plugin/index.ts'
import { assertChunk, assertNow, assertTap } from './answers.ts'
import { blame, countersOf } from './guard.ts'
import type { Seat } from './seat.ts'

/** The taps of one reply. Observers see every chunk first; editors then shape what the caller gets. */
export interface Taps {
  /** True when no tap can edit, so bytes may pass without being looked at again. */
  readonly passive: boolean
  observe(chunk: Chunk): void
  /** The chunk to send, `null` for none. The same object comes back when nobody changed it. */
  edit(chunk: Chunk): Chunk | null
  /** Taps that broke and were taken off this reply. */
  readonly warnings: readonly string[]
}

interface Seated {
  readonly seat: Seat
  readonly tap: Tap
  broken: boolean
}

/** Asks every plugin for its tap, in reverse order: the first listed speaks last to the caller. */
export function seatTaps(seats: readonly Seat[], call: Call, attempt: Attempt): Taps {
  const warnings: string[] = []
  const seated: Seated[] = []
  for (const seat of seats) {
    if (!seat.hooks.stream || !seat.matches(call)) continue
    countersOf(seat, 'stream').calls += 1
    try {
      const tap = seat.hooks.stream(call, attempt)
      assertTap(tap)
      if (tap) seated.push({ seat, tap, broken: false })
    } catch (thrown) {
      takeOff(seat, thrown)
    }
  }
  const observers = seated.filter(({ tap }) => 'observe' in tap)
  const editors = seated.filter(({ tap }) => 'chunk' in tap)

  function takeOff(seat: Seat, thrown: unknown): void {
    const error = blame(seat, 'stream', thrown)
    countersOf(seat, 'stream').skipped += 1
    warnings.push(`plugin_failed:${seat.name}.stream`)
    seat.log.error({ err: error.cause ?? error }, 'the tap failed and was taken off this call')
  }

  return {
    passive: editors.length === 0,
    warnings,
    observe(chunk) {
      for (const one of observers) {
        if (one.broken) continue
        try {
          const answer: unknown = one.tap.observe?.(chunk)
          if (answer !== undefined) assertNow(answer)
        } catch (thrown) {
          one.broken = true
          takeOff(one.seat, thrown)
        }
      }
    },
    edit(chunk) {
      let current: Chunk = chunk
      for (const one of editors) {
        if (one.broken) continue
        try {
          const edited: unknown = one.tap.chunk?.(current)
          if (edited === null) return null
          if (edited === undefined || edited === current) continue
          assertChunk(edited, chunk)
          current = edited
        } catch (thrown) {
          one.broken = true
          takeOff(one.seat, thrown)
        }
      }
      return current
    },
  }
}
