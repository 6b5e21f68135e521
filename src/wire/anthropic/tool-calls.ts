import { isObject, type Json, type JsonObject } from '../../plugin/index.ts'
import { badParam } from '../bad-param.ts'

/**
 * An assistant's tool call as a `tool_use` block.
 *
 * @param at where the call stands: `messages[2].tool_calls[0]`
 * @throws {GatewayError} `bad_body` when its arguments are no JSON object
 */
export function toolUse(call: Json, at: string): JsonObject {
  const asked = isObject(call) ? call['function'] : undefined
  if (!isObject(call) || !isObject(asked)) throw badParam(at, 'it is no call of a function')
  const { id } = call
  const { name } = asked
  if (typeof id !== 'string') throw badParam(`${at}.id`, 'it is missing')
  if (typeof name !== 'string') throw badParam(`${at}.function.name`, 'it is missing')
  return { type: 'tool_use', id, name, input: inputOf(asked['arguments'], at) }
}

/** A function without parameters is often called with no arguments at all. */
function inputOf(text: Json | undefined, at: string): JsonObject {
  if (text === undefined || text === null || text === '') return {}
  const input = typeof text === 'string' ? tryParse(text) : text
  if (isObject(input)) return input
  throw badParam(`${at}.function.arguments`, 'they are no JSON object')
}

function tryParse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** A `tool_use` block as a tool call of a chat message. */
export function toolCall({ id, name, input }: JsonObject): JsonObject {
  const args = JSON.stringify(input ?? {})
  return { id: id ?? '', type: 'function', function: { name: name ?? '', arguments: args } }
}
