import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHealth, type Health } from '../../src/upstream/health.ts'

interface Watched {
  readonly health: Health
  /** Each change, as it was told. */
  readonly told: string[]
  readonly pass: (ms: number) => void
}

function watched({ isProbed = true, after = 3, again = 2 } = {}): Watched {
  const told: string[] = []
  let now = 0
  const health = createHealth(
    { unhealthyAfter: after, healthyAfter: again, trialMs: 10_000 },
    () => isProbed,
    (healthy, why) => told.push(`${healthy ? 'in' : 'out'}: ${why}`),
    () => now,
  )
  return { health, told, pass: (ms) => void (now += ms) }
}

test('a member is healthy until failures in a row prove otherwise, and is told of once', () => {
  const { health, told } = watched()
  assert.equal(health.healthy, true)
  for (const why of ['a', 'b']) health.probed(why)
  assert.equal(health.healthy, true)
  health.probed('c')
  assert.equal(health.healthy, false)
  health.probed('d')
  assert.deepEqual(told, ['out: probe: c'])
})

test('it takes good probes in a row to come back', () => {
  const { health, told } = watched()
  health.callRefused('ECONNREFUSED')
  assert.equal(health.healthy, false)
  for (const why of [null, 'again', null]) health.probed(why)
  assert.equal(health.healthy, false)
  health.probed(null)
  assert.equal(health.healthy, true)
  assert.deepEqual(told, ['out: call: ECONNREFUSED', 'in: 2 good probes'])
})

test('failures of probes and of calls are one row', () => {
  const { health } = watched()
  health.probed('timeout')
  health.callFailed('reset')
  assert.equal(health.healthy, true)
  health.callFailed('reset')
  assert.equal(health.healthy, false)
})

test('an answered call ends the row', () => {
  const { health } = watched()
  for (let round = 0; round < 5; round += 1) {
    health.callFailed('reset')
    health.probed('timeout')
    health.callAnswered()
  }
  assert.equal(health.healthy, true)
})

test('a health route that answers does not hide calls that die', () => {
  const { health } = watched()
  for (let round = 0; round < 3; round += 1) {
    health.probed(null)
    health.callFailed('reset')
  }
  assert.equal(health.healthy, false)
})

test('one that probes take in again after its calls died goes out at the next call that dies', () => {
  const { health, told } = watched()
  for (let call = 0; call < 3; call += 1) health.callFailed('reset')
  for (let probe = 0; probe < 2; probe += 1) health.probed(null)
  assert.equal(health.healthy, true)
  health.callFailed('reset')
  assert.equal(health.healthy, false)
  for (let probe = 0; probe < 2; probe += 1) health.probed(null)
  health.callAnswered()
  health.callFailed('reset')
  assert.equal(health.healthy, true, 'an answered call ends the probation')
  assert.equal(told.length, 4)
})

test('one that was only out of reach for a while comes back without probation', () => {
  const { health } = watched()
  health.callRefused('ECONNREFUSED')
  for (let probe = 0; probe < 2; probe += 1) health.probed(null)
  health.callFailed('reset')
  assert.equal(health.healthy, true)
})

test('one that flaps from probe to probe goes nowhere', () => {
  const { health, told } = watched()
  for (let probe = 0; probe < 100; probe += 1) health.probed(probe % 2 === 0 ? 'down' : null)
  assert.deepEqual(told, [])
  health.callRefused('ECONNREFUSED')
  for (let probe = 0; probe < 100; probe += 1) health.probed(probe % 2 === 0 ? null : 'down')
  assert.equal(told.length, 1, 'once out, it stays out')
})

test('a last resort that answers a call stays out while probes look after it', () => {
  const { health } = watched()
  health.callRefused('ECONNREFUSED')
  health.callAnswered()
  assert.equal(health.healthy, false)
})

test('one that nobody probes is tried with one call after a while, and is in when it answers', () => {
  const { health, told, pass } = watched({ isProbed: false })
  health.callRefused('ECONNREFUSED')
  assert.equal(health.isDue, false)
  pass(9_999)
  assert.equal(health.isDue, false)
  pass(1)
  assert.equal(health.isDue, true)
  health.tried()
  assert.equal(health.isDue, false, 'one call at a time')
  pass(10_000)
  health.callFailed('reset')
  assert.equal(health.isDue, false, 'a failed trial begins the wait anew')
  health.callAnswered()
  assert.equal(health.healthy, true)
  assert.deepEqual(told, ['out: call: ECONNREFUSED', 'in: it answered a call'])
})

test('one that is probed is never tried with a call', () => {
  const { health, pass } = watched()
  health.callRefused('ECONNREFUSED')
  pass(1_000_000)
  assert.equal(health.isDue, false)
})

test('answers that break off count, whatever begins well in between, until one comes to its end', () => {
  const { health, told } = watched()
  for (const why of ['reset', 'cut']) {
    health.callAnswered()
    health.probed(null)
    health.answerEnded(why)
  }
  health.answerEnded(null)
  assert.deepEqual(told, [])
  for (const why of ['reset', 'cut', 'reset']) {
    health.callAnswered()
    health.answerEnded(why)
  }
  assert.deepEqual(told, ['out: answer: reset'])
})
