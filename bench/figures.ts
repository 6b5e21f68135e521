/** What one target was measured to do at one concurrency. Times are milliseconds. */
export interface Figures {
  /** Microseconds of CPU, user and system, of the whole process. */
  readonly cpuMicros: number
  readonly p50: number
  readonly p99: number
  readonly firstByteP50: number
  readonly firstByteP99: number
  readonly rssBytes: number
}

/** The median of each figure over the rounds. */
export function medianOf(rounds: readonly Figures[]): Figures {
  const median = (pick: (figures: Figures) => number): number => quantile(rounds.map(pick), 0.5)
  return {
    cpuMicros: median((figures) => figures.cpuMicros),
    p50: median((figures) => figures.p50),
    p99: median((figures) => figures.p99),
    firstByteP50: median((figures) => figures.firstByteP50),
    firstByteP99: median((figures) => figures.firstByteP99),
    rssBytes: median((figures) => figures.rssBytes),
  }
}

/** The value that this share of the values does not exceed; between two values, the nearer one. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN
}
