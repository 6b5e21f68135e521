import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import got, { RequestError, type Got } from 'got'
import type { JsonObject } from '../plugin/json.ts'
import { errorOfReply, GatewayClientError } from './client-error.ts'

/** Taken by every method that sends a request. */
export interface RequestOptions {
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for each attempt; the client's own by default. */
  readonly timeoutMs?: number | undefined
}

export interface HttpOptions {
  readonly timeoutMs: number
  readonly headers: Readonly<Record<string, string>>
  /** Attempts after the first. */
  readonly retry: number
}

export interface GatewayRequest extends RequestOptions {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: JsonObject
  /** True when the gateway may get it twice without harm. GETs always may. */
  readonly repeatable?: boolean
}

export interface GatewayReply {
  readonly body: unknown
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Sends requests to one gateway. */
export interface GatewayHttp {
  /** @throws {GatewayClientError} and the signal's reason once it is aborted. */
  send(request: GatewayRequest): Promise<GatewayReply>
  /** Closes the connections that are kept open. */
  close(): void
}

// The request cannot have reached the gateway.
const NOT_SENT: readonly string[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH']
const BROKEN: readonly string[] = [
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ERR_HTTP_CONTENT_LENGTH_MISMATCH',
]

/**
 * A server may close a kept connection in the moment a request leaves on it, and nobody can tell whether
 * it was read. So kept connections carry only what is harmless to repeat, and it is repeated; everything
 * else goes over a connection of its own.
 */
export function createGatewayHttp(root: string, options: HttpOptions): GatewayHttp {
  const kept = {
    http: new HttpAgent({ keepAlive: true }),
    https: new HttpsAgent({ keepAlive: true }),
  }
  const fresh = { http: new HttpAgent(), https: new HttpsAgent() }
  const client: Got = got.extend({
    headers: { 'user-agent': 'sluice-client', ...options.headers },
    throwHttpErrors: false,
    // Credentials go to the gateway that was named and nowhere else.
    followRedirect: false,
    retry: {
      limit: options.retry,
      methods: ['GET', 'POST', 'DELETE'],
      statusCodes: [],
      calculateDelay: ({ attemptCount, computedValue }) =>
        computedValue === 0 ? 0 : 25 * 4 ** (attemptCount - 1),
    },
  })

  return {
    async send(request) {
      const { method, path, query = {}, body, signal } = request
      const repeatable = request.repeatable ?? method === 'GET'
      const asked = `${method} ${root}${path}`
      signal?.throwIfAborted()
      try {
        const reply = await client(`${root}${path}`, {
          method,
          searchParams: { ...query },
          agent: repeatable ? kept : fresh,
          retry: { errorCodes: repeatable ? [...NOT_SENT, ...BROKEN] : [...NOT_SENT] },
          timeout: { request: request.timeoutMs ?? options.timeoutMs },
          ...(body === undefined ? {} : { json: body }),
          ...(signal === undefined ? {} : { signal }),
        })
        if (reply.statusCode < 200 || reply.statusCode > 299)
          throw errorOfReply(reply.statusCode, reply.body, asked)
        return { body: parse(reply.body, asked), headers: reply.headers }
      } catch (error) {
        signal?.throwIfAborted()
        if (!(error instanceof RequestError)) throw error
        throw new GatewayClientError(error.code, `${asked} failed: ${error.message}`, {
          cause: error,
        })
      }
    },
    close() {
      for (const agent of [kept.http, kept.https]) agent.destroy()
    },
  }
}

function parse(body: string, asked: string): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new GatewayClientError('bad_reply', `the answer to ${asked} is not JSON`, { cause })
  }
}
