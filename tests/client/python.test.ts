import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { encodeMetadataSlug, type JsonObject } from '../../src/client/index.ts'
import { anyMetadata } from './metadata-arbitrary.ts'

const PYTHON = `
import base64, json, sys
for line in sys.stdin:
    text = json.dumps(json.loads(line), separators=(",", ":"), sort_keys=True)
    print("rllm1:" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))
`

const missing = spawnSync('python3', ['--version']).status !== 0

/** The slugs that Python makes of the same metadata, handed over as JSON lines. */
function pythonSlugs(all: readonly JsonObject[]): string[] {
  const input = all.map((metadata) => `${JSON.stringify(metadata)}\n`).join('')
  const options = { input, encoding: 'utf8', maxBuffer: 2 ** 26 } as const
  const { stdout, stderr, status } = spawnSync('python3', ['-c', PYTHON], options)
  assert.equal(status, 0, stderr)
  return stdout.trim().split('\n')
}

const jsonOf = (slug: string) => Buffer.from(slug.slice('rllm1:'.length), 'base64url').toString()

suite('a slug made here', { skip: missing && 'python3 IS MISSING: nothing was compared' }, () => {
  test('is byte for byte the slug Python makes, whatever the metadata', () => {
    const all = fc.sample(anyMetadata, 2000)
    const expected = pythonSlugs(all)
    assert.equal(expected.length, all.length)
    for (const [index, metadata] of all.entries()) {
      const slug = encodeMetadataSlug(metadata)
      // The decoded text makes the better message; it is equal whenever the slugs are.
      assert.equal(jsonOf(slug), jsonOf(expected[index] ?? ''))
      assert.equal(slug, expected[index])
    }
  })

  test('is byte for byte the slug Python makes of random doubles', () => {
    const doubles = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 4000)
    const powers = Array.from({ length: 640 }, (_, index) => 10 ** (index - 323)).filter(
      Number.isFinite,
    )
    const all = [...doubles, ...powers].map((number) => ({ number }))
    const expected = pythonSlugs(all)
    for (const [index, metadata] of all.entries()) {
      assert.equal(jsonOf(encodeMetadataSlug(metadata)), jsonOf(expected[index] ?? ''))
    }
  })
})

suite('the JSON inside a slug', () => {
  const vectors: readonly (readonly [JsonObject, string])[] = [
    [{ b: 1, a: 2, B: 3 }, '{"B":3,"a":2,"b":1}'],
    [{ 10: 1, 9: 2 }, '{"10":1,"9":2}'],
    [{ '😀': 1, ｆ: 2 }, '{"\\uff46":2,"\\ud83d\\ude00":1}'],
    [{ a: 'é\u007f\u0000\b\t"\\/' }, '{"a":"\\u00e9\\u007f\\u0000\\b\\t\\"\\\\/"}'],
    [{ a: [0.1, 1e-4, 1e-5, 1.5e-7, 1e-10] }, '{"a":[0.1,0.0001,1e-05,1.5e-07,1e-10]}'],
    [{ a: [1, -0, 1e21, 1e22, 1e100] }, '{"a":[1,0,1e+21,1e+22,1e+100]}'],
    [{ a: { d: null, c: [true, false] } }, '{"a":{"c":[true,false],"d":null}}'],
  ]
  for (const [metadata, json] of vectors) {
    test(`is ${json}`, () => assert.equal(jsonOf(encodeMetadataSlug(metadata)), json))
  }
})
