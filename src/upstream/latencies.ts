import type { LatencyOptions } from './routing-options.ts'

/** How fast one upstream was of late. */
export interface Latencies {
  /** Adds what a call took: milliseconds for a token of the answer, and until its first byte. */
  add(perTokenMs: number, firstByteMs: number | null): void
  /** A call came to nothing: it counts as slower than all others for a minute, or until it answers. */
  failed(): void
  /**
   * The mean of the samples that still count: until the first byte for streams, for a token otherwise.
   * Null: there are none.
   */
  mean(streaming: boolean): number | null
}

interface Sample {
  readonly at: number
  readonly ms: number
}

/** For so long one that failed is slower than all others. Without it, it would stay unknown and come first. */
const PENALTY_MS = 60_000
/** Far above what a token can take, and far below what cannot be reckoned with. */
const SLOWEST_MS = 1e9

export function createLatencies(
  { ttlMs, samples }: Pick<LatencyOptions, 'ttlMs' | 'samples'>,
  now: () => number = () => performance.now(),
): Latencies {
  const perToken: Sample[] = []
  const firstByte: Sample[] = []
  let slowUntil = 0

  function keep(list: Sample[], ms: number): void {
    list.push({ at: now(), ms })
    if (list.length > samples) list.shift()
  }

  return {
    add(perTokenMs, firstByteMs) {
      slowUntil = 0
      keep(perToken, perTokenMs)
      if (firstByteMs !== null) keep(firstByte, firstByteMs)
    },
    failed() {
      slowUntil = now() + PENALTY_MS
    },
    mean(streaming) {
      if (now() < slowUntil) return SLOWEST_MS
      const since = now() - ttlMs
      const list = streaming && firstByte.length > 0 ? firstByte : perToken
      let sum = 0
      let count = 0
      for (const { at, ms } of list) {
        if (at < since) continue
        sum += ms
        count += 1
      }
      return count === 0 ? null : sum / count
    },
  }
}
