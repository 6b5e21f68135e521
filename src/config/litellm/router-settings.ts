import { fallbacks, models, readAliases } from './fallbacks.ts'
import { policy } from './policies.ts'
import { all, elsewhere, given, later, moot, moved, read, readKeys, tableOf } from './rows.ts'
import {
  amount,
  count,
  deadline,
  faultOf,
  flag,
  object,
  seconds,
  text,
  texts,
  whole,
  type Reader,
  type Said,
} from './values.ts'

const STRATEGIES: ReadonlyMap<string, string> = new Map([
  ['simple-shuffle', 'simple-shuffle'],
  ['least-busy', 'least-busy'],
  ['latency-based-routing', 'latency'],
  ['usage-based-routing', 'usage'],
  ['usage-based-routing-v2', 'usage'],
  ['cost-based-routing', 'cost'],
])

/** Until the first byte, because streams may go on for longer than what LiteLLM calls a timeout. */
export const TIMEOUT = read((said) => {
  const ms = deadline(said) as number
  said.target.put(['timeouts', 'headers_ms'], ms, said.path)
  // A call may then take as long, whatever the default is.
  if (ms > 3_600_000) said.target.put(['timeouts', 'total_ms'], ms, said.path)
})

const STRATEGY_ARGS = tableOf({
  ttl: moved(['routing', 'strategy_args', 'ttl_ms'], deadline),
  lowest_latency_buffer: moved(['routing', 'strategy_args', 'latency_buffer'], (said) =>
    amount(said),
  ),
  max_latency_list_size: moved(['routing', 'strategy_args', 'latency_samples'], count),
})

const wholeNumber: Reader = (said) => whole(said)

/** The keys of `router_settings`. */
export const ROUTER_SETTINGS = tableOf({
  routing_strategy: read(readStrategy),
  routing_strategy_args: read((said) =>
    readKeys(said.target, said.path, object(said), STRATEGY_ARGS),
  ),
  num_retries: moved(['routing', 'retries'], wholeNumber),
  max_fallbacks: moved(['routing', 'max_fallbacks'], wholeNumber),
  timeout: TIMEOUT,
  stream_timeout: moved(['timeouts', 'stream_headers_ms'], deadline),
  retry_after: moved(['routing', 'retry_after_ms'], seconds),
  retry_policy: moved(['routing', 'retry_policy'], policy('Retries')),
  allowed_fails: moved(['routing', 'allowed_fails'], wholeNumber),
  allowed_fails_policy: moved(['routing', 'allowed_fails_policy'], policy('AllowedFails')),
  cooldown_time: moved(['routing', 'cooldown_ms'], seconds),
  disable_cooldowns: elsewhere,
  fallbacks: moved(['routing', 'fallbacks'], fallbacks),
  context_window_fallbacks: moved(['routing', 'context_window_fallbacks'], fallbacks),
  content_policy_fallbacks: moved(['routing', 'content_policy_fallbacks'], fallbacks),
  default_fallbacks: moved(['routing', 'default_fallbacks'], models),
  model_group_alias: read(readAliases),
  enable_pre_call_checks: moved(['routing', 'pre_call_checks'], flag),
  optional_pre_call_checks: read(readOptionalChecks),
  enable_tag_filtering: elsewhere,
  tag_filtering_match_any: elsewhere,
  default_max_parallel_requests: elsewhere,
  default_litellm_params: elsewhere,
  ignore_invalid_deployments: elsewhere,
  redis_url: moved(['redis', 'url'], text),
  redis_host: moved(['redis', 'host'], text),
  redis_port: moved(['redis', 'port'], count),
  redis_username: moved(['redis', 'username'], text),
  redis_password: moved(['redis', 'password'], text),
  redis_db: moved(['redis', 'db'], wholeNumber),
  redis_ssl: moved(['redis', 'tls'], flag),
  enable_health_check_routing: given,
  health_check_staleness_threshold: moot('see health'),
  health_check_ignore_transient_errors: moot('see health.unhealthy_after'),
  client_ttl: moot('sockets are kept while they are good'),
  enable_mid_stream_fallback_continuation: moot('no model continues the answer of another one'),
  ...all(
    [
      'model_group_retry_policy',
      'deployment_affinity_ttl_seconds',
      'model_group_affinity_config',
      'cache_kwargs',
      'cache_responses',
      'caching_groups',
      'provider_budget_config',
    ],
    later(),
  ),
  max_retries: later('see num_retries'),
})

function readStrategy(said: Said): void {
  const name = text(said)
  const strategy = STRATEGIES.get(name)
  if (strategy !== undefined) return said.target.put(['routing', 'strategy'], strategy, said.path)
  if (name === 'provider-budget-routing')
    return said.target.warn(said.path, 'is read but not used yet')
  throw faultOf(said, `must be one of ${[...STRATEGIES.keys()].join(', ')}`)
}

function readOptionalChecks(said: Said): void {
  for (const check of texts(said)) {
    if (check === 'session_affinity') {
      said.target.put(['routing', 'session_affinity'], true, said.path)
    } else {
      said.target.warn(said.path, `holds ${check}, which is not there yet`)
    }
  }
}
