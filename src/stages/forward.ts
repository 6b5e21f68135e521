import type { IncomingHttpHeaders } from 'node:http'
import { GatewayError } from '../errors/index.ts'
import type { Attempt, JsonObject, Outgoing, Refusal, Reply, Upstream } from '../plugin/index.ts'
import { neverSent, sendAbortably } from '../upstream/index.ts'
import { readError } from '../wire/error-body.ts'
import { forwardable } from '../wire/headers.ts'
import { spliceObject } from '../wire/json-splice.ts'
import type { Exchange } from './exchange.ts'
import type { Parts } from './parts.ts'

/** How often plugins may have a refused attempt made anew. */
const MAX_AGAIN = 2
/** How much of an error body is read to tell plugins why the upstream refused. */
const MAX_REFUSAL_BYTES = 1_048_576

/** A reply and the attempt that brought it. */
export interface Answer {
  readonly reply: Reply
  readonly attempt: Attempt
}

/**
 * Sends the call and returns the upstream's answer, whatever its status. A call that an upstream has
 * not seen moves to the next one, once each; one whose upstream died before it began to answer moves
 * once. Beyond that, what was sent is never sent again, because the model may have run, unless the
 * upstream refused it and a plugin mends the params.
 */
export async function forward(
  exchange: Exchange,
  route: readonly Upstream[],
  parts: Parts,
): Promise<Answer> {
  const order = [...route]
  let again = 0
  let hasMoved = false
  for (let index = 0; ; index += 1) {
    const upstream = order[0]
    if (!upstream) throw new GatewayError('no_upstream')
    await parts.upstreams.identified(upstream, exchange.call.signal)
    const attempt: Attempt = { index, upstream }
    await shape(exchange, attempt, parts)
    let reply: Reply
    try {
      reply = await send(exchange, upstream, parts)
    } catch (thrown) {
      const error = thrown as GatewayError
      if (exchange.call.signal.aborted) throw error
      parts.upstreams.failed(upstream, error)
      const isUnseen = neverSent(error)
      const mayMove = isUnseen || (!hasMoved && hasDied(upstream, error, parts))
      if (!mayMove || order.length === 1) throw error
      hasMoved ||= !isUnseen
      order.shift()
      continue
    }
    parts.upstreams.answered(upstream, reply.status)
    if (reply.status < 400 || again >= MAX_AGAIN) return { reply, attempt }
    const refused = await readRefusal(reply)
    if (!(await parts.host.refused(refused.refusal, exchange.call, attempt))) {
      return { reply: refused.reply, attempt }
    }
    void refused.discard()
    noteAttempt(exchange, refused.refusal.message.slice(0, 200))
    again += 1
  }
}

/**
 * True when the server went away with the call in its hands and nothing of an answer came back: no
 * sample is lost or had twice by asking another one. Slowness is no death. Not at OpenAI, where the
 * work that was lost may have been paid for, and not for what a plugin made, whose reasons are its own.
 */
function hasDied(upstream: Upstream, error: GatewayError, parts: Parts): boolean {
  if (upstream.kind === 'openai' || !parts.upstreams.owns(upstream)) return false
  return error.code === 'upstream_reset'
}

/** Lets plugins suit the params to the upstream and makes the bytes that say them. */
async function shape(exchange: Exchange, attempt: Attempt, parts: Parts): Promise<void> {
  const { body, call } = exchange
  if (!body.json) return
  const { params, changes } = await parts.host.attempt(exchange.params, call, attempt)
  const earlier = exchange.changes.filter(({ hook }) => hook !== 'attempt')
  exchange.changes.splice(0, Infinity, ...earlier, ...changes)
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
  const { call } = exchange
  const { name, kind, url, simulated } = upstream
  exchange.upstream = upstream
  exchange.weightVersion = parts.weights.current
  exchange.attempts.push({
    upstream: { name, kind, url, simulated },
    started_ms: exchange.elapsed(),
    status: null,
    error: null,
  })
  try {
    const reply = await sendTo(upstream, outgoing(exchange, upstream, parts), call.signal, parts)
    noteAttempt(exchange, null, reply.status)
    return reply
  } catch (thrown) {
    const error =
      exchange.error ?? (thrown instanceof GatewayError ? thrown : asUpstreamError(thrown, name))
    noteAttempt(exchange, error.code)
    throw error
  }
}

function outgoing(exchange: Exchange, upstream: Upstream, parts: Parts): Outgoing {
  const { call, requestHeaders, path, sentBytes } = exchange
  const passAuthorization =
    'passAuthorization' in upstream &&
    upstream.passAuthorization === true &&
    !holdsOwnSecret(requestHeaders, parts)
  const headers: Record<string, string> = {
    ...forwardable(requestHeaders, { passAuthorization }),
    via: [requestHeaders.via, `1.1 ${parts.viaName}`].filter(Boolean).join(', '),
    'x-request-id': call.requestId,
  }
  if (exchange.body.json) delete headers['content-encoding'] // It was inflated and goes on as it is now.
  if (parts.metadataHeader !== undefined) headers[parts.metadataHeader] = asciiJson(call.metadata)
  const hasBody = call.method !== 'GET' && call.method !== 'HEAD'
  return { method: call.method, path, headers, body: hasBody ? sentBytes : null }
}

/** The gateway's own secrets are for no upstream, wherever a caller has put them. */
function holdsOwnSecret(headers: IncomingHttpHeaders, { settings }: Parts): boolean {
  const secrets = [settings.adminToken, settings.masterKey].filter((secret) => secret !== null)
  if (secrets.length === 0) return false
  return Object.values(headers).some((value) => secrets.some((secret) => value?.includes(secret)))
}

/** An error reply that was read, or of a huge one the beginning. */
interface Refused {
  readonly refusal: Refusal
  /** The same reply, to be sent to the caller after all. */
  readonly reply: Reply
  /** Gives the rest up: unread, it would keep its socket busy. */
  discard(): unknown
}

/** Reads an error reply whole, and gives it back so that it can still be sent to the caller. */
async function readRefusal(reply: Reply): Promise<Refused> {
  const read: Uint8Array[] = []
  let size = 0
  const rest = reply.body[Symbol.asyncIterator]()
  let failure: unknown
  while (size < MAX_REFUSAL_BYTES) {
    try {
      const next = await rest.next()
      if (next.done) break
      read.push(next.value)
      size += next.value.byteLength
    } catch (thrown) {
      failure = thrown
      break
    }
  }
  async function* again(): AsyncGenerator<Uint8Array> {
    yield* read
    if (failure) throw failure
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
  }
  const { message, param } = readError(Buffer.concat(read).toString('utf8'))
  return {
    refusal: { status: reply.status, headers: reply.headers, message, param },
    reply: { status: reply.status, headers: reply.headers, body: again() },
    discard: () => rest.return?.(),
  }
}

function noteAttempt(exchange: Exchange, error: string | null, status?: number): void {
  const last = exchange.attempts.pop()
  if (last) exchange.attempts.push({ ...last, error, status: status ?? last.status })
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
