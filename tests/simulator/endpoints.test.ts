import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode } from '../../src/simulator/index.ts'
import { run } from './client.ts'

test('models are listed with their context length', async () => {
  await using server = await run({ models: ['one', 'two'], maxModelLen: 1000 })
  const { json } = await server.get('/v1/models')
  assert.deepEqual(
    json.data.map((model) => [model.id, model.object, model.owned_by, model.max_model_len]),
    [
      ['one', 'model', 'vllm', 1000],
      ['two', 'model', 'vllm', 1000],
    ],
  )
  assert.equal((await server.chat({ model: 'two' })).json.model, 'two')
})

test('health and ping answer 200 with an empty body', async () => {
  await using server = await run()
  for (const path of ['/health', '/ping']) {
    const { status, text } = await server.get(path)
    assert.equal(status, 200)
    assert.equal(text, '')
  }
})

test('the version is the one the simulator passes for', async () => {
  await using server = await run({ version: '0.30.1' })
  assert.deepEqual((await server.get('/version')).json, { version: '0.30.1' })
  assert.equal((await server.chat()).json.system_fingerprint, 'sluice-simulator-0.30.1')
})

test('tokenize and detokenize undo each other', async () => {
  await using server = await run()
  const { json } = await server.post('/tokenize', { prompt: 'café 🙂', return_token_strs: true })
  assert.deepEqual(json.tokens, encode('café 🙂'))
  assert.equal(json.count, json.tokens.length)
  assert.equal(json.max_model_len, 32_768)
  assert.equal(json.token_strs.length, json.count)
  const back = await server.post('/detokenize', { tokens: json.tokens })
  assert.deepEqual(back.json, { prompt: 'café 🙂' })
  assert.equal((await server.post('/tokenize', { prompt: 'a' })).json.token_strs, null)
  assert.equal((await server.post('/tokenize', {})).status, 400)
  assert.equal((await server.post('/detokenize', { tokens: 'a' })).status, 400)
})

test('embeddings are short vectors of length 1 that depend on the input only', async () => {
  await using server = await run()
  const { json } = await server.post('/v1/embeddings', { input: ['a', 'b', 'a'] })
  const vectors = json.data.map((item) => item.embedding as unknown as number[]) ?? []
  assert.deepEqual(vectors[0], vectors[2])
  assert.notDeepEqual(vectors[0], vectors[1])
  assert.ok(Math.abs(Math.hypot(...(vectors[0] ?? [])) - 1) < 1e-6)
  assert.equal(json.usage.prompt_tokens, 3)
  const ids = await server.post('/v1/embeddings', { input: encode('a') })
  assert.deepEqual(ids.json.data[0]?.embedding, vectors[0])
  const packed = await server.post('/v1/embeddings', { input: 'a', encoding_format: 'base64' })
  const bytes = Buffer.from(String(packed.json.data[0]?.embedding), 'base64')
  assert.ok(Math.abs(bytes.readFloatLE(0) - Number(vectors[0]?.[0])) < 1e-9)
  assert.equal((await server.post('/v1/embeddings', {})).status, 400)
})

test('metrics carry the names and labels of vLLM and count what was served', async () => {
  await using server = await run({ usageDetails: true, replyTokens: 20 })
  await server.chat()
  await server.chat({ max_tokens: 5 })
  const { text, headers } = await server.get('/metrics')
  const labels = 'engine="0",model_name="sluice-sim"'
  assert.match(headers.get('content-type') ?? '', /^text\/plain/)
  for (const line of [
    `vllm:num_requests_running{${labels}} 0`,
    `vllm:num_requests_waiting{${labels}} 0`,
    `vllm:generation_tokens_total{${labels}} 25`,
    `vllm:request_success_total{${labels},finished_reason="stop"} 1`,
    `vllm:request_success_total{${labels},finished_reason="length"} 1`,
    `vllm:time_to_first_token_seconds_count{${labels}} 2`,
    `vllm:e2e_request_latency_seconds_bucket{${labels},le="+Inf"} 2`,
  ]) {
    assert.ok(text.includes(`${line}\n`), line)
  }
  assert.match(text, /vllm:prompt_tokens_total\{.*\} [1-9]/)
  assert.match(text, /vllm:prefix_cache_queries_total\{.*\} [1-9]/)
})

test('the load is the number of requests inside', async () => {
  await using server = await run()
  assert.deepEqual((await server.get('/load')).json, { server_load: 0 })
})
