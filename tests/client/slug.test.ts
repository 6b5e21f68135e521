import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  decodeMetadataSlug,
  encodeMetadataSlug,
  MAX_SLUG_LENGTH,
  SlugError,
  type JsonObject,
  type SlugDefect,
} from '../../src/client/index.ts'
import { anyMetadata } from './metadata-arbitrary.ts'

const slugOf = (text: string | Uint8Array) => `rllm1:${Buffer.from(text).toString('base64url')}`

const nested = (levels: number): JsonObject =>
  JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels))

function defectOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    assert.ok(error instanceof SlugError, String(error))
    assert.ok(error.message.startsWith(`${error.defect}: `), error.message)
    return error.defect
  }
  return 'none'
}

suite('a metadata slug', () => {
  test('is rllm1: and the base64url of compact JSON with sorted keys', () => {
    const slug = encodeMetadataSlug({
      session_uids: ['u1'],
      session_name: 'math:0',
      empty: undefined,
    })
    assert.equal(slug, slugOf('{"session_name":"math:0","session_uids":["u1"]}'))
    assert.equal(encodeMetadataSlug({}), 'rllm1:e30')
  })

  test('comes back as the metadata it was made of', () => {
    fc.assert(
      fc.property(anyMetadata, (metadata) => {
        assert.deepEqual(decodeMetadataSlug(encodeMetadataSlug(metadata)), metadata)
      }),
    )
  })

  test('is the same for the same metadata in any key order', () => {
    fc.assert(
      fc.property(anyMetadata, (metadata) => {
        const reversed = Object.fromEntries(Object.entries(metadata).toReversed())
        assert.equal(encodeMetadataSlug(reversed), encodeMetadataSlug(metadata))
      }),
    )
  })

  test('is read with padding, percent-encoding and the standard alphabet', () => {
    const metadata = { a: '>>>???', b: 1 }
    const standard = Buffer.from(JSON.stringify(metadata)).toString('base64')
    assert.match(standard, /[+/]/)
    assert.match(standard, /=$/)
    for (const slug of [
      `rllm1:${standard}`,
      `rllm1%3A${encodeURIComponent(standard)}`,
      `rllm1%3a${standard}`,
      slugOf(JSON.stringify(metadata)),
    ]) {
      assert.deepEqual(decodeMetadataSlug(slug), metadata, slug)
    }
  })

  const unreadable: readonly (readonly [string, string, SlugDefect])[] = [
    ['nothing at all', '', 'empty'],
    ['only a prefix', 'rllm1:', 'empty'],
    ['only padding', 'rllm1:==', 'empty'],
    ['no prefix', 'e30', 'prefix'],
    ['another prefix', 'llmr1:e30', 'prefix'],
    ['a prefix without its colon', 'rllm1e30', 'prefix'],
    ['an upper-case prefix', 'RLLM1:e30', 'prefix'],
    ['a later version', 'rllm2:e30', 'version'],
    ['a much later version', 'rllm10%3Ae30', 'version'],
    ['a foreign character', 'rllm1:e3!0', 'base64'],
    ['a space', 'rllm1:e3 0', 'base64'],
    ['padding in the middle', 'rllm1:e3=0', 'base64'],
    ['an impossible length', 'rllm1:e30e3', 'base64'],
    ['the wrong amount of padding', 'rllm1:e30==', 'base64'],
    ['a broken percent-encoding', 'rllm1:e30%3', 'base64'],
    ['bytes that are not UTF-8', slugOf(Buffer.from([0x7b, 0xff, 0x7d])), 'utf8'],
    ['an overlong encoding', slugOf(Buffer.from([0x22, 0xc0, 0xaf, 0x22])), 'utf8'],
    ['text that is not JSON', slugOf('{"a":1'), 'json'],
    ['a byte order mark', slugOf('\ufeff{}'), 'json'],
    ['NaN', slugOf('{"a":NaN}'), 'json'],
    ['an array', slugOf('[]'), 'not_object'],
    ['null', slugOf('null'), 'not_object'],
    ['a string', slugOf('"a"'), 'not_object'],
    ['33 levels', slugOf(JSON.stringify(nested(33))), 'too_deep'],
    ['6000 levels', slugOf('['.repeat(3000) + ']'.repeat(3000)), 'not_object'],
    [
      '6000 levels in an object',
      slugOf(`{"a":${'['.repeat(3000)}${']'.repeat(3000)}}`),
      'too_deep',
    ],
    ['a __proto__ key', slugOf('{"a":[{"__proto__":{}}]}'), 'forbidden_key'],
    ['a constructor key', slugOf('{"constructor":1}'), 'forbidden_key'],
    ['a prototype key', slugOf('{"prototype":1}'), 'forbidden_key'],
    [
      'too many characters',
      slugOf(JSON.stringify({ a: 'x'.repeat(MAX_SLUG_LENGTH) })),
      'too_large',
    ],
  ]
  for (const [what, slug, defect] of unreadable) {
    test(`of ${what} is refused as ${defect}`, () => {
      assert.equal(
        defectOf(() => decodeMetadataSlug(slug)),
        defect,
      )
    })
  }

  test('is never read by any other error than SlugError', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, prefixed) => {
        defectOf(() => decodeMetadataSlug(prefixed ? `rllm1:${text}` : text))
      }),
    )
  })

  test('is not made of what it could not be read back from', () => {
    const cycle: Record<string, never> = {}
    Object.assign(cycle, { self: cycle })
    const cases: readonly (readonly [unknown, SlugDefect])[] = [
      [null, 'not_object'],
      [['a'], 'not_object'],
      ['a', 'not_object'],
      [{ a: Number.NaN }, 'not_json'],
      [{ a: [Infinity] }, 'not_json'],
      [{ a: 1n }, 'not_json'],
      [{ a: [undefined] }, 'not_json'],
      [{ a: () => 1 }, 'not_json'],
      [{ a: new Date(0) }, 'not_json'],
      [{ a: new Map() }, 'not_json'],
      [nested(33), 'too_deep'],
      [cycle, 'too_deep'],
      [JSON.parse('{"__proto__":1}'), 'forbidden_key'],
      [{ a: 'x'.repeat(MAX_SLUG_LENGTH) }, 'too_large'],
    ]
    for (const [metadata, defect] of cases) {
      assert.equal(
        defectOf(() => encodeMetadataSlug(metadata as JsonObject)),
        defect,
      )
    }
    assert.deepEqual(decodeMetadataSlug(encodeMetadataSlug(nested(32))), nested(32))
  })
})
