/**
 * Every failure Sluice can answer with: HTTP status, the `type` field of OpenAI's error shape and a
 * text that is safe to show to a caller. `detail` given at the throw site are appended to it.
 */
export const CODES = {
  bad_slug: {
    status: 400,
    type: 'invalid_request_error',
    text: 'The metadata slug in the URL cannot be read',
  },
  slug_version: {
    status: 400,
    type: 'invalid_request_error',
    text: 'The metadata slug has a version this gateway does not know',
  },
  bad_session: {
    status: 400,
    type: 'invalid_request_error',
    text: 'The session id cannot be used',
  },
  bad_metadata: {
    status: 400,
    type: 'invalid_request_error',
    text: 'The call metadata cannot be used',
  },
  bad_json: {
    status: 400,
    type: 'invalid_request_error',
    text: 'The request body is not valid JSON',
  },
  bad_body: { status: 400, type: 'invalid_request_error', text: 'The request body cannot be used' },
  bad_query: { status: 400, type: 'invalid_request_error', text: 'The query cannot be used' },
  bad_request: { status: 400, type: 'invalid_request_error', text: 'The request cannot be read' },
  duplicate_key: {
    status: 400,
    type: 'invalid_request_error',
    text: 'The request body names a routing key twice',
  },
  bad_worker: { status: 400, type: 'invalid_request_error', text: 'The worker cannot be used' },
  bad_weight_version: {
    status: 400,
    type: 'invalid_request_error',
    text: 'The weight version cannot be used',
  },
  bad_config: {
    status: 400,
    type: 'invalid_request_error',
    text: 'The configuration cannot be used',
  },
  too_deep: {
    status: 400,
    type: 'invalid_request_error',
    text: 'The request body is nested too deeply',
  },
  context_length_exceeded: {
    status: 400,
    type: 'invalid_request_error',
    text: 'The prompt is too long for every upstream of this model',
  },
  unauthorized: { status: 401, type: 'authentication_error', text: 'No valid key was given' },
  key_blocked: { status: 401, type: 'auth_error', text: 'The key is blocked' },
  key_expired: { status: 401, type: 'expired_key', text: 'The key has expired' },
  model_not_allowed: {
    status: 403,
    type: 'key_model_access_denied',
    text: 'The key may not ask this model',
  },
  cache_denied: { status: 403, type: 'auth_error', text: 'The key may not say this of the cache' },
  admin_only: { status: 403, type: 'auth_error', text: 'Only the master key may do this' },
  no_master_key: {
    status: 400,
    type: 'invalid_request_error',
    text: 'Keys are made only where there is a master key',
  },
  key_is_configured: {
    status: 400,
    type: 'invalid_request_error',
    text: 'The key stands in the configuration and is changed there',
  },
  no_tagged_upstream: {
    status: 401,
    type: 'invalid_request_error',
    text: 'No upstream of this model has the tags of the call',
  },
  route_not_found: { status: 404, type: 'invalid_request_error', text: 'There is no such route' },
  model_not_found: {
    status: 404,
    type: 'invalid_request_error',
    text: 'No upstream serves this model',
  },
  session_not_found: {
    status: 404,
    type: 'invalid_request_error',
    text: 'There is no such session',
  },
  worker_not_found: { status: 404, type: 'invalid_request_error', text: 'There is no such worker' },
  key_not_found: { status: 404, type: 'invalid_request_error', text: 'There is no such key' },
  user_not_found: { status: 404, type: 'invalid_request_error', text: 'There is no such user' },
  team_not_found: { status: 404, type: 'invalid_request_error', text: 'There is no such team' },
  config_not_found: {
    status: 404,
    type: 'invalid_request_error',
    text: 'There is no such configuration file',
  },
  trace_not_found: { status: 404, type: 'invalid_request_error', text: 'There is no such trace' },
  method_not_allowed: {
    status: 405,
    type: 'invalid_request_error',
    text: 'This route does not take this method',
  },
  flush_timeout: {
    status: 408,
    type: 'capture_error',
    text: 'The traces were not committed in time',
  },
  already_there: { status: 409, type: 'invalid_request_error', text: 'There is one already' },
  idempotency_conflict: {
    status: 409,
    type: 'invalid_request_error',
    text: 'The idempotency key was used for another request body in this session',
  },
  body_too_large: {
    status: 413,
    type: 'invalid_request_error',
    text: 'The request body is over the limit',
  },
  uri_too_long: {
    status: 414,
    type: 'invalid_request_error',
    text: 'The request URL is over the limit',
  },
  wrong_content_type: {
    status: 415,
    type: 'invalid_request_error',
    text: 'The content type of the request body is not supported',
  },
  refused: { status: 400, type: 'invalid_request_error', text: 'A plugin refused the call' },
  upstreams_busy: {
    status: 429,
    type: 'rate_limit_error',
    text: 'Every upstream of this model is busy or cools down',
  },
  rate_limited: { status: 429, type: 'rate_limit_error', text: 'The limit is used up' },
  budget_exceeded: { status: 429, type: 'budget_exceeded', text: 'The budget is spent' },
  client_closed: {
    status: 499,
    type: 'invalid_request_error',
    text: 'The client left before the answer was complete',
  },
  internal: { status: 500, type: 'internal_error', text: 'The gateway failed' },
  hook_failed: { status: 500, type: 'internal_error', text: 'A plugin failed' },
  hook_timeout: { status: 504, type: 'internal_error', text: 'A plugin took too long' },
  upstream_unreachable: {
    status: 502,
    type: 'upstream_error',
    text: 'The upstream cannot be reached',
  },
  upstream_reset: {
    status: 502,
    type: 'upstream_error',
    text: 'The upstream closed the connection before the answer was complete',
  },
  upstream_protocol: {
    status: 502,
    type: 'upstream_error',
    text: 'The upstream broke the HTTP protocol',
  },
  upstream_redirect: {
    status: 502,
    type: 'upstream_error',
    text: 'The upstream answered with a redirect, which is never followed',
  },
  upstream_too_large: {
    status: 502,
    type: 'upstream_error',
    text: 'The answer of the upstream is over the limit',
  },
  upstream_loop: {
    status: 508,
    type: 'upstream_error',
    text: 'The call came back to this gateway',
  },
  capture_unavailable: {
    status: 503,
    type: 'capture_error',
    text: 'The call could not be recorded, so its answer is withheld',
  },
  no_upstream: {
    status: 503,
    type: 'upstream_error',
    text: 'No upstream is configured or healthy',
  },
  no_tracer: {
    status: 503,
    type: 'capture_error',
    text: 'No plugin saves traces, so there is nothing to flush',
  },
  store_unreachable: {
    status: 503,
    type: 'capture_error',
    text: 'The trace store does not answer',
  },
  shared_state_unavailable: {
    status: 503,
    type: 'internal_error',
    text: 'What gateways share cannot be reached',
  },
  cache_off: { status: 503, type: 'internal_error', text: 'No cache is configured' },
  state_unwritable: {
    status: 503,
    type: 'internal_error',
    text: 'The state file of the gateway cannot be written',
  },
  shutting_down: { status: 503, type: 'internal_error', text: 'The gateway is shutting down' },
  overloaded: { status: 503, type: 'capture_error', text: 'The trace store cannot keep up' },
  upstream_connect_timeout: {
    status: 504,
    type: 'upstream_error',
    text: 'The upstream did not accept a connection in time',
  },
  upstream_timeout: {
    status: 504,
    type: 'upstream_error',
    text: 'The upstream did not start to answer in time',
  },
  upstream_stalled: {
    status: 502,
    type: 'upstream_error',
    text: 'The upstream stopped sending in the middle of its answer',
  },
  deadline: {
    status: 504,
    type: 'upstream_error',
    text: 'The call took longer than its total deadline',
  },
  client_stalled: {
    status: 499,
    type: 'invalid_request_error',
    text: 'The client stopped reading its answer',
  },
  config_invalid: { status: 500, type: 'config_error', text: 'The configuration is not valid' },
  plugin_invalid: { status: 500, type: 'config_error', text: 'A plugin cannot be loaded' },
  store_unusable: { status: 500, type: 'capture_error', text: 'The trace store cannot be used' },
} as const satisfies Record<string, { status: number; type: string; text: string }>

/** A code of {@link CODES}; it is the `code` field of every error body. */
export type ErrorCode = keyof typeof CODES
