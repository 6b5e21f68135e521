import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode } from '../../src/simulator/index.ts'
import { type Choice, first, type Json, last, run } from './client.ts'

const FULL = { stream: true, logprobs: true, return_token_ids: true }

const idsOf = (events: readonly Json[], index = 0): number[] =>
  choicesOf(events, index).flatMap((choice) => choice.token_ids ?? [])

const choicesOf = (events: readonly Json[], index = 0): Choice[] =>
  events.flatMap((event) => event.choices).filter((choice) => choice.index === index)

test('events are data lines of compact JSON, the last one is [DONE]', async () => {
  await using server = await run()
  const { text, headers } = await server.chat({ stream: true })
  assert.equal(headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.ok(text.endsWith('\n\ndata: [DONE]\n\n'))
  for (const event of text.split('\n\n').slice(0, -2)) {
    assert.match(event, /^data: \{"id":"chatcmpl-[^ ]+","object":"chat\.completion\.chunk"/)
    assert.ok(!event.includes('\n'))
  }
})

test('the role chunk keeps explicit nulls and has no token_ids key', async () => {
  await using server = await run()
  const { text } = await server.chat({ stream: true, request_id: 'r' })
  const first = text.split('\n\n')[0]?.replace(/"created":\d+/, '"created":0')
  assert.equal(
    first,
    'data: {"id":"chatcmpl-r","object":"chat.completion.chunk","created":0,"model":"sluice-sim","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null,"prompt_text":null}',
  )
})

test('prompt ids come with the role chunk of every choice and never again', async () => {
  await using server = await run()
  const { events } = await server.chat({ ...FULL, n: 3 })
  const roles = events.slice(0, 3)
  assert.deepEqual(
    roles.map((event) => first(event).index),
    [0, 1, 2],
  )
  for (const role of roles) assert.deepEqual(role.prompt_token_ids, roles[0]?.prompt_token_ids)
  assert.ok(Number(roles[0]?.prompt_token_ids.length) > 5)
  for (const later of events.slice(3)) assert.ok(!('prompt_token_ids' in later))
})

test('a token chunk has null where ids and log probabilities were not asked for', async () => {
  await using server = await run()
  const { text } = await server.chat({ stream: true }, { 'x-sim-reply': 'A%20river' })
  assert.ok(
    text.includes(
      '"choices":[{"index":0,"delta":{"content":"A"},"logprobs":null,"finish_reason":null,"token_ids":null}]}',
    ),
  )
})

test('the finish chunk is the last token chunk: end token, its log probability, stop reason', async () => {
  await using server = await run()
  const { events } = await server.chat(FULL)
  const choice = first(last(events))
  assert.deepEqual(Object.keys(choice), [
    'index',
    'delta',
    'logprobs',
    'finish_reason',
    'stop_reason',
    'token_ids',
  ])
  assert.deepEqual(choice.delta, {})
  assert.deepEqual(choice.token_ids, [151645])
  assert.equal(choice.logprobs.content[0]?.token, '<|im_end|>')
  assert.equal(choice.finish_reason, 'stop')
  assert.equal(choice.stop_reason, null)
})

test('usage comes in a chunk without choices, only when asked for', async () => {
  await using server = await run()
  const without = await server.chat(FULL)
  assert.ok(!without.text.includes('"usage"'))
  const { events } = await server.chat({ ...FULL, stream_options: { include_usage: true } })
  const end = last(events)
  assert.deepEqual(end.choices, [])
  assert.equal(end.usage.completion_tokens, idsOf(events).length)
  assert.deepEqual(Object.keys(end.usage ?? {}), [
    'prompt_tokens',
    'total_tokens',
    'completion_tokens',
  ])
})

test('the fingerprint is on the finish chunk, or on the usage chunk where there is one', async () => {
  await using server = await run()
  const marked = (events: readonly Json[]): number[] =>
    events.flatMap((event, at) => ('system_fingerprint' in event ? [at - events.length] : []))
  assert.deepEqual(marked((await server.chat(FULL)).events), [-1])
  const withUsage = await server.chat({ ...FULL, n: 2, stream_options: { include_usage: true } })
  assert.deepEqual(marked(withUsage.events), [-1])
  assert.deepEqual(last(withUsage.events).choices, [])
})

test('usage on every chunk counts that choice, at the end all of them', async () => {
  await using server = await run()
  const stream_options = { include_usage: true, continuous_usage_stats: true }
  const { events } = await server.chat({ ...FULL, n: 2, stream_options })
  assert.equal(events[0]?.usage.completion_tokens, 0)
  const counts = events
    .filter((event) => event.choices[0]?.index === 1)
    .map((event) => event.usage.completion_tokens)
  assert.deepEqual(
    counts,
    Array.from({ length: idsOf(events, 1).length + 1 }, (_, n) => n),
  )
  const total = idsOf(events, 0).length + idsOf(events, 1).length
  assert.equal(last(events).usage.completion_tokens, total)
})

test('n choices interleave, one per chunk, and each finishes by itself', async () => {
  await using server = await run()
  const { events } = await server.chat({ ...FULL, n: 3 })
  const indices = events.map((event) => first(event).index)
  assert.deepEqual(indices.slice(0, 9), [0, 1, 2, 0, 1, 2, 0, 1, 2])
  assert.ok(events.every((event) => event.choices.length === 1))
  const finishes = events.filter((event) => first(event).finish_reason !== null)
  assert.equal(finishes.length, 3)
  assert.equal(new Set([0, 1, 2].map((index) => decode(idsOf(events, index)))).size, 3)
})

for (const tokensPerChunk of [1, 8]) {
  test(`ids and log probabilities are aligned in every chunk of up to ${tokensPerChunk}`, async () => {
    await using server = await run({ tokensPerChunk, replyTokens: 200 })
    const { events } = await server.chat(FULL)
    const sizes = choicesOf(events)
      .slice(1)
      .map((choice) => {
        assert.equal(choice.logprobs.content.length, choice.token_ids.length)
        return Number(choice.token_ids.length)
      })
    assert.equal(Math.max(...sizes), tokensPerChunk)
    assert.equal(Math.min(...sizes), 1)
    assert.equal(idsOf(events).length, 200)
  })
}

test('while a character is incomplete a chunk has ids and no text', async () => {
  await using server = await run()
  const { events } = await server.chat(FULL, { 'x-sim-reply': encodeURIComponent('🙂') })
  const deltas = choicesOf(events).map((choice) => choice.delta.content)
  assert.deepEqual(deltas, ['', '', '', '', '🙂', undefined])
})

test('id and creation time are the same in all chunks', async () => {
  await using server = await run()
  const { events } = await server.chat(FULL)
  assert.equal(new Set(events.map((event) => `${event.id} ${event.created}`)).size, 1)
})

test('a stream says what the body says', async () => {
  await using server = await run()
  const fields = { logprobs: true, top_logprobs: 2, return_token_ids: true, n: 2 }
  const body = await server.chat(fields)
  const { events } = await server.chat({ ...fields, stream: true })
  for (const choice of body.json.choices) {
    const parts = choicesOf(events, choice.index)
    assert.deepEqual(idsOf(events, choice.index), choice.token_ids)
    assert.deepEqual(
      parts.flatMap((part) => part.logprobs?.content ?? []),
      choice.logprobs.content,
    )
    assert.equal(parts.map((part) => part.delta.content ?? '').join(''), choice.message.content)
  }
})

test('echo repeats the last message before the reply', async () => {
  await using server = await run()
  const messages = [{ role: 'assistant', content: 'Once upon' }]
  const fields = {
    messages,
    echo: true,
    add_generation_prompt: false,
    continue_final_message: true,
  }
  const { events } = await server.chat({ ...fields, stream: true })
  assert.deepEqual(events[1]?.choices[0]?.delta, { content: 'Once upon' })
})
