import fc from 'fast-check'
import type { Json, JsonObject } from '../../src/plugin/index.ts'

const FORBIDDEN = ['__proto__', 'constructor', 'prototype']

const key = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom('ｆ', '😀', 'é', '\ue000', '\u{10ffff}', 'session_name', '1', '10', '9'),
  )
  .filter((name) => !FORBIDDEN.includes(name))

const leaf = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    1e-4,
    9.99e-5,
    1e-5,
    1e-7,
    1e16,
    1e21,
    1e22,
    1e-323,
    0.1,
    123456.789,
  ),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
)

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))

/** Any metadata that fits a slug, as `JSON.parse` would give it. */
export const anyMetadata: fc.Arbitrary<JsonObject> = fc
  .dictionary(key, value, { maxKeys: 5, noNullPrototype: true })
  .map((metadata) => JSON.parse(JSON.stringify(metadata)))
