import type { Reply } from '../../plugin/index.ts'
import { chatBody, chatStream } from '../../wire/text-completion/reply.ts'
import { completionRequest, type CompletionRequest } from '../../wire/text-completion/request.ts'
import { bodyConverter, converted, eventConverter, isEventStream } from './converted.ts'
import { droppedParams } from './dropped-params.ts'
import type { Provider } from './provider.ts'
import { apiRoute, paramsOf } from './route.ts'

/** Servers that only complete text: chats become prompts, every other call passes as it is. */
export function textCompletionProvider(): Provider {
  return {
    kind: null,
    headers: (headers) => headers,
    translate(outgoing, kind) {
      const { path, query } = apiRoute(outgoing.path)
      if (path !== '/chat/completions' || outgoing.method !== 'POST') return { outgoing }
      const request = completionRequest(paramsOf(outgoing), kind)
      return {
        outgoing: {
          method: 'POST',
          path: `/v1/completions${query === '' ? '' : `?${query}`}`,
          headers: { ...outgoing.headers, 'content-type': 'application/json' },
          body: Buffer.from(JSON.stringify(request.body)),
        },
        reply: (reply) => chatReply(reply, request),
      }
    },
  }
}

function chatReply(reply: Reply, { dropped, alternatives }: CompletionRequest): Reply {
  const headers = { ...reply.headers, ...droppedParams(dropped) }
  if (reply.status >= 400) return { ...reply, headers }
  const shown = alternatives ?? 0
  const converter = isEventStream(reply)
    ? eventConverter(chatStream(shown))
    : bodyConverter((text) => chatBody(text, shown))
  return { status: reply.status, headers, body: converted(reply.body, converter) }
}
