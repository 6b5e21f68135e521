import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeEntry, encodeEntry } from '../../src/shared/cache-entry.ts'

/** Of plain objects, as they are read back. */
function record<T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true })
}

const replies = record({
  storedAt: fc.nat(),
  status: fc.constant(200),
  contentType: fc.option(fc.string({ unit: 'grapheme' })),
  body: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  upstream: record({
    name: fc.string({ unit: 'grapheme' }),
    kind: fc.constantFrom('vllm', 'generic'),
    url: fc.webUrl(),
    simulated: fc.boolean(),
  }),
  asked: fc.string(),
  cost: fc.option(fc.double({ min: 0, max: 10, noNaN: true }).map((cost) => cost + 0)),
})

test('an entry comes back as it was', () => {
  fc.assert(
    fc.property(replies, (reply) => {
      assert.deepEqual(decodeEntry(encodeEntry(reply)), reply)
    }),
  )
})

test('bytes that are no entry are none, whatever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      assert.equal(decodeEntry(Buffer.from(bytes)), null)
    }),
  )
  assert.equal(decodeEntry(Buffer.from('\0\0\0\x02{}body')), null)
})

test('an entry that lost a byte, or in which one changed, is none', () => {
  fc.assert(
    fc.property(replies, fc.nat(), fc.integer({ min: 1, max: 255 }), (reply, where, change) => {
      const entry = encodeEntry(reply)
      const at = where % entry.length
      assert.equal(decodeEntry(entry.subarray(0, at)), null)
      entry[at] = (entry[at] ?? 0) ^ change
      assert.equal(decodeEntry(entry), null)
    }),
  )
})
