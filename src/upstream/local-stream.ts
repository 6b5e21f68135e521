import { isObject, type Json, type JsonObject } from '../plugin/index.ts'

/** Chunks as the server-sent events of a stream, with the terminator that ends it. */
export async function* eventsOf(
  chunks: AsyncIterable<JsonObject> | Iterable<JsonObject>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`)
  yield Buffer.from('data: [DONE]\n\n')
}

/**
 * A whole reply told as a stream, for a caller who asked for one: a chunk with everything it says, and,
 * where the caller wants it (`stream_options.include_usage`), one with the usage.
 */
export function streamOf(reply: JsonObject, request: JsonObject): readonly JsonObject[] {
  const { usage, choices, ...head } = reply
  const isChat = head['object'] !== 'text_completion'
  const said: JsonObject = {
    ...head,
    ...(isChat ? { object: 'chat.completion.chunk' } : {}),
    choices: isChat && Array.isArray(choices) ? choices.map(asDelta) : (choices ?? []),
  }
  const options = request['stream_options']
  const wantsUsage = isObject(options) && options['include_usage'] === true
  if (!wantsUsage || usage === undefined) return [said]
  return [said, { ...said, ...withoutIds(said), choices: [], usage }]
}

/** What only the first chunk of a stream says. */
function withoutIds(chunk: JsonObject): JsonObject {
  return Object.hasOwn(chunk, 'prompt_token_ids') ? { prompt_token_ids: null } : {}
}

function asDelta(choice: Json): Json {
  if (!isObject(choice)) return choice
  const { message, ...rest } = choice
  return { ...rest, delta: isObject(message) ? withIndices(message) : {} }
}

/** Tool calls of a stream say their place, by which clients put their pieces together. */
function withIndices(message: JsonObject): JsonObject {
  const calls = message['tool_calls']
  if (!Array.isArray(calls)) return message
  const numbered = calls.map((call: Json, index) => (isObject(call) ? { index, ...call } : call))
  return { ...message, tool_calls: numbered }
}
