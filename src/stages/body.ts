import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, unzip } from 'node:zlib'
import type { Middleware } from 'koa'
import { koaBody } from 'koa-body'
import { asGatewayError, GatewayError } from '../errors/index.ts'
import { isObject, type JsonObject } from '../plugin/index.ts'
import { dialectOf } from '../wire/dialect.ts'
import { scanObject, UNIQUE_KEYS, type Member } from '../wire/json-scan.ts'
import type { CallState } from './call-state.ts'

/** A request body, as bytes and, where its dialect is JSON, as a value with its byte spans. */
export interface RequestBody {
  readonly bytes: Buffer
  readonly json: JsonObject | null
  readonly members: readonly Member[]
}

export interface BodyLimits {
  readonly maxBytes: number
  readonly maxDepth: number
}

const EMPTY: RequestBody = { bytes: Buffer.alloc(0), json: null, members: [] }

/**
 * Reads the request body. koa-body inflates, limits and parses it; the bytes as they came over the
 * wire are kept beside it, because decoding to text and back would replace what is no valid UTF-8.
 *
 * @throws {GatewayError} `body_too_large`, `wrong_content_type`, `bad_json`, `bad_body`, `too_deep`,
 * `duplicate_key`, `client_closed`
 */
export function bodyStage({ maxBytes, maxDepth }: BodyLimits): Middleware<CallState> {
  const parse = koaBody({
    jsonLimit: maxBytes,
    includeUnparsed: true,
    text: false,
    urlencoded: false,
    multipart: false,
  })

  return async function body(ctx, next) {
    if (ctx.method === 'GET' || ctx.method === 'HEAD') {
      ctx.state.body = EMPTY
      return next()
    }
    if (ctx.req.readableEnded) {
      const detail = 'its body was read before; mount the gateway in front of body parsers'
      throw new GatewayError('internal', { detail })
    }
    const declared = Number(ctx.get('content-length') || 0)
    if (declared > maxBytes) throw tooLarge(maxBytes)
    const dialect = dialectOf(ctx.state.route.pathname)
    const wire = collect(ctx.req, maxBytes)
    wire.catch(() => {}) // Awaited below; until then a failure must not count as unhandled.
    if (dialect === 'other' && !ctx.is('json', '+json')) {
      ctx.state.body = { ...EMPTY, bytes: await wire }
      return next()
    }
    if (!ctx.is('json', '+json')) {
      throw new GatewayError('wrong_content_type', {
        detail: `send application/json, not ${ctx.get('content-type') || 'nothing'}`,
        headers: { connection: 'close' },
      })
    }
    const encoding = (ctx.get('content-encoding') || 'identity').toLowerCase()
    try {
      await parse(ctx as never, async () => {})
    } catch (thrown) {
      throw await explain(thrown, wire, encoding, { maxBytes, maxDepth })
    }
    const { rawBody, body: parsed } = ctx.request as { rawBody?: unknown; body?: unknown }
    const text = typeof rawBody === 'string' ? rawBody : ''
    const bytes =
      encoding === 'identity' ? await wire : await inflated(text, await wire, encoding, maxBytes)
    ctx.state.body = checked(bytes, parsed, maxDepth)
    return next()
  }
}

function checked(bytes: Buffer, parsed: unknown, maxDepth: number): RequestBody {
  if (bytes.length === 0)
    throw new GatewayError('bad_body', { detail: 'it is empty; send a JSON object' })
  if (!isUtf8(bytes)) throw new GatewayError('bad_body', { detail: 'it is not valid UTF-8' })
  const { members } = scanObject(bytes, { maxDepth, uniqueKeys: UNIQUE_KEYS })
  if (!isObject(parsed)) throw new GatewayError('bad_body', { detail: 'it is not a JSON object' })
  return { bytes, json: parsed, members }
}

/** The bytes of the request as they come in; koa-body listens to the same events beside it. */
function collect(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let size = 0
    const onData = (bytes: Buffer): void => {
      size += bytes.length
      if (size > maxBytes) return settle(() => reject(tooLarge(maxBytes)))
      parts.push(bytes)
    }
    const onEnd = (): void =>
      settle(() => resolve(parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, size)))
    const onClose = (): void =>
      settle(() =>
        reject(new GatewayError('client_closed', { detail: 'the request body was cut' })),
      )
    const settle = (finish: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      finish()
    }
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  })
}

/**
 * The bytes of an inflated body. koa-body has them as text only, in which U+FFFD may stand for what is
 * no valid UTF-8: where one is found, the body is inflated once more.
 */
async function inflated(
  text: string,
  wire: Buffer,
  encoding: string,
  maxBytes: number,
): Promise<Buffer> {
  if (!text.includes('\ufffd')) return Buffer.from(text)
  const limit = { maxOutputLength: maxBytes }
  return encoding === 'br'
    ? promisify(brotliDecompress)(wire, limit)
    : promisify(unzip)(wire, limit)
}

/** What koa-body could not do, in the gateway's own words. */
async function explain(
  thrown: unknown,
  wire: Promise<Buffer>,
  encoding: string,
  { maxBytes, maxDepth }: BodyLimits,
): Promise<GatewayError> {
  const error = thrown as Error & { status?: number; type?: string; code?: string }
  if (error.status === 413 || error.type === 'entity.too.large') return tooLarge(maxBytes)
  if (error.status === 415) {
    return new GatewayError('wrong_content_type', {
      detail: error.message,
      headers: { connection: 'close' },
    })
  }
  if (error.type === 'request.aborted' || error.code === 'ECONNABORTED') {
    return new GatewayError('client_closed', { detail: 'the request body was cut', cause: thrown })
  }
  if (encoding !== 'identity' && !(thrown instanceof SyntaxError)) {
    // The rest of the body is not waited for: nobody reads it any more.
    const detail = `it is not ${encoding}: ${error.message}`
    return new GatewayError('bad_body', { detail, cause: thrown })
  }
  const known = encoding === 'identity' ? faultOf(await wire, maxDepth) : null
  return known ?? new GatewayError('bad_json', { detail: error.message, cause: thrown })
}

/** What is wrong with bytes that are no JSON, where it is more than a parser can tell. */
function faultOf(bytes: Buffer, maxDepth: number): GatewayError | null {
  try {
    checked(bytes, {}, maxDepth)
    return null
  } catch (found) {
    return asGatewayError(found)
  }
}

function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError('body_too_large', {
    detail: `it may have ${maxBytes} bytes`,
    headers: { connection: 'close' },
  })
}
