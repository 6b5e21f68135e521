import type { Add, Families, Observe } from './families.ts'

/** Seconds; a commit takes a few milliseconds, and at most as long as `store.deadline_ms` lets it. */
const HOLD_BUCKETS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20,
]

/** What this gateway counts beyond LiteLLM's names. */
export interface SluiceFamilies {
  readonly intents: Add
  readonly traces: Add
  readonly late: Add
  readonly failures: Add
  readonly refused: Add
  readonly repeated: Add
  readonly held: Observe
  readonly tokens: Add
  readonly moves: Add
  readonly lookups: Add
}

export function sluiceFamilies({ counter, histogram }: Families): SluiceFamilies {
  return {
    intents: counter('sluice_intents_total', 'Calls announced to the store before they were sent.'),
    traces: counter(
      'sluice_traces_committed_total',
      'Traces of calls that ended, by how they did.',
      ['status', 'reason', 'dialect'],
    ),
    late: counter('sluice_traces_late_total', 'Traces saved once the store was back.'),
    failures: counter(
      'sluice_capture_failures_total',
      'Intents and traces that could not be committed when they had to be.',
      ['step', 'code'],
    ),
    refused: counter('sluice_refused_total', 'Calls turned away without a trace, by error code.', [
      'code',
    ]),
    repeated: counter('sluice_repeated_total', 'Calls answered from the record of an earlier one.'),
    held: histogram(
      'sluice_held_back_seconds',
      'How long the ending of a reply was held until its trace was committed.',
      HOLD_BUCKETS,
    ),
    tokens: counter('sluice_tokens_total', 'Tokens in committed traces, also of broken calls.', [
      'kind',
      'status',
    ]),
    moves: counter(
      'sluice_session_moves_total',
      'Sessions answered by another upstream than before.',
      ['reason'],
    ),
    lookups: counter('sluice_cache_lookups_total', 'Calls looked up in the cache: hit or miss.', [
      'result',
    ]),
  }
}
