import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { fromLitellm } from './litellm-entry.ts'
import { fault, loaded, warningsOf } from './written.ts'

const same = (
  t: TestContext,
  text: string,
  config: object,
  env: Record<string, string> = {},
): void => assert.deepEqual(loaded(t, text, { env }), fromLitellm({ ...config }))

describe('router_settings', () => {
  const cases: readonly (readonly [settings: string, config: object])[] = [
    ['routing_strategy: simple-shuffle', { routing: { strategy: 'simple-shuffle' } }],
    ['routing_strategy: latency-based-routing', { routing: { strategy: 'latency' } }],
    ['routing_strategy: usage-based-routing', { routing: { strategy: 'usage' } }],
    ['routing_strategy: usage-based-routing-v2', { routing: { strategy: 'usage' } }],
    ['routing_strategy: cost-based-routing', { routing: { strategy: 'cost' } }],
    [
      'routing_strategy_args: {ttl: 60, lowest_latency_buffer: 0.5, max_latency_list_size: 3}',
      { routing: { strategy_args: { ttl_ms: 60_000, latency_buffer: 0.5, latency_samples: 3 } } },
    ],
    ['num_retries: "3"', { routing: { retries: 3 } }],
    ['max_fallbacks: 2', { routing: { max_fallbacks: 2 } }],
    ['timeout: 30', { timeouts: { headers_ms: 30_000 } }],
    ['timeout: 6000', { timeouts: { headers_ms: 6_000_000, total_ms: 6_000_000 } }],
    ['stream_timeout: 0.5', { timeouts: { stream_headers_ms: 500 } }],
    ['retry_after: 5', { routing: { retry_after_ms: 5_000 } }],
    [
      'allowed_fails_policy: {BadRequestErrorAllowedFails: 10, DefaultAllowedFails: 1}',
      { routing: { allowed_fails_policy: { bad_request: 10, default: 1 } } },
    ],
    ['disable_cooldowns: true', { routing: { cooldown_ms: 0 } }],
    ['{disable_cooldowns: true, cooldown_time: 9}', { routing: { cooldown_ms: 0 } }],
    ['cooldown_time: 0.25', { routing: { cooldown_ms: 250 } }],
    [
      'content_policy_fallbacks: [{a: [b]}, {a: [c], d: e}]',
      { routing: { content_policy_fallbacks: { a: ['b'], d: ['e'] } } },
    ],
    ['fallbacks: [{a: [{model: b, temperature: 0}]}]', { routing: { fallbacks: { a: ['b'] } } }],
    ['default_fallbacks: [a]', { routing: { default_fallbacks: ['a'] } }],
    ['enable_tag_filtering: true', { routing: { tag_filtering: 'any' } }],
    [
      '{enable_tag_filtering: yes, tag_filtering_match_any: no}',
      { routing: { tag_filtering: 'all' } },
    ],
    ['enable_pre_call_checks: False', { routing: { pre_call_checks: false } }],
    [
      '{redis_url: "redis://:p@r:1/2", redis_password: 123}',
      { redis: { url: 'redis://:p@r:1/2', password: '123' } },
    ],
    ['num_retries: null', {}],
  ]
  for (const [settings, config] of cases) {
    test(settings, (t) => same(t, `router_settings:\n  ${settings}\n`, config))
  }

  test('count for more than the same in litellm_settings, which count where they are alone', (t) => {
    const text = `
litellm_settings: {num_retries: 1, request_timeout: 10, model_alias_map: {a: b, c: d}}
router_settings: {num_retries: 4, model_group_alias: {a: e}}
`
    same(t, text, {
      routing: { retries: 4, model_aliases: { a: 'e', c: 'd' } },
      timeouts: { headers_ms: 10_000 },
    })
  })

  test('give deployments what these do not say themselves', (t) => {
    const [one, two] = loaded(
      t,
      `
model_list:
  - {model_name: m, litellm_params: {model: openai/m, max_parallel_requests: 2}}
  - {model_name: m, litellm_params: {model: openai/m, top_p: 1}}
router_settings:
  default_max_parallel_requests: 8
  default_litellm_params: {top_p: 0.5, temperature: 0}
`,
    ).upstreams
    assert.deepEqual([one?.max_parallel_requests, two?.max_parallel_requests], [2, 8])
    assert.deepEqual(one?.params, { top_p: 0.5, temperature: 0 })
    assert.deepEqual(two?.params, { top_p: 1, temperature: 0 })
  })
})

describe('the cache', () => {
  const cases: readonly (readonly [settings: string, config: object, env?: object])[] = [
    ['cache: true', { cache: { kind: 'memory' } }],
    ['cache: true', { cache: { kind: 'redis' }, redis: { host: 'r' } }, { REDIS_HOST: 'r' }],
    [
      'cache: true',
      { cache: { kind: 'redis' }, redis: { url: 'redis://r', password: 'p' } },
      { REDIS_URL: 'redis://r', REDIS_PASSWORD: 'p' },
    ],
    ['{cache: true, cache_params: {type: local}}', { cache: { kind: 'memory' } }],
    [
      '{cache: true, cache_params: {host: r, port: "1", ssl: true}}',
      { cache: { kind: 'redis' }, redis: { host: 'r', port: 1, tls: true } },
    ],
    ['{cache: false, cache_params: {type: redis}}', {}],
    ['{cache: true, cache_params: {type: s3}}', {}],
    [
      '{cache: true, cache_params: {type: local, default_in_memory_ttl: 3, default_in_redis_ttl: 4}}',
      { cache: { kind: 'memory', ttl_ms: 3_000 } },
    ],
    [
      '{cache: true, cache_params: {type: local, ttl: 2, default_in_memory_ttl: 3}}',
      { cache: { kind: 'memory', ttl_ms: 2_000 } },
    ],
    [
      '{cache: true, cache_params: {type: local, supported_call_types: []}}',
      { cache: { kind: 'memory', dialects: [] } },
    ],
  ]
  for (const [settings, config, env] of cases) {
    test(`${settings} ${env ? JSON.stringify(env) : ''}`, (t) =>
      same(t, `litellm_settings:\n  ${settings}\n`, config, { ...env }))
  }
})

describe('general_settings', () => {
  test('have the key, its header and the sizes', (t) => {
    const text = `general_settings: {master_key: sk-1, litellm_key_header_name: X-My-Key, max_request_size_mb: 1}`
    const keys = { master_key: 'sk-1', header: 'X-My-Key' }
    same(t, text, { keys, limits: { body_bytes: 1_048_576 } })
  })

  test('close the numbers, too, where litellm_settings asks for it', (t) => {
    const wish = 'litellm_settings: {require_auth_for_metrics_endpoint: true}'
    const text = `${wish}\ngeneral_settings: {master_key: sk-1}`
    same(t, text, { keys: { master_key: 'sk-1' }, metrics_auth: true })
    assert.match(fault(t, wish), /:1:55 .+metrics_endpoint needs an admin_token or a master_key/)
  })

  test('limit what all calls together may cost, where litellm_settings has a budget', (t) => {
    const budget = { max_budget: 12.5, budget_duration: '30d' }
    same(t, 'litellm_settings: {max_budget: "12.5", budget_duration: 30d}', { keys: budget })
    same(t, 'litellm_settings: {max_budget: 0}', {})
    assert.match(
      fault(t, 'litellm_settings: {max_budget: -1}'),
      /max_budget must be a number from 0/,
    )
  })

  test('never show a key that has a limit', (t) => {
    const limit = (value: string): string =>
      `general_settings:\n  rate_limit_config: {sk-secret: {rpm: ${value}, tmp: 1}}`
    assert.doesNotMatch(warningsOf(t, limit('1')).join('\n'), /sk-secret/)
    assert.match(
      warningsOf(t, limit('1')).join('\n'),
      /:2:\d+ .+rate_limit_config\.\[hidden\]\.tmp is no key/,
    )
    const told = fault(t, limit('x'))
    assert.match(
      told,
      /:2:40 general_settings\.rate_limit_config\.\[hidden\]\.rpm must be a number/,
    )
  })
})

test('credentials are lent by name', (t) => {
  const [upstream] = loaded(
    t,
    `
credential_list:
  - {credential_name: mine, credential_values: {api_key: os.environ/KEY, api_base: "http://a"}}
model_list:
  - {model_name: m, litellm_params: {model: openai/m, litellm_credential_name: mine}}
`,
    { env: { KEY: 'k' } },
  ).upstreams
  assert.deepEqual([upstream?.url, upstream?.api_key], ['http://a', 'k'])
})

describe('what cannot be read is told with its place', () => {
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    ['router_settings: []', /yaml:1:18 router_settings must hold keys and values/],
    [
      'router_settings: {num_retries: x}',
      /yaml:1:32 router_settings\.num_retries must be a number/,
    ],
    ['router_settings: {num_retries: 1.5}', /num_retries must be a whole number/],
    ['router_settings: {routing_strategy: random}', /:1:37 .+ must be one of simple-shuffle, /],
    ['router_settings: {fallbacks: {a: [b]}}', /:1:30 .+fallbacks must be a list of/],
    ['router_settings: {disable_cooldowns: maybe}', /disable_cooldowns must be true or false/],
    ['litellm_settings: {cache_params: 3}', /:1:34 .+cache_params must hold keys and values/],
    [
      'routing: {retries: 1}\nrouter_settings: {num_retries: 2}',
      /:2:32 router_settings\.num_retries and routing\.retries \(.+:1:20\) say the same thing/,
    ],
  ]
  for (const [text, message] of cases) {
    test(text.replaceAll('\n', ' '), (t) => assert.match(fault(t, text), message))
  }
})
