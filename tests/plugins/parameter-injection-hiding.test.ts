import assert from 'node:assert/strict'
import test from 'node:test'
import { definePlugin, type JsonObject } from 'sluice/plugin'
import { loadPlugin } from 'sluice/plugin/testing'
import parameterInjection from '../../plugins/parameter-injection/index.ts'

const LOGPROBS = { content: [{ token: 'Hi', logprob: -0.25, bytes: [72, 105], top_logprobs: [] }] }
const REPLY = {
  choices: [{ index: 0, message: { content: 'Hi' }, logprobs: LOGPROBS, token_ids: [6324, 2] }],
  prompt_token_ids: [1, 15043],
}

test('row 59: logprobs: false is true upstream and nothing downstream', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const call = p.call({ params: { logprobs: false, top_logprobs: 0 }, reply: REPLY })

  assert.deepEqual(await call.sent(), { logprobs: true, top_logprobs: 0, return_token_ids: true })
  assert.deepEqual(await call.received(), [{ choices: [{ index: 0, message: { content: 'Hi' } }] }])
})

test('row 60: a caller that asks for logprobs gets them as they are, without the ids', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const params = { logprobs: true, top_logprobs: 5 }
  const call = p.call({ params, reply: REPLY })

  assert.deepEqual(await call.sent(), { ...params, return_token_ids: true })
  assert.deepEqual(await call.received(), [
    { choices: [{ index: 0, message: { content: 'Hi' }, logprobs: LOGPROBS }] },
  ])
})

test('a caller that asks for ids gets them, without the logprobs', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const [received] = await p.call({ params: { return_token_ids: true }, reply: REPLY }).received()
  const { logprobs: _, ...choice } = REPLY.choices[0] as JsonObject
  assert.deepEqual(received, { ...REPLY, choices: [choice] })
})

test('a caller that declines ids is obeyed', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const sent = await p.call({ params: { return_token_ids: false } }).sent()
  assert.deepEqual(sent, { return_token_ids: false, logprobs: true })
})

test('what a caller left null counts as left open', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const params = { stream: true, logprobs: null, return_token_ids: null, stream_options: null }
  assert.deepEqual(await p.call({ params }).sent(), {
    stream: true,
    logprobs: true,
    return_token_ids: true,
    stream_options: { include_usage: true },
  })
})

test('alternatives without logprobs stay the mistake they are', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const params = { top_logprobs: 5 }
  assert.deepEqual(await p.call({ params }).sent(), { top_logprobs: 5, return_token_ids: true })
})

test('include_reasoning: false is true upstream, because it drops ids and logprobs too', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const delta = (fields: JsonObject): JsonObject => ({
    choices: [{ index: 0, delta: fields, finish_reason: null, token_ids: [1] }],
  })
  const call = p.call({
    params: { stream: true, include_reasoning: false },
    reply: [
      delta({ role: 'assistant', content: '' }),
      delta({ reasoning: 'hm' }),
      delta({ reasoning_content: 'hm' }),
      delta({ reasoning: 'so', content: 'Hi' }),
    ],
  })

  assert.equal((await call.sent())['include_reasoning'], true)
  assert.deepEqual(await call.received(), [
    { choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] },
    { choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null }] },
  ])
  const single = p.call({
    params: { include_reasoning: false },
    reply: { choices: [{ message: { content: 'Hi', reasoning: 'hm' } }] },
  })
  assert.deepEqual(await single.received(), [{ choices: [{ message: { content: 'Hi' } }] }])
})

test('an old vLLM does not write ids where a caller reads token text', async (t) => {
  const p = await loadPlugin(t, parameterInjection, { logprobs: 'required' })
  const upstream = { kind: 'vllm-old' } as const
  const call = p.call({ params: { logprobs: true }, upstream })
  assert.deepEqual(await call.sent(), { logprobs: true })
})

test('usage joins the options a caller has, and stays when the caller reads running counts', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const usage = { choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }
  const options = { continuous_usage_stats: true }
  const call = p.call({ params: { stream: true, stream_options: options }, reply: [usage] })

  const { stream_options: sent } = await call.sent()
  assert.deepEqual(sent, { continuous_usage_stats: true, include_usage: true })
  assert.deepEqual(await call.received(), [usage])
})

test('a chunk without choices that is not about usage is passed on', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const filters = { id: '', choices: [], prompt_filter_results: [{ prompt_index: 0 }] }
  const call = p.call({ params: { stream: true }, reply: [filters] })
  assert.deepEqual(await call.received(), [filters])
})

test('ids in an extension go, what else stands beside them stays', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  const extension = { choices: [], sglext: { output_ids: [1], routed_experts: 'x' } }
  const upstream = { kind: 'sglang' } as const
  const call = p.call({ params: { stream: true }, upstream, reply: [extension] })
  assert.deepEqual(await call.received(), [{ choices: [], sglext: { routed_experts: 'x' } }])
})

test('what another plugin asks for is hidden from a caller that did not ask', async (t) => {
  const sampling = definePlugin({
    name: 'sampling',
    setup: () => ({ params: (params) => ({ ...params, logprobs: true, top_logprobs: 2 }) }),
  })
  const p = await loadPlugin(t, parameterInjection, {}, { before: [{ plugin: sampling }] })
  const call = p.call({ reply: REPLY })
  assert.deepEqual(await call.received(), [{ choices: [{ index: 0, message: { content: 'Hi' } }] }])
})

test('strip: vllm hides the fields no OpenAI client knows, null or not', async (t) => {
  const p = await loadPlugin(t, parameterInjection, {
    strip: 'vllm',
    logprobs: 'off',
    tokenIds: 'off',
  })
  const reply = {
    prompt_token_ids: null,
    prompt_logprobs: null,
    prompt_text: null,
    kv_transfer_params: null,
    ec_transfer_params: null,
    metrics: null,
    weight_version: 3,
    choices: [
      {
        index: 0,
        token_ids: null,
        stop_reason: 2,
        routing_matrices: ['x'],
        routed_experts: null,
        prompt_token_ids: null,
        prompt_logprobs: null,
        text: 'Hi',
      },
    ],
  }
  const path = '/v1/completions'
  const plain = p.call({ params: { prompt: 'x' }, path, reply })
  assert.deepEqual(await plain.received(), [{ choices: [{ index: 0, text: 'Hi' }] }])

  const asking = p.call({ params: { prompt_logprobs: 1, return_token_ids: true }, path, reply })
  const [received] = (await asking.received()) as [JsonObject]
  assert.deepEqual(Object.keys(received), ['prompt_token_ids', 'prompt_logprobs', 'choices'])
})

test('strip: none hides nothing', async (t) => {
  const p = await loadPlugin(t, parameterInjection, { strip: 'none' })
  assert.deepEqual(await p.call({ reply: REPLY }).received(), [REPLY])
})

test('a reply with nothing to hide is passed on without a tap that edits', async (t) => {
  const p = await loadPlugin(t, parameterInjection, { logprobs: 'off', tokenIds: 'off' })
  const call = p.call({ params: { model: 'm' }, reply: REPLY })
  assert.deepEqual(await call.sent(), { model: 'm' })
  assert.deepEqual(await call.received(), [REPLY])
  assert.deepEqual((await call.trace()).changes, [])
})
