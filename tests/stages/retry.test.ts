import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../src/errors/index.ts'
import { pause, pauseBefore } from '../../src/stages/retry.ts'
import type { Failure } from '../../src/upstream/index.ts'

const failure = (retryAfterMs: number | null): Failure => ({
  kind: 'rate_limit',
  status: 429,
  retryAfterMs,
})

test('another upstream is asked at once, or after the least wait', () => {
  assert.equal(pauseBefore(failure(9_000), 0, true, 0), 0)
  assert.equal(pauseBefore(failure(9_000), 0, true, 70), 70)
})

test('the same one is asked when it says, unless that is more than a minute', () => {
  assert.equal(
    pauseBefore(failure(9_000), 0, false, 0, () => 0),
    9_000,
  )
  assert.equal(
    pauseBefore(failure(60_001), 0, false, 0, () => 0),
    500,
  )
  assert.equal(
    pauseBefore(failure(5), 0, false, 100, () => 0),
    100,
  )
})

test('without its word the pause doubles up to eight seconds, with chance in it', () => {
  const pauses = [0, 1, 2, 3, 4, 5].map((count) =>
    pauseBefore(failure(null), count, false, 0, () => 0),
  )
  assert.deepEqual(pauses, [500, 1_000, 2_000, 4_000, 8_000, 8_000])
  assert.equal(
    pauseBefore(failure(null), 0, false, 0, () => 1),
    1_250,
  )
})

test('a pause ends with the reason for which the call was given up', async () => {
  const left = new AbortController()
  const waiting = pause(60_000, left.signal)
  left.abort(new GatewayError('client_closed'))
  await assert.rejects(waiting, { code: 'client_closed' })
  await assert.rejects(pause(0, left.signal), { code: 'client_closed' })
})
