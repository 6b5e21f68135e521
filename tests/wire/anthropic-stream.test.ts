import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isObject, type JsonObject } from '../../src/plugin/index.ts'
import {
  block,
  event,
  EVERYTHING,
  finish,
  payloads,
  start,
  STOP,
  text,
  translated,
} from './anthropic-events.ts'
import { readsAt } from './support.ts'

/** The deltas and endings of the first choice, in order. */
function choices(stream: string): JsonObject[] {
  return payloads(stream)
    .filter(isObject)
    .flatMap((chunk) => chunk['choices'] as JsonObject[])
}

const deltas = (stream: string): unknown[] => choices(stream).map(({ delta }) => delta)

test('a text becomes chunks of a chat completion with one id, and ends with its reason and [DONE]', () => {
  const stream = start() + block(0, { type: 'text', text: '' }, text('Hi'), text('!'))
  const head = {
    id: 'chatcmpl-01A',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'claude-x',
  }
  const said = (delta: JsonObject, more: JsonObject = {}): JsonObject => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...more }],
  })
  assert.deepEqual(payloads(stream + finish('stop_sequence', 3, 'END') + STOP), [
    said({ role: 'assistant' }),
    said({ content: '' }),
    said({ content: 'Hi' }),
    said({ content: '!' }),
    said({}, { finish_reason: 'stop', stop_reason: 'END' }),
    '[DONE]',
  ])
})

test('tool calls are numbered among themselves, and one without input has the arguments {}', () => {
  const calls = deltas(EVERYTHING).flatMap((delta) =>
    isObject(delta as JsonObject) ? ((delta as JsonObject)['tool_calls'] ?? []) : [],
  )
  assert.deepEqual(calls, [
    { index: 0, id: 'toolu_1', type: 'function', function: { name: 'weather', arguments: '' } },
    { index: 0, function: { arguments: '{"city": "K' } },
    { index: 0, function: { arguments: 'öln"}' } },
    { index: 1, id: 'toolu_2', type: 'function', function: { name: 'now', arguments: '' } },
    { index: 1, function: { arguments: '{}' } },
  ])
})

test('a thought is reasoning, and stands whole with its signature beside the finish', () => {
  const said = deltas(EVERYTHING) as JsonObject[]
  const thought = said.map((delta) => (delta['reasoning_content'] as string) ?? '').join('')
  assert.equal(thought, 'Wetter\u{1f327} in Köln')
  assert.deepEqual(said.at(-1), {
    provider_specific_fields: {
      thinking_blocks: [{ type: 'thinking', thinking: thought, signature: 'c2ln' }],
    },
  })
})

test('usage comes only where it was asked for, with what a cache held counted as prompt', () => {
  assert.ok(payloads(EVERYTHING).every((chunk) => !isObject(chunk) || !('usage' in chunk)))
  const [usage, done] = payloads(EVERYTHING, true).slice(-2)
  assert.equal(done, '[DONE]')
  assert.ok(isObject(usage))
  assert.deepEqual(usage['choices'], [])
  assert.deepEqual(usage['usage'], {
    prompt_tokens: 8,
    completion_tokens: 42,
    total_tokens: 50,
    prompt_tokens_details: { cached_tokens: 3 },
  })
})

test('a ping keeps the connection alive and is no chunk', () => {
  assert.equal(translated([Buffer.from(event('ping'))]), ': ping\n\n')
})

test('an error event is OpenAI’s, and nothing comes behind it', () => {
  const error = { type: 'overloaded_error', message: 'Overloaded' }
  const stream = start() + event('error', { error }) + finish('end_turn') + STOP
  assert.deepEqual(payloads(stream, true).slice(1), [
    {
      error: {
        message: 'Overloaded',
        type: 'overloaded_error',
        param: null,
        code: 'overloaded_error',
      },
    },
  ])
})

test('a stream that is cut has no terminator, and of half an event nothing is told', () => {
  const whole = start() + block(0, { type: 'text', text: '' }, text('Hi'))
  const cut = `${whole}event: message_delta\ndata: {"type":"message_del`
  assert.equal(translated([Buffer.from(cut)], true), translated([Buffer.from(whole)], true))
  assert.doesNotMatch(translated([Buffer.from(cut)], true), /DONE|usage/)
})

test('events of kinds that nobody knows yet say nothing', () => {
  const plain = start() + finish('end_turn') + STOP
  const odd = start() + event('weather_report', { sun: true }) + finish('end_turn') + STOP
  assert.deepEqual(payloads(odd), payloads(plain))
})

test('blocks without a counterpart and citations are kept beside the finish', () => {
  const citation = { type: 'char_location', cited_text: 'x' }
  const stream =
    start() +
    block(
      0,
      { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
      { type: 'input_json_delta', partial_json: '{"query":"a"}' },
    ) +
    block(1, { type: 'text', text: '' }, { type: 'citations_delta', citation }, text('b')) +
    finish('pause_turn') +
    STOP
  assert.deepEqual(choices(stream).at(-1), {
    index: 0,
    delta: {
      provider_specific_fields: {
        citations: [citation],
        content_blocks: [
          {
            type: 'server_tool_use',
            id: 'srvtoolu_1',
            name: 'web_search',
            input: { query: 'a' },
          },
        ],
      },
    },
    logprobs: null,
    finish_reason: 'stop',
    stop_reason: null,
    provider_specific_fields: { stop_reason: 'pause_turn' },
  })
})

for (const [what, stream] of [
  ['is no JSON', `${start()}event: content_block_delta\ndata: {"ty\n\n`],
  [
    'belongs to no block',
    start() + event('content_block_delta', { index: 4, delta: text('lost') }),
  ],
  ['comes before the message', finish('end_turn')],
] as const) {
  test(`an event that ${what} breaks the reply, so that no text is lost unseen`, () => {
    assert.throws(() => payloads(stream), { code: 'upstream_protocol' })
  })
}

test('the bytes are the same however the stream is cut into reads', () => {
  const bytes = Buffer.from(EVERYTHING)
  const whole = translated([bytes], true)
  const cuts = fc.array(fc.nat(bytes.length), { maxLength: 20 })
  fc.assert(fc.property(cuts, (at) => assert.equal(translated(readsAt(bytes, at), true), whole)))
  const single = Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))
  assert.equal(translated(single, true), whole)
})
