import { randomUUID } from 'node:crypto'
import {
  isObject,
  type Call,
  type JsonObject,
  type Upstream,
  type UpstreamInfo,
} from '../plugin/index.ts'
import { deepFreeze } from '../util/deep-freeze.ts'
import { dialectOf } from '../wire/dialect.ts'

/**
 * What an upstream answers: an object is a whole JSON body, an array is a stream of chunks that ends
 * in `[DONE]`, a string or bytes are sent as they are.
 */
export type ReplySpec = JsonObject | readonly JsonObject[] | string | Uint8Array

/** An error reply in OpenAI's shape. */
export interface RefusalSpec {
  readonly status: number
  readonly message: string
  readonly param?: string
}

/** One call: what the caller sends and how the upstream answers. Everything has a default. */
export interface CallSpec {
  /** The caller's body. A stream is asked for with `stream: true`, as callers do. */
  readonly params?: JsonObject
  readonly method?: string
  /** `/v1/chat/completions` unless told. */
  readonly path?: string
  readonly upstream?: Partial<UpstreamInfo>
  readonly metadata?: JsonObject
  readonly sessions?: readonly string[]
  /** Lower case names. */
  readonly headers?: Readonly<Record<string, string>>
  /** Milliseconds since the epoch. */
  readonly startedAt?: number
  /** Answered first, one per attempt; after them comes the reply. */
  readonly refusals?: readonly RefusalSpec[]
  readonly reply?: ReplySpec
  readonly status?: number
  /** Of the reply; told from its shape unless given. */
  readonly contentType?: string
}

/** The call as plugins see it, frozen, so that a plugin that writes into it fails its test. */
export function callOf(spec: CallSpec): Call {
  const { params = {}, path = '/v1/chat/completions' } = spec
  return Object.freeze({
    id: randomUUID(),
    requestId: randomUUID(),
    sessions: deepFreeze([...(spec.sessions ?? ['test'])]),
    metadata: deepFreeze(structuredClone(spec.metadata ?? {})),
    dialect: dialectOf(path),
    method: spec.method ?? 'POST',
    path,
    model: typeof params['model'] === 'string' ? params['model'] : '',
    streaming: params['stream'] === true,
    received: deepFreeze(structuredClone(params)),
    headers: deepFreeze({ ...spec.headers }),
    startedAt: spec.startedAt ?? Date.now(),
    signal: new AbortController().signal,
  })
}

/** An upstream that refuses as often as told, then answers. */
export function upstreamOf(spec: CallSpec): Upstream {
  const refusals = [...(spec.refusals ?? [])]
  return {
    name: 'upstream',
    kind: 'vllm',
    url: 'http://upstream.test/v1',
    simulated: false,
    ...spec.upstream,
    healthy: true,
    inFlight: 0,
    models: null,
    async send() {
      const refusal = refusals.shift()
      const { status, type, body } = refusal ? refusedReply(refusal) : finalReply(spec)
      return { status, headers: { 'content-type': type }, body: inOnePiece(body) }
    },
  }
}

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: Uint8Array
}

function finalReply({ reply = {}, status = 200, contentType, params }: CallSpec): Answer {
  const isStream = Array.isArray(reply) || (!isObject(reply) && params?.['stream'] === true)
  const type = contentType ?? (isStream ? 'text/event-stream; charset=utf-8' : 'application/json')
  return { status, type, body: bytesOf(reply) }
}

function refusedReply({ status, message, param }: RefusalSpec): Answer {
  const error = { message, type: 'invalid_request_error', param: param ?? null, code: null }
  return { status, type: 'application/json', body: Buffer.from(JSON.stringify({ error })) }
}

function bytesOf(reply: ReplySpec): Uint8Array {
  if (reply instanceof Uint8Array) return reply
  if (typeof reply === 'string') return Buffer.from(reply)
  if (!Array.isArray(reply)) return Buffer.from(JSON.stringify(reply))
  const events = [...reply.map((chunk) => JSON.stringify(chunk)), '[DONE]']
  return Buffer.from(events.map((data) => `data: ${data}\n\n`).join(''))
}

async function* inOnePiece(body: Uint8Array): AsyncGenerator<Uint8Array> {
  if (body.byteLength > 0) yield body
}
