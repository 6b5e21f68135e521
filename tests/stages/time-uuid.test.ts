import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timeUuid } from '../../src/util/time-uuid.ts'

/** RFC 9562, section 5.7. */
const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('a time uuid has the form of version 7', () => {
  assert.match(timeUuid(), VERSION_7)
})

test('a time uuid says when it was made, so that a later one sorts behind it', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 0x0192_3456_789a })
  const first = timeUuid()
  assert.equal(first.slice(0, 13), '01923456-789a')
  t.mock.timers.tick(1)
  assert.ok(timeUuid() > first)
})

test('two time uuids of the same millisecond differ', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 0 })
  assert.notEqual(timeUuid(), timeUuid())
})
