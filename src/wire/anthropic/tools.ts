import { isObject, type Json, type JsonObject } from '../../plugin/index.ts'
import { badParam } from '../bad-param.ts'

/** The `tools` and `tool_choice` of a Messages request; empty when the call has no tools. */
export interface Tooling {
  readonly tools?: readonly JsonObject[]
  readonly tool_choice?: JsonObject
}

/**
 * Turns the tools of a chat completion into Anthropic's. `strict` goes along: losing it would change what
 * is sampled. Tools that are Anthropic's own (`web_search_…`) stay as they are.
 *
 * @throws {GatewayError} `bad_body` for tools and choices without a counterpart
 */
export function tooling(params: JsonObject): Tooling {
  const { tools, tool_choice: choice, parallel_tool_calls: parallel } = params
  if (tools === undefined || tools === null) return {}
  if (!Array.isArray(tools)) throw badParam('tools', 'it is no list')
  if (tools.length === 0) return {}
  const chosen = choiceOf(choice, parallel === false)
  return {
    tools: tools.map((tool: Json, i) => toolOf(tool, `tools[${i}]`)),
    ...(chosen && { tool_choice: chosen }),
  }
}

function toolOf(tool: Json, at: string): JsonObject {
  if (!isObject(tool)) throw badParam(at, 'it is no object')
  const { type, function: asked, cache_control } = tool
  if (type !== 'function') {
    if (typeof type === 'string' && type !== 'custom') return tool
    throw badParam(`${at}.type`, `Anthropic takes no tool of the type ${JSON.stringify(type)}`)
  }
  if (!isObject(asked)) throw badParam(`${at}.function`, 'it is missing')
  const { name, description, parameters, strict } = asked
  return {
    name,
    ...(typeof description === 'string' && { description }),
    input_schema: parameters ?? { type: 'object', properties: {} },
    ...(strict === true && { strict }),
    ...(cache_control !== undefined && { cache_control }),
  }
}

/** One call at a time is said beside the choice, so it needs one. A choice of none has no such field. */
function choiceOf(choice: Json | undefined, oneAtATime: boolean): JsonObject | undefined {
  const single = oneAtATime ? { disable_parallel_tool_use: true } : {}
  if (choice === undefined || choice === null) {
    return oneAtATime ? { type: 'auto', ...single } : undefined
  }
  if (choice === 'none') return { type: 'none' }
  if (choice === 'auto') return { type: 'auto', ...single }
  if (choice === 'required') return { type: 'any', ...single }
  const asked = isObject(choice) && choice['type'] === 'function' ? choice['function'] : undefined
  if (isObject(asked) && typeof asked['name'] === 'string') {
    return { type: 'tool', name: asked['name'], ...single }
  }
  throw badParam('tool_choice', `Anthropic has no counterpart of ${JSON.stringify(choice)}`)
}
