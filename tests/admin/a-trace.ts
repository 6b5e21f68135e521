import type { FullTrace } from '../../src/plugin/index.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A complete chat trace with everything a field can hold; overridden where a test cares. */
export function aTrace(id: string, over: Partial<FullTrace> = {}): FullTrace {
  const session = over.session_ids?.[0] ?? over.session_id ?? 's1'
  const upstream = {
    name: 'sim',
    kind: 'vllm',
    url: 'http://127.0.0.1:1/v1',
    simulated: true,
  } as const
  const message = { role: 'assistant', content: 'Hello there' }
  return {
    trace_id: id,
    session_id: session,
    model: 'tiny',
    messages: [{ role: 'user', content: 'Hi' }],
    prompt_token_ids: [1, 2, 3],
    response_message: message,
    completion_token_ids: [10, 11],
    logprobs: [-0.25, -1.5],
    routing_matrices: null,
    finish_reason: 'stop',
    weight_version: 7,
    latency_ms: 120.5,
    token_counts: { prompt: 3, completion: 2 },
    timestamp: 1_700_000_000,
    metadata: { step: 1 },
    raw_request: null,
    raw_response: null,
    seq: 0,
    session_ids: [session],
    status: 'complete',
    reason: null,
    dialect: 'chat',
    streaming: false,
    http_status: 200,
    response_model: 'tiny',
    upstream,
    attempts: [{ upstream, started_ms: 1, status: 200, error: null }],
    choices: [
      {
        index: 0,
        message,
        finish_reason: 'stop',
        stop_reason: null,
        prompt_token_ids: null,
        token_ids: [10, 11],
        logprobs: [-0.25, -1.5],
        tokens: ['Hello', ' there'],
        bytes: null,
        top_logprobs: null,
        routing_matrices: null,
        flags: [],
        extra: {},
      },
    ],
    tools: null,
    params_sent: { logprobs: true },
    changes: [{ plugin: 'parameter-injection', hook: 'attempt', keys: ['logprobs'] }],
    ttft_ms: 20,
    weight_version_end: 7,
    usage: { prompt_tokens: 3, completion_tokens: 2 },
    cost: null,
    checks: {
      ids_match_usage: true,
      prompt_matches_usage: true,
      logprobs_aligned: true,
      extends_last_turn: null,
    },
    agent: null,
    parent_agent: null,
    request_id: `req-${id}`,
    idempotency_key: null,
    client_retry: null,
    warnings: [],
    extra: {},
    wire: {
      received: bytes('{"model":"tiny","messages":[{"role":"user","content":"Hi"}]}'),
      sent: null,
      response: bytes('{"choices":[],"secret":1}'),
      edits: [{ at: 13, removed: 11, inserted: null }],
      stream: false,
    },
    ...over,
  }
}
