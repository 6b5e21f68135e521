import assert from 'node:assert/strict'
import test from 'node:test'
import type { JsonObject, UpstreamKind } from 'sluice/plugin'
import { loadPlugin } from 'sluice/plugin/testing'
import parameterInjection from '../../plugins/parameter-injection/index.ts'
import * as replies from './engine-replies.ts'

const USAGE = { stream_options: { include_usage: true } }
const IDS = { return_token_ids: true }

interface Row {
  readonly kind: UpstreamKind
  readonly dialect: 'chat' | 'completions'
  readonly stream: boolean
  readonly adds: JsonObject
  readonly answer: { reply: string; visible: string }
}

const ENGINES: readonly Row[] = [
  row('vllm', 'chat', { logprobs: true, ...IDS }, replies.vllmChat),
  stream('vllm', 'chat', { logprobs: true, ...IDS, ...USAGE }, replies.vllmChatStream),
  row('vllm', 'completions', { logprobs: 0, ...IDS }, replies.vllmCompletion),
  stream('vllm', 'completions', { logprobs: 0, ...IDS, ...USAGE }, replies.vllmCompletionStream),

  row(
    'vllm-old',
    'chat',
    { logprobs: true, return_tokens_as_token_ids: true },
    replies.chatWithLogprobs,
  ),
  stream(
    'vllm-old',
    'chat',
    { logprobs: true, return_tokens_as_token_ids: true, ...USAGE },
    replies.chatStreamWithLogprobs,
  ),
  row(
    'vllm-old',
    'completions',
    { logprobs: 1, return_tokens_as_token_ids: true },
    replies.completionWithLogprobs,
  ),
  stream(
    'vllm-old',
    'completions',
    { logprobs: 1, return_tokens_as_token_ids: true, ...USAGE },
    replies.completionStreamWithLogprobs,
  ),

  row(
    'sglang',
    'chat',
    { logprobs: true, ...IDS, return_prompt_token_ids: true },
    replies.sglangChat,
  ),
  stream(
    'sglang',
    'chat',
    { logprobs: true, return_input_ids: true, return_output_ids: true, ...USAGE },
    replies.sglangChatStream,
  ),
  row('sglang', 'completions', { logprobs: 1, ...IDS }, replies.vllmCompletion),
  stream('sglang', 'completions', { logprobs: 1, ...IDS, ...USAGE }, replies.vllmCompletionStream),

  row('llamacpp', 'chat', { logprobs: true, top_logprobs: 1 }, replies.chatWithLogprobs),
  stream(
    'llamacpp',
    'chat',
    { logprobs: true, top_logprobs: 1, ...USAGE },
    replies.chatStreamWithLogprobs,
  ),
  row('llamacpp', 'completions', { logprobs: 1 }, replies.completionWithLogprobs),
  stream(
    'llamacpp',
    'completions',
    { logprobs: 1, ...USAGE },
    replies.completionStreamWithLogprobs,
  ),
]

const SERVICES: readonly Row[] = (['openai', 'generic'] as const).flatMap((kind) => [
  row(kind, 'chat', {}, replies.openaiChat),
  stream(kind, 'chat', USAGE, replies.openaiChatStream),
  row(kind, 'completions', {}, replies.openaiCompletion),
  stream(kind, 'completions', USAGE, replies.openaiCompletionStream),
])

for (const { kind, dialect, stream: streaming, adds, answer } of [...ENGINES, ...SERVICES]) {
  const title = `${kind} ${dialect} ${streaming ? 'stream' : 'single reply'}`
  const path = dialect === 'chat' ? '/v1/chat/completions' : '/v1/completions'
  const asked = { model: 'm', temperature: 1, ...(streaming ? { stream: true } : {}) }

  test(`${title}: exactly what the engine has for the record is added and hidden again`, async (t) => {
    const p = await loadPlugin(t, parameterInjection)
    const call = p.call({ params: asked, path, upstream: { kind }, reply: answer.reply })

    assert.deepEqual(await call.sent(), { ...asked, ...adds })
    assert.equal((await call.receivedBytes()).toString(), answer.visible)
    assert.equal(Buffer.from((await call.trace()).wire.response).toString(), answer.reply)
  })

  test(`${title}: a caller that asks for all of it itself gets every byte`, async (t) => {
    const p = await loadPlugin(t, parameterInjection)
    const params = { ...asked, ...adds }
    const call = p.call({ params, path, upstream: { kind }, reply: answer.reply })

    assert.deepEqual(await call.sent(), params)
    assert.equal((await call.receivedBytes()).toString(), answer.reply)
  })
}

for (const kind of ['openai', 'generic'] as const) {
  for (const mode of ['on', 'required']) {
    test(`${kind} is never sent a field OpenAI does not know, also when logprobs are ${mode}`, async (t) => {
      const p = await loadPlugin(t, parameterInjection, { logprobs: mode })
      const chat = p.call({ params: { model: 'm', stream: true }, upstream: { kind } })
      const text = p.call({ params: { model: 'm' }, path: '/v1/completions', upstream: { kind } })

      assert.deepEqual(await chat.sent(), { model: 'm', stream: true, logprobs: true, ...USAGE })
      assert.deepEqual(await text.sent(), { model: 'm', logprobs: 1 })
    })
  }
}

test('calls that are not a chat or a completion are left alone', async (t) => {
  const p = await loadPlugin(t, parameterInjection, { strip: 'vllm' })
  const reply = '{"prompt_token_ids":[1],"choices":[{"token_ids":[2]}]}'
  for (const [path, method] of [
    ['/v1/embeddings', 'POST'],
    ['/v1/responses', 'POST'],
    ['/v1/chat/completions', 'GET'],
  ] as const) {
    const call = p.call({ params: { model: 'm' }, path, method, reply })
    assert.deepEqual(await call.sent(), { model: 'm' })
    assert.equal((await call.receivedBytes()).toString(), reply)
  }
})

test('max_tokens of a completion is never invented', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const sent = await p.call({ params: { prompt: [1] }, path: '/v1/completions' }).sent()
  assert.ok(!('max_tokens' in sent))
})

function row(
  kind: UpstreamKind,
  dialect: Row['dialect'],
  adds: JsonObject,
  answer: Row['answer'],
): Row {
  return { kind, dialect, stream: false, adds, answer }
}

function stream(
  kind: UpstreamKind,
  dialect: Row['dialect'],
  adds: JsonObject,
  answer: Row['answer'],
): Row {
  return { ...row(kind, dialect, adds, answer), stream: true }
}
