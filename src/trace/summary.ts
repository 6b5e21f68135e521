import type { Trace } from '../plugin/index.ts'
import type { TraceSummary } from './store.ts'

/** A trace without its payload. */
export function summarize(trace: Trace): TraceSummary {
  return {
    trace_id: trace.trace_id,
    session_id: trace.session_id,
    seq: trace.seq,
    model: trace.model,
    dialect: trace.dialect,
    streaming: trace.streaming,
    status: trace.status,
    reason: trace.reason,
    finish_reason: trace.finish_reason,
    prompt_tokens: trace.token_counts.prompt ?? null,
    completion_tokens: trace.token_counts.completion ?? null,
    latency_ms: trace.status === 'pending' ? null : trace.latency_ms,
    ttft_ms: trace.ttft_ms,
    timestamp: trace.timestamp,
    upstream: trace.upstream?.name ?? null,
    simulated: trace.upstream?.simulated ?? false,
  }
}
