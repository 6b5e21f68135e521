import { readAliases } from './fallbacks.ts'
import { ROUTER_SETTINGS, TIMEOUT } from './router-settings.ts'
import { all, elsewhere, given, later, moot, moved, read, tableOf } from './rows.ts'
import { amount, asksNothing, flag, text, type Said } from './values.ts'

/** The keys of `litellm_settings`; those of the router may stand here as well, and count for less. */
export const LITELLM_SETTINGS = tableOf({
  ...Object.fromEntries(ROUTER_SETTINGS),
  request_timeout: TIMEOUT,
  model_alias_map: read(readAliases),
  cache: elsewhere,
  cache_params: elsewhere,
  cache_type: elsewhere,
  cache_kwargs: elsewhere,
  // LiteLLM's 0 is no budget.
  max_budget: read((said) => {
    const dollars = amount(said)
    if (dollars > 0) said.target.put(['keys', 'max_budget'], dollars, said.path)
  }),
  budget_duration: moved(['keys', 'budget_duration'], text),
  drop_params: moot(
    'parameters are sent as they come; additional_drop_params names those to leave out',
  ),
  json_logs: given,
  require_auth_for_metrics_endpoint: moved(['metrics_auth'], flag),
  set_verbose: later('say log_level, or LITELLM_LOG in the environment'),
  ...all(
    ['callbacks', 'success_callback', 'failure_callback', 'service_callback', 'service_callbacks'],
    read(readCallbacks),
  ),
  ...all(
    ['post_call_rules', 'pre_call_rules', 'custom_provider_map'],
    later('it is Python, which cannot run here: write a plugin'),
  ),
  turn_off_message_logging: later('traces hold every message'),
  ...all(
    [
      'modify_params',
      'redact_user_api_key_info',
      'enable_redis_auth_cache',
      'enable_caching_on_provider_specific_optional_params',
      'timezone',
      'max_end_user_budget',
      'max_internal_user_budget',
      'internal_user_budget_duration',
      'default_key_generate_params',
      'upperbound_key_generate_params',
      'key_generation_settings',
      'default_internal_user_params',
      'default_team_settings',
      'default_team_params',
      'disable_end_user_cost_tracking',
      'disable_end_user_cost_tracking_prometheus_only',
      'enable_end_user_cost_tracking_prometheus_only',
      'prometheus_metrics_config',
      'custom_prometheus_metadata_labels',
      'custom_prometheus_tags',
      'prometheus_emit_stream_label',
      'prometheus_initialize_budget_metrics',
      'check_provider_endpoint',
      'use_chat_completions_url_for_anthropic_messages',
      'cost_discount_config',
      'cost_margin_config',
      'force_ipv4',
      'ssl_verify',
      'network_mock',
    ],
    later(),
  ),
})

/** `prometheus` is `GET /metrics`, which is always there. */
function readCallbacks(said: Said): void {
  const wanted: readonly unknown[] = Array.isArray(said.value) ? said.value : [said.value]
  if (asksNothing(said.value) || wanted.every((name) => name === 'prometheus')) return
  const why = 'what is Python cannot run here: write a plugin'
  said.target.warn(said.path, `is read but not used yet: ${why}`)
}
