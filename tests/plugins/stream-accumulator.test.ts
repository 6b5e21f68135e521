import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from 'sluice/plugin'
import { chunkOf } from '../support/chunks.ts'
import { accumulator, blankCall, traceOf } from '../support/observe.ts'
import { blankTrace } from '../support/blank-trace.ts'
import { chat, completion, root, usage } from '../support/replies.ts'

const fold = (
  chunks: Parameters<typeof traceOf>[0],
  observation: Parameters<typeof traceOf>[1] = {},
) => traceOf(chunks, observation, [accumulator()])

test('completions texts are appended and become an assistant message', async () => {
  const trace = await fold(
    [
      completion({ text: 'one' }),
      completion({ text: ' two', finish_reason: 'length', stop_reason: null }),
    ],
    { call: { dialect: 'completions' } },
  )
  assert.deepEqual(trace.response_message, { role: 'assistant', content: 'one two' })
  assert.equal(trace.finish_reason, 'length')
})

test('custom tools have input instead of arguments', async () => {
  const tool = (custom: JsonObject, more = {}) =>
    chat({ delta: { tool_calls: [{ index: 0, custom, ...more }] } })
  const trace = await fold([
    tool({ name: 'sh', input: 'ls' }, { id: 'a', type: 'custom' }),
    tool({ input: ' -l' }),
  ])
  assert.deepEqual(trace.response_message['tool_calls'], [
    { id: 'a', type: 'custom', custom: { name: 'sh', input: 'ls -l' } },
  ])
})

test('tool calls without an index are told apart by id', async () => {
  const call = (fields: JsonObject) => chat({ delta: { tool_calls: [fields] } })
  const trace = await fold([
    call({ id: 'a', function: { name: 'f', arguments: '[1' } }),
    call({ function: { arguments: ']' } }),
    call({ id: 'b', function: { name: 'g', arguments: '[2]' } }),
  ])
  assert.deepEqual(trace.response_message['tool_calls'], [
    { id: 'a', function: { name: 'f', arguments: '[1]' } },
    { id: 'b', function: { name: 'g', arguments: '[2]' } },
  ])
})

test('tool calls are in order of their index, not of their arrival', async () => {
  const call = (index: number) => ({ index, function: { name: `f${index}` } })
  const trace = await fold([chat({ delta: { tool_calls: [call(10), call(2)] } })])
  assert.deepEqual(trace.response_message['tool_calls'], [
    { function: { name: 'f2', arguments: '' } },
    { function: { name: 'f10', arguments: '' } },
  ])
})

test('the old function_call, audio and annotations are merged as OpenAI sends them', async () => {
  const trace = await fold([
    chat({ delta: { function_call: { name: 'f', arguments: '{' } } }),
    chat({ delta: { function_call: { arguments: '}' } } }),
    chat({ delta: { audio: { id: 'x', data: 'AA', transcript: 'he' } } }),
    chat({ delta: { audio: { data: 'BB', transcript: 'y', expires_at: 7 } } }),
    chat({ delta: { annotations: [{ type: 'a' }] } }),
    chat({ delta: { annotations: [{ type: 'b' }] } }),
  ])
  assert.deepEqual(trace.response_message, {
    role: 'assistant',
    content: null,
    function_call: { name: 'f', arguments: '{}' },
    audio: { id: 'x', data: 'AABB', transcript: 'hey', expires_at: 7 },
    annotations: [{ type: 'a' }, { type: 'b' }],
  })
})

test("SGLang's extension is kept without the token ids in it", async () => {
  const trace = await fold([
    root({ sglext: { output_ids: [1], cached_tokens_details: { device: 3 } } }),
  ])
  assert.deepEqual(trace.extra['reply'], {
    id: 'chatcmpl-1',
    sglext: { cached_tokens_details: { device: 3 } },
  })
})

test('an embeddings reply gives model and usage, and its vectors stay out of the trace', async () => {
  const body = {
    object: 'list',
    data: [{ embedding: [0.5] }],
    model: 'e',
    usage: { prompt_tokens: 2 },
  }
  const trace = await fold([body], { call: { dialect: 'embeddings' } })
  assert.deepEqual(
    [trace.response_model, trace.usage, trace.choices, trace.extra],
    ['e', body.usage, [], {}],
  )
})

test('a new attempt forgets what the one before it said', async () => {
  const plugin = accumulator()
  const call = blankCall()
  const attempt = {
    index: 0,
    upstream: { name: 'u', kind: 'vllm', url: '', simulated: false },
  } as const
  plugin.stream?.(call, attempt)?.observe?.(chunkOf(chat({ delta: { content: 'first' } })))
  plugin.stream?.(call, attempt)?.observe?.(chunkOf(chat({ delta: { content: 'second' } })))
  const trace = await plugin.trace?.(blankTrace(), call)
  assert.equal(trace?.response_message['content'], 'second')
})

test('a call without a reply is left alone', async () => {
  assert.equal(await accumulator().trace?.(blankTrace(), blankCall()), undefined)
})

test('usage outranks what was counted before', async () => {
  const trace = await fold([root({ usage: usage(4, 2) })], {
    trace: { token_counts: { prompt: 1, completion: 1 } },
  })
  assert.deepEqual(trace.token_counts, { prompt: 4, completion: 2 })
})
