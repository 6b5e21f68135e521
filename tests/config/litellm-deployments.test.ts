import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { stringify } from 'yaml'
import { entry, fromLitellm } from './litellm-entry.ts'
import { fault, loaded } from './written.ts'

const OPENAI = 'https://api.openai.com/v1'

const DOCUMENTED = `
model_list:
  # Fast and cheap model for testing
  - model_name: gpt-3.5-turbo
    litellm_params:
      model: gpt-3.5-turbo
      api_key: \${OPENAI_API_KEY}

  # Alternative: Even cheaper model
  - model_name: gpt-4o-mini
    litellm_params:
      model: gpt-4o-mini
      api_key: \${OPENAI_API_KEY}
`

test('the documented file for OpenAI gives one upstream with both models', (t) => {
  const config = loaded(t, DOCUMENTED, { env: { OPENAI_API_KEY: 'sk-1' } })
  const models = ['gpt-3.5-turbo', 'gpt-4o-mini']
  assert.deepEqual(
    config,
    fromLitellm({ upstreams: [{ url: OPENAI, kind: 'openai', models, api_key: 'sk-1' }] }),
  )
})

test('its key must be there, and is told by name where it is not', (t) => {
  assert.match(fault(t, DOCUMENTED), /yaml:7:16 model_list\.0\..*api_key: .+ OPENAI_API_KEY is not/)
})

test('models of one server are one upstream, but for those with an id, a name or a limit of their own', (t) => {
  const model = (name: string, params: object, info = {}): object => ({
    model_name: name,
    litellm_params: { model: `openai/${name}`, api_base: 'http://a', ...params },
    model_info: info,
  })
  const served = (...list: readonly object[]): unknown =>
    loaded(t, stringify({ model_list: list })).upstreams.map(({ models }) => models)
  assert.deepEqual(served(model('a', {}), model('b', {}), model('c', {})), [['a', 'b', 'c']])
  for (const limit of [{ rpm: 5 }, { tpm: 5 }, { max_parallel_requests: 5 }]) {
    assert.deepEqual(served(model('a', limit), model('b', limit)), [['a'], ['b']])
  }
  assert.deepEqual(served(model('a', {}, { id: 'x' }), model('b', {}, { id: 'x' })), [['a'], ['b']])
  assert.deepEqual(served(model('a', { top_p: 1 }), model('b', { top_p: 0 })), [['a'], ['b']])
  assert.deepEqual(served(model('a', { model: 's' }), model('b', { model: 's' })), [['a'], ['b']])
})

describe('a group', () => {
  const group = (...params: readonly object[]): string =>
    stringify({
      model_list: params.map((one, index) => ({
        model_name: 'm',
        litellm_params: { model: 'openai/m', api_base: `http://s${index}`, ...one },
      })),
    })
  const weights = (t: TestContext, text: string): readonly number[] =>
    loaded(t, text).upstreams.map(({ weight }) => weight)

  test('has an upstream for each address, and for each entry of one address', (t) => {
    const { upstreams } = loaded(t, group({}, {}, { api_base: 'http://s1' }))
    assert.deepEqual(
      upstreams.map(({ url, models }) => [url, models]),
      ['http://s0', 'http://s1', 'http://s1'].map((url) => [url, ['m']]),
    )
  })

  test('has the weights it says, and limits stay what they are: the shuffle reads those itself', (t) => {
    assert.deepEqual(weights(t, group({ weight: 9, rpm: 1 }, { weight: 1, rpm: 5 })), [9, 1])
    assert.deepEqual(weights(t, group({ rpm: 100 }, {}, { rpm: 500 })), [1, 1, 1])
    const { upstreams } = loaded(t, group({ rpm: 100, tpm: 1 }, { tpm: 9 }))
    assert.deepEqual(
      upstreams.map(({ rpm, tpm }) => [rpm, tpm]),
      [
        [100, 1],
        [undefined, 9],
      ],
    )
  })

  test('takes limits of any size', (t) => {
    const { upstreams } = loaded(t, group({ tpm: 5_000_000 }, { tpm: 9_000_000 }))
    assert.deepEqual(
      upstreams.map(({ tpm, weight }) => [tpm, weight]),
      [
        [5_000_000, 1],
        [9_000_000, 1],
      ],
    )
  })

  test('gives next to nothing to a weight of 0', (t) => {
    assert.deepEqual(weights(t, group({ weight: 1 }, { weight: 0 })), [1, 1e-6])
  })

  test('has a member for each organization', (t) => {
    const organization = ['org-1', 'org-2']
    const { upstreams } = loaded(t, entry('m', { model: 'openai/m', organization }))
    assert.deepEqual(
      upstreams.map(({ headers }) => headers),
      organization.map((id) => ({ 'openai-organization': id })),
    )
  })
})

test('parameters are defaults of calls, and prices, limits and headers are none of them', (t) => {
  const [upstream] = loaded(
    t,
    entry(
      'm',
      {
        model: 'openai/m',
        api_base: 'http://a',
        temperature: 0.2,
        chat_template_kwargs: { enable_thinking: false },
        extra_body: { top_k: 5 },
        additional_drop_params: ['user'],
        tags: ['free'],
        num_retries: '1',
        cooldown_time: 0.5,
        timeout: '20',
        headers: { 'x-n': 3 },
        input_cost_per_token: 2e-6,
        cache_read_input_token_cost: 1e-6,
      },
      { rpm: 7, tpm: 8, model_info: { input_cost_per_token: 9, mine: { any: 'thing' } } },
    ),
  ).upstreams
  const { params, extra_body, drop_params, tags, retries, cooldown_ms, timeout_ms } = upstream ?? {}
  assert.deepEqual(
    { params, extra_body, drop_params, tags, retries, cooldown_ms, timeout_ms },
    {
      params: { temperature: 0.2, chat_template_kwargs: { enable_thinking: false } },
      extra_body: { top_k: 5 },
      drop_params: ['user'],
      tags: ['free'],
      retries: 1,
      cooldown_ms: 500,
      timeout_ms: 20_000,
    },
  )
  assert.deepEqual([upstream?.rpm, upstream?.tpm, upstream?.headers], [7, 8, { 'x-n': '3' }])
  assert.deepEqual(upstream?.price, { input_per_token: 2e-6, cached_input_per_token: 1e-6 })
  assert.deepEqual(upstream?.info, { input_cost_per_token: 9, mine: { any: 'thing' } })
})

describe('what is no entry is refused with its place', () => {
  const head = 'model_list:\n  - model_name: m\n    litellm_params:\n'
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    ['model_list: {}', /yaml:1:13 model_list must be a list/],
    ['model_list: [m]', /yaml:1:14 model_list\.0 must hold model_name and litellm_params/],
    ['model_list: [{model_name: m}]', /yaml:1:14 model_list\.0\.litellm_params must hold/],
    [`${head}      api_base: http://a`, /yaml:4:7 model_list\.0\.litellm_params\.model must be a/],
    [`${head}      model: m\n      api_base: a:1`, /yaml:5:17 .+api_base must be an http URL/],
    [`${head}      model: openai/m\n      rpm: many`, /yaml:5:12 .+litellm_params\.rpm must be a/],
    [`${head}      model: openai/m\n      timeout: [1]`, /yaml:5:16 .+timeout must be a number/],
    [
      `${head}      model: m\n      api_base: http://u:p@c`,
      /yaml:5:17 .+\.api_base must not hold credentials/,
    ],
  ]
  for (const [text, message] of cases) {
    test(text.replaceAll(/\s+/g, ' '), (t) => assert.match(fault(t, text), message))
  }
})

test('the list joins upstreams and workers', (t) => {
  const text = `
upstreams: [{url: "http://a"}]
workers: ["http://b"]
model_list:
  - {model_name: m, litellm_params: {model: m, api_base: "http://c"}}
`
  const urls = loaded(t, text).upstreams.map(({ url }) => url)
  assert.deepEqual(urls, ['http://a', 'http://c', 'http://b'])
})
