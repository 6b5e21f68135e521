import type { FullTrace, Intent } from '../../plugin/index.ts'
import { summarize } from '../summary.ts'
import type { CallRow } from './jobs.ts'
import { textKey } from './text-key.ts'

/** The columns of a call that has begun, in the order of `CALL_COLUMNS`. */
export function rowOfIntent({ model, dialect, streaming, timestamp }: Intent): CallRow {
  const name = textKey(model)
  const stream = Number(streaming)
  return ['pending', null, name, dialect, stream, null, null, null, null, null, timestamp, null, 0]
}

/** The columns of a call that has ended, in the order of `CALL_COLUMNS`. */
export function rowOfTrace(trace: FullTrace): CallRow {
  const summary = summarize(trace)
  return [
    summary.status,
    optional(summary.reason),
    textKey(summary.model),
    summary.dialect,
    Number(summary.streaming),
    optional(summary.finish_reason),
    summary.prompt_tokens,
    summary.completion_tokens,
    summary.latency_ms,
    summary.ttft_ms,
    summary.timestamp,
    optional(summary.upstream),
    Number(summary.simulated),
  ]
}

function optional(text: string | null): string | null {
  return text === null ? null : textKey(text)
}
