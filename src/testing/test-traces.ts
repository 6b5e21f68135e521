import type { FullTrace, Intent, TraceSink } from '../plugin/index.ts'

/** A trace sink in memory that tells what was handed to it. */
export interface TestTraces extends TraceSink {
  readonly begun: readonly Intent[]
  readonly saved: readonly FullTrace[]
}

export function createTestTraces(): TestTraces {
  const begun: Intent[] = []
  const saved: FullTrace[] = []
  return {
    begun,
    saved,
    async begin(intent) {
      begun.push(intent)
    },
    async save(trace) {
      saved.push(trace)
    },
  }
}
