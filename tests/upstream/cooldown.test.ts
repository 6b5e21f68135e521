import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createCooldown, type Cooldown, type CooldownRules } from '../../src/upstream/cooldown.ts'
import { kindOfReply, retryAfterOf, type Failure } from '../../src/upstream/failure-kind.ts'
import { createMinuteWindow } from '../../src/upstream/minute-window.ts'

interface Bench {
  readonly cooldown: Cooldown
  at: number
  answered(times: number): void
  failed(status: number, extra?: { retryAfterMs?: number; isAlone?: boolean }): number
}

function bench(rules: Partial<CooldownRules> = {}): Bench {
  const window = createMinuteWindow(() => 60_000_000)
  const made: Bench = {
    at: 0,
    cooldown: createCooldown(
      { allowedFails: null, allowedFailsPolicy: {}, cooldownMs: 5_000, ownMs: null, ...rules },
      () => made.at,
    ),
    answered(times) {
      for (let time = 0; time < times; time += 1) window.outcome(false)
    },
    failed(status, { retryAfterMs, isAlone = false } = {}) {
      const kind = kindOfReply(status, '', null)
      const failure: Failure = { kind, status, retryAfterMs: retryAfterMs ?? null }
      window.outcome(true)
      made.cooldown.failed(failure, window, isAlone)
      return made.cooldown.remainingMs
    },
  }
  return made
}

describe('one among several', () => {
  for (const status of [429, 401, 404]) {
    test(`cools down at once at ${status}`, () => assert.equal(bench().failed(status), 5_000))
  }
  for (const status of [400, 403, 409, 422]) {
    test(`never cools down at ${status}, which is about the call`, () => {
      const one = bench()
      for (let time = 0; time < 50; time += 1) assert.equal(one.failed(status), 0)
    })
  }
  test('cools down when it fails more than half of at least five calls', () => {
    const one = bench()
    one.answered(3)
    assert.deepEqual([one.failed(500), one.failed(502), one.failed(503)], [0, 0, 0], 'half of six')
    assert.equal(one.failed(500), 5_000)
  })
  test('cools down for as long as it asks for, and for its own time before that', () => {
    assert.equal(bench().failed(429, { retryAfterMs: 20_000 }), 20_000)
    assert.equal(bench({ ownMs: 100 }).failed(429, { retryAfterMs: 20_000 }), 100)
  })
  test('keeps the later deadline when it fails again', () => {
    const one = bench()
    one.failed(429, { retryAfterMs: 20_000 })
    one.at = 1_000
    assert.equal(one.failed(429), 19_000)
    one.at = 20_000
    assert.equal(one.cooldown.remainingMs, 0)
  })
  test('never cools down where that is off', () => {
    assert.equal(bench({ cooldownMs: 0 }).failed(429), 0)
    assert.equal(bench({ ownMs: 0 }).failed(429), 0)
  })
})

test('the only one there is stays, unless a thousand calls failed and nothing else', () => {
  const one = bench()
  for (let time = 0; time < 999; time += 1) {
    assert.equal(one.failed(time % 2 === 0 ? 429 : 500, { isAlone: true }), 0)
  }
  assert.equal(one.failed(500, { isAlone: true }), 5_000)
})

test('so many failures as are allowed are let pass, in the time of a cooldown', () => {
  const one = bench({ allowedFails: 2 })
  assert.deepEqual([one.failed(500), one.failed(500), one.failed(500)], [0, 0, 5_000])
  const slow = bench({ allowedFails: 2 })
  for (let time = 0; time < 9; time += 1) {
    slow.at += 5_000
    assert.equal(slow.failed(500), 0)
  }
})

test('a policy allows by the kind of failure', () => {
  const rules = { allowedFails: 0, allowedFailsPolicy: { rate_limit: 1 } }
  assert.equal(bench(rules).failed(500), 5_000)
  const one = bench(rules)
  assert.deepEqual([one.failed(429), one.failed(429)], [0, 5_000])
})

test('retry-after is seconds or a date, and what is over asks for nothing', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  assert.equal(retryAfterOf({ 'retry-after': '3' }, now), 3_000)
  assert.equal(retryAfterOf({ 'retry-after-ms': '15', 'retry-after': '3' }, now), 15)
  assert.equal(retryAfterOf({ 'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT' }, now), 9_000)
  for (const text of ['0', '-1', 'soon', '', 'Thu, 01 Jan 2025 00:00:00 GMT']) {
    assert.equal(retryAfterOf({ 'retry-after': text }, now), null, text)
  }
  assert.equal(retryAfterOf({}, now), null)
})
