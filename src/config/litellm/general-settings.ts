import { all, elsewhere, given, later, moot, moved, read, tableOf } from './rows.ts'
import { count, inside, megabytes, object, text, type Said } from './values.ts'

const LIMITS: readonly string[] = ['rpm', 'tpm', 'max_parallel_requests']

/** The keys of `general_settings`. */
export const GENERAL_SETTINGS = tableOf({
  // An empty one is no key: it must not open the gateway in silence.
  master_key: read((said) => said.target.put(['keys', 'master_key'], text(said), said.path)),
  litellm_key_header_name: moved(['keys', 'header'], text),
  rate_limit_config: read(readLimits),
  max_request_size_mb: moved(['limits', 'body_bytes'], megabytes),
  max_response_size_mb: moved(['limits', 'response_bytes'], megabytes),
  max_parallel_requests: elsewhere,
  database_url: later('traces and state live in `store` and `state_dir`'),
  ...all(
    ['custom_auth', 'custom_key_generate'],
    later('it is Python, which cannot run here, so nobody is checked by it'),
  ),
  ...all(
    ['completion_model', 'embedding_model', 'moderation_model', 'image_generation_model'],
    later('`model` makes every call for one model'),
  ),
  store_prompts_in_spend_logs: given,
  background_health_checks: given,
  ...all(
    ['disable_spend_logs', 'disable_spend_updates', 'disable_error_logs'],
    later('every call is recorded'),
  ),
  ...all(
    ['health_check_interval', 'health_check_details', 'health_check_concurrency'],
    moot('servers are always probed, at no cost; see health'),
  ),
  ...all(
    [
      'database_connection_pool_limit',
      'database_connection_timeout',
      'database_connection_pool_timeout',
      'proxy_batch_write_at',
      'proxy_budget_rescheduler_min_time',
      'proxy_budget_rescheduler_max_time',
      'store_model_in_db',
      'supported_db_objects',
      'maximum_spend_logs_retention_period',
      'maximum_spend_logs_retention_interval',
      'maximum_spend_logs_cleanup_cron',
      'global_max_parallel_requests',
      'user_api_key_cache_ttl',
      'token_rate_limit_type',
      'allow_requests_on_db_unavailable',
      'infer_model_from_keys',
      'enforce_user_param',
      'enforced_params',
      'use_x_forwarded_for',
      'always_include_stream_usage',
      'forward_client_headers_to_llm_api',
      'forward_openai_org_id',
      'forward_llm_provider_auth_headers',
      'pass_through_endpoints',
      'alerting',
      'alerting_threshold',
      'alert_types',
      'alerting_args',
      'spend_report_frequency',
      'disable_retry_on_max_parallel_request_limit_error',
      'allow_client_side_credentials',
      'reject_clientside_metadata_tags',
      'user_header_name',
      'user_header_mappings',
      'ui_access_mode',
      'use_redis_transaction_buffer',
      'disable_reset_budget',
      'disable_master_key_return',
      'disable_adding_master_key_hash_to_db',
    ],
    later(),
  ),
  ...all(
    ['allowed_ips', 'public_routes', 'admin_only_routes', 'allowed_routes'],
    later('it keeps nobody out'),
  ),
})

/** Limits by key. The keys are secrets: neither warnings nor errors repeat one. */
function readLimits(said: Said): void {
  const { target, path } = said
  const limits = Object.entries(object(said)).map(([key, value]) => {
    const entry = inside(said, key, value)
    const known: Record<string, unknown> = {}
    for (const [name, limit] of Object.entries(object(entry))) {
      const one = inside(entry, name, limit)
      if (!LIMITS.includes(name)) target.warn(one.path, 'is no key this gateway knows')
      else if (limit !== null) known[name] = count(one)
    }
    return [key, known] as const
  })
  target.put(['keys', 'limits'], Object.fromEntries(limits), path)
}
