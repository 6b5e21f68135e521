import type { Intent, JsonObject, Trace } from '../plugin/index.ts'
import { requestMessages, requestTools } from './derive.ts'
import { UNTOLD } from './untold.ts'

/** The trace of a call of which only the intent is known: under way, or left behind by a dead process. */
export function pendingTrace(
  intent: Omit<Intent, 'received'>,
  request: JsonObject | null,
): Omit<Trace, 'seq'> {
  return {
    trace_id: intent.trace_id,
    session_id: intent.session_ids[0] ?? '',
    session_ids: intent.session_ids,
    status: 'pending',
    reason: null,
    model: intent.model,
    ...UNTOLD,
    messages: requestMessages(request),
    latency_ms: 0,
    ttft_ms: null,
    timestamp: intent.timestamp,
    metadata: intent.metadata,
    raw_request: request,
    dialect: intent.dialect,
    streaming: intent.streaming,
    http_status: null,
    upstream: null,
    attempts: [],
    tools: requestTools(request),
    params_sent: {},
    changes: [],
    request_id: intent.request_id,
    idempotency_key: intent.idempotency_key,
    warnings: [],
    extra: {},
  }
}
