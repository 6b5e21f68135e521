import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemoryCounters } from '../../src/shared/index.ts'
import { admitted, held, testCounters, window } from './counters.contract.ts'

testCounters('memory', async () => ({
  counters: createMemoryCounters(),
  shortWindows: createMemoryCounters({ windowMs: 300 }),
}))

test('names that nobody asks for any more are forgotten', async () => {
  let time = 0
  const counters = createMemoryCounters({ now: () => time })
  for (let minute = 0; minute < 20; minute += 1) {
    for (let i = 0; i < 100; i += 1) {
      const name = `${minute}:${i}`
      await admitted(counters.claim([window(name, 1), held(name, 1)], 60_000))
    }
    time += 60_000
  }
  assert.ok(counters.size <= 400, `${counters.size} names are remembered`)
})
