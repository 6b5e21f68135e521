import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { killLoop } from './kill-loop.ts'

/** `SLUICE_KILLS=1000` makes a night of it. */
const KILLS = Number(process.env['SLUICE_KILLS'] ?? 8)

const NOTHING = { lost: [], altered: [], gaps: [], unmentioned: [], pending: [], invented: [] }

test('what a client received in full survives kill -9 at any moment', async (t) => {
  const report = await killLoop(t, KILLS)
  assert.deepEqual(report.faults, NOTHING)
  assert.deepEqual(report.refusals, [])
  assert.equal(report.integrity, 'ok')
  assert.equal(report.pendingRows, 0)
  assert.ok(report.acknowledged > report.kills * 10, 'there was load')
  assert.ok(report.exposed > report.kills * 10, 'calls were at risk')
  assert.ok(report.interrupted > 0, 'calls were cut and are labelled')
})

test('the same loop convicts a gateway that records after it answered', async (t) => {
  const saboteur = fileURLToPath(new URL('./write-behind.ts', import.meta.url))
  const plugins = [saboteur, 'parameter-injection', 'logprob-extraction', 'stream-accumulator']
  const report = await killLoop(t, Math.min(KILLS, 4), { plugins })
  assert.ok(report.faults.lost.length > 0, 'acknowledged calls are missing, and the loop sees it')
  assert.ok(report.faults.unmentioned.length > 0, 'money was spent that no trace speaks of')
  assert.equal(report.integrity, 'ok')
})
