import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromLitellm } from './litellm-entry.ts'
import { loaded } from './written.ts'

const ENV = {
  SECOND_SERVER: 'http://gpu-1:8000',
  OPENAI_API_KEY: 'sk-openai',
  LITELLM_MASTER_KEY: 'sk-master',
  DATABASE_URL: 'postgres://nobody@nowhere/none',
}

const WHOLE = `
environment_variables:
  STAGE: dev

model_list:
  - model_name: gpt-oss-120b
    litellm_params:
      model: openai/gpt-oss-120b
      api_base: http://gpu-0:8000/v1
      api_key: not-used
      rpm: 600
      tpm: 900000
      weight: 9
    model_info:
      id: gpu-0
      mode: chat
      max_input_tokens: 131072
      input_cost_per_token: 0
      output_cost_per_token: 0
  - model_name: gpt-oss-120b
    litellm_params:
      model: hosted_vllm/gpt-oss-120b
      api_base: os.environ/SECOND_SERVER
      timeout: 600
      stream_timeout: 60
      max_parallel_requests: 64
      order: 2
      weight: 1
    model_info:
      id: gpu-1
  - model_name: embedder
    litellm_params:
      model: hosted_vllm/BAAI/bge-m3
      api_base: http://gpu-2:8000/v1
    model_info:
      mode: embedding
  - model_name: openai/*
    litellm_params:
      model: openai/*
      api_key: os.environ/OPENAI_API_KEY
      drop_params: true
      extra_headers:
        X-Team: rl

router_settings:
  routing_strategy: least-busy
  num_retries: 2
  retry_policy:
    RateLimitErrorRetries: 3
    TimeoutErrorRetries: 1
  allowed_fails: 3
  cooldown_time: 30
  fallbacks:
    - gpt-oss-120b: [openai/gpt-4o-mini]
  context_window_fallbacks:
    - gpt-oss-120b: [openai/gpt-4.1]
  model_group_alias:
    gpt-4: gpt-oss-120b
    secret-name: { model: gpt-oss-120b, hidden: true }
  enable_pre_call_checks: true
  optional_pre_call_checks: [session_affinity]
  redis_host: redis
  redis_port: 6379

litellm_settings:
  cache: true
  cache_params:
    type: redis
    ttl: 600
    namespace: gw
    mode: default_off
    supported_call_types: [acompletion, aembedding]
  cache_type: redis
  cache_kwargs: { ttl: 3600 }
  callbacks: [prometheus, my_hooks.instance]
  request_timeout: 600
  json_logs: true

general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  database_url: os.environ/DATABASE_URL
  store_prompts_in_spend_logs: true
  rate_limit_config:
    team-a: { rpm: 100, tpm: 100000 }
`

test('a file with every section gives exactly these settings', (t) => {
  const expected = fromLitellm({
    upstreams: [
      {
        url: 'http://gpu-0:8000/v1',
        name: 'gpu-0',
        worker_id: 'gpu-0',
        models: ['gpt-oss-120b'],
        api_key: 'not-used',
        weight: 9,
        rpm: 600,
        tpm: 900_000,
        info: {
          id: 'gpu-0',
          mode: 'chat',
          max_input_tokens: 131_072,
          input_cost_per_token: 0,
          output_cost_per_token: 0,
        },
        price: { input_per_token: 0, output_per_token: 0 },
      },
      {
        url: 'http://gpu-1:8000',
        name: 'gpu-1',
        worker_id: 'gpu-1',
        models: ['gpt-oss-120b'],
        weight: 1,
        order: 2,
        max_parallel_requests: 64,
        timeout_ms: 600_000,
        stream_timeout_ms: 60_000,
        info: { id: 'gpu-1' },
      },
      {
        url: 'http://gpu-2:8000/v1',
        models: ['embedder'],
        send_model: 'BAAI/bge-m3',
        info: { mode: 'embedding' },
      },
      {
        url: 'https://api.openai.com/v1',
        kind: 'openai',
        models: ['openai/*'],
        send_model: '*',
        api_key: 'sk-openai',
        headers: { 'x-team': 'rl' },
      },
    ],
    routing: {
      strategy: 'least-busy',
      session_affinity: true,
      retries: 2,
      retry_policy: { rate_limit: 3, timeout: 1 },
      allowed_fails: 3,
      cooldown_ms: 30_000,
      fallbacks: { 'gpt-oss-120b': ['openai/gpt-4o-mini'] },
      context_window_fallbacks: { 'gpt-oss-120b': ['openai/gpt-4.1'] },
      model_aliases: {
        'gpt-4': 'gpt-oss-120b',
        'secret-name': { model: 'gpt-oss-120b', hidden: true },
      },
      pre_call_checks: true,
    },
    redis: { host: 'redis', port: 6379 },
    cache: {
      kind: 'redis',
      ttl_ms: 600_000,
      namespace: 'gw',
      mode: 'asked',
      dialects: ['chat', 'embeddings'],
    },
    timeouts: { headers_ms: 600_000 },
    keys: { master_key: 'sk-master', limits: { 'team-a': { rpm: 100, tpm: 100_000 } } },
  })
  assert.deepEqual(loaded(t, WHOLE, { env: ENV }), expected)
})
