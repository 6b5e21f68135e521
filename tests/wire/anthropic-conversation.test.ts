import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, JsonObject } from '../../src/plugin/index.ts'
import { conversation } from '../../src/wire/anthropic/conversation.ts'

const text = (said: string): JsonObject => ({ type: 'text', text: said })
const user = (content: Json): JsonObject => ({ role: 'user', content })
const call = (id: string, args: string): JsonObject => ({
  id,
  type: 'function',
  function: { name: 'f', arguments: args },
})

function turns(...messages: readonly Json[]): readonly JsonObject[] {
  return conversation(messages).messages
}

test('instructions stand before everything, wherever they were and in whatever form', () => {
  const parts = [{ ...text('b'), cache_control: { type: 'ephemeral' } }, text('')]
  const { system, messages } = conversation([
    { role: 'system', content: 'a' },
    user('q'),
    { role: 'developer', content: parts },
  ])
  assert.deepEqual(system, [text('a'), parts[0]])
  assert.deepEqual(messages, [user([text('q')])])
  assert.equal(conversation([{ role: 'system', content: 'a' }]).system, 'a')
  assert.equal(conversation([user('q')]).system, undefined)
})

test('user and assistant take turns, and the results of tools are the user’s', () => {
  assert.deepEqual(
    turns(
      user('q'),
      user([text('r')]),
      { role: 'assistant', content: '', tool_calls: [call('1', '{"a":1}'), call('2', '')] },
      { role: 'tool', tool_call_id: '1', content: 'one' },
      { role: 'tool', tool_call_id: '2', content: [text('two')] },
      user('go on'),
      { role: 'assistant', content: 'so' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] },
    ),
    [
      user([text('q'), text('r')]),
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: '1', name: 'f', input: { a: 1 } },
          { type: 'tool_use', id: '2', name: 'f', input: {} },
        ],
      },
      user([
        { type: 'tool_result', tool_use_id: '1', content: 'one' },
        { type: 'tool_result', tool_use_id: '2', content: [text('two')] },
        text('go on'),
      ]),
      { role: 'assistant', content: [text('so'), text('no')] },
    ],
  )
})

test('images go inline or by address, files as documents', () => {
  const image = (url: string): JsonObject => ({ type: 'image_url', image_url: { url } })
  const file = { filename: 'a.pdf', file_data: 'data:application/pdf;base64,UERG' }
  assert.deepEqual(
    turns(
      user([image('data:image/PNG;base64,iVBO'), image('https://h/a.png'), { type: 'file', file }]),
    ),
    [
      user([
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBO' } },
        { type: 'image', source: { type: 'url', url: 'https://h/a.png' } },
        {
          type: 'document',
          source: { type: 'base64', media_type: 'application/pdf', data: 'UERG' },
          title: 'a.pdf',
        },
      ]),
    ],
  )
})

test('thoughts that are given back stand before what they led to', () => {
  const thought = { type: 'thinking', thinking: 't', signature: 's' }
  const answer = {
    role: 'assistant',
    content: 'a',
    provider_specific_fields: { thinking_blocks: [thought] },
  }
  assert.deepEqual(turns(user('q'), answer)[1]?.['content'], [thought, text('a')])
  const other = { role: 'assistant', content: 'a', thinking_blocks: [thought] }
  assert.deepEqual(turns(user('q'), other)[1]?.['content'], [thought, text('a')])
})

test('a thought is lost when tools were called without it since the user last spoke', () => {
  const calling = { role: 'assistant', tool_calls: [call('1', '{}')] }
  const result = { role: 'tool', tool_call_id: '1', content: 'r' }
  const thinking_blocks = [{ type: 'redacted_thinking', data: 'x' }]
  const lost = (...messages: readonly Json[]): boolean => conversation(messages).thoughtIsLost
  assert.equal(lost(user('q'), calling, result), true)
  assert.equal(lost(user('q'), calling, result, user('next')), false)
  assert.equal(lost(user('q'), { ...calling, thinking_blocks }, result), false)
})

for (const [param, message] of [
  [
    'messages[0].tool_calls[1].function.arguments',
    { tool_calls: [call('1', '{}'), call('2', '{"a')] },
  ],
  ['messages[0].tool_calls[0].function.arguments', { tool_calls: [call('1', '[1]')] }],
  ['messages[0].tool_calls[0]', { tool_calls: [{ id: '1', type: 'custom' }] }],
  ['messages[0].content[0]', { content: [{ type: 'input_audio' }] }],
  ['messages[0].content[0].text', { content: [{ type: 'text' }] }],
  [
    'messages[0].content[0].image_url',
    { content: [{ type: 'image_url', image_url: { url: 'data:image/png,raw' } }] },
  ],
  ['messages[0].content', { content: 7 }],
  ['messages[0].role', { role: 'function', content: 'x' }],
  ['messages[0].tool_call_id', { role: 'tool', content: 'x' }],
] as const) {
  test(`a message that cannot be told is refused at ${param}: ${JSON.stringify(message).slice(0, 60)}`, () => {
    const refused = { code: 'bad_body', status: 400, param }
    assert.throws(() => conversation([{ role: 'assistant', ...message }]), refused)
  })
}
