import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Chunk, Hooks, Json, Trace } from 'sluice/plugin'
import { traceOf, type Observation } from './observe.ts'

/** One edge case: these chunks, and what is then to be seen in the trace. */
export interface Row extends Observation {
  readonly name: string
  readonly chunks: readonly (Json | Chunk)[]
  readonly see: (trace: Trace) => unknown
  readonly want: unknown
}

/** Makes a test of each row, with a plugin of its own. */
export function testRows(rows: readonly Row[], plugin: () => Hooks): void {
  for (const { name, chunks, see, want, ...observation } of rows) {
    test(name, async () => {
      assert.deepEqual(see(await traceOf(chunks, observation, [plugin()])), want)
    })
  }
}
