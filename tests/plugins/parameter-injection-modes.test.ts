import assert from 'node:assert/strict'
import test from 'node:test'
import { loadPlugin } from 'sluice/plugin/testing'
import type { CallSpec } from 'sluice/plugin/testing'
import logprobExtraction from '../../plugins/logprob-extraction/index.ts'
import parameterInjection from '../../plugins/parameter-injection/index.ts'

const EVERYTHING_OFF = { vllm: 'off', openai: 'off', generic: 'off' }
const OPENAI = { kind: 'openai' } as const

const PRECEDENCE: readonly {
  readonly name: string
  readonly config: Record<string, unknown>
  readonly call: CallSpec
  readonly asks: boolean
}[] = [
  { name: 'auto asks an engine', config: {}, call: {}, asks: true },
  { name: 'auto does not ask a paid service', config: {}, call: { upstream: OPENAI }, asks: false },
  { name: 'off asks nobody', config: { logprobs: 'off' }, call: {}, asks: false },
  { name: 'on asks a service', config: { logprobs: 'on' }, call: { upstream: OPENAI }, asks: true },
  {
    name: 'the kind comes before the default',
    config: { logprobs: 'off', kinds: { vllm: 'on' } },
    call: {},
    asks: true,
  },
  {
    name: 'the model comes before the kind',
    config: { models: { 'qwen*': 'on' }, kinds: EVERYTHING_OFF },
    call: { params: { model: 'qwen3-8b' } },
    asks: true,
  },
  {
    name: 'the first pattern that matches decides',
    config: { models: { 'o*-mini': 'off', '*': 'on' } },
    call: { params: { model: 'o4-mini' }, upstream: OPENAI },
    asks: false,
  },
  {
    name: 'a pattern is not a prefix unless it says so',
    config: { logprobs: 'off', models: { qwen: 'on' } },
    call: { params: { model: 'qwen3-8b' } },
    asks: false,
  },
  {
    name: 'the ends of a pattern do not overlap',
    config: { logprobs: 'off', models: { 'aba*aba': 'on' } },
    call: { params: { model: 'ababa' } },
    asks: false,
  },
  {
    name: 'the metadata comes before the model',
    config: { models: { '*': 'off' } },
    call: { params: { model: 'm' }, metadata: { logprobs: 'on' } },
    asks: true,
  },
  {
    name: 'the metadata key can be renamed',
    config: { metadataKey: 'capture' },
    call: { params: { model: 'm' }, metadata: { logprobs: 'never', capture: 'off' } },
    asks: false,
  },
]

for (const { name, config, call, asks } of PRECEDENCE) {
  test(`mode: ${name}`, async (t) => {
    const p = await loadPlugin(t, parameterInjection, config)
    const sent = await p.call({ params: { model: 'm' }, ...call }).sent()
    assert.equal(sent['logprobs'], asks ? true : undefined)
  })
}

test('a mode that does not exist refuses the call, naming the key and what it may be', async (t) => {
  const p = await loadPlugin(t, parameterInjection)
  for (const value of ['yes', true, 1, {}]) {
    const call = p.call({ params: { model: 'm' }, metadata: { logprobs: value } })
    await assert.rejects(call.sent(), {
      code: 'bad_metadata',
      status: 400,
      param: 'logprobs',
      message: /"logprobs" is .*; it must be one of off, auto, on, required/,
    })
  }
})

test('a mode that does not exist is an error of the configuration', async (t) => {
  await assert.rejects(loadPlugin(t, parameterInjection, { kinds: { vlm: 'on' } }), {
    code: 'plugin_invalid',
    message: /vlm/,
  })
})

test('with logprobs off, ids are still asked for: they cost nothing', async (t) => {
  const p = await loadPlugin(t, parameterInjection, { logprobs: 'off' })
  assert.deepEqual(await p.call({ params: { model: 'm' } }).sent(), {
    model: 'm',
    return_token_ids: true,
  })
  const old = p.call({ params: { model: 'm' }, upstream: { kind: 'vllm-old' } })
  assert.deepEqual(await old.sent(), { model: 'm' }, 'an old vLLM has no ids without logprobs')
})

test('with ids off, logprobs are still asked for', async (t) => {
  const p = await loadPlugin(t, parameterInjection, { tokenIds: 'off', usage: 'off' })
  for (const kind of ['vllm', 'vllm-old', 'sglang'] as const) {
    const call = p.call({ params: { stream: true }, upstream: { kind } })
    assert.deepEqual(await call.sent(), { stream: true, logprobs: true })
  }
})

const required = { logprobs: 'required' }
const withExtraction = { after: [{ plugin: logprobExtraction }] }

test('required: a reply without logprobs is marked', async (t) => {
  const p = await loadPlugin(t, parameterInjection, required, withExtraction)
  const reply = { choices: [{ index: 0, message: { content: 'Hi' }, logprobs: null }] }
  const trace = await p.call({ upstream: OPENAI, params: { model: 'm' }, reply }).trace()
  assert.deepEqual(trace.warnings, ['logprobs_missing'])
})

test('required: a reply with logprobs, and one that is an error, are not marked', async (t) => {
  const p = await loadPlugin(t, parameterInjection, required, withExtraction)
  const reply = {
    choices: [{ index: 0, logprobs: { content: [{ token: 'Hi', logprob: -0.5, bytes: null }] } }],
  }
  assert.deepEqual((await p.call({ params: { model: 'm' }, reply }).trace()).warnings, [])
  const failed = p.call({
    params: { model: 'm' },
    status: 500,
    reply: { error: { message: 'no' } },
  })
  assert.deepEqual((await failed.trace()).warnings, [])
})

test('a mode other than required marks nothing', async (t) => {
  const p = await loadPlugin(t, parameterInjection, { logprobs: 'on' })
  assert.deepEqual(
    (await p.call({ params: { model: 'm' }, reply: { choices: [] } }).trace()).warnings,
    [],
  )
})
