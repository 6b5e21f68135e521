import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { isObject, type Json, type JsonObject } from 'sluice/plugin'
import OpenAI from 'openai'
import { createScope } from '../support/scope.ts'
import { single, stream } from '../support/scripted-upstream.ts'
import { EVERYTHING, EVERYTHING_AT_ONCE } from '../wire/anthropic-events.ts'
import { startProvided, type Provided } from './provided-gateway.ts'

const ASK = { model: 'claude-x', messages: [{ role: 'user', content: 'q' }] }

/** What a trace keeps of the reply with everything in it, however it came. */
const MESSAGE = {
  role: 'assistant',
  content: 'Ich schaue “nach”.',
  reasoning_content: 'Wetter\u{1f327} in Köln',
}

describe('chats with Anthropic through the gateway', () => {
  const scope = createScope()
  let provided: Provided
  let seq = 0
  before(async () => void (provided = await startProvided(scope, 'anthropic')))
  after(() => scope.close())

  test('a stream is a chat to its caller, and its record is whole', async () => {
    const bytes = Buffer.from(EVERYTHING)
    provided.server.play(stream(Array.from({ length: 9 }, (_, i) => slice(bytes, i, 9))))
    const reply = await provided.call({ ...ASK, stream: true })
    const text = reply.body.toString()
    assert.match(text, /data: \[DONE\]\n\n$/)
    assert.doesNotMatch(text, /"usage"/, 'usage is asked for the record, not for the caller')
    const trace = await provided.trace((seq += 1))
    assert.deepEqual(
      [trace.status, trace.reason, trace.finish_reason],
      ['complete', null, 'tool_calls'],
    )
    const {
      tool_calls: calls,
      provider_specific_fields: fields,
      ...message
    } = trace.response_message
    assert.deepEqual(message, MESSAGE)
    assert.equal((calls as Json[]).length, 2)
    assert.ok(isObject(fields) && Array.isArray(fields['thinking_blocks']))
    assert.deepEqual(trace.token_counts, { prompt: 8, completion: 42 })
  })

  test('so is a single reply', async () => {
    provided.server.play(single(JSON.stringify(EVERYTHING_AT_ONCE)))
    const reply = await provided.call({ ...ASK, seed: 1 })
    assert.equal(reply.headers['x-sluice-dropped-params'], 'seed')
    const body = JSON.parse(reply.body.toString()) as JsonObject
    assert.equal(body['object'], 'chat.completion')
    const trace = await provided.trace((seq += 1))
    const { content, reasoning_content } = trace.response_message
    assert.deepEqual({ role: 'assistant', content, reasoning_content }, MESSAGE)
    assert.deepEqual(trace.token_counts, { prompt: 8, completion: 42 })
  })

  test('OpenAI’s SDK puts a streamed message together', async () => {
    provided.server.play(stream([EVERYTHING]))
    const baseURL = `${provided.gateway.url}/sessions/s/v1`
    const client = new OpenAI({ baseURL, apiKey: 'k', maxRetries: 0 })
    const messages = [{ role: 'user' as const, content: 'q' }]
    const options = { model: 'c', messages, stream_options: { include_usage: true } }
    const whole = await client.chat.completions.stream(options).finalChatCompletion()
    const message = whole.choices[0]?.message
    assert.equal(message?.content, 'Ich schaue “nach”.')
    assert.deepEqual(
      message.tool_calls?.map((call) => call.type === 'function' && call.function.arguments),
      ['{"city": "Köln"}', '{}'],
    )
    assert.equal(whole.usage?.total_tokens, 50)
    assert.equal((await provided.trace((seq += 1))).status, 'complete')
  })

  test('a stream that is cut is cut for its caller and a partial record', async () => {
    provided.server.play(stream([EVERYTHING.slice(0, 1200)], { end: 'rst' }))
    const reply = await provided.call({ ...ASK, stream: true })
    assert.equal(reply.complete, false)
    assert.doesNotMatch(reply.body.toString(), /DONE/)
    const trace = await provided.trace((seq += 1))
    assert.deepEqual([trace.status, trace.reason], ['partial', 'upstream_reset'])
  })

  test('an error is told in OpenAI’s shape', async () => {
    const error = { type: 'overloaded_error', message: 'Overloaded' }
    const headers = { 'retry-after': '3' }
    provided.server.play(single(JSON.stringify({ type: 'error', error }), { status: 529, headers }))
    const reply = await provided.call({ ...ASK, stream: true })
    assert.deepEqual([reply.status, reply.headers['retry-after']], [503, '3'])
    const told = JSON.parse(reply.body.toString()) as { error: JsonObject }
    assert.deepEqual(
      [told.error['message'], told.error['code']],
      ['Overloaded', 'overloaded_error'],
    )
    const trace = await provided.trace((seq += 1))
    assert.deepEqual([trace.status, trace.http_status], ['error', 503])
  })

  test('a broken tool call is the caller’s mistake, named, and nothing is sent', async () => {
    const sent = provided.server.seen.length
    const call = { id: '1', type: 'function', function: { name: 'f', arguments: '{"a' } }
    const messages = [...ASK.messages, { role: 'assistant', tool_calls: [call] }]
    const reply = await provided.call({ ...ASK, messages })
    assert.equal(reply.status, 400)
    const { error } = JSON.parse(reply.body.toString()) as { error: JsonObject }
    assert.equal(error['param'], 'messages[1].tool_calls[0].function.arguments')
    assert.equal(provided.server.seen.length, sent)
    assert.equal((await provided.trace((seq += 1))).reason, 'bad_body')
  })

  test('a native call is passed on and recorded in its own dialect', async () => {
    provided.server.play(stream([EVERYTHING]))
    const reply = await provided.call({ ...ASK, max_tokens: 9, stream: true }, '/v1/messages')
    assert.equal(reply.body.toString(), EVERYTHING)
    const seen = provided.server.seen.at(-1)
    assert.deepEqual([seen?.path, seen?.headers['x-api-key']], ['/v1/messages', 'k'])
    const trace = await provided.trace((seq += 1))
    assert.deepEqual([trace.status, trace.dialect], ['complete', 'messages'])
  })
})

describe('chats with a server that completes text through the gateway', () => {
  test('keep the ids and logprobs that the gateway asks for, unseen by the caller', async (t) => {
    const { server, call, trace } = await startProvided(t, 'text-completion')
    const choice = (fields: object): string =>
      `data: ${JSON.stringify({ id: 'cmpl-1', object: 'text_completion', created: 1, model: 'm', choices: [{ index: 0, ...fields }] })}\n\n`
    server.play(
      stream([
        choice({
          text: 'a',
          logprobs: { tokens: ['a'], token_logprobs: [-0.5], top_logprobs: [{ a: -0.5 }] },
          finish_reason: null,
          prompt_token_ids: [1, 2],
          token_ids: [3],
        }),
        choice({
          text: 'b',
          logprobs: { tokens: ['b'], token_logprobs: [-0.25], top_logprobs: [{ b: -0.25 }] },
          finish_reason: 'stop',
          token_ids: [4],
        }),
        'data: [DONE]\n\n',
      ]),
    )
    const reply = await call({ ...ASK, stream: true })
    assert.doesNotMatch(reply.body.toString(), /token_ids|"logprobs":\{/)
    const sent = JSON.parse(String(server.seen[0]?.body)) as JsonObject
    assert.deepEqual([sent['logprobs'], sent['return_token_ids']], [0, true])
    const { completion_token_ids, prompt_token_ids, logprobs, response_message } = await trace(1)
    assert.deepEqual(
      [prompt_token_ids, completion_token_ids, logprobs],
      [
        [1, 2],
        [3, 4],
        [-0.5, -0.25],
      ],
    )
    assert.deepEqual(response_message, { role: 'assistant', content: 'ab' })
  })
})

describe('chats with Azure through the gateway', () => {
  test('go to the deployment and come back byte for byte', async (t) => {
    const { server, call, trace } = await startProvided(t, 'azure')
    const body =
      '{"id": "1", "choices": [{"index": 0, "message": {"content": "a"}, "finish_reason": "stop"}]}'
    server.play(single(body))
    assert.equal((await call({ ...ASK, model: 'gpt' })).body.toString(), body)
    const [seen] = server.seen
    assert.equal(seen?.path, '/openai/deployments/gpt/chat/completions?api-version=v')
    assert.equal(seen?.headers['api-key'], 'k')
    assert.equal((await trace(1)).status, 'complete')
  })
})

function slice(bytes: Buffer, i: number, of: number): Buffer {
  return bytes.subarray((bytes.length * i) / of, (bytes.length * (i + 1)) / of)
}
