import { isObject, type Headers, type JsonObject, type Reply } from '../../plugin/index.ts'
import { openAiError, openAiStatus } from '../../wire/anthropic/error.ts'
import { chatBody } from '../../wire/anthropic/reply.ts'
import { messagesRequest } from '../../wire/anthropic/request.ts'
import { chatStream } from '../../wire/anthropic/stream.ts'
import { bodyConverter, converted, eventConverter, isEventStream } from './converted.ts'
import { droppedParams } from './dropped-params.ts'
import { withKeyIn } from './key-header.ts'
import type { Provider } from './provider.ts'
import { apiRoute, noRoute, paramsOf } from './route.ts'

/** Version of the Messages API that is spoken, where the caller or the configuration names none. */
const VERSION = '2023-06-01'

/** What callers may use as it is: Anthropic's own API. */
const NATIVE = /^\/(?:messages|models|files|skills)(?:\/|$)/

/** Anthropic's Messages API for chat completions; its own routes pass as they are. */
export function anthropicProvider(): Provider {
  return {
    // Like OpenAI: paid for, not to be probed, and unknown fields are refused.
    kind: 'openai',
    headers: keyed,
    translate(outgoing) {
      const { path, query } = apiRoute(outgoing.path)
      const headers = { 'anthropic-version': VERSION, ...keyed(outgoing.headers) }
      const search = query === '' ? '' : `?${query}`
      if (NATIVE.test(path)) {
        return { outgoing: { ...outgoing, path: `/v1${path}${search}`, headers } }
      }
      if (path !== '/chat/completions' || outgoing.method !== 'POST') {
        throw noRoute('Anthropic', outgoing)
      }
      const params = paramsOf(outgoing)
      const { body, dropped } = messagesRequest(params)
      return {
        outgoing: {
          method: 'POST',
          path: '/v1/messages',
          headers: { ...headers, 'content-type': 'application/json' },
          body: Buffer.from(JSON.stringify(body)),
        },
        reply: (reply) => chatReply(reply, includesUsage(params), dropped),
      }
    },
  }
}

function keyed(headers: Headers): Headers {
  // A token that a user logged in with works as a bearer token only.
  return withKeyIn('x-api-key', headers, (key) => !key.startsWith('sk-ant-oat'))
}

function includesUsage({ stream_options: options }: JsonObject): boolean {
  return isObject(options) && options['include_usage'] === true
}

function chatReply(reply: Reply, includeUsage: boolean, dropped: readonly string[]): Reply {
  const headers = { ...reply.headers, ...droppedParams(dropped) }
  const status = openAiStatus(reply.status)
  const created = Math.floor(Date.now() / 1000)
  if (isEventStream(reply)) {
    const events = eventConverter(chatStream({ created, includeUsage }))
    return { status, headers, body: converted(reply.body, events) }
  }
  const isError = reply.status >= 400
  const convert = (text: string): string =>
    isError ? JSON.stringify(openAiError(text)) : chatBody(text, created)
  return {
    status,
    headers: { ...headers, 'content-type': 'application/json' },
    body: converted(reply.body, bodyConverter(convert)),
  }
}
