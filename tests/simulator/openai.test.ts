import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { first, last, run } from './client.ts'

const FULL = {
  stream: true,
  logprobs: true,
  top_logprobs: 2,
  stream_options: { include_usage: true },
}

test('the openai flavour refuses fields OpenAI does not know', async () => {
  await using server = await run({ flavour: 'openai' })
  const one = await server.chat({ return_token_ids: true })
  assert.equal(one.status, 400)
  assert.equal(
    one.text,
    '{"error":{"message":"Unrecognized request argument supplied: return_token_ids","type":"invalid_request_error","param":null,"code":null}}',
  )
  const two = await server.chat({ top_k: 1, min_p: 0 })
  assert.match(two.text, /arguments supplied: top_k, min_p/)
})

test('the openai flavour refuses log probabilities of reasoning models with 403', async () => {
  await using server = await run({ flavour: 'openai', models: ['o4-mini', 'gpt-4o'] })
  const refused = await server.chat({ model: 'o4-mini', logprobs: true })
  assert.equal(refused.status, 403)
  assert.match(refused.text, /not allowed to request logprobs/)
  assert.equal((await server.chat({ model: 'o4-mini' })).status, 200)
  assert.equal((await server.chat({ model: 'gpt-4o', logprobs: true })).status, 200)
})

test('the openai flavour gives no ids, and does not report the end token', async () => {
  await using server = await run({ flavour: 'openai', replyTokens: 12 })
  const { json, text } = await server.chat({ logprobs: true, top_logprobs: 3 })
  const choice = first(json)
  assert.ok(!text.includes('token_ids') && !text.includes('stop_reason'))
  assert.equal(choice.logprobs.content.length, 11)
  assert.equal(choice.logprobs.refusal, null)
  assert.equal(json.usage.completion_tokens, 11)
  for (const entry of choice.logprobs.content) {
    const values = entry.top_logprobs?.map((top) => Number(top.logprob)) ?? []
    assert.deepEqual(
      values,
      values.toSorted((one, other) => other - one),
    )
  }
})

test('the openai flavour streams empty lists on the role chunk and a finish chunk of its own', async () => {
  await using server = await run({ flavour: 'openai', replyTokens: 12 })
  const { events, text } = await server.chat(FULL, { 'x-sim-reply': 'A%20river%20begins' })
  assert.deepEqual(events[0]?.choices[0]?.logprobs, { content: [], refusal: null })
  assert.ok(events.slice(0, -1).every((event) => event.usage === null))
  assert.ok(events.every((event) => 'obfuscation' in event))
  assert.deepEqual(events.at(-2)?.choices[0], {
    index: 0,
    delta: {},
    logprobs: null,
    finish_reason: 'stop',
  })
  assert.deepEqual(last(events).choices, [])
  assert.equal(last(events).usage.completion_tokens, 3)
  assert.ok(text.endsWith('data: [DONE]\n\n'))
})

test('the openai flavour has string codes, its own 401 and none of the routes of vLLM', async () => {
  await using server = await run({ flavour: 'openai', apiKey: 'k' })
  const { status, json } = await server.chat()
  assert.equal(status, 401)
  assert.equal(json.error.code, 'invalid_api_key')
  assert.equal((await server.get('/version')).status, 404)
})

test('the official client reads bodies, streams, tool calls and models', async () => {
  await using server = await run({ apiKey: 'k' })
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'k' })
  const messages = [{ role: 'user' as const, content: 'Please call look_up.' }]
  const function_ = {
    name: 'look_up',
    parameters: { type: 'object', properties: { q: { type: 'string' } } },
  }
  const tools = [{ type: 'function' as const, function: function_ }]
  const fields = { model: 'sluice-sim', messages, tools }

  const body = await client.chat.completions.create(fields)
  const [call] = body.choices[0]?.message.tool_calls ?? []
  assert.ok(call?.type === 'function')
  assert.equal(call.function.name, 'look_up')

  const stream = client.chat.completions.stream({
    ...fields,
    stream_options: { include_usage: true },
  })
  const final = await stream.finalChatCompletion()
  assert.deepEqual(final.choices[0]?.message.tool_calls?.[0]?.id, call.id)
  assert.equal(final.usage?.completion_tokens, body.usage?.completion_tokens)

  assert.equal((await client.models.list()).data[0]?.id, 'sluice-sim')
  const completion = await client.completions.create({
    model: 'sluice-sim',
    prompt: 'The',
    max_tokens: 4,
  })
  assert.equal(completion.usage?.completion_tokens, 4)
  const embedding = await client.embeddings.create({ model: 'sluice-sim', input: 'a' })
  assert.equal(embedding.data[0]?.embedding.length, 16)
})

test('the official client raises the error event of a stream', async () => {
  await using server = await run()
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 })
  const stream = await client.chat.completions.create(
    { model: 'sluice-sim', messages: [{ role: 'user', content: 'Hi' }], stream: true },
    { headers: { 'x-sim-fault': 'error-event-after:2' } },
  )
  await assert.rejects(async () => {
    for await (const chunk of stream) assert.ok(chunk.id)
  }, OpenAI.APIError)
})
