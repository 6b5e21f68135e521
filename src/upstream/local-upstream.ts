import { GatewayError } from '../errors/index.ts'
import {
  isObject,
  type Awaitable,
  type Headers,
  type JsonObject,
  type Outgoing,
  type Reply,
  type UpstreamKind,
} from '../plugin/index.ts'
import { sendAbortably } from './abortable.ts'
import type { HttpUpstream } from './http-upstream.ts'
import { eventsOf, streamOf } from './local-stream.ts'

/** What a handler is told about a call besides its body. */
export interface LocalCall {
  /** Such as `/v1/chat/completions`. */
  readonly path: string
  readonly headers: Headers
  /** Aborts when the caller leaves or the call's deadline passes. */
  readonly signal: AbortSignal
}

/**
 * Answers calls in this process: takes the body that would have been sent and gives the reply's JSON, or
 * the chunks of a stream one by one. Token ids and logprobs belong where vLLM puts them.
 */
export type LocalHandler = (
  body: JsonObject,
  call: LocalCall,
) => Awaitable<JsonObject | AsyncIterable<JsonObject>>

export interface LocalUpstreamOptions {
  readonly name: string
  readonly handler: LocalHandler
  readonly models: readonly string[] | null
  /** Which capture fields the handler is asked for, as if it were such a server. */
  readonly kind: UpstreamKind
}

/** An upstream that is a function of this process, such as a trainer's own sampling client. */
export function createLocalUpstream(options: LocalUpstreamOptions): HttpUpstream {
  const { name, handler, models, kind } = options
  const drained = Promise.withResolvers<void>()
  let inFlight = 0
  let healthy = true
  let weight = 1
  let isRetired = false

  const answer = async (outgoing: Outgoing, signal: AbortSignal): Promise<Reply> => {
    const { path, headers } = outgoing
    const body = bodyOf(outgoing)
    const told = await handler(body, { path, headers, signal })
    if (isChunks(told)) return eventReply(eventsOf(told))
    if (!isObject(told)) throw new TypeError('the handler did not return an object')
    return body['stream'] === true
      ? eventReply(eventsOf(streamOf(told, body)))
      : jsonReply(200, told)
  }

  return {
    id: name,
    name,
    kind,
    url: `local:${name}`,
    simulated: false,
    apiPath: '/v1',
    models,
    passAuthorization: false,
    drained: drained.promise,
    get healthy() {
      return healthy
    },
    get weight() {
      return weight
    },
    get inFlight() {
      return inFlight
    },
    identify: () => {},
    mark: (found) => void (healthy = found),
    weigh: (given) => void (weight = given),
    retire() {
      isRetired = true
      if (inFlight === 0) drained.resolve()
    },
    async send(outgoing, signal) {
      inFlight += 1
      const over = new AbortController()
      const done = (): void => {
        if (over.signal.aborted) return
        over.abort()
        inFlight -= 1
        if (isRetired && inFlight === 0) drained.resolve()
      }
      // A body that nobody reads has no end to wait for.
      signal.addEventListener('abort', done, { once: true, signal: over.signal })
      try {
        const reply = await sendAbortably(answer, outgoing, signal)
        return { ...reply, body: whenRead(reply.body, done) }
      } catch (thrown) {
        done()
        if (signal.aborted) throw thrown
        return failure(thrown)
      }
    },
    close: async () => drained.resolve(),
  }
}

async function* whenRead(body: Reply['body'], done: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } finally {
    done()
  }
}

function bodyOf({ body }: Outgoing): JsonObject {
  if (body === null) return {}
  const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
  return isObject(value) ? value : {}
}

/** A handler that fails is a server that answers with an error: the call is recorded as such. */
function failure(thrown: unknown): Reply {
  if (thrown instanceof GatewayError) return jsonReply(thrown.status, thrown.toBody())
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return jsonReply(500, {
    error: { message, type: 'local_handler_error', param: null, code: null },
  })
}

function jsonReply(status: number, value: JsonObject): Reply {
  const bytes = Buffer.from(JSON.stringify(value))
  return { status, headers: { 'content-type': 'application/json' }, body: once(bytes) }
}

function eventReply(body: AsyncIterable<Uint8Array>): Reply {
  return { status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' }, body }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function isChunks(value: unknown): value is AsyncIterable<JsonObject> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
