import { GatewayError } from '../errors/index.ts'
import type { Attempt, JsonObject, Outgoing, Reply, Upstream } from '../plugin/index.ts'
import { sendAbortably, type Terms } from '../upstream/index.ts'
import { forwardable } from '../wire/headers.ts'
import { spliceObject } from '../wire/json-splice.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'
import { suit } from './suit.ts'

/**
 * Sends the call to one upstream, in the words that suit it, and notes the attempt.
 *
 * @throws {GatewayError} what went wrong before an answer began
 */
export async function makeAttempt(
  exchange: Exchange,
  attempt: Attempt,
  upstream: Upstream,
  parts: Parts,
): Promise<Reply> {
  await shape(exchange, attempt, upstream, parts)
  return send(exchange, upstream, parts)
}

/** Writes what became of an attempt; null: its reply is the answer. */
export function noteAttempt(exchange: Exchange, index: number, error: string | null): void {
  const attempt = exchange.attempts[index]
  if (attempt) exchange.attempts[index] = { ...attempt, error }
}

/** Suits the params to the upstream, lets plugins do so, and makes the bytes that say them. */
export async function shape(
  exchange: Exchange,
  attempt: Attempt,
  upstream: Upstream,
  parts: Parts,
): Promise<void> {
  const { body, call } = exchange
  if (!body.json) return
  const suited = suit(exchange, upstream, parts)
  const { params, changes } = await parts.host.attempt(suited.params, call, attempt)
  const earlier = exchange.changes.filter(({ hook }) => hook !== 'attempt' && hook !== 'route')
  exchange.changes.splice(0, Infinity, ...earlier, ...suited.changes, ...changes)
  exchange.sentBytes = params === body.json ? body.bytes : encoded(exchange, params)
  exchange.sentParams = params
}

/** The body that says these params. What plugins gave may have no form in JSON, such as a circle. */
function encoded({ body, changes }: Exchange, params: JsonObject): Buffer {
  try {
    return spliceObject(body.bytes, body.members, body.json ?? {}, params)
  } catch (cause) {
    const plugins = [...new Set(changes.map(({ plugin }) => plugin))].join(', ')
    throw new GatewayError('hook_failed', {
      detail: `params that are no JSON by ${plugins}`,
      cause,
    })
  }
}

async function send(exchange: Exchange, upstream: Upstream, parts: Parts): Promise<Reply> {
  const { routing } = exchange
  const { name, kind, url, simulated } = upstream
  exchange.upstream = upstream
  exchange.weightVersion = parts.weights.current
  const index = exchange.attempts.length
  exchange.attempts.push({
    upstream: { name, kind, url, simulated },
    started_ms: exchange.elapsed(),
    status: null,
    error: null,
    ...(routing.fallbacks > 0 ? { model: routing.model } : {}),
  })
  const deadline = headDeadline(exchange, upstream, parts)
  try {
    const request = outgoing(exchange, upstream, parts)
    const reply = await sendTo(upstream, request, deadline.signal, parts)
    const attempt = exchange.attempts[index]
    if (attempt) exchange.attempts[index] = { ...attempt, status: reply.status }
    return reply
  } catch (thrown) {
    const error =
      exchange.error ?? (thrown instanceof GatewayError ? thrown : asUpstreamError(thrown, name))
    noteAttempt(exchange, index, error.code)
    throw error
  } finally {
    deadline.clear()
  }
}

/**
 * How long the upstream has until it begins to answer: the shorter of what is agreed for it, or for all
 * of them, and what the caller asks for, in milliseconds; null where its sockets' own deadline will do.
 */
export function timeoutAt(
  { timeoutMs, streamTimeoutMs }: Pick<Terms, 'timeoutMs' | 'streamTimeoutMs'>,
  streaming: boolean,
  asked: number | null,
  { headersMs, streamHeadersMs }: Pick<Parts['timeouts'], 'headersMs' | 'streamHeadersMs'>,
): number | null {
  const agreed = streaming
    ? (streamTimeoutMs ?? timeoutMs ?? streamHeadersMs)
    : (timeoutMs ?? headersMs)
  const least = Math.min(agreed ?? Infinity, asked ?? Infinity)
  return least === Infinity ? null : least
}

/** The call's signal, which also aborts when the upstream has not begun to answer in its own time. */
function headDeadline(
  { call, routing }: Exchange,
  upstream: Upstream,
  { upstreams, timeouts }: Parts,
): { readonly signal: AbortSignal; clear(): void } {
  const terms = upstreams.termsOf(upstream)
  const ms = timeoutAt(terms, call.streaming, routing.timeoutMs, timeouts)
  if (ms === null) return { signal: call.signal, clear() {} }
  const late = new AbortController()
  const { name } = upstream
  const timer = setTimeout(() => {
    const detail = `${name} took more than ${ms} ms`
    late.abort(new GatewayError('upstream_timeout', { detail, owner: `upstream:${name}` }))
  }, ms)
  const signal = AbortSignal.any([call.signal, late.signal])
  return { signal, clear: () => clearTimeout(timer) }
}

function outgoing(exchange: Exchange, upstream: Upstream, parts: Parts): Outgoing {
  const { call, requestHeaders, path, sentBytes } = exchange
  const passAuthorization = 'passAuthorization' in upstream && upstream.passAuthorization === true
  const headers: Record<string, string> = {
    ...forwardable(requestHeaders, { passAuthorization }),
    via: [requestHeaders.via, `1.1 ${parts.viaName}`].filter(Boolean).join(', '),
    'x-request-id': call.requestId,
  }
  dropOwnSecrets(headers, exchange, parts)
  if (exchange.body.json) delete headers['content-encoding'] // It was inflated and goes on as it is now.
  if (parts.metadataHeader !== undefined) headers[parts.metadataHeader] = asciiJson(call.metadata)
  const hasBody = call.method !== 'GET' && call.method !== 'HEAD'
  return { method: call.method, path, headers, body: hasBody ? sentBytes : null }
}

/**
 * The gateway's own secrets are for no upstream, in whatever header a caller has put them. As a word of
 * its own: a short secret may well be a part of `application/json`.
 */
export function dropOwnSecrets(
  headers: Record<string, string>,
  { ownKeys }: Pick<Exchange, 'ownKeys'>,
  { settings }: Pick<Parts, 'settings'>,
): void {
  const secrets = [settings.adminToken, settings.masterKey, ...ownKeys].filter(
    (secret) => secret !== null,
  )
  if (secrets.length === 0) return
  for (const [name, value] of Object.entries(headers)) {
    if (!secrets.some((secret) => value.includes(secret))) continue
    const words = value.split(/[\s,;="]+/)
    if (secrets.some((secret) => value === secret || words.includes(secret))) delete headers[name]
  }
}

function asUpstreamError(cause: unknown, name: string): GatewayError {
  return new GatewayError('upstream_reset', { detail: name, owner: `upstream:${name}`, cause })
}

/** Header values are bytes; everything beyond ASCII is written as JSON escapes. */
function asciiJson(value: JsonObject): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The gateway's own upstreams obey the signal; those that plugins return may not. */
function sendTo(
  upstream: Upstream,
  request: Outgoing,
  signal: AbortSignal,
  parts: Parts,
): Promise<Reply> {
  if (parts.upstreams.owns(upstream)) return upstream.send(request, signal)
  return sendAbortably((...args) => upstream.send(...args), request, signal)
}
