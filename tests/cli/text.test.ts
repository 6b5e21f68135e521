import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { fit, printable, widthOf, wrap } from '../../src/cli/text.ts'

suite('text for a terminal', () => {
  test('holds nothing a terminal would obey', () => {
    assert.equal(printable('a\u001b[31mb\u0007\n\tc\u202e'), 'a\\u001b[31mb\\u0007\\n\\tc\\u202e')
    assert.equal(printable('日本 é 😀'), '日本 é 😀')
  })

  test('is measured in columns', () => {
    for (const [text, width] of [
      ['', 0],
      ['abc', 3],
      ['日本', 4],
      ['😀', 2],
      ['e\u0301', 1],
      ['👩‍👩‍👧', 2],
    ] as const) {
      assert.equal(widthOf(text), width, text)
    }
  })

  test('is cut and wrapped to fit any width from two columns on', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 2, max: 40 }),
        (text, columns) => {
          assert.ok(widthOf(fit(printable(text), columns)) <= columns)
          for (const line of wrap(text, columns)) assert.ok(widthOf(line) <= columns, line)
        },
      ),
    )
  })

  test('is wrapped at spaces and loses no word', () => {
    assert.deepEqual(wrap('the quick brown fox', 9), ['the quick', 'brown fox'])
    assert.deepEqual(wrap('a\nb', 9), ['a', 'b'])
    assert.deepEqual(wrap('abcdefghij', 4), ['abcd', 'efgh', 'ij'])
  })
})
