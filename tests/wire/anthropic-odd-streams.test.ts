import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isObject, type Json, type JsonObject } from '../../src/plugin/index.ts'
import { chatBody } from '../../src/wire/anthropic/reply.ts'
import { block, event, finish, payloads, start, STOP, text } from './anthropic-events.ts'

const MESSAGE = {
  type: 'message',
  id: 'msg_1',
  model: 'c',
  content: [{ type: 'text', text: 'a' }],
  stop_reason: 'end_turn',
}

const usages = (chunks: readonly Json[]): unknown[] =>
  chunks.filter(isObject).flatMap((chunk) => ('usage' in chunk ? [chunk['usage']] : []))

test('usage that Anthropic did not tell is not told: zeros would be a claim', () => {
  const said = block(0, { type: 'text', text: '' }, text('a'))
  const ending = event('message_delta', { delta: { stop_reason: 'end_turn' } })
  const silent = event('message_start', { message: { ...MESSAGE, content: [] } })
  const chunks = payloads(silent + said + ending + STOP, true)
  assert.deepEqual(usages(chunks), [])
  assert.equal(chunks.at(-1), '[DONE]')
  for (const usage of [undefined, null, {}, { input_tokens: 'x', output_tokens: -1 }]) {
    const body = JSON.parse(chatBody(JSON.stringify({ ...MESSAGE, usage }), 1)) as JsonObject
    assert.ok(!('usage' in body), JSON.stringify(usage))
  }
})

test('blocks that a message ends without ending are ended with it', () => {
  const call = { type: 'tool_use', id: 't', name: 'now', input: {} }
  const thought = { type: 'thinking', thinking: 'hm', signature: 'c2ln' }
  const begun = [thought, call].map((content_block, index) =>
    event('content_block_start', { index, content_block }),
  )
  const stream = start() + begun.join('') + finish('tool_use') + STOP
  const deltas = payloads(stream)
    .filter(isObject)
    .flatMap((chunk) => (chunk['choices'] as JsonObject[]).map(({ delta }) => delta))
  assert.deepEqual(deltas.slice(-2), [
    { tool_calls: [{ index: 0, function: { arguments: '{}' } }] },
    { provider_specific_fields: { thinking_blocks: [thought] } },
  ])
})

test('a block that is ended twice is told once', () => {
  const thought = { type: 'thinking', thinking: 'hm', signature: 'c2ln' }
  const again = event('content_block_stop', { index: 0 })
  const chunks = payloads(start() + block(0, thought) + again + finish('end_turn') + STOP)
  assert.equal(JSON.stringify(chunks).split('thinking_blocks').length, 2)
  assert.equal(JSON.stringify(chunks).split('c2ln').length, 2)
})
