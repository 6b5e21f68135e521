import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Json } from 'sluice/plugin'
import { chunkOf } from '../support/chunks.ts'
import { accumulator, extraction, observers, traceOf } from '../support/observe.ts'
import { chat, content, entry, root, usage } from '../support/replies.ts'

const stream = [
  chat({ index: 1, delta: { content: 'b' }, token_ids: [2], logprobs: content(entry('b', -9999)) }),
  chat({ index: 0, delta: { content: 'a' }, token_ids: [1], finish_reason: 'stop' }),
  chat({ index: 1, finish_reason: 'stop' }),
  chat({ index: 1, finish_reason: 'stop', seed: 3 }, { choices: 'odd' }),
  chat({ index: 1, finish_reason: 'stop', seed: 3, logprobs: { refusal: [entry('c', -1)] } }),
  root({ usage: usage(5, 3) }),
]

test('the two observers give the same trace in either order', async () => {
  const listed = await traceOf(stream, {}, observers())
  const reversed = await traceOf(stream, {}, observers().toReversed())
  assert.deepEqual(reversed, listed)
  assert.deepEqual(listed.token_counts, { prompt: 5, completion: 3 })
  assert.deepEqual(listed.choices[1]?.flags, ['clamped_logprob', 'finished_twice'])
  assert.deepEqual(listed.choices[1]?.extra, { seed: 3, refusal_logprobs: [entry('c', -1)] })
})

test('each observer works without the other', async () => {
  const folded = await traceOf(stream, {}, [accumulator()])
  const extracted = await traceOf(stream, {}, [extraction()])
  assert.deepEqual(
    folded.choices.map((c) => [c.index, c.message['content'], c.token_ids]),
    [
      [0, 'a', null],
      [1, 'b', null],
    ],
  )
  assert.deepEqual(
    extracted.choices.map((c) => [c.index, c.message, c.token_ids]),
    [
      [0, {}, [1]],
      [1, {}, [2]],
    ],
  )
})

test('a reply that is not JSON is a warning', async () => {
  const trace = await traceOf([chunkOf(undefined)])
  assert.deepEqual([trace.choices, trace.warnings], [[], ['unexpected_shape:reply']])
})

test('a field of the wrong type is skipped and named', async () => {
  const wrong: readonly (readonly [string, Json])[] = [
    ['choices', { choices: 'x' }],
    ['choices', { choices: [7] }],
    ['choices.index', { choices: [{ index: '0' }] }],
    ['choices.delta', { choices: [{ index: 0, delta: [] }] }],
    ['delta.content', { choices: [{ index: 0, delta: { content: 5 } }] }],
    ['delta.tool_calls', { choices: [{ index: 0, delta: { tool_calls: {} } }] }],
    ['choices.finish_reason', { choices: [{ index: 0, finish_reason: { type: 'stop' } }] }],
    ['usage', { usage: 3 }],
    ['model', { model: {} }],
  ]
  for (const [field, chunk] of wrong) {
    assert.deepEqual((await traceOf([chunk])).warnings, [`unexpected_shape:${field}`])
  }
})

test('a key named __proto__ is a key', async () => {
  const chunk: Json = JSON.parse(
    '{"__proto__":{"a":1},"choices":[{"index":0,"delta":{"__proto__":{"b":2}}}]}',
  )
  const trace = await traceOf([chunk])
  assert.deepEqual(Object.keys(trace.extra['reply'] ?? {}), ['__proto__'])
  assert.ok(Object.hasOwn(trace.response_message, '__proto__'))
})

const KNOWN =
  'choices index delta message content role refusal reasoning tool_calls function custom arguments audio annotations finish_reason stop_reason text logprobs token logprob prob bytes top_logprobs token_logprobs tokens token_ids prompt_token_ids usage sglext output_ids input_ids routed_experts weight_version metadata type response output content_block partial_json'.split(
    ' ',
  )

const garbage = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom(null, 0, -1, 1.5, '', 'a', true),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KNOWN), tie('value'), { maxKeys: 5 }),
  ),
})).value

test('nothing a server can send makes an observer throw', async () => {
  const dialect = fc.constantFrom('chat', 'completions', 'responses', 'messages', 'embeddings')
  await fc.assert(
    fc.asyncProperty(fc.array(garbage, { maxLength: 4 }), dialect, async (values, spoken) => {
      const choices = values.map((value) => ({
        choices: [{ index: 0, delta: value, logprobs: value, token_ids: value }],
      }))
      const call = { dialect: spoken, received: { echo: true, return_tokens_as_token_ids: true } }
      await traceOf([...values, ...choices], { call })
    }),
    { numRuns: 1000 },
  )
})
