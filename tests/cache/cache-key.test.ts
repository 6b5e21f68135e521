import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import type { JsonObject } from '../../src/plugin/index.ts'
import type { RequestBody } from '../../src/stages/body.ts'
import { askedBeyond, cacheKey, type Question } from '../../src/stages/cache-key.ts'
import { scanObject, UNIQUE_KEYS } from '../../src/wire/json-scan.ts'

function bodyOf(text: string): RequestBody {
  const bytes = Buffer.from(text)
  const { members } = scanObject(bytes, { maxDepth: 100, uniqueKeys: UNIQUE_KEYS })
  return { bytes, members, json: JSON.parse(text) as JsonObject }
}

/** The key of a request with this body, and what differs from it. */
function keyOf(text: string, given: Partial<Question> = {}): string {
  const body = bodyOf(text)
  const question: Question = {
    target: 'chat /v1/chat/completions',
    namespace: null,
    params: body.json ?? {},
    headers: {},
    tags: [],
    weightVersion: null,
    ...given,
  }
  return cacheKey(question, body)
}

const params = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 8 }).filter((name) => name !== '__proto__'),
  fc.jsonValue({ maxDepth: 3, noUnicodeString: false }),
  { maxKeys: 6 },
)

/** Space wherever JSON lets it be. */
function spaced(text: string): string {
  return text
    .replaceAll(/"(?:[^"\\]|\\.)*"|[^"]/g, (token) => `${token} \n`)
    .replaceAll(/(?<=[\d.eE+\-a-z]) \n(?=[\d.eE+\-a-z])/g, '')
}

test('the order of params makes no difference, and neither does space', () => {
  fc.assert(
    fc.property(params, (given) => {
      const text = JSON.stringify(given)
      const turned = Object.fromEntries(Object.entries(given).toReversed())
      assert.equal(keyOf(JSON.stringify(turned)), keyOf(text))
      assert.equal(keyOf(spaced(text)), keyOf(text))
    }),
  )
})

test('order within a param makes one: a schema’s is that of the answer', () => {
  const texts = [
    '{"tools":[{"a":1,"b":2}]}',
    '{"tools":[{"b":2,"a":1}]}',
    '{"x":{"10":1,"9":2}}',
    '{"x":{"9":2,"10":1}}',
  ]
  assert.equal(new Set(texts.map((text) => keyOf(text))).size, texts.length)
})

test('what is said twice within a param is not what is said once', () => {
  assert.notEqual(keyOf('{"x":{"a":1,"a":2}}'), keyOf('{"x":{"a":2}}'))
})

test('what somebody changed counts as it will be written', () => {
  const params = { x: { a: [1, 'b c'] } }
  assert.equal(keyOf('{"x":1}', { params }), keyOf('{"x": {"a": [1, "b c"]}}'))
})

test('what differs in anything else has another key', () => {
  fc.assert(
    fc.property(params, params, (one, other) => {
      const texts = [JSON.stringify(one), JSON.stringify(other)] as const
      const isSame = isDeepStrictEqual(JSON.parse(texts[0]), JSON.parse(texts[1]))
      assert.equal(keyOf(texts[0]) === keyOf(texts[1]), isSame)
    }),
  )
  fc.assert(
    fc.property(params, fc.string({ maxLength: 8 }), fc.jsonValue(), (given, name, value) => {
      fc.pre(name !== '__proto__')
      const text = JSON.stringify(given)
      const changed = JSON.stringify({ ...given, [name]: value })
      const isSame = isDeepStrictEqual(JSON.parse(text), JSON.parse(changed))
      assert.equal(keyOf(text) === keyOf(changed), isSame)
    }),
  )
})

test('how a param that is a number or a text is written makes no difference', () => {
  assert.equal(keyOf('{"temperature": 1.0, "x":1e2}'), keyOf('{"x":100,"temperature":1}'))
  assert.equal(keyOf(String.raw`{"x":"\u0041"}`), keyOf('{"x":"A"}'))
})

test('large whole numbers that JavaScript takes for one are two', () => {
  assert.notEqual(keyOf('{"seed":9007199254740993}'), keyOf('{"seed":9007199254740992}'))
  assert.equal(keyOf('{"seed":9007199254740993}'), keyOf('{ "seed" : 9007199254740993 }'))
  assert.notEqual(keyOf('{"x":{"seed":1e400}}'), keyOf('{"x":{"seed":null}}'))
})

test('lists and texts that look alike are not taken for each other', () => {
  const texts = ['{"x":["a,b"]}', '{"x":["a","b"]}', '{"x":"[a,b]"}', '{"x":[["a","b"]]}', '{}']
  assert.equal(new Set(texts.map((text) => keyOf(text))).size, texts.length)
})

test('the path, the namespace, the headers and the weights are in it', () => {
  const keys = [
    keyOf('{}'),
    keyOf('{}', { target: 'chat /chat/completions?beta=1' }),
    keyOf('{}', { namespace: 'n' }),
    keyOf('{}', { headers: { 'anthropic-version': '2' } }),
    keyOf('{}', { tags: ['paid'] }),
    keyOf('{}', { tags: ['paid', 'a'] }),
    keyOf('{}', { weightVersion: 1 }),
    keyOf('{}', { weightVersion: '1' }),
  ]
  assert.equal(new Set(keys.map((key) => key.split(':').at(-1))).size, keys.length)
})

test('the namespace stands in front, as a header can take it', () => {
  assert.match(keyOf('{}', { namespace: 'team-a' }), /^team-a:[0-9a-f]{64}$/)
  assert.match(keyOf('{}', { namespace: 'ä b\n\ud800' }), /^%C3%A4%20b%0A%EF%BF%BD:[0-9a-f]{64}$/)
})

test('what was asked beyond the question is told apart by what changed', () => {
  const messages = [{ role: 'user', content: 'q' }]
  const question: Question = {
    target: 't',
    namespace: null,
    params: { model: 'm', messages, n: 1 },
    headers: {},
    tags: [],
    weightVersion: null,
  }
  const plain = askedBeyond(question, { messages, n: 1, model: 'm' })
  assert.equal(askedBeyond(question, { ...question.params }), plain)
  const digests = [
    plain,
    askedBeyond(question, { ...question.params, logprobs: true }),
    askedBeyond(question, { ...question.params, logprobs: false }),
    askedBeyond(question, { ...question.params, model: 'other' }),
    askedBeyond(question, { model: 'm', messages }),
  ]
  assert.equal(new Set(digests).size, digests.length)
})
