import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json } from '../../src/plugin/index.ts'
import { endOfValue } from '../../src/wire/json-value.ts'
import { readRows } from '../../src/wire/rows.ts'

const rowsOf = (text: string) => readRows(Buffer.from(text), 0)

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('a list is rows only when all its objects have the same keys in the same order', () => {
  assert.equal(rowsOf('[{"a":1,"b":"x"},{"a":2,"b":"y"}] ')?.end, 33)
  const others = [
    '[]',
    '[1]',
    '[{}]',
    '[{"a":1},{"b":1}]',
    '[{"a":1},{"a":1,"b":2}]',
    '[{"a":1,"b":2},{"b":2,"a":1}]',
    '[{"a":1,"a":2}]',
    '[{"a":1},null]',
    '[{"a":1} {"a":2}]',
    '[{"a":1},]',
    '[{"a":1}',
    '[{"a":1},{"a":',
  ]
  for (const text of others) assert.equal(rowsOf(text), null, text)
})

test('rows may be written with spaces, as long as they are the same in every row', () => {
  const text = JSON.stringify(
    [
      { a: 1, b: [2, 3] },
      { a: 'x', b: null },
    ],
    null,
    2,
  )
  const rows = rowsOf(text)
  assert.deepEqual(rows?.column('a'), [1, 'x'])
  assert.deepEqual(rows.column('b'), [[2, 3], null])
  assert.equal(rows.end, text.length)
  assert.throws(() => rows.column('c'), RangeError)
})

test('a column that is written alike in every row is known without being read', () => {
  const same = (values: readonly string[]) =>
    rowsOf(`[${values.map((value) => `{"k":${value}}`).join(',')}]`)?.same('k')
  assert.deepEqual(same(['[]']), [])
  assert.deepEqual(same(['[]', '[]', '[]']), [])
  assert.equal(same(['null', 'null']), null)
  assert.equal(same(['[]', '[1]']), undefined)
  assert.equal(same(['[1]', '[]', '[]']), undefined)
  assert.equal(same(['1', '1', '2']), undefined)
  assert.equal(same(['12', '21', '12']), undefined)
})

test('a list spells a text when it is its UTF-8, however the text is escaped', () => {
  const spells = (text: string, bytes: string) =>
    rowsOf(`[{"t":"","b":[]},{"t":${text},"b":${bytes}}]`)?.spells('b', 't')
  for (const text of ['', 'a', ' the', 'é', '🙂', '\n"\\\t', '\u0000']) {
    const bytes = [...Buffer.from(text)]
    assert.equal(spells(JSON.stringify(text), JSON.stringify(bytes)), true, text)
    assert.equal(spells(JSON.stringify(text), JSON.stringify(bytes, null, 1)), true, text)
    assert.equal(spells(JSON.stringify(text), JSON.stringify([...bytes, 1])), false, text)
    assert.equal(spells(JSON.stringify(text), 'null'), false, text)
  }
  assert.equal(spells('"\\u00e9"', '[195,169]'), true)
  assert.equal(spells('"\\ud800"', '[239,191,189]'), true, 'half of a character reads as U+FFFD')
  assert.equal(spells('null', 'null'), true)
  assert.equal(spells('null', '[]'), false)
  for (const bytes of ['[98]', '[]', '["a"]', '[[97]]', '[97.5]', '[9e1]', '7']) {
    assert.equal(spells('"a"', bytes), false, bytes)
  }
})

test('bytes that are no UTF-8 are not spelled by themselves', () => {
  const [head, tail] = [Buffer.from('[{"t":"'), Buffer.from('","b":[255]}]')]
  const rows = readRows(Buffer.concat([head, Buffer.of(0xff), tail]), 0)
  assert.equal(rows?.spells('b', 't'), false)
})

test('what passes as a value is JSON, and all small JSON passes', () => {
  const texts = fc.oneof(
    fc.json({ maxDepth: 4 }),
    fc.string({
      unit: fc.constantFrom(...'[]{}:,"\\u0e1.-+ntflrseabcd \n\u0001é'.split('')),
      maxLength: 12,
    }),
  )
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = Buffer.from(`${text.trim()} `)
      const end = endOfValue(bytes, 0)
      const read = end < 0 ? '' : bytes.toString('utf8', 0, end)
      if (end >= 0) assert.ok(isJson(read), read)
      if (isJson(text)) assert.equal(read, text.trim())
    }),
    { numRuns: 20_000 },
  )
})

test('a value that is deeper than any entry is left to the parser', () => {
  const deep: Json = JSON.parse('['.repeat(40) + ']'.repeat(40)) as Json
  assert.equal(rowsOf(JSON.stringify([{ deep }])), null)
})
