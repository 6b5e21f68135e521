import type { ErrorCode } from '../errors/index.ts'

/** What an upstream failed of, as far as it matters for who is asked next. */
export type FailureKind =
  | 'bad_request'
  | 'authentication'
  | 'not_found'
  | 'timeout'
  | 'rate_limit'
  | 'context_window'
  | 'content_policy'
  | 'internal_server'
  | 'service_unavailable'

/** A number for some kinds of failure; `default` is for those that are not named. */
export type ByFailure = Readonly<Partial<Record<FailureKind | 'default', number>>>

/** A failed attempt. */
export interface Failure {
  readonly kind: FailureKind
  /** HTTP status; that of the gateway's own error when no answer came. */
  readonly status: number
  /** What the upstream asked for in `retry-after`, in milliseconds. */
  readonly retryAfterMs: number | null
}

/**
 * How servers say that a prompt is too long: OpenAI, vLLM before and since 0.16, SGLang, TGI, llama.cpp,
 * Azure and Anthropic.
 */
const TOO_LONG: readonly RegExp[] = [
  /maximum context (?:length|limit)/,
  /context length is only/,
  /context_length_exceeded/,
  /exceeds? (?:the )?(?:model'?s )?(?:maximum |available )?context (?:length|limit|size|window)/,
  /longer than the model'?s context length/,
  /input tokens exceed the configured limit/,
  /`inputs` tokens \+ `max_new_tokens` must be/,
  /exceeds the maximum number of tokens allowed/,
  /prompt is too long/,
  /current length is .* while limit is/,
]

const UNWANTED =
  /content[_ ]policy|content management policy|content_filter|responsibleaipolicyviolation|safety system/

/** What an error reply says. Its message counts in any case of letters. */
export function kindOfReply(status: number, message: string, param: string | null): FailureKind {
  if (status === 400 || status === 413 || status === 422) {
    const text = message.toLowerCase()
    if (text.includes('string_above_max_length')) return 'bad_request'
    // vLLM since 0.16 names the parameter that is too long in this way.
    if (param === 'input_tokens' || TOO_LONG.some((way) => way.test(text))) return 'context_window'
    return UNWANTED.test(text) ? 'content_policy' : 'bad_request'
  }
  if (status === 401 || status === 403) return 'authentication'
  if (status === 404) return 'not_found'
  if (status === 408 || status === 504) return 'timeout'
  if (status === 429) return 'rate_limit'
  if (status < 500) return 'bad_request'
  return status === 503 ? 'service_unavailable' : 'internal_server'
}

/** The kind of an error that came in place of a reply; null: not of the upstream's making. */
export function kindOfError(code: ErrorCode): FailureKind | null {
  switch (code) {
    case 'upstream_timeout':
    case 'upstream_connect_timeout':
      return 'timeout'
    case 'upstream_unreachable':
      return 'service_unavailable'
    case 'upstream_reset':
    case 'upstream_stalled':
    case 'upstream_protocol':
      return 'internal_server'
    case 'upstreams_busy':
      return 'rate_limit'
    case 'context_length_exceeded':
      return 'context_window'
    case 'no_upstream':
      return 'service_unavailable'
    case 'model_not_found':
      return 'not_found'
    default:
      return null
  }
}

/**
 * Milliseconds that `retry-after` (RFC 9110, section 10.2.3: seconds or a date) or OpenAI's
 * `retry-after-ms` asks for; null when it is absent, no number or over.
 */
export function retryAfterOf(
  headers: Readonly<Record<string, string>>,
  now: number = Date.now(),
): number | null {
  const exact = Number(headers['retry-after-ms'] ?? Number.NaN)
  if (exact > 0) return exact
  const said = headers['retry-after']
  if (said === undefined) return null
  const ms = /^\s*\d+(?:\.\d+)?\s*$/.test(said) ? Number(said) * 1_000 : Date.parse(said) - now
  return ms > 0 ? ms : null
}
