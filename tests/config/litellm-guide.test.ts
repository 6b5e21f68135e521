import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromLitellm } from './litellm-entry.ts'
import { loaded } from './written.ts'

const SERVED = { models: ['gpt-oss-120b'], api_key: 'not-used' }

const FRAGMENTS: readonly (readonly [what: string, text: string, config: object])[] = [
  [
    'a model with limits',
    `
model_list:
  - model_name: gpt-oss-120b
    litellm_params:
      model: openai/gpt-oss-120b
      api_base: http://vllm-gpt-oss-120b:8000/v1
      api_key: "not-used"
      rpm: 100  # Requests per minute
      tpm: 100000  # Tokens per minute
`,
    {
      upstreams: [{ url: 'http://vllm-gpt-oss-120b:8000/v1', ...SERVED, rpm: 100, tpm: 100_000 }],
    },
  ],
  [
    'a strategy and a Redis',
    `
router_settings:
  routing_strategy: least-busy  # Change this
  redis_host: redis
  redis_port: 6379
`,
    { routing: { strategy: 'least-busy' }, redis: { host: 'redis', port: 6379 } },
  ],
  [
    'a cache by its type alone',
    `
litellm_settings:
  cache: true  # Enable caching
  cache_type: redis  # Use Redis for cache
`,
    { cache: { kind: 'redis' } },
  ],
  [
    'a model with a prefix nobody knows',
    `
model_list:
  - model_name: my-custom-model
    litellm_params:
      model: custom/model-name
      api_base: http://vllm-my-model:8000/v1
      api_key: "not-used"
`,
    {
      upstreams: [
        {
          url: 'http://vllm-my-model:8000/v1',
          models: ['my-custom-model'],
          send_model: 'model-name',
          api_key: 'not-used',
        },
      ],
    },
  ],
  [
    'two instances of a model',
    `
model_list:
  # Instance 1
  - model_name: gpt-oss-120b
    litellm_params:
      model: openai/gpt-oss-120b
      api_base: http://vllm-gpt-oss-120b-1:8000/v1
      api_key: "not-used"

  # Instance 2
  - model_name: gpt-oss-120b
    litellm_params:
      model: openai/gpt-oss-120b
      api_base: http://vllm-gpt-oss-120b-2:8000/v1
      api_key: "not-used"

router_settings:
  routing_strategy: least-busy  # Route to least busy instance
`,
    {
      upstreams: [1, 2].map((n) => ({ url: `http://vllm-gpt-oss-120b-${n}:8000/v1`, ...SERVED })),
      routing: { strategy: 'least-busy' },
    },
  ],
  [
    'another model under the same name',
    `
model_list:
  - model_name: gpt-primary
    litellm_params:
      model: openai/gpt-oss-120b
      api_base: http://vllm-gpt-oss-120b:8000/v1
      api_key: "not-used"
  - model_name: gpt-primary
    litellm_params:
      model: openai/gpt-oss-20b
      api_base: http://vllm-gpt-oss-20b:8000/v1
      api_key: "not-used"

router_settings:
  num_retries: 2  # Try fallback on failure
  enable_pre_call_checks: true
`,
    {
      upstreams: ['gpt-oss-120b', 'gpt-oss-20b'].map((model) => ({
        url: `http://vllm-${model}:8000/v1`,
        models: ['gpt-primary'],
        send_model: model,
        api_key: 'not-used',
      })),
      routing: { retries: 2, pre_call_checks: true },
    },
  ],
  [
    'limits by key',
    `
general_settings:
  # Define rate limits per API key
  rate_limit_config:
    user-key-1:
      rpm: 100  # 100 requests per minute
      tpm: 10000  # 10k tokens per minute
    user-key-2:
      rpm: 500
      tpm: 50000
`,
    {
      keys: {
        limits: {
          'user-key-1': { rpm: 100, tpm: 10_000 },
          'user-key-2': { rpm: 500, tpm: 50_000 },
        },
      },
    },
  ],
  [
    'how long answers are kept',
    `
litellm_settings:
  cache: true
  cache_type: redis
  cache_kwargs:
    ttl: 3600  # Cache for 1 hour (seconds)
`,
    { cache: { kind: 'redis', ttl_ms: 3_600_000 } },
  ],
]

for (const [what, text, config] of FRAGMENTS) {
  test(`the guide for vLLM: ${what}`, (t) => {
    assert.deepEqual(loaded(t, text), fromLitellm({ ...config }))
  })
}
