import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/plugin/index.ts'
import { openAiError, openAiStatus } from '../../src/wire/anthropic/error.ts'
import { chatBody } from '../../src/wire/anthropic/reply.ts'
import { traceOf } from '../support/observe.ts'
import { EVERYTHING, EVERYTHING_AT_ONCE, payloads } from './anthropic-events.ts'

const CREATED = 1_790_000_000

function reply(fields: JsonObject): JsonObject {
  const message = { ...EVERYTHING_AT_ONCE, ...fields }
  return JSON.parse(chatBody(JSON.stringify(message), CREATED)) as JsonObject
}

function choiceOf(fields: JsonObject): JsonObject {
  return (reply(fields)['choices'] as JsonObject[])[0] ?? {}
}

test('a message with a thought, a text and tool calls becomes a chat completion', () => {
  assert.deepEqual(reply({}), {
    id: 'chatcmpl-01A',
    object: 'chat.completion',
    created: CREATED,
    model: 'claude-x',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: 'Ich schaue “nach”.',
          reasoning_content: 'Wetter\u{1f327} in Köln',
          tool_calls: [
            {
              id: 'toolu_1',
              type: 'function',
              function: { name: 'weather', arguments: '{"city":"Köln"}' },
            },
            { id: 'toolu_2', type: 'function', function: { name: 'now', arguments: '{}' } },
          ],
          provider_specific_fields: {
            thinking_blocks: [
              { type: 'thinking', thinking: 'Wetter\u{1f327} in Köln', signature: 'c2ln' },
            ],
          },
        },
        logprobs: null,
        finish_reason: 'tool_calls',
        stop_reason: null,
      },
    ],
    usage: {
      prompt_tokens: 8,
      completion_tokens: 42,
      total_tokens: 50,
      prompt_tokens_details: { cached_tokens: 3 },
    },
  })
})

test('a stream and a single reply give the same record', async () => {
  const streamed = payloads(EVERYTHING, true).filter((chunk) => chunk !== '[DONE]')
  const one = await traceOf(streamed)
  const other = await traceOf([reply({})])
  const spaced = JSON.parse(JSON.stringify(one.choices).replaceAll('{\\"city\\": ', '{\\"city\\":'))
  assert.equal(one.choices[0]?.finish_reason, 'tool_calls')
  assert.deepEqual(spaced, JSON.parse(JSON.stringify(other.choices)))
  assert.deepEqual(one.usage, other.usage)
})

for (const [reason, finish, kept] of [
  ['end_turn', 'stop', undefined],
  ['stop_sequence', 'stop', undefined],
  ['max_tokens', 'length', undefined],
  ['tool_use', 'tool_calls', undefined],
  ['refusal', 'content_filter', undefined],
  ['pause_turn', 'stop', { stop_reason: 'pause_turn' }],
  ['model_context_window_exceeded', 'length', { stop_reason: 'model_context_window_exceeded' }],
  ['something_new', 'stop', { stop_reason: 'something_new' }],
] as const) {
  test(`a message that ended by ${reason} has the finish reason ${finish}`, () => {
    const choice = choiceOf({ stop_reason: reason })
    assert.equal(choice['finish_reason'], finish)
    assert.deepEqual(choice['provider_specific_fields'], kept)
  })
}

test('the stop sequence that was met stands where vLLM names it', () => {
  const choice = choiceOf({ stop_reason: 'stop_sequence', stop_sequence: '</a>' })
  assert.equal(choice['stop_reason'], '</a>')
})

test('a message without text has the content null', () => {
  const message = choiceOf({ content: [] })['message']
  assert.deepEqual(message, { role: 'assistant', content: null })
})

test('what was written into a cache is prompt, and is told apart', () => {
  const { usage } = reply({ usage: { input_tokens: 1, cache_creation_input_tokens: 9 } })
  assert.deepEqual(usage, {
    prompt_tokens: 10,
    completion_tokens: 0,
    total_tokens: 10,
    prompt_tokens_details: { cached_tokens: 0 },
    cache_creation_input_tokens: 9,
  })
})

test('a reply that is neither a message nor an error is no answer', () => {
  for (const text of ['<html>', '{}', '[1]', '{"type":"model"}'])
    assert.throws(() => chatBody(text, CREATED), { code: 'upstream_protocol' })
})

for (const [what, body, error] of [
  [
    'an error',
    '{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}',
    { message: 'slow down', type: 'rate_limit_error', param: null, code: 'rate_limit_error' },
  ],
  [
    'a prompt that is too long',
    '{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}',
    {
      message: 'prompt is too long: 9 tokens > 8 maximum',
      type: 'invalid_request_error',
      param: null,
      code: 'context_length_exceeded',
    },
  ],
  [
    'the page of a proxy',
    '<html>502</html>',
    { message: '<html>502</html>', type: 'api_error', param: null, code: 'api_error' },
  ],
] as const) {
  test(`${what} is told in OpenAI’s shape`, () => {
    assert.deepEqual(openAiError(body), { error })
  })
}

test('overloaded is a 503 to OpenAI’s clients; every other status stays', () => {
  assert.deepEqual([529, 429, 500, 400, 413].map(openAiStatus), [503, 429, 500, 400, 413])
})
