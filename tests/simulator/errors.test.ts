import assert from 'node:assert/strict'
import { test } from 'node:test'
import { first, MESSAGES, run } from './client.ts'

test('an unknown model is a 404 with an integer code; no model at all is fine', async () => {
  await using server = await run()
  const { status, text } = await server.chat({ model: 'gone' })
  assert.equal(status, 404)
  assert.equal(
    text,
    '{"error":{"message":"The model `gone` does not exist.","type":"NotFoundError","param":"model","code":404}}',
  )
  assert.equal((await server.chat({ model: '' })).status, 200)
  assert.equal((await server.chat({ model: null })).json.model, 'sluice-sim')
})

test('a schema violation is a 400 of type Bad Request with a dotted path', async () => {
  await using server = await run()
  const cases: readonly [object, string][] = [
    [{ temperature: 'hot' }, 'body.temperature'],
    [{ messages: 'hi' }, 'body.messages'],
    [{ messages: null }, 'body.messages'],
    [{ messages: [{ content: 'no role' }] }, 'body.messages'],
    [{ stream: 'yes' }, 'body.stream'],
    [{ max_tokens: 1.5 }, 'body.max_tokens'],
    [{ logprobs: 3 }, 'body.logprobs'],
    [{ stop: 5 }, 'body.stop'],
    [{ stop_token_ids: [-1] }, 'body.stop_token_ids'],
    [{ tools: {} }, 'body.tools'],
  ]
  for (const [fields, param] of cases) {
    const { status, json } = await server.chat(fields)
    assert.equal(status, 400)
    assert.equal(json.error.type, 'Bad Request')
    assert.equal(json.error.param, param)
    assert.equal(json.error.code, 400)
  }
})

test('well-formed fields that do not go together are a BadRequestError', async () => {
  await using server = await run()
  const tools = [{ type: 'function', function: { name: 'f' } }]
  const cases: readonly [object, string][] = [
    [{ top_logprobs: 1 }, 'top_logprobs'],
    [{ logprobs: true, top_logprobs: 21 }, 'top_logprobs'],
    [{ stream_options: { include_usage: true } }, 'stream_options'],
    [{ stream: true, prompt_logprobs: 1 }, 'prompt_logprobs'],
    [{ tools: [] }, 'tools'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ tools, tool_choice: { type: 'function', function: { name: 'g' } } }, 'tool_choice'],
    [{ continue_final_message: true }, 'continue_final_message'],
    [{ messages: [] }, 'messages'],
    [{ n: 0 }, 'n'],
    [{ temperature: -1 }, 'temperature'],
    [{ top_p: 0 }, 'top_p'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ min_tokens: 9, max_tokens: 5 }, 'min_tokens'],
    [{ cache_salt: '' }, 'cache_salt'],
    [{ priority: 1 }, 'priority'],
  ]
  for (const [fields, param] of cases) {
    const { status, json } = await server.chat(fields)
    assert.equal(status, 400, param)
    assert.equal(json.error.type, 'BadRequestError')
    assert.equal(json.error.param, param)
  }
})

test('fields nobody knows are ignored', async () => {
  await using server = await run()
  assert.equal((await server.chat({ made_up: 1, guided_json: {} })).status, 200)
})

test('more tokens than the context holds are refused', async () => {
  await using server = await run({ maxModelLen: 100 })
  const { status, json } = await server.chat({ max_tokens: 100 })
  assert.equal(status, 400)
  assert.match(String(json.error.message), /maximum context length is 100 tokens/)
  const long = [{ role: 'user', content: 'word '.repeat(200) }]
  assert.equal((await server.chat({ messages: long })).status, 400)
  assert.equal((await server.chat()).status, 200)
})

test('completions need a prompt and take no zero, no suffix, no 21 alternatives', async () => {
  await using server = await run()
  for (const fields of [
    {},
    { prompt: '' },
    { prompt: [] },
    { prompt: 5 },
    { prompt: ['a', 1] },
    { prompt: 'a', max_tokens: 0 },
    { prompt: 'a', suffix: 'b' },
    { prompt: 'a', logprobs: 21 },
    { prompt: 'a', stream_options: {} },
  ]) {
    assert.equal((await server.post('/v1/completions', fields)).status, 400, JSON.stringify(fields))
  }
})

test('a body that is not JSON, not an object or not declared as JSON is a 400', async () => {
  await using server = await run()
  const post = (body: string, type = 'application/json'): Promise<Response> =>
    fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    })
  const good = JSON.stringify({ messages: MESSAGES })
  assert.equal((await post('{')).status, 400)
  assert.equal((await post('[]')).status, 400)
  assert.equal((await post(good, 'text/plain')).status, 400)
  assert.equal((await post(good, 'application/json; charset=utf-8')).status, 200)
})

test('the key guards paths under /v1 only, and the refusal is a bare string', async () => {
  await using server = await run({ apiKey: 'secret' })
  const refused = await server.chat()
  assert.equal(refused.status, 401)
  assert.equal(refused.text, '{"error":"Unauthorized"}')
  assert.equal((await server.chat({}, { authorization: 'Bearer wrong' })).status, 401)
  assert.equal((await server.chat({}, { authorization: 'Bearer secret' })).status, 200)
  assert.equal((await server.get('/health')).status, 200)
  assert.equal((await server.post('/tokenize', { prompt: 'a' })).status, 200)
})

test('an unknown path is a 404, a wrong method a 405', async () => {
  await using server = await run()
  assert.equal((await server.get('/v1/nothing')).status, 404)
  assert.equal((await server.get('/v1/chat/completions')).status, 405)
})

test('an old server has flat errors, no ids and no keys for them', async () => {
  await using server = await run({ features: { tokenIds: false } })
  const { text } = await server.chat({ model: 'gone' })
  assert.equal(
    text,
    '{"object":"error","message":"The model `gone` does not exist.","type":"NotFoundError","param":"model","code":404}',
  )
  const fields = { return_token_ids: true, logprobs: true, return_tokens_as_token_ids: true }
  const body = await server.chat(fields)
  const stream = await server.chat({ ...fields, stream: true })
  for (const answer of [body.text, stream.text]) {
    assert.ok(!answer.includes('"token_ids"') && !answer.includes('"prompt_token_ids"'))
    assert.match(answer, /"token":"token_id:\d+"/)
  }
  assert.deepEqual(first(body.json).message.tool_calls, [])
})
