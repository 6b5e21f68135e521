import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { type UpstreamConfig } from '../../src/config/index.ts'
import { entry, fromLitellm } from './litellm-entry.ts'
import { fault, loaded, warningsOf } from './written.ts'

const OPENAI = 'https://api.openai.com/v1'

describe('one entry', () => {
  const cases: readonly (readonly [name: string, params: object, upstream: object])[] = [
    ['m', { model: 'openai/m' }, { url: OPENAI, kind: 'openai', models: ['m'] }],
    [
      'org/m',
      { model: 'hosted_vllm/org/m', api_base: 'http://a:8000/v1', api_key: 'EMPTY' },
      { url: 'http://a:8000/v1', models: ['org/m'], api_key: 'EMPTY' },
    ],
    ['m', { model: 'openai/m', base_url: 'http://a' }, { url: 'http://a', models: ['m'] }],
    ['m', { model: 'm', api_base: 'http://a' }, { url: 'http://a', models: ['m'] }],
    ['org/m', { model: 'org/m', api_base: 'http://a' }, { url: 'http://a', models: ['org/m'] }],
    [
      'mine',
      { model: 'org/m', api_base: 'http://a' },
      { url: 'http://a', models: ['mine'], send_model: 'org/m' },
    ],
    [
      'm',
      { model: 'openai/m', api_base: 'https://a/v1beta/openai/' },
      { url: 'https://a', api_path: '/v1beta/openai', models: ['m'] },
    ],
    [
      'm',
      { model: 'openai/m', api_base: 'http://a', custom_llm_provider: 'openai' },
      { url: 'http://a', models: ['m'], send_model: 'openai/m' },
    ],
    ['*', { model: 'openai/*', api_base: 'http://a' }, { url: 'http://a' }],
    ['*', { model: '*', api_base: 'http://a' }, { url: 'http://a' }],
    [
      '*',
      { model: 'openai/gpt-4o-mini' },
      { url: OPENAI, kind: 'openai', send_model: 'gpt-4o-mini' },
    ],
    [
      'vllm-*',
      { model: 'hosted_vllm/*', api_base: 'http://a' },
      { url: 'http://a', models: ['vllm-*'], send_model: '*' },
    ],
    [
      'vllm-*',
      { model: 'hosted_vllm/vllm-*', api_base: 'http://a' },
      { url: 'http://a', models: ['vllm-*'] },
    ],
    [
      'gpt',
      { model: 'azure/my-gpt', api_base: 'https://me.azure.test', api_version: '2024-10-21' },
      {
        url: 'https://me.azure.test',
        provider: 'azure',
        kind: 'openai',
        api_version: '2024-10-21',
        models: ['gpt'],
        send_model: 'my-gpt',
      },
    ],
    [
      'claude-x',
      { model: 'claude-x', api_key: 'k' },
      {
        url: 'https://api.anthropic.com',
        provider: 'anthropic',
        kind: 'generic',
        api_key: 'k',
        models: ['claude-x'],
      },
    ],
    [
      'c',
      { model: 'anthropic/c', api_base: 'http://a/anthropic' },
      { url: 'http://a/anthropic', provider: 'anthropic', kind: 'generic', models: ['c'] },
    ],
    [
      'base',
      { model: 'text-completion-openai/base', api_base: 'http://a' },
      { url: 'http://a', provider: 'text-completion', models: ['base'] },
    ],
    ['m', { model: 'litellm_proxy/m', api_base: 'http://a' }, { url: 'http://a', models: ['m'] }],
    [
      'm',
      { model: 'groq/m', api_key: 'k' },
      { url: 'https://api.groq.com/openai/v1', models: ['m'], api_key: 'k' },
    ],
  ]
  for (const [name, params, upstream] of cases) {
    test(`${name} as ${JSON.stringify(params)}`, (t) => {
      assert.deepEqual(loaded(t, entry(name, params)), fromLitellm({ upstreams: [upstream] }))
    })
  }
})

describe('what the environment adds', () => {
  const upstreamOf = (
    t: TestContext,
    env: Record<string, string>,
    params: object,
  ): UpstreamConfig | undefined => loaded(t, entry('m', params), { env }).upstreams[0]

  test('the key of a public service goes to that service only', (t) => {
    const env = { OPENAI_API_KEY: 'sk-1', ANTHROPIC_API_KEY: 'sk-2' }
    assert.equal(upstreamOf(t, env, { model: 'openai/m' })?.api_key, 'sk-1')
    assert.equal(upstreamOf(t, env, { model: 'openai/m', api_key: 'own' })?.api_key, 'own')
    const elsewhere = { model: 'openai/m', api_base: 'http://a' }
    assert.equal(upstreamOf(t, env, elsewhere)?.api_key, undefined)
    const claude = { model: 'anthropic/m', api_base: 'http://a' }
    assert.equal(upstreamOf(t, env, claude)?.api_key, undefined)
  })

  test('the key of a server of one’s own goes where the entry says', (t) => {
    const env = { HOSTED_VLLM_API_KEY: 'v', AZURE_API_KEY: 'z', AZURE_API_VERSION: '2024-10-21' }
    const vllm = { model: 'hosted_vllm/m', api_base: 'http://a' }
    assert.equal(upstreamOf(t, env, vllm)?.api_key, 'v')
    const azure = upstreamOf(t, env, { model: 'azure/m', api_base: 'http://a' })
    assert.deepEqual([azure?.api_key, azure?.api_version], ['z', '2024-10-21'])
  })

  test('an address, with its key', (t) => {
    const env = { OPENAI_BASE_URL: 'http://proxy/v1', OPENAI_API_KEY: 'sk-1' }
    const { url, api_key: key } = upstreamOf(t, env, { model: 'openai/m' }) ?? {}
    assert.deepEqual([url, key], ['http://proxy/v1', 'sk-1'])
  })
})

describe('what has no server is left out with a warning, and refused where the file says so', () => {
  const cases: readonly (readonly [params: object, why: RegExp])[] = [
    [{ model: 'm' }, /model_list\.0 is left out: "m" needs an api_base: its name does not say who/],
    [{ model: 'org/m' }, /left out: "org\/m" needs an api_base/],
    [{ model: 'hosted_vllm/m' }, /left out: "hosted_vllm\/m" needs an api_base/],
    [{ model: 'bedrock/m' }, /left out: no server of "bedrock" can be spoken to here/],
    [{ model: 'openai/*' }, /left out: its model has a \* that "m" has not/],
    [{ model: 'openai/m', litellm_credential_name: 'x' }, /left out: there is no such credential/],
  ]
  for (const [params, why] of cases) {
    test(JSON.stringify(params), (t) => {
      const text = entry('m', params)
      assert.deepEqual(loaded(t, text).upstreams, [])
      assert.match(warningsOf(t, text).join('\n'), why)
      const strict = `${text}router_settings: {ignore_invalid_deployments: false}\n`
      assert.match(fault(t, strict), /model_list\.0: /)
    })
  }
})
