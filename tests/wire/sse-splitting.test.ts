import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createSseSplitter } from '../../src/wire/sse.ts'
import { described, joined, readsAt, recordedStreams, splitEvents } from './support.ts'

const SMALL = 2000

/** Streams made of the pieces that splitters get wrong. */
const streams = fc
  .array(
    fc.constantFrom(
      'data: {"a":1}',
      'data:x',
      'data',
      'event: ping',
      'error: {"e":1}',
      ': comment',
      'data: \u{1f600}\u2028é',
      'id: 1',
      '\ufeff',
      ' ',
      '\n',
      '\r',
      '\r\n',
      '\n\n',
      '\r\n\r\n',
      '\r\r',
    ),
    { maxLength: 30 },
  )
  .map((pieces) => Buffer.from(pieces.join('')))

for (const { name, bytes } of recordedStreams()) {
  test(`${name} gives the same events however it is cut`, () => {
    const whole = described(splitEvents([bytes]))
    assert.ok(whole.length > 2)
    for (const cut of offsets(bytes.length)) {
      assert.deepEqual(described(splitEvents(readsAt(bytes, [cut]))), whole, `cut at ${cut}`)
    }
  })

  test(`${name} loses no byte when it comes byte by byte`, () => {
    const reads = Array.from({ length: bytes.length }, (_, i) => bytes.subarray(i, i + 1))
    const events = splitEvents(reads)
    assert.deepEqual(joined(events), bytes)
    assert.deepEqual(described(events), described(splitEvents([bytes])))
  })
}

/** Every offset of a small stream, 200 random ones of a large one. */
function offsets(length: number): number[] {
  if (length <= SMALL) return Array.from({ length }, (_, i) => i)
  return fc.sample(fc.integer({ min: 1, max: length - 1 }), 200)
}

test('any stream gives the same events and all its bytes however it is cut', () => {
  const cuts = fc.array(fc.nat(300), { maxLength: 12 })
  fc.assert(
    fc.property(streams, cuts, (bytes, at) => {
      const whole = splitEvents([bytes])
      assert.deepEqual(joined(whole), bytes)
      assert.deepEqual(described(splitEvents(readsAt(bytes, at))), described(whole))
    }),
    { numRuns: 500 },
  )
})

test('offsets of events follow one another without gaps', () => {
  fc.assert(
    fc.property(streams, (bytes) => {
      let at = 0
      for (const event of splitEvents([bytes])) {
        assert.equal(event.at, at)
        at += event.bytes.length
      }
      assert.equal(at, bytes.length)
    }),
  )
})

test('a large event in small reads costs in proportion to its size', () => {
  const read = Buffer.alloc(1024, 'x')
  const work = (reads: number) => {
    const splitter = createSseSplitter({ maxEventBytes: 1e9 })
    splitter.push(Buffer.from('data: '))
    const start = process.hrtime.bigint()
    for (let i = 0; i < reads; i++) splitter.push(read)
    splitter.push(Buffer.from('\n\n'))
    return Number(process.hrtime.bigint() - start)
  }
  work(1000)
  const small = Math.min(work(1000), work(1000), work(1000))
  const large = Math.min(work(16_000), work(16_000))
  // Sixteen times the bytes: quadratic work would be 256 times as long.
  assert.ok(large < small * 100, `${large} ns against ${small} ns`)
})
