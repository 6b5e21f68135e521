import { GatewayError } from '../errors/index.ts'
import type { Exchange } from './exchange.ts'

/** The most seconds that make sense: a timer of Node holds no more than 2^31 - 1 milliseconds. */
const MOST_SECONDS = 2_147_483

/**
 * How long an upstream may take to begin its answer, as the caller of LiteLLM's proxy says it, in
 * milliseconds; null where nothing is said. For streams `stream_timeout` comes before `timeout`, and a
 * field of the body before its header.
 *
 * @throws {GatewayError} `bad_body` for what is no number of seconds
 */
export function askedTimeout({ params, requestHeaders, call }: Exchange): number | null {
  const timeout = secondsOf('timeout', params['timeout'] ?? requestHeaders['x-litellm-timeout'])
  const streamTimeout = secondsOf(
    'stream_timeout',
    params['stream_timeout'] ?? requestHeaders['x-litellm-stream-timeout'],
  )
  const seconds = (call.streaming ? streamTimeout : null) ?? timeout
  return seconds === null ? null : Math.ceil(seconds * 1000)
}

function secondsOf(param: string, said: unknown): number | null {
  if (said === undefined || said === null) return null
  const isText = typeof said === 'string' && said.trim() !== ''
  const seconds = typeof said === 'number' || isText ? Number(said) : Number.NaN
  if (seconds > 0 && seconds <= MOST_SECONDS) return seconds
  throw new GatewayError('bad_body', {
    param,
    detail: `\`${param}\` must be a number of seconds above 0`,
  })
}
