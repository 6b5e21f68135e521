import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { withoutNoise } from '../../src/util/without-noise.ts'

test('an amount is free of the noise of its last binary digits', () => {
  assert.equal(withoutNoise(0.1 + 0.2), 0.3)
  assert.equal(withoutNoise(0.00028199999999999997), 0.000282)
  assert.equal(withoutNoise(0), 0)
})

test('the largest number there is stays a number', () => {
  assert.equal(withoutNoise(Number.MAX_VALUE), Number.MAX_VALUE)
})

test('and is otherwise what it was', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, noNaN: true }), (amount) => {
      const rounded = withoutNoise(amount)
      assert.equal(withoutNoise(rounded), rounded)
      if (Number.isFinite(amount))
        assert.ok(Math.abs(rounded - amount) <= amount * 1e-14 + Number.MIN_VALUE)
    }),
  )
})
