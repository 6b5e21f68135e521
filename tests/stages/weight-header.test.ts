import assert from 'node:assert/strict'
import { validateHeaderValue } from 'node:http'
import { test } from 'node:test'
import fc from 'fast-check'
import { weightHeader } from '../../src/stages/weight-versions.ts'

test('a version that is plain text is itself in a header', () => {
  for (const version of [0, -5, 'step-12', 'a b', 'sha256:ab/cd+e='] as const) {
    assert.equal(weightHeader(version), String(version))
  }
})

test('decoding the header gives any version back', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 })
  fc.assert(
    fc.property(fc.oneof(text, fc.constantFrom('50%', 'a%20b', ' a', 'a\r\nb: c')), (version) => {
      const header = weightHeader(version)
      validateHeaderValue('x-weight-version', header)
      assert.equal(header, header.trim())
      assert.equal(decodeURIComponent(header), version)
    }),
  )
})
