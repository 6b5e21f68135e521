import { randomUUID } from 'node:crypto'
import type { Choice, FullTrace, Intent, TraceCaller, WireRecord } from 'sluice/plugin'
import type { SpendRow } from '../../src/trace/index.ts'
import { blankTrace } from '../support/blank-trace.ts'

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The body of a call with this much said before it. */
export function chatBody(...contents: readonly string[]): Uint8Array {
  const messages = contents.map((content, at) => ({
    role: at % 2 === 0 ? 'user' : 'assistant',
    content,
  }))
  return utf8(JSON.stringify({ model: 'model', messages }))
}

export function intentOf(fields: Partial<Intent> = {}): Intent {
  return {
    trace_id: randomUUID(),
    session_ids: ['session'],
    timestamp: 1000,
    model: 'model',
    dialect: 'chat',
    streaming: false,
    metadata: { task: 'sum' },
    request_id: 'request',
    idempotency_key: null,
    received: chatBody('hello'),
    ...fields,
  }
}

export function wireOf(fields: Partial<WireRecord> = {}): WireRecord {
  return {
    received: chatBody('hello'),
    sent: null,
    response: utf8('{"ok":true}'),
    edits: [],
    stream: false,
    ...fields,
  }
}

/** An ended call; `session_id` follows from `session_ids`. */
export function traceOf(fields: Partial<FullTrace> = {}): FullTrace {
  const session_ids = fields.session_ids ?? ['session']
  return blankTrace({
    trace_id: randomUUID(),
    timestamp: 1000,
    wire: wireOf(),
    ...fields,
    session_ids,
    session_id: session_ids[0] ?? '',
  })
}

/** The trace of a call that was begun with this intent. */
export function endingOf(intent: Intent, fields: Partial<FullTrace> = {}): FullTrace {
  const { trace_id, session_ids, timestamp, received } = intent
  return traceOf({ trace_id, session_ids, timestamp, wire: wireOf({ received }), ...fields })
}

export function choiceOf(fields: Partial<Choice> = {}): Choice {
  return {
    index: 0,
    message: { role: 'assistant', content: 'hi' },
    finish_reason: 'stop',
    stop_reason: null,
    prompt_token_ids: null,
    token_ids: null,
    logprobs: null,
    tokens: null,
    bytes: null,
    top_logprobs: null,
    routing_matrices: null,
    flags: [],
    extra: {},
    ...fields,
  }
}

/** What reading a saved trace must give, but for the two fields that are derived from its bytes. */
export function asRead(trace: FullTrace): Record<string, unknown> {
  const { wire: _, raw_request: _request, raw_response: _response, seq: _seq, ...rest } = trace
  return rest
}

export function callerOf(fields: Partial<TraceCaller> = {}): TraceCaller {
  return {
    key_hash: null,
    key_alias: null,
    user_id: null,
    team_id: null,
    team_alias: null,
    end_user: null,
    ...fields,
  }
}

/** What a call cost, as the books have it. */
export function spendOf(fields: Partial<SpendRow> = {}): SpendRow {
  return {
    request_id: randomUUID(),
    started_at: 1000,
    ended_at: 1000,
    call_type: 'acompletion',
    model: 'm',
    model_group: 'model',
    model_id: '',
    api_base: '',
    provider: '',
    caller: null,
    session_id: 'session',
    status: 'success',
    prompt_tokens: 10,
    completion_tokens: 2,
    duration_ms: 0,
    ttft_ms: null,
    spend: 0,
    cache_hit: false,
    cache_key: null,
    tags: [],
    ...fields,
  }
}
