import { isObject, type Json, type JsonObject } from '../../plugin/index.ts'
import { badParam } from '../bad-param.ts'
import { contentBlocks } from './content.ts'
import { toolUse } from './tool-calls.ts'

/** The messages of a chat in Anthropic's form. */
export interface Conversation {
  /** Undefined when nobody gave instructions. */
  readonly system: string | readonly JsonObject[] | undefined
  /** User and assistant take turns. */
  readonly messages: readonly JsonObject[]
  /**
   * True when the assistant called tools after the user last spoke and the thought that led to the calls
   * is not with them. Anthropic then refuses to go on thinking.
   */
  readonly thoughtIsLost: boolean
}

type Turn = { readonly role: 'user' | 'assistant'; readonly content: JsonObject[] }

/**
 * Reads the `messages` of a chat completion. Instructions (`system`, `developer`) have one place there,
 * before everything, wherever they stood. Messages of one side that follow one another become one turn;
 * the results of tools are the user's.
 *
 * @throws {GatewayError} `bad_body` naming the message that has no counterpart
 */
export function conversation(messages: Json | undefined): Conversation {
  if (!Array.isArray(messages)) throw badParam('messages', 'it is no list')
  const system: JsonObject[] = []
  const turns: Turn[] = []
  let thoughtIsLost = false

  function say(role: Turn['role'], blocks: readonly JsonObject[]): void {
    const last = turns.at(-1)
    if (last?.role === role) last.content.push(...blocks)
    else if (blocks.length > 0) turns.push({ role, content: [...blocks] })
  }

  for (const [i, message] of (messages as readonly Json[]).entries()) {
    const at = `messages[${i}]`
    if (!isObject(message)) throw badParam(at, 'it is no object')
    const { role, content } = message
    switch (role) {
      case 'system':
      case 'developer':
        system.push(...withText(contentBlocks(content, `${at}.content`)))
        break
      case 'user':
        thoughtIsLost = false
        say('user', contentBlocks(content, `${at}.content`))
        break
      case 'assistant': {
        const blocks = assistantBlocks(message, at)
        if (blocks.some(({ type }) => type === 'tool_use')) {
          thoughtIsLost ||= !blocks.some(isThought)
        }
        say('assistant', blocks)
        break
      }
      case 'tool':
        say('user', [toolResult(message, at)])
        break
      default:
        throw badParam(`${at}.role`, `Anthropic knows no role ${JSON.stringify(role)}`)
    }
  }
  return { system: systemOf(system), messages: turns, thoughtIsLost }
}

function systemOf(blocks: readonly JsonObject[]): Conversation['system'] {
  const [first] = blocks
  if (first === undefined) return undefined
  const { text } = first
  const isPlain = blocks.length === 1 && Object.keys(first).length === 2
  return isPlain && typeof text === 'string' ? text : blocks
}

/** Thoughts come first: a tool may only be called by a turn that begins with its thought. */
function assistantBlocks(message: JsonObject, at: string): JsonObject[] {
  const { content, tool_calls: calls } = message
  const list = calls ?? []
  if (!Array.isArray(list)) throw badParam(`${at}.tool_calls`, 'it is no list')
  return [
    ...thoughtsOf(message),
    ...withText(contentBlocks(content, `${at}.content`)),
    ...list.map((call: Json, j) => toolUse(call, `${at}.tool_calls[${j}]`)),
  ]
}

/** The thoughts of an earlier reply, where the caller gives them back as they came. */
function thoughtsOf(message: JsonObject): JsonObject[] {
  const { provider_specific_fields: fields, thinking_blocks: named } = message
  const blocks = (isObject(fields) ? fields['thinking_blocks'] : undefined) ?? named
  return Array.isArray(blocks) ? (blocks as readonly Json[]).filter(isObject) : []
}

function isThought({ type }: JsonObject): boolean {
  return type === 'thinking' || type === 'redacted_thinking'
}

function toolResult(message: JsonObject, at: string): JsonObject {
  const { tool_call_id: id, content } = message
  if (typeof id !== 'string') throw badParam(`${at}.tool_call_id`, 'it is missing')
  const said = typeof content === 'string' ? content : contentBlocks(content, `${at}.content`)
  return { type: 'tool_result', tool_use_id: id, content: said }
}

/** Empty texts are refused, and OpenAI's SDKs write them beside tool calls. */
function withText(blocks: readonly JsonObject[]): JsonObject[] {
  return blocks.filter(({ type, text }) => type !== 'text' || text !== '')
}
