import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, encode } from '../../src/simulator/index.ts'
import { type Answer, first, type Json, last, run, type Running } from './client.ts'

const complete = (server: Running, fields: object): Promise<Answer> =>
  server.post('/v1/completions', { prompt: 'The river', return_token_ids: true, ...fields })

test('a body has prompt ids on each choice, not at the root', async () => {
  await using server = await run()
  const { json } = await complete(server, {})
  assert.equal(
    Object.keys(json).join(' '),
    'id object created model choices service_tier system_fingerprint usage kv_transfer_params metrics',
  )
  assert.equal(
    Object.keys(first(json)).join(' '),
    'index text logprobs finish_reason stop_reason token_ids prompt_logprobs prompt_token_ids routed_experts',
  )
  assert.deepEqual(first(json).prompt_token_ids, encode('The river'))
  assert.equal(json.object, 'text_completion')
  assert.match(String(json.id), /^cmpl-/)
})

test('without max_tokens, or with null, there are 16 tokens', async () => {
  await using server = await run({ replyTokens: 40 })
  for (const fields of [{}, { max_tokens: null }, { max_completion_tokens: 30 }]) {
    const { json } = await complete(server, fields)
    assert.equal(json.usage.completion_tokens, 16)
    assert.equal(first(json).finish_reason, 'length')
  }
})

test('log probabilities are columns of equal length without a column of ids', async () => {
  await using server = await run({ replyTokens: 40 })
  const { json } = await complete(server, { logprobs: 2, max_tokens: 40 })
  const columns = first(json).logprobs ?? {}
  assert.deepEqual(Object.keys(columns), [
    'text_offset',
    'token_logprobs',
    'tokens',
    'top_logprobs',
  ])
  for (const column of Object.values(columns)) assert.equal((column as unknown[]).length, 40)
  const tops = columns.top_logprobs
  const tokens = columns.tokens
  tops.forEach((top, at) => {
    assert.ok(Object.keys(top).length <= 3)
    assert.equal(top[String(tokens[at])], columns.token_logprobs[at])
  })
})

test('true reads as one alternative, 0 as the sampled token alone', async () => {
  await using server = await run()
  const sizes = async (logprobs: unknown): Promise<number> => {
    const { json } = await complete(server, { logprobs, max_tokens: 1 })
    return Object.keys(first(json).logprobs.top_logprobs?.[0] ?? {}).length
  }
  assert.equal(await sizes(true), 2)
  assert.equal(await sizes(0), 1)
})

test('text offsets count code points, and go on from chunk to chunk', async () => {
  await using server = await run()
  const fields = { prompt: 'x', logprobs: 0, stream: true, return_tokens_as_token_ids: true }
  const { events } = await complete(server, fields)
  const offsets = events.flatMap((event) => first(event).logprobs.text_offset)
  const tokens = events.flatMap((event) => first(event).logprobs.tokens)
  let expected = 0
  tokens.forEach((token, at) => {
    assert.equal(offsets[at], expected)
    expected += String(token).length
  })
  assert.ok(String(tokens[0]).startsWith('token_id:'))
})

test('a prompt may be text, texts, ids or lists of ids; choices are numbered prompt by prompt', async () => {
  await using server = await run()
  const prompts: readonly [unknown, number][] = [
    ['a', 1],
    [['a', 'b'], 2],
    [[300, 301], 1],
    [[[300, 301], [302]], 2],
  ]
  for (const [prompt, count] of prompts) {
    const { json } = await complete(server, { prompt, n: 2, max_tokens: 3 })
    const choices = json.choices
    assert.deepEqual(
      choices.map((choice) => choice.index),
      Array.from({ length: count * 2 }, (_, index) => index),
    )
    assert.deepEqual(choices[0]?.prompt_token_ids, choices[1]?.prompt_token_ids)
    assert.notDeepEqual(choices[0]?.token_ids, choices[1]?.token_ids)
    assert.equal(json.usage.completion_tokens, count * 2 * 3)
  }
})

test('a stream has no role chunk and prompt ids on the first chunk of each choice only', async () => {
  await using server = await run()
  const { events, text } = await complete(server, { stream: true, n: 2 })
  for (const index of [0, 1]) {
    const own = events.map(first).filter((choice) => choice.index === index)
    assert.deepEqual(own[0]?.prompt_token_ids, encode('The river'))
    assert.ok(own.slice(1).every((choice) => choice.prompt_token_ids === null))
    assert.equal(
      Object.keys(own[0] ?? {}).join(' '),
      'index text logprobs finish_reason stop_reason prompt_token_ids token_ids',
    )
    assert.equal(own.at(-1)?.finish_reason, 'length')
    assert.equal(own.flatMap((choice) => choice.token_ids ?? []).length, 16)
  }
  assert.ok(text.endsWith('data: [DONE]\n\n'))
})

test('the usage chunk of a stream has no choices and keeps the object name', async () => {
  await using server = await run()
  const fields = {
    stream: true,
    n: 2,
    prompt: ['a', 'bc'],
    stream_options: { include_usage: true },
  }
  const end = last((await complete(server, fields)).events)
  assert.deepEqual(end.choices, [])
  assert.equal(end.object, 'text_completion')
  assert.equal(end.usage.completion_tokens, 64)
  assert.equal(end.usage.prompt_tokens, encode('a').length + encode('bc').length)
})

test('echo puts the prompt before the text, and its values before those of the output', async () => {
  await using server = await run()
  const fields = { echo: true, logprobs: 1, return_token_ids: false }
  for (const stream of [false, true]) {
    const answer = await complete(server, { ...fields, stream })
    const choice = first(stream ? (answer.events[0] as Json) : answer.json)
    assert.ok(String(choice.text).startsWith('The river'))
    assert.equal(choice.logprobs.token_logprobs[0], null)
    assert.equal(choice.logprobs.top_logprobs?.[0], null)
    assert.deepEqual(choice.logprobs.tokens.slice(0, 2), ['The', ' river'])
    assert.equal(choice.logprobs.tokens.length, 2 + (stream ? 1 : 16))
  }
})

test('with ids the echoed text is blank while its values stay', async () => {
  await using server = await run()
  const { json } = await complete(server, { echo: true, logprobs: 1 })
  const choice = first(json)
  assert.equal(choice.token_ids.length, 16)
  assert.equal(choice.text, decode(choice.token_ids))
  assert.equal(choice.logprobs.tokens.length, 18)
})

test('echo alone gives the prompt, and usage counts the token nobody sees', async () => {
  await using server = await run()
  const { json } = await complete(server, { echo: true, max_tokens: 0, return_token_ids: false })
  assert.equal(first(json).text, 'The river')
  assert.equal(json.usage.completion_tokens, 1)
})
