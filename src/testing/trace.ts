import type { Call, FullTrace, Intent, JsonObject } from '../plugin/index.ts'
import { pendingTrace } from '../trace/pending-trace.ts'
import { deepFreeze } from '../util/deep-freeze.ts'
import type { TakenReply } from './reply.ts'
import type { Sending } from './send.ts'

/** What is known of a call before it is sent. */
export function intentOf(call: Call): Intent {
  return deepFreeze({
    trace_id: call.id,
    session_ids: call.sessions,
    timestamp: call.startedAt / 1000,
    model: call.model,
    dialect: call.dialect,
    streaming: call.streaming,
    metadata: call.metadata,
    request_id: call.requestId,
    idempotency_key: call.headers['idempotency-key'] ?? null,
    received: Buffer.from(JSON.stringify(call.received)),
  })
}

/** The record of a reply before plugins add to it, frozen: they add by returning a new one. */
export function baseTrace(call: Call, sending: Sending, taken: TakenReply): FullTrace {
  const intent = intentOf(call)
  const { status, reason, warnings, edits, response, stream, httpStatus } = taken
  const isUnchanged = sending.sent === call.received
  return deepFreeze({
    ...pendingTrace(intent, null),
    seq: 0,
    status,
    reason,
    http_status: httpStatus,
    upstream: sending.upstream,
    attempts: sending.attempts.map((_, index) => ({
      upstream: sending.upstream,
      started_ms: 0,
      status: index === sending.attempts.length - 1 ? httpStatus : null,
      error: null,
    })),
    params_sent: differing(call.received, sending.sent),
    changes: sending.changes,
    warnings,
    wire: {
      received: intent.received,
      sent: isUnchanged ? null : Buffer.from(JSON.stringify(sending.sent)),
      response,
      edits,
      stream,
    },
  })
}

/** Parameters that were sent and are not what came in; null for those taken out. */
function differing(received: JsonObject, sent: JsonObject): JsonObject {
  const keys = [...new Set([...Object.keys(received), ...Object.keys(sent)])]
  const changed = keys.filter((key) => received[key] !== sent[key])
  return Object.fromEntries(changed.map((key) => [key, sent[key] ?? null]))
}
