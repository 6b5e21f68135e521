import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isObject, type Json } from '../../src/plugin/index.ts'
import { chunkBytes, chunkEdits } from '../../src/wire/chunk.ts'
import { applyEdits } from '../../src/wire/edits.ts'
import { chunkOf } from './support.ts'

const keys = fc.constantFrom('a', 'b', 'choices', 'logprobs', 'é', 'q"uo', 'b\\s')

const documents: fc.Arbitrary<Json> = fc.letrec<{ value: Json; object: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.dictionary(keys, tie('value'), { maxKeys: 5 }),
})).object

const paths = fc.array(
  fc
    .array(fc.oneof(keys, fc.constant('*')), { minLength: 1, maxLength: 4 })
    .map((p) => p.join('.')),
  { minLength: 1, maxLength: 4 },
)

/** Pretty-printed JSON as one line, so that it fits a data line but has spaces between its tokens. */
function spaced(value: Json, spaces: number): string {
  return JSON.stringify(value, null, spaces).replaceAll('\n', ' ')
}

/** What `omit` means, said the slow way. */
function without(value: Json, path: readonly string[]): Json {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (key === '*' && Array.isArray(value)) {
    const elements: readonly Json[] = value
    return rest.length === 0 ? [] : elements.map((element) => without(element, rest))
  }
  if (!isObject(value) || !Object.hasOwn(value, key)) return value
  const copy: Record<string, Json | undefined> = { ...value }
  if (rest.length === 0) delete copy[key]
  else copy[key] = without(copy[key] ?? null, rest)
  return copy
}

function expected(document: Json, all: readonly string[]): Json {
  return all.reduce<Json>((value, path) => without(value, path.split('.')), document)
}

test('omit means the same as deleting the keys from the parsed object', () => {
  fc.assert(
    fc.property(documents, paths, fc.nat(2), (document, all, spaces) => {
      const text = spaced(document, spaces)
      assert.deepEqual(JSON.parse(chunkOf(text).omit(...all).text), expected(JSON.parse(text), all))
    }),
    { numRuns: 2000 },
  )
})

test('omitting paths one by one means the same as omitting them together', () => {
  fc.assert(
    fc.property(documents, paths, (document, all) => {
      const chunk = chunkOf(JSON.stringify(document))
      const oneByOne = all.reduce((less, path) => less.omit(path), chunk)
      assert.equal(oneByOne.text, chunk.omit(...all).text)
    }),
    { numRuns: 500 },
  )
})

test('edits applied to the original give the bytes that were sent', () => {
  fc.assert(
    fc.property(documents, paths, (document, all) => {
      const chunk = chunkOf(JSON.stringify(document))
      const less = chunk.omit(...all)
      assert.deepEqual(
        applyEdits(Buffer.from(chunkBytes(chunk)), chunkEdits(less)),
        chunkBytes(less),
      )
    }),
    { numRuns: 500 },
  )
})

test('garbage of any kind is neither cut into nor thrown at', () => {
  const tokens = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"', '\\', '1', ' ', 'null')
  fc.assert(
    fc.property(fc.array(tokens, { minLength: 1, maxLength: 14 }), (parts) => {
      const text = parts.join('').trim()
      fc.pre(text !== '')
      chunkOf(text).omit('a', 'a.a', '*.a')
    }),
    { numRuns: 1000 },
  )
})
