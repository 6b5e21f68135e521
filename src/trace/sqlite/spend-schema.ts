/**
 * The books. `spend` outlives the calls it speaks of, so it repeats what it needs of them. `tags` is a
 * JSON list or null; `has_caller` is 0 where the gateway asks for no keys. `records` are documents as
 * JSON. The views have the names and columns that people who come from LiteLLM have in their SQL.
 */
export const BOOKS = `
  CREATE TABLE spend (
    key INTEGER PRIMARY KEY, request_id TEXT NOT NULL, started_at REAL NOT NULL,
    ended_at REAL NOT NULL, call_type TEXT NOT NULL, model TEXT NOT NULL, model_group TEXT NOT NULL,
    model_id TEXT NOT NULL, api_base TEXT NOT NULL, provider TEXT NOT NULL,
    has_caller INTEGER NOT NULL, key_hash TEXT, key_alias TEXT, user_id TEXT, team_id TEXT,
    team_alias TEXT, end_user TEXT, session_id TEXT NOT NULL, status TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, duration_ms REAL NOT NULL,
    ttft_ms REAL, spend REAL NOT NULL, cache_hit INTEGER NOT NULL, cache_key TEXT, tags TEXT,
    UNIQUE (request_id, started_at)
  ) STRICT;
  CREATE INDEX spend_started_at ON spend (started_at);
  CREATE INDEX spend_key_hash ON spend (key_hash, started_at) WHERE key_hash IS NOT NULL;

  CREATE TABLE records (
    kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;

  CREATE VIEW "LiteLLM_SpendLogs" AS SELECT
    request_id, call_type, ifnull(key_hash, '') AS api_key, spend,
    prompt_tokens + completion_tokens AS total_tokens, prompt_tokens, completion_tokens,
    ${isoTime('started_at')} AS "startTime", ${isoTime('ended_at')} AS "endTime",
    CAST(round(duration_ms) AS INTEGER) AS request_duration_ms,
    ${isoTime('started_at + ttft_ms / 1000')} AS "completionStartTime",
    model, model_id, model_group, provider AS custom_llm_provider, api_base,
    ifnull(user_id, '') AS user,
    json_object('user_api_key', key_hash, 'user_api_key_alias', key_alias,
      'user_api_key_user_id', user_id, 'user_api_key_team_id', team_id,
      'user_api_key_team_alias', team_alias, 'user_api_key_org_id', NULL,
      'user_api_key_end_user_id', end_user, 'status', status) AS metadata,
    iif(cache_hit, 'True', 'False') AS cache_hit, ifnull(cache_key, 'Cache OFF') AS cache_key,
    ifnull(tags, '[]') AS request_tags, team_id, NULL AS organization_id,
    ifnull(end_user, '') AS end_user, NULL AS requester_ip_address, '{}' AS messages,
    '{}' AS response, session_id, status, NULL AS mcp_namespaced_tool_name, NULL AS agent_id,
    '{}' AS proxy_server_request
  FROM spend;

  CREATE VIEW litellm_spend AS SELECT
    request_id, model, model_group, custom_llm_provider, user, team_id, end_user, api_key,
    spend AS response_cost, prompt_tokens, completion_tokens, total_tokens, "startTime", "endTime",
    status, cache_hit, session_id
  FROM "LiteLLM_SpendLogs";
`

function isoTime(seconds: string): string {
  return `strftime('%Y-%m-%dT%H:%M:%fZ', ${seconds}, 'unixepoch')`
}
