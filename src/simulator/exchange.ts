import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Controls } from './controls.ts'
import type { Engine } from './engine.ts'
import type { JsonRecord } from './json.ts'
import type { Settings } from './options.ts'
import type { PrefixCache } from './prefix-cache.ts'

/** One request with everything an endpoint needs to answer it. */
export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly body: JsonRecord
  readonly settings: Settings
  readonly controls: Controls
  readonly engine: Engine
  readonly cache: PrefixCache
}

/** Sends a whole body. */
export const send = (
  response: ServerResponse,
  status: number,
  body: string,
  contentType = 'application/json',
): void => {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

export const sendJson = (response: ServerResponse, value: unknown, status = 200): void =>
  send(response, status, JSON.stringify(value))
