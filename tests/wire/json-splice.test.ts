import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json, JsonObject } from '../../src/plugin/index.ts'
import { scanObject } from '../../src/wire/json-scan.ts'
import { spliceObject } from '../../src/wire/json-splice.ts'

function splice(text: string, change: (received: JsonObject) => JsonObject): string {
  const raw = Buffer.from(text)
  const received = JSON.parse(text) as JsonObject
  const { members } = scanObject(raw, { maxDepth: 1000, uniqueKeys: [] })
  return spliceObject(raw, members, received, change(received)).toString()
}

test('an unchanged body is the same buffer', () => {
  const raw = Buffer.from('{ "a" : 1.0 }')
  const received = { a: 1 }
  const { members } = scanObject(raw, { maxDepth: 8, uniqueKeys: [] })
  assert.equal(spliceObject(raw, members, received, { ...received }), raw)
})

test('values nobody touched keep their bytes: digits, escapes and spaces', () => {
  const text = String.raw`{ "seed": 12345678901234567890, "t": 1.0, "u": "\u00e9\ud800" , "n":1}`
  assert.equal(
    splice(text, (received) => ({ ...received, n: 2 })),
    text.replace('"n":1', '"n":2'),
  )
})

test('new keys come last, in order', () => {
  assert.equal(
    splice('{"a":1 }', (received) => ({ ...received, logprobs: true, b: { c: null } })),
    '{"a":1,"logprobs":true,"b":{"c":null} }',
  )
})

test('keys are added to an empty object', () => {
  assert.equal(
    splice(' { } ', () => ({ a: 1, b: 2 })),
    ' {"a":1,"b":2 } ',
  )
})

test('removed keys go with their comma', () => {
  const text = '{"a":1, "b":2, "c":3}'
  const remove = (...keys: string[]) =>
    splice(text, (received) =>
      Object.fromEntries(Object.entries(received).filter(([key]) => !keys.includes(key))),
    )
  assert.equal(remove('a'), '{"b":2, "c":3}')
  assert.equal(remove('b'), '{"a":1, "c":3}')
  assert.equal(remove('c'), '{"a":1, "b":2}')
  assert.equal(remove('a', 'b', 'c'), '{}')
})

test('undefined is as good as removed', () => {
  assert.equal(
    splice('{"a":1,"b":2}', (received) => ({ ...received, b: undefined, c: undefined })),
    '{"a":1}',
  )
})

test('removing the last keys and adding others meet at the same place', () => {
  assert.equal(
    splice('{"a":1,"b":2,"c":3}', ({ a }) => ({ a, d: 4 })),
    '{"a":1,"d":4}',
  )
  assert.equal(
    splice('{"a":1,"b":2}', () => ({ d: 4 })),
    '{"d":4}',
  )
})

test('of a key that came twice, a change leaves one and no change leaves both', () => {
  assert.equal(
    splice('{"a":1,"b":0,"a":2}', (received) => ({ ...received, a: 3 })),
    '{"b":0,"a":3}',
  )
  assert.equal(
    splice('{"a":1,"b":0,"a":2}', (received) => ({ ...received, b: 1 })),
    '{"a":1,"b":1,"a":2}',
  )
})

test('keys that objects inherit are keys like any other', () => {
  const text = '{"__proto__":{"x":1},"constructor":1}'
  assert.equal(
    splice(text, (received) => ({ ...received })),
    text,
  )
  assert.equal(
    splice('{"a":1}', (received) => ({ ...received, toString: 1 })),
    '{"a":1,"toString":1}',
  )
  assert.equal(
    splice(text, () => ({ a: 1 })),
    '{"a":1}',
  )
})

test('the spliced body is valid JSON that says what was asked for', () => {
  const keys = fc.constantFrom('a', 'b', 'c', 'é', 'q"', '__proto__x')
  const objects = fc.dictionary(keys, fc.jsonValue() as fc.Arbitrary<Json>)
  const choices = fc.dictionary(keys, fc.constantFrom('keep', 'drop'))
  fc.assert(
    fc.property(objects, objects, choices, fc.nat(2), (object, added, choice, spaces) => {
      const text = JSON.stringify(object, null, spaces)
      let sent: JsonObject = {}
      const spliced = splice(text, (received) => {
        const kept = Object.entries(received).filter(([key]) => choice[key] !== 'drop')
        const fresh = Object.entries(added).filter(([key]) => choice[key] !== 'keep')
        return (sent = { ...Object.fromEntries(kept), ...Object.fromEntries(fresh) })
      })
      assert.deepEqual(JSON.parse(spliced), JSON.parse(JSON.stringify(sent)))
    }),
    { numRuns: 1000 },
  )
})
