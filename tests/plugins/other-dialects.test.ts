import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from 'sluice/plugin'
import { accumulator, traceOf, type Observation } from '../support/observe.ts'

const fold = (chunks: Parameters<typeof traceOf>[0], observation: Observation) =>
  traceOf(chunks, observation, [accumulator()])

test('a responses stream takes its closing event for the whole truth', async () => {
  const trace = await fold(
    [
      {
        type: 'response.created',
        response: { id: 'r', model: 'm', status: 'in_progress', output: [] },
      },
      { type: 'response.output_text.delta', delta: 'He' },
      {
        type: 'response.completed',
        response: {
          id: 'r',
          model: 'm',
          status: 'completed',
          usage: { input_tokens: 3, output_tokens: 2 },
          output: [
            { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
            { type: 'message', content: [{ type: 'output_text', text: 'Hey' }] },
            { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
          ],
        },
      },
    ],
    { call: { dialect: 'responses' } },
  )
  assert.deepEqual(trace.response_message, {
    role: 'assistant',
    content: 'Hey',
    reasoning: 'hm',
    tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
  })
  assert.deepEqual(
    [trace.finish_reason, trace.token_counts],
    ['completed', { prompt: 3, completion: 2 }],
  )
})

test('a responses stream that was cut keeps the text that came', async () => {
  const delta = (text: string) => ({ type: 'response.output_text.delta', delta: text })
  const trace = await fold([delta('He'), delta('l')], { call: { dialect: 'responses' } })
  assert.deepEqual(trace.response_message, { role: 'assistant', content: 'Hel' })
  assert.equal(trace.finish_reason, null)
})

test('a messages stream becomes its content blocks', async () => {
  const block = (index: number, delta: JsonObject) => ({
    type: 'content_block_delta',
    index,
    delta,
  })
  const trace = await fold(
    [
      {
        type: 'message_start',
        message: {
          id: 'i',
          role: 'assistant',
          model: 'm',
          content: [],
          usage: { input_tokens: 9, output_tokens: 1 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      block(0, { type: 'text_delta', text: 'Hel' }),
      { type: 'ping' },
      block(0, { type: 'text_delta', text: 'lo' }),
      {
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
      },
      block(1, { type: 'input_json_delta', partial_json: '{"a"' }),
      block(1, { type: 'input_json_delta', partial_json: ':1}' }),
      {
        type: 'message_delta',
        delta: { stop_reason: 'stop_sequence', stop_sequence: '###' },
        usage: { output_tokens: 12 },
      },
      { type: 'message_stop' },
    ],
    { call: { dialect: 'messages' } },
  )
  assert.deepEqual(trace.choices[0]?.message, {
    role: 'assistant',
    content: [
      { type: 'text', text: 'Hello' },
      { type: 'tool_use', id: 't', name: 'f', input: { a: 1 } },
    ],
  })
  assert.deepEqual([trace.finish_reason, trace.choices[0]?.stop_reason], ['stop_sequence', '###'])
  assert.deepEqual(trace.token_counts, { prompt: 9, completion: 12 })
})

test('a messages body is kept as it came', async () => {
  const content = [{ type: 'text', text: 'Hello' }]
  const body = {
    type: 'message',
    role: 'assistant',
    model: 'm',
    content,
    stop_reason: 'end_turn',
    stop_sequence: null,
  }
  const trace = await fold([body], { call: { dialect: 'messages' } })
  assert.deepEqual(
    [trace.response_message, trace.finish_reason],
    [{ role: 'assistant', content }, 'end_turn'],
  )
})

test('a messages tool input that was cut is kept as text and flagged', async () => {
  const trace = await fold(
    [
      { type: 'message_start', message: { role: 'assistant', content: [] } },
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 't', name: 'f', input: {} },
      },
      {
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'input_json_delta', partial_json: '{"a' },
      },
    ],
    { call: { dialect: 'messages' } },
  )
  assert.deepEqual(trace.choices[0]?.flags, ['broken_tool_input'])
})
