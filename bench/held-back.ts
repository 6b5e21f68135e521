import { quantile } from './figures.ts'
import { makeLoad } from './load.ts'
import type { Target, TargetName } from './targets.ts'

/** Milliseconds between two tokens of the paced stream. */
export const GAP_MS = 20

/** Streams under way at a time; they begin evenly spread, as those of agents do. */
export const PACED_CALLERS = 16

/** When a caller sees the first and the last byte of a paced stream, in milliseconds. */
export interface HeldBack {
  readonly firstByteP50: number
  readonly firstByteP99: number
  readonly lastByteP50: number
  /** From the upstream letting go of its first token to the caller having it. */
  readonly onTheWayP50: number
}

/** Shows what a gateway holds back: nothing but the ending, and that for as long as a commit takes. */
export async function measureHeldBack(
  targets: readonly Target[],
  rounds: number,
): Promise<ReadonlyMap<TargetName, HeldBack>> {
  const seen = new Map(
    targets.map(({ name }) => [
      name,
      { first: [] as number[], last: [] as number[], way: [] as number[] },
    ]),
  )
  for (let round = 0; round < rounds; round += 1) {
    for (const target of targets) {
      const { firstByte, lastByte, onTheWay } = await makeLoad({
        target: { ...target, path: (number) => `${target.path(number)}?gap=${GAP_MS}` },
        calls: PACED_CALLERS,
        concurrency: PACED_CALLERS,
        // All at once they would queue for the CPU, and the queue would be what is measured.
        staggerMs: 67,
        firstSerial: round * PACED_CALLERS,
      })
      seen.get(target.name)?.first.push(...firstByte)
      seen.get(target.name)?.last.push(...lastByte)
      seen.get(target.name)?.way.push(...onTheWay)
    }
  }
  return new Map(
    [...seen].map(([name, { first, last, way }]) => [
      name,
      {
        firstByteP50: quantile(first, 0.5),
        firstByteP99: quantile(first, 0.99),
        lastByteP50: quantile(last, 0.5),
        onTheWayP50: quantile(way, 0.5),
      },
    ]),
  )
}
