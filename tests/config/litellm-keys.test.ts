import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { Command } from 'commander'
import { addServeOptions } from '../../src/cli/serve-options.ts'
import { NOT_READ } from '../../src/config/litellm/adapt.ts'
import { CACHE_PARAMS } from '../../src/config/litellm/cache.ts'
import { ENTRY } from '../../src/config/litellm/deployment.ts'
import { GENERAL_SETTINGS } from '../../src/config/litellm/general-settings.ts'
import { LITELLM_SETTINGS } from '../../src/config/litellm/litellm-settings.ts'
import { MODEL_INFO } from '../../src/config/litellm/model-info.ts'
import { PARAMS } from '../../src/config/litellm/params.ts'
import { ROUTER_SETTINGS } from '../../src/config/litellm/router-settings.ts'
import type { Table } from '../../src/config/litellm/rows.ts'
import { ConfigSchema } from '../../src/config/schema.ts'
import { localLinks } from '../support/readme.ts'

/** Every key that LiteLLM documents, so that none is forgotten. */
const DOCUMENTED: readonly (readonly [section: string, table: Table, keys: string])[] = [
  ['an entry of model_list', ENTRY, 'model_name litellm_params model_info rpm tpm'],
  [
    'litellm_params',
    PARAMS,
    `model custom_llm_provider api_base base_url api_key api_version organization rpm tpm itpm otpm
     weight order max_parallel_requests timeout stream_timeout max_retries num_retries cooldown_time
     drop_params additional_drop_params allowed_openai_params extra_headers headers extra_body
     input_cost_per_token output_cost_per_token input_cost_per_second output_cost_per_second
     cache_read_input_token_cost cache_creation_input_token_cost tags max_budget budget_duration
     mock_response configurable_clientside_auth_params litellm_credential_name
     merge_reasoning_content_in_choices use_chat_completions_api use_in_pass_through
     provider_affinity_header keepalive_seconds allow_client_keepalive_override tag_regex
     default_api_key_tpm_limit default_api_key_rpm_limit`,
  ],
  [
    'model_info',
    MODEL_INFO,
    `id db_model base_model mode max_tokens max_input_tokens max_output_tokens input_cost_per_token
     output_cost_per_token access_groups tier team_id team_public_model_name supported_environments
     custom_tokenizer health_check_model health_check_timeout health_check_max_tokens
     health_check_max_tokens_reasoning health_check_max_tokens_non_reasoning
     disable_background_health_check blocked`,
  ],
  [
    'router_settings',
    ROUTER_SETTINGS,
    `routing_strategy routing_strategy_args num_retries max_fallbacks timeout stream_timeout
     retry_after allowed_fails allowed_fails_policy cooldown_time disable_cooldowns retry_policy
     model_group_retry_policy fallbacks context_window_fallbacks content_policy_fallbacks
     default_fallbacks model_group_alias enable_pre_call_checks optional_pre_call_checks
     deployment_affinity_ttl_seconds model_group_affinity_config enable_tag_filtering
     tag_filtering_match_any default_max_parallel_requests default_litellm_params redis_host
     redis_port redis_password redis_url redis_db cache_kwargs cache_responses caching_groups
     client_ttl provider_budget_config enable_health_check_routing health_check_staleness_threshold
     health_check_ignore_transient_errors enable_mid_stream_fallback_continuation
     ignore_invalid_deployments max_retries`,
  ],
  [
    'litellm_settings',
    LITELLM_SETTINGS,
    `drop_params modify_params num_retries request_timeout fallbacks default_fallbacks
     context_window_fallbacks content_policy_fallbacks allowed_fails cooldown_time callbacks
     success_callback failure_callback service_callback service_callbacks turn_off_message_logging
     redact_user_api_key_info set_verbose json_logs cache cache_params cache_type cache_kwargs
     enable_redis_auth_cache enable_caching_on_provider_specific_optional_params max_budget
     budget_duration timezone max_end_user_budget max_internal_user_budget
     internal_user_budget_duration default_key_generate_params upperbound_key_generate_params
     key_generation_settings default_internal_user_params default_team_settings default_team_params
     model_alias_map post_call_rules pre_call_rules custom_provider_map
     disable_end_user_cost_tracking disable_end_user_cost_tracking_prometheus_only
     enable_end_user_cost_tracking_prometheus_only prometheus_metrics_config
     custom_prometheus_metadata_labels custom_prometheus_tags prometheus_emit_stream_label
     prometheus_initialize_budget_metrics require_auth_for_metrics_endpoint check_provider_endpoint
     use_chat_completions_url_for_anthropic_messages cost_discount_config cost_margin_config
     force_ipv4 ssl_verify network_mock`,
  ],
  [
    'general_settings',
    GENERAL_SETTINGS,
    `master_key database_url database_connection_pool_limit database_connection_timeout
     database_connection_pool_timeout proxy_batch_write_at proxy_budget_rescheduler_min_time
     proxy_budget_rescheduler_max_time store_model_in_db supported_db_objects
     store_prompts_in_spend_logs disable_spend_logs disable_spend_updates disable_error_logs
     maximum_spend_logs_retention_period maximum_spend_logs_retention_interval
     maximum_spend_logs_cleanup_cron max_parallel_requests global_max_parallel_requests
     user_api_key_cache_ttl token_rate_limit_type allow_requests_on_db_unavailable
     background_health_checks health_check_interval health_check_details health_check_concurrency
     litellm_key_header_name custom_auth custom_key_generate completion_model embedding_model
     moderation_model image_generation_model infer_model_from_keys enforce_user_param
     enforced_params allowed_ips use_x_forwarded_for max_request_size_mb max_response_size_mb
     public_routes admin_only_routes allowed_routes always_include_stream_usage
     forward_client_headers_to_llm_api forward_openai_org_id forward_llm_provider_auth_headers
     pass_through_endpoints alerting alerting_threshold alert_types alerting_args
     spend_report_frequency disable_retry_on_max_parallel_request_limit_error
     allow_client_side_credentials reject_clientside_metadata_tags user_header_name
     user_header_mappings ui_access_mode use_redis_transaction_buffer disable_reset_budget
     disable_master_key_return disable_adding_master_key_hash_to_db rate_limit_config`,
  ],
  [
    'cache_params',
    CACHE_PARAMS,
    `type host port password username ssl namespace ttl default_in_memory_ttl default_in_redis_ttl
     max_connections redis_startup_nodes service_name sentinel_nodes sentinel_password
     supported_call_types mode similarity_threshold`,
  ],
]

for (const [section, table, keys] of DOCUMENTED) {
  test(`every key of ${section} is read, told of or known to need nothing`, () => {
    assert.deepEqual(
      keys.split(/\s+/).filter((key) => !table.has(key)),
      [],
    )
  })
}

test('whatever a table moves a key to is in the schema', () => {
  const missing = [ROUTER_SETTINGS, LITELLM_SETTINGS, GENERAL_SETTINGS, CACHE_PARAMS]
    .flatMap((table) => [...table.values()])
    .flatMap((row) => (row.is === 'moved' ? [row.to.join('.')] : []))
    .filter((key) => !isInSchema(key))
  assert.deepEqual(missing, [])
})

describe('docs/litellm.md', () => {
  const folder = new URL('../../docs/', import.meta.url)
  const text = readFileSync(new URL('litellm.md', folder), 'utf8')

  test('names the sections that are not read', () => {
    assert.deepEqual(
      NOT_READ.filter((section) => !text.includes(`\`${section}\``)),
      [],
    )
  })

  test('names no flag that does not exist', () => {
    const flags = addServeOptions(new Command('serve')).options.map(({ long }) => long)
    const named = text.match(/--[a-z-_]+(?=[\s`])/g) ?? []
    assert.ok(named.length > 5)
    assert.deepEqual(
      named.filter((flag) => !flags.includes(flag)),
      [],
    )
  })

  test('links to files that exist', () => {
    assert.deepEqual(
      localLinks(text).filter((link) => !existsSync(new URL(link, folder))),
      [],
    )
  })
})

function isInSchema(path: string): boolean {
  const found = path.split('.').reduce<unknown>((schema, key) => {
    const { properties, items } = (schema ?? {}) as { properties?: object; items?: object }
    const inner = { ...properties, ...(items as { properties?: object } | undefined)?.properties }
    return (inner as Record<string, unknown>)[key]
  }, ConfigSchema)
  return found !== undefined
}
