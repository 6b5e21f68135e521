import type { Json, JsonObject } from '../plugin/index.ts'
import type { SpendRow } from '../trace/index.ts'

/** A row of the books as LiteLLM shows it: the columns of its table `LiteLLM_SpendLogs`. */
export function spendLog(row: SpendRow): JsonObject {
  const { caller, prompt_tokens, completion_tokens, status } = row
  return {
    request_id: row.request_id,
    call_type: row.call_type,
    api_key: caller?.key_hash ?? '',
    spend: row.spend,
    total_tokens: prompt_tokens + completion_tokens,
    prompt_tokens,
    completion_tokens,
    startTime: isoTime(row.started_at),
    endTime: isoTime(row.ended_at),
    request_duration_ms: Math.round(row.duration_ms),
    completionStartTime: row.ttft_ms === null ? null : isoTime(row.started_at + row.ttft_ms / 1000),
    model: row.model,
    model_id: row.model_id,
    model_group: row.model_group,
    custom_llm_provider: row.provider,
    api_base: row.api_base,
    user: caller?.user_id ?? '',
    metadata: {
      user_api_key: caller?.key_hash ?? null,
      user_api_key_alias: caller?.key_alias ?? null,
      user_api_key_user_id: caller?.user_id ?? null,
      user_api_key_team_id: caller?.team_id ?? null,
      user_api_key_team_alias: caller?.team_alias ?? null,
      user_api_key_org_id: null,
      user_api_key_end_user_id: caller?.end_user ?? null,
      status,
    },
    cache_hit: row.cache_hit ? 'True' : 'False',
    cache_key: row.cache_key ?? 'Cache OFF',
    request_tags: row.tags,
    team_id: caller?.team_id ?? null,
    organization_id: null,
    end_user: caller?.end_user ?? '',
    requester_ip_address: null,
    messages: {},
    response: {},
    session_id: row.session_id,
    status,
    mcp_namespaced_tool_name: null,
    agent_id: null,
    proxy_server_request: {},
  }
}

/** Null where no calendar has the time. */
function isoTime(seconds: number): Json {
  const date = new Date(Math.round(seconds * 1000))
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
