import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdminParts, UpstreamStatus } from '../../src/admin/index.ts'
import { createPriceBook } from '../../src/ledger/index.ts'
import { createPrices } from '../../src/stages/index.ts'
import { PLAIN_TERMS, type Terms } from '../../src/upstream/index.ts'
import { createHeardLog } from '../support/heard-log.ts'
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
  const termsOf = ({ name }: { name: string }): Terms => ({ ...PLAIN_TERMS, ...terms[name] })
  const book = createPriceBook({ overrides: { 'named*': { input_per_token: 3 } } })
  const upstreams = { servers: () => [], termsOf, nameOn: (_: unknown, model: string) => model }
  const prices = createPrices({ book, upstreams, log: createHeardLog().log })
  return { upstreams: { list: () => list }, termsOf, prices }
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

test('an upstream without prices of its own has those of the configuration or of the price list', async () => {
  await using admin = await startAdmin(
    given({
      a: { sendModel: 'named-8b' },
      b: { provider: 'anthropic', sendModel: 'claude-sonnet-4-5' },
      c: { sendModel: 'nobody-knows' },
    }),
  )
  const { body } = await admin.ask('GET', '/model/info')
  const { data } = body as { data: readonly { model_info: Record<string, unknown> }[] }
  const [a, b, c] = data.map(({ model_info: info }) => info)
  assert.deepEqual([a?.['input_cost_per_token'], a?.['output_cost_per_token']], [3, null])
  assert.deepEqual(
    [b?.['input_cost_per_token'], b?.['output_cost_per_token'], b?.['cache_read_input_token_cost']],
    [3e-6, 15e-6, 3e-7],
  )
  assert.deepEqual([c?.['input_cost_per_token'], c?.['output_cost_per_token']], [null, null])
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
