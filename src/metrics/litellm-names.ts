import type { Add, Families, Observe } from './families.ts'

/** Seconds, as LiteLLM's dashboards expect them. */
const LATENCY_BUCKETS: readonly number[] = [
  0.005,
  0.00625,
  0.0125,
  0.025,
  0.05,
  0.1,
  ...Array.from({ length: 20 }, (_, at) => (at + 1) / 2),
  15,
  20,
  25,
  30,
  60,
  120,
  180,
  240,
  300,
]

const KEY = ['hashed_api_key', 'api_key_alias']
const K = ['end_user', ...KEY]
const T = ['team', 'team_alias']
const ASKED = [...K, 'requested_model', ...T, 'user']
const PLACE = ['litellm_model_name', 'model_id', 'api_base', 'api_provider']
const EXCEPTION = ['exception_status', 'exception_class']
const ATTEMPT = ['requested_model', ...PLACE, ...KEY, ...T]
const FALLBACK = ['requested_model', 'fallback_model', ...KEY, ...T, ...EXCEPTION]

/** The families under LiteLLM's names, with its labels. */
export interface LitellmFamilies {
  readonly proxyTotal: Add
  readonly proxyFailed: Add
  readonly requests: Add
  readonly spend: Add
  readonly tokens: Add
  readonly inputTokens: Add
  readonly outputTokens: Add
  readonly totalLatency: Observe
  readonly apiLatency: Observe
  readonly firstToken: Observe
  readonly overhead: Observe
  readonly attempts: Add
  readonly attemptsAnswered: Add
  readonly attemptsFailed: Add
  readonly perToken: Observe
  readonly leftOut: Add
  readonly fallbacksAnswered: Add
  readonly fallbacksFailed: Add
  readonly callbackFailures: Add
}

export function litellmFamilies({ counter, histogram }: Families): LitellmFamilies {
  const count = (name: string, help: string, names: readonly string[]): Add =>
    counter(`litellm_${name}_total`, help, names)
  const seconds = (name: string, help: string, names: readonly string[]): Observe =>
    histogram(`litellm_${name}`, help, LATENCY_BUCKETS, names)
  const tokens = [...ASKED, 'model']
  return {
    proxyTotal: count('proxy_total_requests_metric', 'Calls that came in.', [
      ...ASKED,
      'status_code',
      'user_email',
      'route',
      'model_id',
    ]),
    proxyFailed: count('proxy_failed_requests_metric', 'Calls that got no whole answer.', [
      ...ASKED,
      'user_email',
      ...EXCEPTION,
      'route',
      'model_id',
    ]),
    requests: count('requests_metric', 'Calls that were answered.', [
      ...K,
      'model',
      ...T,
      'user',
      'user_email',
    ]),
    spend: count('spend_metric', 'What calls cost, in US dollars.', [...K, 'model', ...T, 'user']),
    tokens: count('total_tokens_metric', 'Tokens of prompts and answers.', tokens),
    inputTokens: count('input_tokens_metric', 'Tokens of prompts.', tokens),
    outputTokens: count('output_tokens_metric', 'Tokens of answers.', tokens),
    totalLatency: seconds('request_total_latency_metric', 'From the call to its committed trace.', [
      ...tokens,
      'model_id',
    ]),
    apiLatency: seconds(
      'llm_api_latency_metric',
      'From the last attempt to the end of its reply.',
      tokens,
    ),
    firstToken: seconds(
      'llm_api_time_to_first_token_metric',
      'From the last attempt to the first byte of a streamed reply.',
      [...tokens, 'model_id'],
    ),
    overhead: seconds('overhead_latency_metric', 'What the gateway itself took of a call.', [
      'model_group',
      'api_provider',
      'api_base',
      'litellm_model_name',
      ...KEY,
    ]),
    attempts: count('deployment_total_requests', 'Attempts at an upstream.', ATTEMPT),
    attemptsAnswered: count(
      'deployment_success_responses',
      'Attempts that were answered.',
      ATTEMPT,
    ),
    attemptsFailed: count('deployment_failure_responses', 'Attempts that failed.', [
      ...ATTEMPT,
      ...EXCEPTION,
    ]),
    perToken: seconds(
      'deployment_latency_per_output_token',
      'Time at the upstream by token of the answer.',
      [...PLACE, ...KEY, ...T],
    ),
    leftOut: count('deployment_cooled_down', 'How often an upstream was left out.', [
      ...PLACE,
      'exception_status',
    ]),
    fallbacksAnswered: count(
      'deployment_successful_fallbacks',
      'Models that answered in place of one that had failed.',
      FALLBACK,
    ),
    fallbacksFailed: count(
      'deployment_failed_fallbacks',
      'Models that failed as well, in place of one that had.',
      FALLBACK,
    ),
    callbackFailures: count(
      'callback_logging_failures_metric',
      'Failures of a plugin, by its name.',
      ['callback_name'],
    ),
  }
}
