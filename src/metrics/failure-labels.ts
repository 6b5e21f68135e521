import { CODES, type ErrorCode } from '../errors/index.ts'
import type { FullTrace, TraceAttempt } from '../plugin/index.ts'

/**
 * The status the caller was answered with. A reply that broke off after its head was sent has the
 * status of the head; one that broke off before it has that of the error in its place.
 */
export function statusOf({ status, reason, http_status: upstream, wire }: FullTrace): number {
  if (upstream !== null && (status !== 'partial' || wire.stream)) return upstream
  return isCode(reason) ? CODES[reason].status : (upstream ?? 500)
}

/**
 * The status an attempt failed with; null when it did not, or when it was the caller who left. The
 * attempt that was answered has failed as well when the answer then broke off.
 */
export function failureOf({ status, error }: TraceAttempt, trace: FullTrace): number | null {
  const isLast = trace.attempts.at(-1)?.error === null && error === null
  const broken = isLast && trace.status === 'partial' ? trace.reason : null
  const reason = error ?? broken
  if (reason === null) return status !== null && status >= 400 ? status : null
  if (!isCode(reason)) return status !== null && status >= 400 ? status : 502
  return CODES[reason].type === 'upstream_error' ? CODES[reason].status : null
}

function isCode(reason: string | null): reason is ErrorCode {
  return reason !== null && Object.hasOwn(CODES, reason)
}

/** The exception that OpenAI's SDKs raise for a status; dashboards group failures by it. */
export function exceptionClass(status: number): string {
  return CLASSES[status] ?? (status >= 500 ? 'InternalServerError' : 'APIError')
}

const CLASSES: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  401: 'AuthenticationError',
  403: 'PermissionDeniedError',
  404: 'NotFoundError',
  408: 'Timeout',
  409: 'ConflictError',
  413: 'BadRequestError',
  422: 'UnprocessableEntityError',
  429: 'RateLimitError',
  499: 'ClientClosedRequest',
  502: 'APIConnectionError',
  503: 'ServiceUnavailableError',
  504: 'Timeout',
}
