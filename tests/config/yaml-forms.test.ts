import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkConfig } from '../../src/config/index.ts'
import { fault, loaded, warningsOf } from './written.ts'

describe('anchors in a file', () => {
  const FIRST = `model_list:
  - {model_name: a, litellm_params: &shared {model: openai/a, api_base: "http://h:1", api_key: sk-1}}
`

  test('lend their keys with <<, which is then no parameter of a call', (t) => {
    const text = `${FIRST}  - {model_name: b, litellm_params: {<<: *shared, model: openai/b}}\n`
    const { upstreams } = loaded(t, text)
    assert.deepEqual(
      upstreams.map(({ url, models, api_key, params }) => ({ url, models, api_key, params })),
      [{ url: 'http://h:1', models: ['a', 'b'], api_key: 'sk-1', params: {} }],
    )
    assert.doesNotMatch(warningsOf(t, text).join(), /<</)
  })

  test('may be used by hundreds of deployments', (t) => {
    const more = Array.from({ length: 300 }, (_, i) => {
      return `  - {model_name: m${i}, litellm_params: {<<: *shared, model: openai/m${i}}}\n`
    })
    assert.equal(loaded(t, FIRST + more.join('')).upstreams[0]?.models?.length, 301)
  })

  test('do not make a file explode', (t) => {
    const bomb = Array.from({ length: 12 }, (_, i) => {
      const inner = i === 0 ? 'x' : `*a${i - 1}`
      return `k${i}: &a${i} [${Array.from({ length: 10 }, () => inner).join(', ')}]\n`
    })
    assert.match(fault(t, bomb.join('')), /Excessive alias count/)
  })
})

describe('keys of callers, which name their limits, are in no error and no warning', () => {
  const cases = [
    'keys: {limits: {sk-canary: {rpm: 0}}}',
    'keys: {limits: {sk-canary: {rpms: 1}}}',
    'keys: {limits: {sk-canary: {rpm: "${NOT_SET}"}}}',
    'general_settings: {rate_limit_config: {sk-canary: 5}}',
  ]
  for (const text of cases) {
    test(text, (t) => assert.doesNotMatch(fault(t, text), /canary/))
  }

  test('a variable that is not set', (t) => {
    const text = 'general_settings: {rate_limit_config: {sk-canary: {rpm: os.environ/NOT_SET}}}'
    const told = warningsOf(t, text).join('\n')
    assert.match(told, /rate_limit_config\.\[hidden\]\.rpm is left out/)
    assert.doesNotMatch(told, /canary/)
  })
})

test('an address that is none is not repeated: it may hold a password', (t) => {
  const told = fault(t, 'upstreams: [{url: "http://me:sk-canary@h:99999"}]')
  assert.match(told, /upstreams\.0\.url is no URL/)
  assert.doesNotMatch(told, /canary/)
})

test('what looks like a key is no parameter of a call, however it is spelt', (t) => {
  for (const name of ['apikey', 'api-key', 'token', 'authorization', 'access_token']) {
    const params = `{model: openai/a, ${name}: sk-canary}`
    const { upstreams } = loaded(t, `model_list: [{model_name: a, litellm_params: ${params}}]`)
    assert.deepEqual(upstreams[0]?.params, {}, name)
  }
})

test('the numbers may be closed where there is a master key alone', () => {
  const { metrics_auth: isClosed } = checkConfig({ metrics_auth: true, keys: { master_key: 'k' } })
  assert.equal(isClosed, true)
})
