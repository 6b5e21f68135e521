import type { FullTrace } from 'sluice/plugin'
import { UNTOLD } from '../../src/trace/untold.ts'

/** The trace of a call about which nothing is known yet, with the fields a test cares about. */
export function blankTrace(fields: Partial<FullTrace> = {}): FullTrace {
  return {
    trace_id: '00000000-0000-4000-8000-000000000000',
    session_id: 'session',
    model: 'model',
    ...UNTOLD,
    latency_ms: 0,
    timestamp: 0,
    metadata: {},
    raw_request: null,
    seq: 1,
    session_ids: ['session'],
    status: 'complete',
    reason: null,
    dialect: 'chat',
    streaming: false,
    http_status: 200,
    upstream: null,
    attempts: [],
    params_sent: {},
    changes: [],
    ttft_ms: null,
    request_id: 'request',
    idempotency_key: null,
    warnings: [],
    extra: {},
    wire: {
      received: new Uint8Array(),
      sent: null,
      response: new Uint8Array(),
      edits: [],
      stream: false,
    },
    ...fields,
  }
}
