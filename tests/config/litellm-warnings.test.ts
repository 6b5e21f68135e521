import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { loadConfigText } from '../../src/config/index.ts'
import { NOT_READ } from '../../src/config/litellm/adapt.ts'
import { CACHE_PARAMS } from '../../src/config/litellm/cache.ts'
import { ENTRY } from '../../src/config/litellm/deployment.ts'
import { GENERAL_SETTINGS } from '../../src/config/litellm/general-settings.ts'
import { LITELLM_SETTINGS } from '../../src/config/litellm/litellm-settings.ts'
import { PARAMS } from '../../src/config/litellm/params.ts'
import { ROUTER_SETTINGS } from '../../src/config/litellm/router-settings.ts'
import { loaded, warningsOf } from './written.ts'

describe('what is not used is told, once for each key, with its place', () => {
  const cases: readonly (readonly [text: string, ...warnings: readonly string[]])[] = [
    ['router_settings: {}\nlitellm_settings:\ngeneral_settings: null'],
    ['litellm_settings: {callbacks: [], set_verbose: false, json_logs: true}'],
    ['litellm_settings: {callbacks: ["prometheus"], success_callback: prometheus}'],
    ['guardrails: ["${NO_SUCH}"]', 'gateway.yaml:1:13 guardrails is not used yet'],
    [
      'litellm_settings: {callbacks: [prometheus, {a: {}}], num_retires: 3}',
      'gateway.yaml:1:31 litellm_settings.callbacks is read but not used yet: what is Python cannot run here: write a plugin',
      'gateway.yaml:1:67 litellm_settings.num_retires is no key this gateway knows; did you mean "num_retries"?',
    ],
    [
      'router_settings: {retry_policy: {OddErrorRetries: 1}}',
      'gateway.yaml:1:51 router_settings.retry_policy.OddErrorRetries is no key this gateway knows',
    ],
    [
      'router_settings: {optional_pre_call_checks: [prompt_caching]}',
      'gateway.yaml:1:45 router_settings.optional_pre_call_checks holds prompt_caching, which is not there yet',
    ],
    [
      'model_list:\n' +
        '  - {model_name: a, litellm_params: {model: openai/a, mock_response: x, odd: 1, aws_id: s}, odd: 2}\n' +
        '  - {model_name: b, litellm_params: {model: openai/b, mock_response: x, odd: 1}, odd: 2}',
      'gateway.yaml:2:70 model_list.0.litellm_params.mock_response is read but not used yet',
      'gateway.yaml:2:78 model_list.0.litellm_params.odd is no key this gateway knows, so it is sent as a parameter',
      'gateway.yaml:2:89 model_list.0.litellm_params.aws_id is not used, and not sent: it may be a secret',
      'gateway.yaml:2:98 model_list.0.odd is no key this gateway knows',
    ],
    [
      'model_list: [{model_name: a, litellm_params: {model: openai/a, num_retry: 1}}]',
      'gateway.yaml:1:75 model_list.0.litellm_params.num_retry is no key this gateway knows, so it is sent as a parameter; did you mean "num_retries"?',
    ],
    [
      'litellm_settings: {cache: true, cache_params: {type: qdrant-semantic}}',
      'gateway.yaml:1:54 litellm_settings.cache_params.type is read but not used yet: nothing is cached',
    ],
  ]
  for (const [text, ...expected] of cases) {
    test(text.replaceAll(/\s+/g, ' '), (t) => {
      assert.deepEqual(warningsOf(t, text), expected)
    })
  }
})

test('an unknown key of LiteLLM never ends the start, and is told', () => {
  const known = new Set(
    [ENTRY, PARAMS, ROUTER_SETTINGS, LITELLM_SETTINGS, GENERAL_SETTINGS, CACHE_PARAMS].flatMap(
      (table) => [...table.keys()],
    ),
  )
  const key = fc
    .oneof(fc.stringMatching(/^[a-z_]{3,12}$/), fc.constantFrom('constructor', '__proto__', 'a.b'))
    .filter((name) => !known.has(name))
  const value = fc.jsonValue({ maxDepth: 2 }).filter((one) => !/\$\{/.test(JSON.stringify(one)))
  const keys = fc.array(fc.tuple(key, value), { maxLength: 4 }).map(Object.fromEntries)
  fc.assert(
    fc.property(keys, keys, keys, keys, keys, (entry, params, router, settings, general) => {
      const list = [
        {
          ...entry,
          model_name: 'm',
          litellm_params: { ...params, model: 'openai/m' },
          model_info: params,
        },
      ]
      const text = stringify({
        model_list: list,
        router_settings: router,
        litellm_settings: settings,
        general_settings: general,
      })
      const { upstreams } = loadConfigText(text, { env: {} })
      assert.deepEqual(upstreams[0]?.models, ['m'])
    }),
    { numRuns: 60 },
  )
})

test('an unknown key of ours still is an error beside them', (t) => {
  const text = 'router_settings: {odd: 1}\nrooting: {}\n'
  assert.throws(() => loaded(t, text), /:2:10 unknown key "rooting"; did you mean "routing"/)
})

test('sections that are not there are told of, one line each', (t) => {
  const text = NOT_READ.map((section) => `${section}: {a: os.environ/NO_SUCH}`).join('\n')
  assert.equal(warningsOf(t, text).length, NOT_READ.length)
})
