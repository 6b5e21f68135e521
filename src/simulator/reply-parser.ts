import { hexDigits, seededRandom } from './random.ts'
import type { Reply } from './sampler.ts'
import { SPECIAL } from './vocabulary.ts'

/** A fragment of a tool call: the first of a call has id and name, later ones arguments. */
export interface ToolCallDelta {
  readonly index: number
  readonly id?: string
  readonly name?: string
  readonly arguments?: string
}

/** What a token adds to the message; null where the parser withholds it. */
export interface MessagePart {
  readonly reasoning?: string
  readonly content?: string
  readonly call?: ToolCallDelta
}

export interface ParsedReply {
  /** One entry per token. */
  readonly parts: readonly (MessagePart | null)[]
  readonly calls: number
  /** Whether every tool call was written to its end and can be read. */
  readonly callsComplete: boolean
  /** Tokens inside the think block, tags included. */
  readonly reasoningTokens: number
}

/**
 * Splits a reply into reasoning, content and tool calls the way vLLM's parsers do: the tags are
 * withheld, a tool call streams its name once that is complete and then pieces of its arguments.
 */
export const parseReply = (
  reply: Reply,
  parsers: { readonly reasoning: boolean; readonly tools: boolean },
): ParsedReply => {
  const parts: (MessagePart | null)[] = []
  const nextId = seededRandom(reply.seed)
  let thinking = false
  let reasoningTokens = 0
  let calls = 0
  let callsComplete = true
  for (let at = 0; at < reply.ids.length; at++) {
    const id = reply.ids[at]
    const text = reply.texts[at] ?? ''
    if (parsers.reasoning && (id === SPECIAL.think || id === SPECIAL.thinkEnd)) {
      thinking = id === SPECIAL.think
      reasoningTokens++
      parts.push(null)
    } else if (thinking) {
      reasoningTokens++
      parts.push(text === '' ? null : { reasoning: text })
    } else if (parsers.tools && id === SPECIAL.toolCall) {
      const end = reply.ids.indexOf(SPECIAL.toolCallEnd, at)
      const inner = reply.texts.slice(at + 1, end < 0 ? undefined : end)
      const call = callParts(inner, calls, `chatcmpl-tool-${hexDigits(nextId, 16)}`, end >= 0)
      parts.push(null, ...call.parts)
      callsComplete &&= call.complete
      calls++
      at += inner.length
    } else {
      // Once a call has begun, what stands between and behind calls belongs to no field.
      parts.push(text === '' || calls > 0 ? null : { content: text })
    }
  }
  return { parts, calls, callsComplete, reasoningTokens }
}

const CALL_HEAD = /^(\s*\{"name": ("(?:[^"\\]|\\.)*")), "arguments": /

const callParts = (
  texts: readonly string[],
  index: number,
  id: string,
  closed: boolean,
): { parts: (MessagePart | null)[]; complete: boolean } => {
  const inner = texts.join('')
  const [head, upToName, quotedName] = CALL_HEAD.exec(inner) ?? []
  if (head === undefined || upToName === undefined || quotedName === undefined) {
    return { parts: texts.map(() => null), complete: false }
  }
  const name = String(JSON.parse(quotedName))
  const end = closed ? inner.lastIndexOf('}') : inner.length
  let released = 0
  const parts = texts.map((text): MessagePart | null => {
    const from = released
    released += text.length
    if (from < upToName.length && released >= upToName.length) return { call: { index, id, name } }
    const piece = inner.slice(Math.max(from, head.length), Math.min(released, end))
    return piece === '' ? null : { call: { index, arguments: piece } }
  })
  return { parts, complete: closed && end > head.length }
}

/** What several tokens add to the message. */
export interface MergedParts {
  readonly reasoning: string
  readonly content: string
  readonly calls: readonly ToolCallDelta[]
}

/** One delta out of the parts of several tokens; argument pieces of one call are joined. */
export const mergeParts = (parts: readonly (MessagePart | null)[]): MergedParts => {
  let reasoning = ''
  let content = ''
  const calls: ToolCallDelta[] = []
  for (const part of parts) {
    if (part === null) continue
    reasoning += part.reasoning ?? ''
    content += part.content ?? ''
    if (part.call === undefined) continue
    const last = calls.at(-1)
    if (last?.index === part.call.index) calls[calls.length - 1] = joinDeltas(last, part.call)
    else calls.push(part.call)
  }
  return { reasoning, content, calls }
}

const joinDeltas = (first: ToolCallDelta, next: ToolCallDelta): ToolCallDelta => ({
  ...first,
  arguments: (first.arguments ?? '') + (next.arguments ?? ''),
})
