import { isObject, type Json, type JsonObject } from '../../plugin/index.ts'
import { badParam } from '../bad-param.ts'
import { conversation } from './conversation.ts'
import { roomFor } from './thinking.ts'
import { tooling, type Tooling } from './tools.ts'

/** A chat completion request as a Messages request. */
export interface MessagesRequest {
  readonly body: JsonObject
  /** The caller's params that have no counterpart, by name. */
  readonly dropped: readonly string[]
}

/** Params that mean the same in both, or that callers write for Anthropic alone. */
const SAME = [
  'model',
  'stream',
  'temperature',
  'top_p',
  'top_k',
  'cache_control',
  'context_management',
  'mcp_servers',
  'container',
] as const

/** Params that are read one by one. */
const READ: ReadonlySet<string> = new Set([
  ...SAME,
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'n',
  'stop',
  'stream_options',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'thinking',
  'reasoning_effort',
  'response_format',
  'output_config',
  'user',
  'metadata',
])

/**
 * Turns a chat completion request into one for Anthropic's Messages API (version 2023-06-01). What cannot
 * be said there is refused where the answer would be another one (`n`, a broken tool call, an unknown
 * part), and else left out and named: penalties, seeds, logprobs. A `response_format` with a schema
 * becomes `output_config.format`; plain JSON mode has no counterpart and is left out, because its users
 * have to ask for JSON in the prompt anyway.
 *
 * @throws {GatewayError} `bad_body`
 */
export function messagesRequest(params: JsonObject): MessagesRequest {
  const { n, functions, reasoning_effort: effort } = params
  if (n !== undefined && n !== null && n !== 1) throw badParam('n', 'Anthropic gives one answer')
  if (Array.isArray(functions) && functions.length > 0) {
    throw badParam('functions', 'Anthropic knows them as `tools` only')
  }
  const { system, messages, thoughtIsLost } = conversation(params['messages'])
  const tools = tooling(params)
  const room = roomFor(params, !thoughtIsLost && !isForced(tools))
  const output = outputConfig(params)
  const dropped = Object.keys(params).filter((name) => !READ.has(name) && isSaid(params[name]))
  if (room.effortIsDropped && effort !== undefined) dropped.push('reasoning_effort')
  if (output.isDropped) dropped.push('response_format')
  if (isSaid(params['metadata']) && userOf(params) === undefined) dropped.push('metadata')
  return {
    body: {
      ...Object.fromEntries(SAME.flatMap((name) => pairOf(params, name))),
      max_tokens: room.max_tokens,
      ...(room.thinking !== undefined && { thinking: room.thinking }),
      ...(system !== undefined && { system }),
      messages,
      ...tools,
      ...(output.config && { output_config: output.config }),
      ...stopsOf(params['stop']),
      ...userOf(params),
    },
    dropped,
  }
}

function pairOf(params: JsonObject, name: string): [string, Json][] {
  const value = params[name]
  return value === undefined || value === null ? [] : [[name, value]]
}

/** False for what says nothing: SDKs write null, and some false, for what their user left open. */
function isSaid(value: Json | undefined): boolean {
  return value !== undefined && value !== null && value !== false
}

function isForced({ tool_choice: choice }: Tooling): boolean {
  return choice?.['type'] === 'any' || choice?.['type'] === 'tool'
}

function stopsOf(stop: Json | undefined): JsonObject {
  if (stop === undefined || stop === null) return {}
  const list: readonly Json[] = Array.isArray(stop) ? stop : [stop]
  return list.length === 0 ? {} : { stop_sequences: list }
}

function userOf({ user, metadata }: JsonObject): JsonObject | undefined {
  if (typeof user === 'string' && user !== '') return { metadata: { user_id: user } }
  const named = isObject(metadata) ? metadata['user_id'] : undefined
  return typeof named === 'string' ? { metadata: { user_id: named } } : undefined
}

function outputConfig(params: JsonObject): { config?: JsonObject; isDropped: boolean } {
  const { response_format: wanted, output_config: given } = params
  const own = isObject(given) ? given : {}
  const config = isObject(given) ? { config: given } : {}
  if (!isObject(wanted) || wanted['type'] === 'text') return { ...config, isDropped: false }
  if (wanted['type'] !== 'json_schema') return { ...config, isDropped: true }
  const named = wanted['json_schema']
  const schema = isObject(named) ? named['schema'] : undefined
  if (!isObject(schema)) throw badParam('response_format.json_schema.schema', 'it is missing')
  return { config: { ...own, format: { type: 'json_schema', schema } }, isDropped: false }
}
