import type { IncomingMessage, ServerResponse } from 'node:http'
import { ApiError, errorBody, type ErrorShape } from './api-error.ts'
import { readControls } from './controls.ts'
import type { Engine } from './engine.ts'
import { send, type Exchange } from './exchange.ts'
import { closesConnection } from './faults.ts'
import { answerInstead } from './instead.ts'
import { isRecord, type JsonRecord } from './json.ts'
import type { Settings } from './options.ts'
import type { PrefixCache } from './prefix-cache.ts'
import type { Recorder, RequestRecord } from './recorder.ts'
import { OPENAI_ROUTES, VLLM_ROUTES } from './routes.ts'

/** What all requests of one simulator share. */
export interface Shared {
  readonly settings: Settings
  readonly engine: Engine
  readonly cache: PrefixCache
  readonly recorder: Recorder
}

/** Reads, records and answers one request. Never throws. */
export const answer = async (
  shared: Shared,
  request: IncomingMessage,
  response: ServerResponse,
  index: number,
): Promise<void> => {
  const { recorder } = shared
  response.setHeader('server', 'sluice-simulator')
  const record: RequestRecord = {
    index,
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    body: await readBytes(request),
    status: 0,
    aborted: false,
    closed: false,
  }
  let cutsItself = false
  const close = (): void => {
    record.status = response.headersSent ? response.statusCode : 0
    record.aborted = !response.writableFinished && !cutsItself
    record.closed = true
    recorder.notify(record)
  }
  response.once('close', close)
  recorder.add(record)
  if (response.destroyed) return close()
  try {
    const exchange = openExchange(shared, request, response, record)
    cutsItself = closesConnection(exchange.controls.fault)
    await route(exchange, record)
  } catch (thrown) {
    refuse(response, thrown, errorShape(shared.settings))
  }
}

/** A request whose sender left has the bytes that came. */
const readBytes = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk)
  } catch {
    // The connection is gone; the response's own close event tells the rest.
  }
  return Buffer.concat(chunks)
}

const openExchange = (
  { settings, engine, cache }: Shared,
  request: IncomingMessage,
  response: ServerResponse,
  record: RequestRecord,
): Exchange => {
  const url = new URL(record.url, 'http://simulator')
  refuseStrangers(url, record, settings)
  const controls = readControls(request.headers, settings, settings.fault(record))
  const body = record.method === 'POST' ? parseBody(record, url) : {}
  return { request, response, url, body, settings, controls, engine, cache }
}

const refuseStrangers = (url: URL, record: RequestRecord, settings: Settings): void => {
  if (settings.apiKey === null || !url.pathname.startsWith('/v1')) return
  if (record.headers.authorization === `Bearer ${settings.apiKey}`) return
  throw new ApiError(401, 'unauthorized', 'Incorrect API key provided.', null, 'invalid_api_key')
}

const parseBody = ({ body, headers }: RequestRecord, url: URL): JsonRecord => {
  // The control routes take their arguments from the query and may come without any body.
  if (body.length === 0 && !url.pathname.startsWith('/v1')) return {}
  const type = headers['content-type'] ?? ''
  if (!/^application\/json\b/i.test(type)) {
    throw new ApiError(
      400,
      'Bad Request',
      `Unsupported Media Type: Only 'application/json' is allowed, got "${type}".`,
      'header.content-type',
    )
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString('utf8'))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : ''
    throw new ApiError(
      400,
      'Bad Request',
      `1 validation error: body: JSON decode error: ${reason}`,
      'body',
    )
  }
  if (isRecord(parsed)) return parsed
  throw new ApiError(
    400,
    'Bad Request',
    '1 validation error: body: Input should be a valid dictionary',
    'body',
  )
}

const route = async (exchange: Exchange, record: RequestRecord): Promise<void> => {
  const { settings, controls, url, response, body } = exchange
  const routes = settings.flavour === 'openai' ? OPENAI_ROUTES : VLLM_ROUTES
  const handler = routes[`${record.method} ${url.pathname}`]
  if (handler === undefined) {
    const isKnown = Object.keys(routes).some((name) => name.endsWith(` ${url.pathname}`))
    return send(
      response,
      isKnown ? 405 : 404,
      `{"detail":"${isKnown ? 'Method Not Allowed' : 'Not Found'}"}`,
    )
  }
  const { fault } = controls
  if (fault?.stage === 'instead') {
    return answerInstead(response, fault, errorShape(settings), body['stream'] === true)
  }
  await handler(exchange)
}

const errorShape = (settings: Settings): ErrorShape => {
  if (settings.flavour === 'openai') return 'openai'
  return settings.tokenIds ? 'nested' : 'flat'
}

const refuse = (response: ServerResponse, thrown: unknown, shape: ErrorShape): void => {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const error = thrown instanceof ApiError ? thrown : unexpected(thrown)
  // vLLM's key check stands before its error handling and answers with a bare string.
  const body =
    error.status === 401 && shape !== 'openai'
      ? '{"error":"Unauthorized"}'
      : errorBody(error, shape)
  send(response, error.status, body)
}

const unexpected = (thrown: unknown): ApiError =>
  new ApiError(
    500,
    'InternalServerError',
    thrown instanceof Error ? thrown.message : String(thrown),
  )
