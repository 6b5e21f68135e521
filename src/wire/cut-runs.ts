import type { Span } from './json-scan.ts'

/**
 * Turns "this member stays, that one goes" into byte ranges that leave exactly the right commas. A run
 * of members that go takes the comma after it; at the end of an object, the comma before it.
 */
export interface Runs {
  readonly cuts: Span[]
  /** End of the last item that stays, -1 before the first one. The caller sets it. */
  keptEnd: number
  cutStart: number
  cutEnd: number
}

export function newRuns(cuts: Span[]): Runs {
  return { cuts, keptEnd: -1, cutStart: -1, cutEnd: -1 }
}

/** An item that begins here stays. Set `keptEnd` when its end is known. */
export function keepItem(runs: Runs, start: number): void {
  if (runs.cutStart !== -1) runs.cuts.push({ start: runs.cutStart, end: start })
  runs.cutStart = -1
}

export function cutItem(runs: Runs, start: number, end: number): void {
  if (runs.cutStart === -1) runs.cutStart = start
  runs.cutEnd = end
}

/** After the last item of an object or array. */
export function endItems(runs: Runs): void {
  if (runs.cutStart === -1) return
  runs.cuts.push({ start: runs.keptEnd === -1 ? runs.cutStart : runs.keptEnd, end: runs.cutEnd })
}
