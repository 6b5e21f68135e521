import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../../src/errors/index.ts'
import { scanObject, UNIQUE_KEYS, type ObjectScan } from '../../src/wire/json-scan.ts'

function scan(text: string, maxDepth = 64): ObjectScan {
  return scanObject(Buffer.from(text), { maxDepth, uniqueKeys: UNIQUE_KEYS })
}

function refusal(text: string | Buffer, maxDepth = 64): GatewayError {
  try {
    scanObject(Buffer.from(text), { maxDepth, uniqueKeys: UNIQUE_KEYS })
  } catch (error) {
    assert.ok(error instanceof GatewayError)
    return error
  }
  return assert.fail('nothing was refused')
}

test('members are given with the spans of their keys and values', () => {
  const text = ' { "model" : "m" , "n":2,"é":[1,{"x":"]}"}] } '
  const bytes = Buffer.from(text)
  const { members, end } = scan(text)
  assert.deepEqual(
    members.map(({ key, valueStart, valueEnd }) => [
      key,
      bytes.toString('utf8', valueStart, valueEnd),
    ]),
    [
      ['model', '"m"'],
      ['n', '2'],
      ['é', '[1,{"x":"]}"}]'],
    ],
  )
  assert.equal(bytes[members[0]?.keyStart ?? -1], '"'.charCodeAt(0))
  assert.equal(end, bytes.length - 1)
})

test('an empty object has no members', () => {
  assert.deepEqual(scan('{ }'), { members: [], end: 3 })
})

test('messages, input and prompt are given element by element', () => {
  const text =
    '{"messages":[ {"role":"user"} , {"content":"a,]\\"}"}],"prompt":["a",[1,2]],"input":[]}'
  const elements = scan(text).members.map((member) =>
    member.elements?.map(({ start, end }) => text.slice(start, end)),
  )
  assert.deepEqual(elements, [['{"role":"user"}', '{"content":"a,]\\"}"}'], ['"a"', '[1,2]'], []])
})

test('token ids and other members have no elements', () => {
  const [prompt, stop] = scan('{"prompt":[1,2,3],"stop":["a"],"input":"x"}').members
  assert.equal(prompt?.elements, null)
  assert.equal(stop?.elements, null)
})

test('a routing key that comes twice is refused with both places', () => {
  const error = refusal('{"model":"a","x":1,"model":"b"}')
  assert.equal(error.code, 'duplicate_key')
  assert.equal(error.param, 'model')
  assert.match(error.message, /byte 1 and again at byte 19/)
})

test('a routing key hidden behind an escape is found', () => {
  assert.equal(refusal(String.raw`{"model":"a","mod\u0065l":"b"}`).code, 'duplicate_key')
})

test('other keys may come twice, and routing keys may be nested', () => {
  assert.equal(scan('{"x":1,"x":2,"a":{"model":1,"model":2},"model":"m"}').members.length, 4)
})

test('nesting up to the limit passes, one more is refused with its place', () => {
  assert.equal(scan('{"a":[[1]]}', 3).members.length, 1)
  const error = refusal('{"a":[[[1]]]}', 3)
  assert.equal(error.code, 'too_deep')
  assert.match(error.message, /more than 3 .* byte 7/)
  assert.equal(refusal('{"messages":[[[1]]]}', 3).code, 'too_deep')
  assert.equal(refusal('{"messages":[{"a":[1]}]}', 3).code, 'too_deep')
})

test('a body of 200,000 brackets is refused without being parsed', () => {
  assert.equal(refusal(`{"a":${'['.repeat(200_000)}`).code, 'too_deep')
  assert.equal(refusal('['.repeat(200_000)).code, 'bad_json')
})

test('brackets and quotes inside strings do not count', () => {
  const text = String.raw`{"a":"[[[[\"{{{\\","b":"\\\"]"}`
  assert.equal(scan(text, 1).members.length, 2)
})

test('a body that is no object is refused', () => {
  for (const text of ['', '  ', '[]', '"x"', 'null', '1', '\ufeff{}']) {
    assert.equal(refusal(text).code, 'bad_json', JSON.stringify(text))
  }
})

test('a broken body is refused with the place of the defect', () => {
  assert.match(refusal('{"a" 1}').message, /colon is missing at byte 5/)
  assert.match(refusal('{"a":1 "b":2}').message, /comma or } is missing at byte 7/)
  assert.match(refusal('{"a":1,}').message, /key is missing at byte 7/)
  assert.match(refusal('{"a":}').message, /value is missing at byte 5/)
  assert.match(refusal('{"a":"x').message, /string does not end, it begins at byte 5/)
  assert.match(refusal('{"messages":[1,2').message, /begins at byte 12/)
  assert.match(refusal('{"messages":["a" "b"]}').message, /comma or \] is missing at byte 17/)
  assert.match(refusal(String.raw`{"\u00zz":1}`).message, /key cannot be read at byte 1/)
})

test('a string of escaped quotes costs in proportion to its length', () => {
  const scanned = (quotes: number) => {
    const bytes = Buffer.from(`{"a":"${'\\"'.repeat(quotes)}"}`)
    const start = process.hrtime.bigint()
    scanObject(bytes, { maxDepth: 2, uniqueKeys: [] })
    return Number(process.hrtime.bigint() - start)
  }
  scanned(100_000)
  const small = Math.min(scanned(100_000), scanned(100_000), scanned(100_000))
  const large = scanned(1_600_000)
  assert.ok(large < small * 100, `${large} ns against ${small} ns`)
})

test('every valid object is scanned to the keys that a parser sees', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(2), (object, spaces) => {
      const text = JSON.stringify(object, null, spaces)
      const bytes = Buffer.from(text)
      const { members, end } = scan(text, 1000)
      assert.equal(end, bytes.length)
      const read = members.map(({ key, valueStart, valueEnd }) => [
        key,
        JSON.parse(bytes.toString('utf8', valueStart, valueEnd)),
      ])
      assert.deepEqual(read, Object.entries(JSON.parse(text)))
    }),
    { numRuns: 500 },
  )
})

test('whatever the bytes are, the scan ends with a result or a GatewayError', () => {
  const tokens = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"messages"',
    '"',
    '\\',
    '1',
    ' ',
    '-',
  )
  const garbage = fc.oneof(
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tokens, { maxLength: 16 }).map((parts) => Buffer.from(`{${parts.join('')}`)),
  )
  fc.assert(
    fc.property(garbage, (bytes) => {
      try {
        scanObject(bytes, { maxDepth: 4, uniqueKeys: UNIQUE_KEYS })
      } catch (error) {
        assert.ok(error instanceof GatewayError)
      }
    }),
    { numRuns: 3000 },
  )
})
