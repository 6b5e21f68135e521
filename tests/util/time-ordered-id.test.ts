import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timeOrderedId } from '../../src/util/time-ordered-id.ts'

const NOW = Date.UTC(2026, 1, 3)

test('an id is a UUID of version 7 that begins with its time', () => {
  const id = timeOrderedId(NOW)
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.equal(Number.parseInt(id.slice(0, 13).replace('-', ''), 16), NOW)
})

test('ids of the same millisecond differ, and those of a later one come after', () => {
  const same = Array.from({ length: 1_000 }, () => timeOrderedId(NOW))
  assert.equal(new Set(same).size, same.length)
  assert.ok(same.every((id) => id < timeOrderedId(NOW + 1)))
})

test('a clock before the epoch still gives an id', () => {
  assert.match(timeOrderedId(-1), /^00000000-0000-7/)
})
