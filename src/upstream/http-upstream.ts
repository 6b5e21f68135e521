import { Pool, type Dispatcher } from 'undici'
import { GatewayError, type ErrorCode } from '../errors/index.ts'
import type { Headers, Outgoing, Reply, Upstream, UpstreamKind } from '../plugin/index.ts'
import { replyHeaders } from '../wire/headers.ts'
import { BodyQueue } from './body-queue.ts'
import { inflated } from './inflate.ts'
import { upstreamFailure } from './failure.ts'

export interface HttpUpstreamOptions {
  readonly name: string
  /** Base URL; a trailing `/v1` belongs to the call's path and is taken off. */
  readonly url: string
  readonly kind: UpstreamKind
  readonly models: readonly string[] | null
  readonly simulated: boolean
  /** Sent to this upstream only, after routing. */
  readonly headers: Headers
  readonly passAuthorization: boolean
  readonly connections: number
  readonly connectMs: number
  readonly headersMs: number
  readonly idleMs: number
  readonly maxResponseBytes: number
}

/** An upstream reached over HTTP/1.1 with its own pool of sockets. */
export interface HttpUpstream extends Upstream {
  readonly passAuthorization: boolean
  /** Says what the server turned out to be. */
  identify(kind: UpstreamKind): void
  close(): Promise<void>
}

/**
 * Makes the upstream. undici's `dispatch` is used directly: it costs a third of got's CPU per call and
 * gives the pause and resume that back-pressure needs. Redirects are never followed.
 */
export function createHttpUpstream(options: HttpUpstreamOptions): HttpUpstream {
  const base = new URL(options.url)
  const prefix = base.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
  const pool = new Pool(base.origin, {
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: options.connectMs },
    headersTimeout: options.headersMs,
    bodyTimeout: options.idleMs,
    // Below the five seconds after which uvicorn closes an idle socket, so that a call is not sent
    // into a connection that is just being closed.
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 60_000,
    maxHeaderSize: 65_536,
  })
  let inFlight = 0
  let kind = options.kind

  return {
    name: options.name,
    get kind() {
      return kind
    },
    url: base.origin + prefix,
    simulated: options.simulated,
    models: options.models,
    healthy: true,
    passAuthorization: options.passAuthorization,
    get inFlight() {
      return inFlight
    },
    identify: (found) => {
      kind = found
    },
    async send(outgoing, signal) {
      inFlight += 1
      const done = once(() => (inFlight -= 1))
      try {
        const reply = await exchange(pool, prefix, options, outgoing, signal, done)
        return inflated(reply, options.maxResponseBytes)
      } catch (thrown) {
        done()
        throw thrown
      }
    },
    close: () => pool.destroy(),
  }
}

function exchange(
  pool: Pool,
  prefix: string,
  options: HttpUpstreamOptions,
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
        path: prefix + outgoing.path,
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

function once(run: () => void): () => void {
  let ran = false
  return () => {
    if (!ran) run()
    ran = true
  }
}
