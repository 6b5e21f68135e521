import { isObject, type Chunk, type Json, type JsonObject } from 'sluice/plugin'
import { unexpected, type FoldedReply, type ReplyFold } from './reply-fold.ts'

/** A content block in the making: its first form, and what grew since under each name. */
interface Block {
  readonly start: JsonObject
  readonly texts: Map<string, string[]>
  readonly citations: Json[]
}

/** Which field of a block each kind of delta makes longer. */
const GROWS = new Map([
  ['text_delta', 'text'],
  ['thinking_delta', 'thinking'],
  ['signature_delta', 'signature'],
  ['input_json_delta', 'partial_json'],
])

/**
 * Folds replies of Anthropic's Messages API. The message keeps that API's form, an array of content
 * blocks. `finish_reason` is its `stop_reason`; the trace's `stop_reason` is its `stop_sequence`.
 */
export function messagesReply(): ReplyFold {
  const warnings = new Set<string>()
  const flags = new Set<string>()
  const blocks = new Map<number, Block>()
  const ending = new Map<string, Json>()
  let usage: JsonObject | null = null
  let message: JsonObject | null = null

  function observe({ data }: Chunk): void {
    if (!isObject(data)) return unexpected(warnings, 'reply')
    switch (data['type']) {
      case 'message':
        return begin(data)
      case 'message_start':
        return begin(data['message'])
      case 'content_block_start':
        return beginBlock(data['index'], data['content_block'])
      case 'content_block_delta':
        return growBlock(data['index'], data['delta'])
      case 'message_delta':
        addUsage(data['usage'])
        return end(data['delta'])
      case 'error':
        ending.set('error', data['error'] ?? null)
    }
  }

  function begin(value: Json | undefined): void {
    if (!isObject(value)) return unexpected(warnings, 'message')
    message = value
    addUsage(value['usage'])
    end(value)
    if (Array.isArray(value['content'])) value['content'].forEach((part, i) => beginBlock(i, part))
  }

  function beginBlock(index: Json | undefined, start: Json | undefined): void {
    if (typeof index !== 'number' || !isObject(start)) return unexpected(warnings, 'content_block')
    blocks.set(index, { start, texts: new Map(), citations: [] })
  }

  function growBlock(index: Json | undefined, delta: Json | undefined): void {
    const block = typeof index === 'number' ? blocks.get(index) : undefined
    if (!block || !isObject(delta)) return unexpected(warnings, 'content_block_delta')
    if (delta['type'] === 'citations_delta') {
      block.citations.push(delta['citation'] ?? null)
      return
    }
    const kind = textOr(delta['type'])
    const field = kind === null ? undefined : GROWS.get(kind)
    const piece = field === undefined ? undefined : delta[field]
    if (field === undefined || typeof piece !== 'string') return unexpected(warnings, 'delta')
    const pieces = block.texts.get(field)
    if (pieces) pieces.push(piece)
    else block.texts.set(field, [piece])
  }

  /** Later counts are running totals; what they do not repeat stays. */
  function addUsage(value: Json | undefined): void {
    if (value === undefined || value === null) return
    if (!isObject(value)) return unexpected(warnings, 'usage')
    const said = Object.entries(value).filter(([, count]) => count !== null)
    usage = { ...usage, ...Object.fromEntries(said) }
  }

  function end(value: Json | undefined): void {
    if (!isObject(value)) return unexpected(warnings, 'delta')
    for (const key of ['stop_reason', 'stop_sequence']) {
      const reason = value[key]
      if (typeof reason === 'string') ending.set(key, reason)
    }
  }

  function folded(): FoldedReply {
    const id = message?.['id']
    const error = ending.get('error')
    return {
      model: textOr(message?.['model']),
      usage,
      choices: message
        ? [
            {
              index: 0,
              message: {
                role: textOr(message['role']) ?? 'assistant',
                content: [...blocks]
                  .toSorted(([a], [b]) => a - b)
                  .map(([, block]) => joinBlock(block, flags)),
              },
              finish_reason: textOr(ending.get('stop_reason')),
              stop_reason: textOr(ending.get('stop_sequence')),
              flags,
              extra: {},
            },
          ]
        : [],
      extra: { ...(typeof id === 'string' && { id }), ...(error !== undefined && { error }) },
      warnings,
    }
  }

  return { observe, folded }
}

function joinBlock({ start, texts, citations }: Block, flags: Set<string>): JsonObject {
  const joined: Record<string, Json> = {}
  for (const [field, pieces] of texts) {
    if (field === 'partial_json') joined['input'] = parsedInput(pieces.join(''), flags)
    else joined[field] = (textOr(start[field]) ?? '') + pieces.join('')
  }
  return { ...start, ...joined, ...(citations.length > 0 && { citations }) }
}

/** A tool's input arrives as pieces of JSON text; a cut reply leaves text that is not JSON, kept as it is. */
function parsedInput(text: string, flags: Set<string>): Json {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch {
    flags.add('broken_tool_input')
    return text
  }
}

function textOr(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}
