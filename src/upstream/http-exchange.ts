import type { Dispatcher, Pool } from 'undici'
import { GatewayError, type ErrorCode } from '../errors/index.ts'
import type { Headers, Outgoing, Reply } from '../plugin/index.ts'
import { replyHeaders } from '../wire/headers.ts'
import { BodyQueue } from './body-queue.ts'
import { upstreamFailure } from './failure.ts'

/** What an exchange needs to know of its upstream. */
export interface ExchangeOptions {
  readonly name: string
  /** Sent to this upstream only. */
  readonly headers: Headers
  readonly maxResponseBytes: number
}

/**
 * Sends one request over a pool and resolves with the head of its reply; `done` is called once the
 * reply has ended, however it did. undici's `dispatch` is used directly: it costs a third of got's CPU
 * per call and gives the pause and resume that back-pressure needs. Redirects are never followed.
 */
export function exchangeOver(
  pool: Pool,
  options: ExchangeOptions,
  outgoing: Outgoing,
  signal: AbortSignal,
  done: () => void,
): Promise<Reply> {
  return new Promise<Reply>((resolve, reject) => {
    if (signal.aborted) return reject(asError(signal.reason))
    let controller: Dispatcher.DispatchController | undefined
    let body: BodyQueue | undefined
    let received = 0
    const abort = (): void => {
      const reason = asError(signal.reason)
      controller?.abort(reason)
      settle(reason)
    }
    const settle = (error?: Error): void => {
      signal.removeEventListener('abort', abort)
      done()
      if (!error) body?.end()
      else if (body) body.fail(signal.aborted ? error : upstreamFailure(error, options.name))
      else reject(signal.aborted ? error : upstreamFailure(error, options.name))
    }
    signal.addEventListener('abort', abort)
    pool.dispatch(
      {
        method: outgoing.method as Dispatcher.HttpMethod,
        path: outgoing.path,
        headers: { ...outgoing.headers, ...options.headers, 'accept-encoding': 'identity' },
        body: outgoing.body,
      },
      {
        onRequestStart(given) {
          controller = given
          if (signal.aborted) abort()
        },
        onResponseStart(given, status, headers) {
          if (status < 200) return
          const defect = defectOf(status, headers['transfer-encoding'])
          if (defect) {
            const { name } = options
            const error = new GatewayError(defect, { detail: name, owner: `upstream:${name}` })
            given.abort(error)
            return settle(error)
          }
          body = new BodyQueue({
            pause: () => given.pause(),
            resume: () => given.resume(),
            abandon: () => given.abort(new Error('the reader left')),
          })
          resolve({ status, headers: joined(replyHeaders(headers)), body })
        },
        onResponseData(given, bytes) {
          received += bytes.length
          if (received > options.maxResponseBytes) {
            const error = new GatewayError('upstream_too_large', {
              detail: `${options.name} sent more than ${options.maxResponseBytes} bytes`,
              owner: `upstream:${options.name}`,
            })
            given.abort(error)
            return settle(error)
          }
          body?.push(bytes)
        },
        onResponseEnd: () => settle(),
        onResponseError: (_given, error) => settle(error),
      },
    )
  })
}

/** Why a reply cannot be used, as far as its head tells. undici undoes chunks, but no other coding. */
function defectOf(status: number, coding: string | string[] | undefined): ErrorCode | undefined {
  if (status >= 300 && status < 400 && status !== 304) return 'upstream_redirect'
  if (coding === undefined || /^(?:chunked|identity)$/i.test(String(coding))) return undefined
  return 'upstream_protocol'
}

function joined(headers: Record<string, string | string[]>): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  )
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
