import { GatewayError, type ErrorCode } from '../errors/index.ts'

const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: 'upstream_unreachable',
  ENOTFOUND: 'upstream_unreachable',
  EAI_AGAIN: 'upstream_unreachable',
  EHOSTUNREACH: 'upstream_unreachable',
  ENETUNREACH: 'upstream_unreachable',
  UND_ERR_CONNECT_TIMEOUT: 'upstream_connect_timeout',
  UND_ERR_HEADERS_TIMEOUT: 'upstream_timeout',
  UND_ERR_BODY_TIMEOUT: 'upstream_stalled',
  UND_ERR_SOCKET: 'upstream_reset',
  ECONNRESET: 'upstream_reset',
  EPIPE: 'upstream_reset',
  // Not for want of an upstream, but of file descriptors here.
  EMFILE: 'internal',
  ENFILE: 'internal',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'upstream_protocol',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'upstream_too_large',
  UND_ERR_HEADERS_OVERFLOW: 'upstream_protocol',
  UND_ERR_INVALID_ARG: 'internal',
  UND_ERR_NOT_SUPPORTED: 'internal',
  UND_ERR_DESTROYED: 'shutting_down',
  UND_ERR_CLOSED: 'shutting_down',
}

/** Failures after which it is certain that the upstream has seen nothing of the call. */
const NEVER_SENT: ReadonlySet<ErrorCode> = new Set([
  'upstream_unreachable',
  'upstream_connect_timeout',
])

/**
 * Says in the gateway's own words what went wrong on the way to or from an upstream.
 *
 * @param connected false when there was no connection yet that the request could have been written to
 */
export function upstreamFailure(
  thrown: unknown,
  upstream: string,
  connected: boolean,
): GatewayError {
  if (thrown instanceof GatewayError) return thrown
  const code = codeOf(thrown)
  return new GatewayError(connected ? onConnection(code) : onTheWay(code), {
    detail: `${upstream}${code ? ` (${code})` : ''}`,
    owner: `upstream:${upstream}`,
    cause: thrown,
  })
}

function onConnection(code: string): ErrorCode {
  const isBroken = code.startsWith('HPE_') || /CERT|SSL|TLS/.test(code)
  return isBroken ? 'upstream_protocol' : (BY_CODE[code] ?? 'upstream_reset')
}

/** A reset there, or a certificate that is not believed, has cost the call nothing yet. */
function onTheWay(code: string): ErrorCode {
  const known = BY_CODE[code] ?? 'upstream_reset'
  return known === 'upstream_reset' ? 'upstream_unreachable' : known
}

/** True when the call may be sent elsewhere: it has not been seen by the upstream that failed. */
export function neverSent(error: GatewayError): boolean {
  return NEVER_SENT.has(error.code)
}

function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return ''
  if (thrown instanceof AggregateError) return codeOf(thrown.errors[0])
  if (thrown.name === 'HTTPParserError') return 'HPE_INVALID' // undici gives it no code of its own.
  return (thrown as NodeJS.ErrnoException).code ?? ''
}
