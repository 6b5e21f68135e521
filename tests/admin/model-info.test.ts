import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdminParts, UpstreamStatus } from '../../src/admin/index.ts'
import { PLAIN_TERMS, type Terms } from '../../src/upstream/index.ts'
import { codeOf, startAdmin } from './setup.ts'

const status = (id: string, models: readonly string[] | null): UpstreamStatus => ({
  id,
  name: id,
  url: `http://${id}:8000`,
  kind: 'vllm',
  simulated: false,
  healthy: true,
  inFlight: 0,
  models,
})

/** Upstreams by their ids, with what is agreed for each. */
function given(terms: Readonly<Record<string, Partial<Terms>>>): Partial<AdminParts> {
  const list = Object.keys(terms).map((id) => status(id, id === 'any' ? null : ['m']))
  return {
    upstreams: { list: () => list },
    termsOf: ({ name }) => ({ ...PLAIN_TERMS, ...terms[name] }),
  }
}

const TERMS = {
  a: {
    sendModel: 'Qwen/Qwen3-8B',
    rpm: 10,
    timeoutMs: 1_500,
    maxInputTokens: 8_192,
    prices: { input_per_token: 0.001, output_per_token: 0.002 },
    params: { temperature: 0.5, aws_secret_access_key: 'hush' },
    info: { mode: 'completion', supports_vision: true, team: 'red', nested: { api_key: 'hush' } },
  },
  b: { rpm: 5, maxInputTokens: 32_768, provider: 'azure', info: { token: 'hush', max_tokens: 7 } },
  any: {},
}

test('model info has a row for each model of each upstream, in the shape of LiteLLM', async () => {
  await using admin = await startAdmin(given(TERMS))
  const { body } = await admin.ask('GET', '/model/info')
  const { data } = body as { data: readonly Record<string, Record<string, unknown>>[] }
  assert.deepEqual(data[0], {
    model_name: 'm',
    litellm_params: {
      temperature: 0.5,
      model: 'hosted_vllm/Qwen/Qwen3-8B',
      api_base: 'http://a:8000',
      custom_llm_provider: 'hosted_vllm',
      rpm: 10,
      timeout: 1.5,
      order: 1,
    },
    model_info: {
      mode: 'completion',
      litellm_provider: 'hosted_vllm',
      max_input_tokens: 8_192,
      input_cost_per_token: 0.001,
      output_cost_per_token: 0.002,
      supports_vision: true,
      team: 'red',
      nested: {},
      id: 'a',
      db_model: false,
    },
  })
  assert.deepEqual(
    data.map(({ litellm_params: params }) => params?.['model']),
    ['hosted_vllm/Qwen/Qwen3-8B', 'azure/m', 'hosted_vllm/*'],
  )
})

test('no secret is in it, wherever the configuration has put one', async () => {
  await using admin = await startAdmin(given(TERMS))
  for (const path of ['/model/info', '/model_group/info']) {
    const { body } = await admin.ask('GET', path)
    assert.doesNotMatch(JSON.stringify(body), /hush/)
  }
  const { body } = await admin.ask('GET', '/model/info')
  assert.match(JSON.stringify(body), /"max_tokens":7/, 'a number of tokens is no secret')
})

test('one row is found by its id, and an id that there is not is a 404', async () => {
  await using admin = await startAdmin(given(TERMS))
  const { body } = await admin.ask('GET', '/model/info?litellm_model_id=b')
  assert.equal((body as { data: unknown[] }).data.length, 1)
  const none = await admin.ask('GET', '/model/info?litellm_model_id=c')
  assert.deepEqual([none.status, codeOf(none)], [404, 'model_not_found'])
})

test('a group adds up what its members take and has the most that one of them can', async () => {
  await using admin = await startAdmin(given(TERMS))
  const { body } = await admin.ask('GET', '/model_group/info?model_group=m')
  assert.deepEqual(body, {
    data: [
      {
        model_group: 'm',
        providers: ['hosted_vllm', 'azure'],
        mode: 'completion',
        max_input_tokens: 32_768,
        max_output_tokens: null,
        input_cost_per_token: 0.001,
        output_cost_per_token: 0.002,
        rpm: 15,
        tpm: null,
        supports_vision: true,
      },
    ],
  })
})

test('it needs the admin token, where there is one', async () => {
  const settings = { adminToken: 't', masterKey: null, keyHeader: null, metricsAuth: false }
  await using admin = await startAdmin({ ...given(TERMS), settings })
  assert.equal((await admin.ask('GET', '/model/info')).status, 401)
  assert.equal((await admin.ask('GET', '/model_group/info')).status, 401)
})
