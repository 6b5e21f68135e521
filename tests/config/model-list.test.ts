import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stringify } from 'yaml'
import { checkConfig, loadConfig } from '../../src/config/index.ts'
import { fault, loaded, warningsOf, written } from './written.ts'

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

const entry = (name: string, params: object): string =>
  stringify({ model_list: [{ model_name: name, litellm_params: params }] })

test('the documented file for OpenAI gives one upstream with both models', (t) => {
  const config = loaded(t, DOCUMENTED, { env: { OPENAI_API_KEY: 'sk-1' } })
  const models = ['gpt-3.5-turbo', 'gpt-4o-mini']
  assert.deepEqual(
    config,
    checkConfig({ upstreams: [{ url: OPENAI, kind: 'openai', models, api_key: 'sk-1' }] }),
  )
})

test('its key must be there, and is told by name where it is not', (t) => {
  assert.match(fault(t, DOCUMENTED), /yaml:7:16 model_list\.0\..*api_key: .+ OPENAI_API_KEY is not/)
})

describe('one entry', () => {
  const cases: readonly (readonly [name: string, params: object, upstream: object])[] = [
    ['m', { model: 'openai/m' }, { url: OPENAI, kind: 'openai', models: ['m'] }],
    [
      'm',
      { model: 'm', api_key: 'k' },
      { url: OPENAI, kind: 'openai', models: ['m'], api_key: 'k' },
    ],
    [
      'org/m',
      { model: 'hosted_vllm/org/m', api_base: 'http://a:8000/v1', api_key: 'EMPTY' },
      { url: 'http://a:8000/v1', models: ['org/m'], api_key: 'EMPTY' },
    ],
    ['m', { model: 'openai/m', base_url: 'http://a' }, { url: 'http://a', models: ['m'] }],
    ['org/m', { model: 'org/m', api_base: 'http://a' }, { url: 'http://a', models: ['org/m'] }],
    ['*', { model: 'openai/*', api_base: 'http://a' }, { url: 'http://a' }],
  ]
  for (const [name, params, upstream] of cases) {
    test(`${name} as ${JSON.stringify(params)}`, (t) => {
      assert.deepEqual(loaded(t, entry(name, params)), checkConfig({ upstreams: [upstream] }))
    })
  }

  test('the key of the environment goes to OpenAI only', (t) => {
    const env = { OPENAI_API_KEY: 'sk-1' }
    const keyOf = (params: object): unknown =>
      loaded(t, entry('m', params), { env }).upstreams[0]?.api_key
    assert.equal(keyOf({ model: 'm' }), 'sk-1')
    assert.equal(keyOf({ model: 'm', api_key: 'own' }), 'own')
    assert.equal(keyOf({ model: 'openai/m', api_base: 'http://a' }), undefined)
  })
})

test('a model at several addresses has an upstream for each', (t) => {
  const addresses = ['http://10.0.0.1:8000/v1', 'http://10.0.0.2:8000/v1']
  const list = addresses.map((base) => ({
    model_name: 'org/m',
    litellm_params: { model: 'hosted_vllm/org/m', api_base: base },
  }))
  assert.deepEqual(
    loaded(t, stringify({ model_list: list })).upstreams.map(({ url, models }) => [url, models]),
    addresses.map((base) => [base, ['org/m']]),
  )
})

test('the list joins upstreams and workers, and a wrong entry is still named where it stands', (t) => {
  const text = `
upstreams: [{url: "http://a"}]
workers: ["http://b"]
model_list:
  - {model_name: m, litellm_params: {model: m, api_base: "http://c"}}
`
  const urls = loaded(t, text).upstreams.map(({ url }) => url)
  assert.deepEqual(urls, ['http://a', 'http://c', 'http://b'])
  const bad = text.replace('http://c', 'http://u:p@c')
  assert.match(fault(t, bad), /gateway\.yaml:5:\d+ model_list\.0\.url must not hold credentials/)
})

describe('what is refused, with its place', () => {
  const head = 'model_list:\n  - model_name: m\n    litellm_params:\n'
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    ['model_list: {}', /yaml:1:13 model_list must be a list/],
    ['model_list: [m]', /yaml:1:14 model_list\.0 must hold model_name and litellm_params/],
    ['model_list: [{model_name: m}]', /yaml:1:14 model_list\.0\.litellm_params must hold/],
    [`${head}      api_base: http://a`, /yaml:4:7 model_list\.0\.litellm_params\.model must be a/],
    [`${head}      model: other`, /yaml:2:17 .+model_name "m" is called "other" at the server/],
    [`${head}      model: openai/other`, /yaml:2:17 .+"m" is called "other" .+ not possible yet/],
    [`${head}      model: hosted_vllm/m`, /yaml:4:14 .+model "hosted_vllm\/m" needs an api_base/],
    [`${head}      model: anthropic/m`, /yaml:4:14 .+model "anthropic\/m" needs an api_base/],
    [`${head}      model: m\n      api_base: a:1`, /yaml:5:17 .+api_base must be an http URL/],
    [entry('gpt-*', { model: 'gpt-*' }), /model_name may not hold a \* yet/],
  ]
  for (const [text, message] of cases) {
    test(text.replaceAll(/\s+/g, ' '), (t) => assert.match(fault(t, text), message))
  }
})

describe('what LiteLLM has and this gateway does not use yet', () => {
  const SECTIONS = `
model_list: [{model_name: m, litellm_params: {model: m, rpm: 3, tpm: 4}, model_info: {id: x}}]
litellm_settings:
  drop_params: true
  callbacks: [a, b]
router_settings: {redis_password: os.environ/NO_SUCH}
general_settings:
  master_key: os.environ/NO_SUCH
environment_variables: {A: b}
`
  test('loads, without its variables, with one warning for each section', (t) => {
    assert.deepEqual(loaded(t, SECTIONS).upstreams[0]?.models, ['m'])
    assert.deepEqual(warningsOf(t, SECTIONS), [
      'gateway.yaml:4:3 litellm_settings is not used yet',
      'gateway.yaml:6:18 router_settings is not used yet',
      'gateway.yaml:8:3 general_settings is not used yet (its master_key locks nothing; see admin_token)',
      'gateway.yaml:9:24 environment_variables is not used yet',
      'gateway.yaml:2:13 model_list: rpm, tpm, model_info are not used yet',
    ])
  })

  test('is no cause for a warning where it is not there', (t) => {
    assert.deepEqual(warningsOf(t, entry('m', { model: 'm', api_key: 'k' })), [])
    assert.deepEqual(warningsOf(t, 'port: 1'), [])
  })
})

test('os.environ/NAME is resolved in the list', (t) => {
  const file = written(t, entry('m', { model: 'm', api_key: 'os.environ/KEY' }))
  assert.equal(loadConfig({ file, env: { KEY: 'k' } }).upstreams[0]?.api_key, 'k')
})
