import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decode, EOS } from '../../src/simulator/index.ts'
import { first, run } from './client.ts'

test('a body has every key vLLM has, in its order, nulls included', async () => {
  await using server = await run()
  const { json, headers } = await server.chat()
  assert.equal(
    Object.keys(json).join(' '),
    'id object created model choices service_tier system_fingerprint usage prompt_logprobs prompt_token_ids prompt_text kv_transfer_params ec_transfer_params metrics',
  )
  const choice = first(json)
  assert.equal(
    Object.keys(choice).join(' '),
    'index message logprobs finish_reason stop_reason token_ids routed_experts',
  )
  assert.equal(
    Object.keys(choice.message ?? {}).join(' '),
    'role content refusal annotations audio function_call reasoning',
  )
  assert.equal(choice.token_ids, null)
  assert.equal(json.prompt_token_ids, null)
  assert.equal(headers.get('content-type'), 'application/json')
})

test('a body has compact separators and raw non-ASCII text', async () => {
  await using server = await run()
  const reply = 'Grüße: "東京" 🙂\u2028.'
  const { text } = await server.chat({}, { 'x-sim-reply': encodeURIComponent(reply) })
  assert.ok(text.includes(`"content":${JSON.stringify(reply)},"refusal":null`))
  assert.ok(!/": |, "/.test(text.replace(JSON.stringify(reply), '')))
})

test('ids decode to the text and the end token, and count what usage counts', async () => {
  await using server = await run()
  const { json } = await server.chat({ n: 3, return_token_ids: true })
  let sum = 0
  for (const choice of json.choices) {
    const ids: number[] = choice.token_ids
    assert.equal(decode(ids), `${choice.message.content}<|im_end|>`)
    assert.equal(ids.at(-1), EOS)
    assert.equal(choice.finish_reason, 'stop')
    assert.equal(choice.stop_reason, null)
    sum += ids.length
  }
  assert.equal(json.usage.completion_tokens, sum)
  assert.equal(json.usage.prompt_tokens, json.prompt_token_ids.length)
  assert.equal(json.usage.total_tokens, sum + Number(json.usage.prompt_tokens))
})

test('there is one log probability per id, end token included, and no refusal list', async () => {
  await using server = await run()
  const { json } = await server.chat({ logprobs: true, return_token_ids: true })
  const choice = first(json)
  const entries = choice.logprobs.content
  assert.deepEqual(Object.keys(choice.logprobs ?? {}), ['content'])
  assert.equal(entries.length, choice.token_ids.length)
  assert.equal(entries.at(-1)?.token, '<|im_end|>')
  assert.deepEqual(Object.keys(entries[0] ?? {}), ['token', 'logprob', 'bytes', 'top_logprobs'])
  assert.deepEqual(entries[0]?.top_logprobs, [])
  assert.deepEqual(entries[0]?.bytes, [...Buffer.from(String(entries[0]?.token))])
})

test('alternatives start with the sampled token and then fall', async () => {
  await using server = await run({ replyTokens: 300 })
  const { json } = await server.chat({ logprobs: true, top_logprobs: 5 })
  let sampledIsNotBest = 0
  for (const entry of first(json).logprobs.content) {
    const top = entry.top_logprobs
    const others = top.slice(1).map((alternative) => Number(alternative.logprob))
    assert.equal(top.length, 5)
    assert.equal(top[0]?.token, entry.token)
    assert.equal(top[0]?.logprob, entry.logprob)
    assert.deepEqual(
      others,
      others.toSorted((one, other) => other - one),
    )
    if (Number(others[0]) > Number(entry.logprob)) sampledIsNotBest++
  }
  assert.ok(sampledIsNotBest > 5)
})

test('tokens can be written as ids, whose bytes differ for alternatives only', async () => {
  await using server = await run()
  const fields = { logprobs: true, top_logprobs: 2, return_token_ids: true }
  const { json } = await server.chat({ ...fields, return_tokens_as_token_ids: true })
  const choice = first(json)
  const entry = choice.logprobs.content[0]
  const id = choice.token_ids[0]
  assert.equal(entry?.token, `token_id:${id}`)
  assert.deepEqual(entry?.bytes, [...Buffer.from(decode([Number(id)]))])
  assert.deepEqual(entry?.top_logprobs[0]?.bytes, [...Buffer.from(`token_id:${id}`)])
})

test('prompt log probabilities are null first, then objects keyed by token id', async () => {
  await using server = await run()
  const { json } = await server.chat({ prompt_logprobs: 1, return_token_ids: true })
  const [first, second] = json.prompt_logprobs ?? []
  assert.equal(json.prompt_logprobs.length, json.prompt_token_ids.length)
  assert.equal(first, null)
  const entry = second?.[String(json.prompt_token_ids[1])]
  assert.deepEqual(Object.keys(entry ?? {}), ['logprob', 'rank', 'decoded_token'])
})

test('prompt text and usage details come when they are asked for', async () => {
  await using server = await run({ usageDetails: true })
  const messages = [{ role: 'user', content: 'again '.repeat(30) }]
  await server.chat({ messages })
  const { json } = await server.chat({ messages, return_prompt_text: true })
  assert.ok(String(json.prompt_text).startsWith('<|im_start|>user\n'))
  assert.deepEqual(json.usage.prompt_tokens_details, { cached_tokens: 32 })
})

test('a prompt of token ids in the transfer parameters is taken as it is', async () => {
  await using server = await run()
  const kv_transfer_params = { prompt_token_ids: [300, 301, 302] }
  const { json } = await server.chat({ kv_transfer_params, return_token_ids: true })
  assert.deepEqual(json.prompt_token_ids, [300, 301, 302])
  assert.deepEqual(json.kv_transfer_params, kv_transfer_params)
})

test('every reply says that a simulator wrote it', async () => {
  await using server = await run()
  const { json, headers } = await server.chat()
  assert.equal(json.system_fingerprint, 'sluice-simulator-0.24.0')
  assert.equal(headers.get('server'), 'sluice-simulator')
})

test('the request id of the header goes before that of the body', async () => {
  await using server = await run()
  const fields = { request_id: 'body' }
  assert.equal((await server.chat(fields)).json.id, 'chatcmpl-body')
  const both = await server.chat(fields, { 'x-request-id': 'header' })
  assert.equal(both.json.id, 'chatcmpl-header')
})
