import { GatewayError } from '../../errors/index.ts'
import { isObject, type Json, type JsonObject } from '../../plugin/index.ts'
import { parseJson } from '../json-parse.ts'
import { openAiError } from './error.ts'
import { finishOf } from './finish.ts'
import { createLeftovers, objectsOf } from './leftovers.ts'
import { toolCall } from './tool-calls.ts'
import { usageOf } from './usage.ts'

/**
 * The body of a Messages reply as the body of a chat completion.
 *
 * @param created seconds since the epoch, which Anthropic does not tell
 * @throws {GatewayError} `upstream_protocol` when it is neither a message nor an error
 */
export function chatBody(text: string, created: number): string {
  const data = parseJson(text)
  if (isObject(data) && data['type'] === 'message') return JSON.stringify(completion(data, created))
  if (isObject(data) && data['type'] === 'error') return JSON.stringify(openAiError(text))
  throw new GatewayError('upstream_protocol', { detail: 'the answer is no message' })
}

function completion(message: JsonObject, created: number): JsonObject {
  const { stop_reason: reason, stop_sequence: sequence } = message
  const usage = usageOf(message['usage'])
  return {
    id: chatId(message['id']),
    object: 'chat.completion',
    created,
    model: message['model'] ?? '',
    choices: [
      { index: 0, message: messageOf(message), logprobs: null, ...finishOf(reason, sequence) },
    ],
    ...(usage && { usage }),
  }
}

/** The id of a message in the form that OpenAI gives to its completions. */
export function chatId(id: Json | undefined): string {
  return `chatcmpl-${typeof id === 'string' ? id.replace(/^msg_/, '') : ''}`
}

function messageOf(message: JsonObject): JsonObject {
  const blocks = objectsOf(message['content'])
  const leftovers = createLeftovers()
  for (const block of blocks) leftovers.see(block)
  const calls = blocks.filter(({ type }) => type === 'tool_use').map(toolCall)
  const reasoning = joined(blocks, 'thinking')
  return {
    role: 'assistant',
    content: joined(blocks, 'text'),
    ...(reasoning !== null && { reasoning_content: reasoning }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...leftovers.fields(),
  }
}

/** The texts of all blocks of a type, whose field has the type's name; null when there is none. */
function joined(blocks: readonly JsonObject[], type: 'text' | 'thinking'): string | null {
  const ofType = blocks.filter((block) => block['type'] === type)
  if (ofType.length === 0) return null
  return ofType.map(({ [type]: text }) => (typeof text === 'string' ? text : '')).join('')
}
