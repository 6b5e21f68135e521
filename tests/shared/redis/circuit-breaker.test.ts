import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCircuitBreaker } from '../../../src/shared/redis/circuit-breaker.ts'

const tripped = (time: () => number): ReturnType<typeof createCircuitBreaker> => {
  const breaker = createCircuitBreaker(time)
  for (let i = 0; i < 5; i += 1) breaker.failed()
  return breaker
}

test('five failures in a row open it, and an answer in between does not let them add up', () => {
  const breaker = createCircuitBreaker(() => 0)
  for (let i = 0; i < 4; i += 1) assert.equal(breaker.failed(), false)
  breaker.succeeded()
  for (let i = 0; i < 4; i += 1) assert.equal(breaker.failed(), false)
  assert.equal(breaker.enter(), true)
  assert.equal(breaker.failed(), true)
  assert.equal(breaker.enter(), false)
  assert.equal(breaker.isOpen, true)
})

test('after a while one probe may ask, and its answer lets everybody in', () => {
  let time = 0
  const breaker = tripped(() => time)
  time = 999
  assert.equal(breaker.enter(), false)
  time = 1_000
  assert.deepEqual([breaker.enter(), breaker.enter()], [true, false])
  breaker.succeeded()
  assert.deepEqual([breaker.enter(), breaker.enter()], [true, true])
})

test('each probe that fails doubles the wait, up to a minute', () => {
  let time = 0
  const breaker = tripped(() => time)
  const waits = Array.from({ length: 9 }, () => {
    const from = time
    while (!breaker.enter()) time += 1_000
    breaker.failed()
    return (time - from) / 1_000
  })
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60])
})

test('failures of those that were under way when it opened change nothing', () => {
  let time = 0
  const breaker = tripped(() => time)
  for (let i = 0; i < 20; i += 1) assert.equal(breaker.failed(), false)
  time = 1_000
  assert.equal(breaker.enter(), true)
})
