import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { commonPrefix } from '../../src/trace/sqlite/bytes.ts'
import { cutBody } from '../../src/trace/sqlite/cut-body.ts'
import { chatBody, utf8 } from './samples.ts'

test('a body is cut after each message, around big values and not around small ones', () => {
  const tools = `[{"name":"${'t'.repeat(300)}"}]`
  const parts = partsOf(`{"n":1,"messages":[{"a":"]}"}, {"b":2}],"tools":${tools},"top_p":0.5}`)
  assert.deepEqual(parts, ['{"a":"]}"}', ', {"b":2}', tools])
})

test('token ids and long prompts are cut into blocks that do not move as they grow', () => {
  const ids = (count: number): string =>
    Array.from({ length: count }, (_, at) => at + 1000).join(',')
  for (const [short, long] of [
    [`{"prompt":[${ids(2000)}]}`, `{"prompt":[${ids(2500)}]}`],
    [`{"prompt":"${'word '.repeat(2000)}"}`, `{"prompt":"${'word '.repeat(2500)}"}`],
  ] as const) {
    const [before, after] = [partsOf(short), partsOf(long)]
    assert.ok(before.length >= 4)
    assert.deepEqual(after.slice(0, before.length - 1), before.slice(0, -1))
  }
})

test('a body that is no JSON object is one piece', () => {
  for (const text of ['', '[{"messages":[{}]}]', 'null', '"{', '{messages', '{"messages"']) {
    assert.deepEqual(partsOf(text), [])
  }
})

test('cutting on from what is known gives the cuts that reading it all gives', () => {
  const contents = fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { maxLength: 8 })
  fc.assert(
    fc.property(contents, contents, contents, (shared, before, after) => {
      const known = chatBody(...shared, ...before)
      const next = chatBody(...shared, ...after)
      const cut = cutBody(known)
      const resumed = cutBody(next, { cut, length: commonPrefix(known, next) })
      assert.deepEqual(resumed, cutBody(next))
    }),
  )
})

test('what is known of a list is used, and not read again', () => {
  const known = chatBody('one', 'two', 'three')
  const next = utf8(new TextDecoder().decode(known).replace('one', 'o"e'))
  // Were the list read again, the broken string in it would end the cutting.
  const resumed = cutBody(next, { cut: cutBody(known), length: known.length })
  assert.equal(resumed.spans.length, 6)
  assert.ok(cutBody(next).spans.length < 6)
})

function partsOf(text: string): string[] {
  const bytes = Buffer.from(text)
  const { spans } = cutBody(bytes)
  return Array.from({ length: spans.length / 2 }, (_, part) =>
    bytes.toString('utf8', spans[part * 2], spans[part * 2 + 1]),
  )
}
