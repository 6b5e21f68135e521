import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FullTrace } from 'sluice/plugin'
import { dayOf, spendRowOf } from '../../src/trace/index.ts'
import { choiceOf, traceOf } from './samples.ts'

const upstream = {
  name: 'gpu-1',
  kind: 'vllm',
  url: 'http://gpu:8000/v1',
  simulated: false,
} as const

test('the row says what was asked for, what was asked, and where', () => {
  const trace = traceOf({ model: 'chat', params_sent: { model: 'org/chat-8b' }, upstream })
  const { model, model_group, model_id, api_base, provider, call_type } = spendRowOf(trace)
  assert.deepEqual([model, model_group, model_id], ['org/chat-8b', 'chat', 'gpu-1'])
  assert.deepEqual([api_base, provider, call_type], [upstream.url, 'hosted_vllm', 'acompletion'])
})

test('every dialect has its word of LiteLLM', () => {
  const dialects = ['chat', 'completions', 'responses', 'messages', 'embeddings', 'other'] as const
  assert.deepEqual(
    dialects.map((dialect) => spendRowOf(traceOf({ dialect })).call_type),
    [
      'acompletion',
      'atext_completion',
      'aresponses',
      'anthropic_messages',
      'aembedding',
      'passthrough',
    ],
  )
})

test('a call is a success when it was answered', () => {
  const statusOf = (fields: Partial<FullTrace>): string => spendRowOf(traceOf(fields)).status
  const choices = [choiceOf()]
  assert.equal(statusOf({ status: 'complete', http_status: 200 }), 'success')
  assert.equal(statusOf({ status: 'partial', http_status: 200, choices }), 'success')
  assert.equal(statusOf({ status: 'partial', http_status: 200 }), 'failure')
  assert.equal(statusOf({ status: 'error', http_status: 500 }), 'failure')
  assert.equal(statusOf({ status: 'error', http_status: null }), 'failure')
  assert.equal(statusOf({ status: 'complete', http_status: 404 }), 'failure')
})

test('a call that nobody answered is in the books with nothing', () => {
  const row = spendRowOf(traceOf({ status: 'error', http_status: 503, model: 'x' }))
  const { model, model_id, provider, prompt_tokens, completion_tokens, spend } = row
  assert.deepEqual([model, model_id, provider], ['x', '', ''])
  assert.deepEqual([prompt_tokens, completion_tokens, spend], [0, 0, 0])
})

test('numbers that no sum can take count as nothing', () => {
  const usage = { prompt_tokens: -3, completion_tokens: 1e300 }
  const row = spendRowOf(traceOf({ usage, cost: Number.NaN, ttft_ms: Infinity }))
  assert.deepEqual([row.prompt_tokens, row.spend, row.ttft_ms], [0, 0, 0])
  assert.equal(row.completion_tokens, 0)
})

test('tokens are the engine’s, in any of its words, or else as they were counted', () => {
  const tokensOf = (fields: Partial<FullTrace>): number[] => {
    const { prompt_tokens, completion_tokens } = spendRowOf(traceOf(fields))
    return [prompt_tokens, completion_tokens]
  }
  const token_counts = { prompt: 1, completion: 2 }
  assert.deepEqual(tokensOf({ token_counts }), [1, 2])
  assert.deepEqual(tokensOf({ token_counts, usage: { input_tokens: 3, output_tokens: 4 } }), [3, 4])
  assert.deepEqual(tokensOf({ usage: { prompt_tokens: 5.4, completion_tokens: 6 } }), [5, 6])
  const cached = { cache_read_input_tokens: 10, cache_creation_input_tokens: 200 }
  assert.deepEqual(tokensOf({ usage: { input_tokens: 3, output_tokens: 4, ...cached } }), [213, 4])
  const included = { prompt_tokens: 213, completion_tokens: 4, ...cached }
  assert.deepEqual(tokensOf({ usage: included }), [213, 4])
})

test('tags come from the metadata and from the body, each once', () => {
  const raw_request = { metadata: { tags: ['b', 7, 'c'] }, tags: ['d'] }
  const { tags } = spendRowOf(traceOf({ metadata: { tags: ['a', 'b'] }, raw_request }))
  assert.deepEqual(tags, ['a', 'b', 'c', 'd'])
  assert.deepEqual(spendRowOf(traceOf({ metadata: { tags: 'a' } })).tags, [])
})

test('a day is one of UTC, and none where no calendar has it', () => {
  assert.equal(dayOf(86_399.9999), '1970-01-01')
  assert.equal(dayOf(86_400), '1970-01-02')
  assert.equal(dayOf(1e15), '')
  assert.equal(dayOf(3e11), '')
})
