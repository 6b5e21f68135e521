import { GatewayError } from '../../errors/index.ts'
import { isObject, type Json, type JsonObject } from '../../plugin/index.ts'
import { parseJson } from '../json-parse.ts'
import type { SseEvent } from '../sse-event.ts'
import { createBlock, type Block } from './block.ts'
import { openAiError } from './error.ts'
import { finishOf } from './finish.ts'
import { createLeftovers } from './leftovers.ts'
import { chatId } from './reply.ts'
import { usageOf } from './usage.ts'

/** Events that go on with a message. */
const NEEDS_HEAD: readonly (Json | undefined)[] = [
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
]

export interface ChatStreamOptions {
  /** Seconds since the epoch, which Anthropic does not tell. */
  readonly created: number
  /** The caller asked for a last chunk with the usage. */
  readonly includeUsage: boolean
}

/**
 * Turns the events of a Messages stream, one by one, into those of a chat completion stream; an event
 * that says nothing to OpenAI's clients gives an empty text. A stream that ends early or with an error
 * has no `[DONE]`.
 *
 * @throws {GatewayError} `upstream_protocol` for an event that cannot be read: what it said would be
 * missing in an answer that looks whole
 */
export function chatStream(options: ChatStreamOptions): (event: SseEvent) => string {
  const blocks = new Map<Json | undefined, Block>()
  const leftovers = createLeftovers()
  let head = ''
  let usage: JsonObject = {}
  let calls = 0
  let isOver = false

  function begin(message: Json | undefined): string {
    if (!isObject(message)) throw unreadable('message_start')
    head = headOf(message, options.created)
    addUsage(message['usage'])
    return chunk({ role: 'assistant' })
  }

  function chunk(delta: JsonObject): string {
    return `${head}[{"index":0,"delta":${JSON.stringify(delta)},"logprobs":null,"finish_reason":null}]}\n\n`
  }

  function told(delta: JsonObject | null): string {
    return delta === null ? '' : chunk(delta)
  }

  function beginBlock({ index, content_block: start }: JsonObject): string {
    if (!isObject(start)) throw unreadable('content_block_start')
    const block = createBlock(start, calls)
    if (start['type'] === 'tool_use') calls += 1
    blocks.set(index, block)
    return told(block.begin())
  }

  function growBlock({ index, delta }: JsonObject): string {
    const block = blocks.get(index)
    if (!block || !isObject(delta)) throw unreadable('content_block_delta')
    return told(block.grow(delta))
  }

  function endBlock(index: Json | undefined): string {
    const block = blocks.get(index)
    if (!block) return ''
    blocks.delete(index)
    const last = block.end()
    leftovers.see(block.whole())
    return told(last)
  }

  /** Later counts are running totals; what they do not repeat stays. */
  function addUsage(counts: Json | undefined): void {
    if (!isObject(counts)) return
    usage = {
      ...usage,
      ...Object.fromEntries(Object.entries(counts).filter(([, n]) => n !== null)),
    }
  }

  function finish({ delta, usage: counts }: JsonObject): string {
    addUsage(counts)
    if (!isObject(delta) || typeof delta['stop_reason'] !== 'string') return ''
    const rest = [...blocks.keys()].map(endBlock).join('')
    const said = leftovers.fields()
    const last = finishOf(delta['stop_reason'], delta['stop_sequence'])
    const choice = { index: 0, delta: said, logprobs: null, ...last }
    return `${rest}${head}[${JSON.stringify(choice)}]}\n\n`
  }

  function end(): string {
    isOver = true
    const total = options.includeUsage ? usageOf(usage) : undefined
    const counts = total ? `${head}[],"usage":${JSON.stringify(total)}}\n\n` : ''
    return `${counts}data: [DONE]\n\n`
  }

  return (event) => {
    if (isOver || event.kind !== 'event') return ''
    const data = parseJson(event.text)
    if (!isObject(data)) throw unreadable(event.event ?? 'an event')
    const { type } = data
    if (head === '' && NEEDS_HEAD.includes(type)) throw unreadable('a stream without a beginning')
    switch (type) {
      case 'message_start':
        return begin(data['message'])
      case 'content_block_start':
        return beginBlock(data)
      case 'content_block_delta':
        return growBlock(data)
      case 'content_block_stop':
        return endBlock(data['index'])
      case 'message_delta':
        return finish(data)
      case 'message_stop':
        return end()
      case 'ping':
        return ': ping\n\n'
      case 'error':
        isOver = true
        return `data: ${JSON.stringify(openAiError(event.text))}\n\n`
      default:
        return '' // More kinds of events may come any day, says Anthropic.
    }
  }
}

/** What all chunks begin with, printed once. */
function headOf({ id, model }: JsonObject, created: number): string {
  const name = JSON.stringify(model ?? '')
  return `data: {"id":${JSON.stringify(chatId(id))},"object":"chat.completion.chunk","created":${created},"model":${name},"choices":`
}

function unreadable(what: string): GatewayError {
  return new GatewayError('upstream_protocol', { detail: `${what} cannot be read` })
}
