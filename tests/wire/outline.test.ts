import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isObject, type Chunk, type Json } from '../../src/plugin/index.ts'
import { bodies, mutated, mutations } from './logprob-bodies.ts'
import { bodyFrames, chunkOf, firstChunk } from './support.ts'

const bodyOf = (text: string): Chunk => firstChunk(bodyFrames(text))
const filler = 'x'.repeat(1_024)

/** The outline with its rows put back, which must be `data`. */
function putBack(chunk: Chunk): Json | undefined {
  const { outline } = chunk
  if (!isObject(outline) || !Array.isArray(outline['choices'])) return outline
  const choices: readonly Json[] = outline['choices']
  return {
    ...outline,
    choices: choices.map((choice, at) => {
      const rows = chunk.rows(`choices.${at}.logprobs.content`)
      if (!rows || !isObject(choice) || !isObject(choice['logprobs'])) return choice
      assert.deepEqual(choice['logprobs']['content'], [])
      const content = Array.from({ length: rows.length }, (_, row) =>
        Object.fromEntries(rows.keys.map((key) => [key, rows.column(key)[row]])),
      )
      return { ...choice, logprobs: { ...choice['logprobs'], content } }
    }),
  }
}

test('an outline and its rows say together what data says', () => {
  fc.assert(
    fc.property(bodies, (body) => {
      assert.deepEqual(putBack(bodyOf(body)), JSON.parse(body))
    }),
    { numRuns: 300 },
  )
})

test('a body that is odd in any one place is read as data is, or not at all as data is not', () => {
  fc.assert(
    fc.property(bodies, mutations, (body, mutation) => {
      const text = mutated(body, mutation)
      assert.deepEqual(putBack(bodyOf(text)), bodyOf(text).data, text)
    }),
    { numRuns: 3_000 },
  )
})

test('what is cut is the same whether the outline was read before or not', () => {
  const paths = ['choices.*.logprobs', 'choices.*.token_ids', 'prompt_token_ids']
  fc.assert(
    fc.property(bodies, mutations, fc.boolean(), (body, mutation, isOdd) => {
      const text = isOdd ? mutated(body, mutation) : body
      const looked = bodyOf(text)
      assert.ok(looked.outline !== null)
      assert.equal(looked.omit(...paths).text, bodyOf(text).omit(...paths).text)
    }),
    { numRuns: 1_000 },
  )
})

test('most entries are rows: that is what the outline is for', () => {
  const entry = { token: 'a', logprob: -1.5, bytes: [97], top_logprobs: [] }
  const content = Array.from({ length: 20 }, () => entry)
  const chunk = bodyOf(JSON.stringify({ choices: [{ index: 0, logprobs: { content } }] }))
  const rows = chunk.rows('choices.0.logprobs.content')
  assert.equal(rows?.length, 20)
  assert.deepEqual(rows.keys, ['token', 'logprob', 'bytes', 'top_logprobs'])
  assert.deepEqual(rows.column('logprob'), Array<number>(20).fill(-1.5))
  assert.deepEqual(chunk.outline, { choices: [{ index: 0, logprobs: { content: [] } }] })
  assert.equal(chunk.rows('choices.1.logprobs.content'), undefined)
})

test('a small payload, an edited one and one of several lines have no rows', () => {
  const small = '{"choices":[{"logprobs":{"content":[{"token":"a"}]}}]}'
  assert.equal(bodyOf(small).rows('choices.0.logprobs.content'), undefined)
  const large = small.replace('"a"', `"${filler}"`)
  assert.equal(bodyOf(large).rows('choices.0.logprobs.content')?.length, 1)
  const edited = bodyOf(large).replace(JSON.parse(large) as Json)
  assert.equal(edited.rows('choices.0.logprobs.content'), undefined)
  assert.deepEqual(edited.outline, JSON.parse(large))
  const lines = chunkOf(large.replace('[{"token"', '\ndata: [{"token"'))
  assert.equal(lines.rows('choices.0.logprobs.content'), undefined)
  assert.deepEqual(lines.outline, JSON.parse(large))
})

test('of a key that comes twice the outline shows what data shows', () => {
  const first = `{"content":[{"token":"${filler}"}]}`
  const text = `{"choices":[{"logprobs":${first},"logprobs":{"content":[1]}}]}`
  assert.deepEqual(bodyOf(text).outline, { choices: [{ logprobs: { content: [1] } }] })
  assert.equal(bodyOf(text).rows('choices.0.logprobs.content'), undefined)
})
