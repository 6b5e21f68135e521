import {
  finishReason,
  hidesTokens,
  logprobEntries,
  logprobStyle,
  reasoningField,
  stopReasonJson,
  type ChatChoice,
  type ChatReply,
} from './chat-reply.ts'
import { chatUsage } from './chat-usage.ts'
import { joinRange, tokenSteps, type StreamOptions, type TokenRange } from './chunking.ts'
import type { Step } from './delivery.ts'
import { serdeFloat } from './floats.ts'
import { mergeParts, type ToolCallDelta } from './reply-parser.ts'
import { runningUsage, streamUsage } from './usage.ts'

/**
 * The chunks of a chat reply: a role chunk for each choice, then one chunk per choice and engine
 * step, the last of them with the finish reason, then the usage chunk.
 */
export function* chatSteps(chat: ChatReply, options: StreamOptions): Generator<Step> {
  const print = chunkPrinter(chat)
  yield { tokens: 1, events: chat.choices.flatMap((choice) => print.opening(choice)) }
  const produced = yield* tokenSteps(chat.choices, options, print.tokens)
  if (options.withUsage && chat.request.includeUsage) {
    yield { tokens: 0, events: [print.usage(produced)] }
  }
}

interface ChunkPrinter {
  readonly opening: (choice: ChatChoice) => string[]
  /** Null where the server sends nothing for a step. */
  readonly tokens: (choice: ChatChoice, range: TokenRange) => string | null
  readonly usage: (completionTokens: number) => string
}

/** What is the same in every chunk is printed once. */
const chunkPrinter = (chat: ChatReply): ChunkPrinter => {
  const { request, settings } = chat
  const promptTokens = request.prompt.ids.length
  const style = logprobStyle(chat, serdeFloat)
  const hidden = hidesTokens(chat)
  const showsIds = request.returnTokenIds && !hidden
  const thought = reasoningField(settings)
  const head = `data: {"id":${JSON.stringify(chat.id)},"object":"chat.completion.chunk","created":${chat.created},"model":${JSON.stringify(chat.model)},"choices":[`
  const fingerprint = `,"system_fingerprint":"${settings.fingerprint}"`
  const running = (completion: number): string =>
    request.usageOnEveryChunk ? `,"usage":${runningUsage(promptTokens, completion)}` : ''
  const promptIds = request.returnTokenIds ? `[${request.prompt.ids.join(',')}]` : 'null'
  const promptText = request.returnPromptText ? JSON.stringify(request.prompt.text) : 'null'
  const promptFields = settings.tokenIds
    ? `,"prompt_token_ids":${promptIds},"prompt_text":${promptText}`
    : ''

  const delta = (choice: ChatChoice, range: TokenRange): string => {
    if (choice.parsed === null) {
      const text = joinRange(choice.reply.texts, range)
      return text === '' && range.isLast ? '{}' : `{"content":${JSON.stringify(text)}}`
    }
    const { content, reasoning, calls } = mergeParts(
      choice.parsed.parts.slice(range.from, range.to),
    )
    const visible = request.parallelToolCalls ? calls : calls.filter((call) => call.index === 0)
    const fields: string[] = []
    if (content !== '') fields.push(`"content":${JSON.stringify(content)}`)
    if (reasoning !== '' && !hidden) fields.push(`"${thought}":${JSON.stringify(reasoning)}`)
    if (visible.length > 0) fields.push(`"tool_calls":[${visible.map(callJson).join(',')}]`)
    return `{${fields.join(',')}}`
  }

  return {
    opening(choice) {
      const chunk = (role: string): string =>
        `${head}{"index":${choice.index},"delta":{${role}},"logprobs":null,"finish_reason":null}]${running(0)}`
      const role = `"role":${JSON.stringify(request.role)},"content":""`
      const opening = `${chunk(role)}${promptFields}}\n\n`
      if (request.echo === '') return [opening]
      return [opening, `${chunk(`"content":${JSON.stringify(request.echo)}`)}}\n\n`]
    },
    tokens(choice, range) {
      const { from, to, isLast, stopped } = range
      const change = delta(choice, range)
      const shown = showsIds || style !== null
      if (change === '{}' && !isLast && (!shown || hidden)) return null
      const { reply, index } = choice
      const logprobs =
        style === null || from === to
          ? 'null'
          : `{"content":[${logprobEntries(reply, from, to, style)}]}`
      const reason = stopped ? 'abort' : finishReason(chat, choice)
      const finish = isLast
        ? `"${reason}","stop_reason":${stopped ? 'null' : stopReasonJson(reply)}`
        : 'null'
      const ids = showsIds ? `[${joinRange(reply.ids, range, ',')}]` : 'null'
      const idField = settings.tokenIds ? `,"token_ids":${ids}` : ''
      const mark = isLast && !request.includeUsage ? fingerprint : ''
      return `${head}{"index":${index},"delta":${change},"logprobs":${logprobs},"finish_reason":${finish}${idField}}]${running(to)}${mark}}\n\n`
    },
    usage: (completion) =>
      `${head}],"usage":${streamUsage(chatUsage(chat, completion))}${fingerprint}}\n\n`,
  }
}

const callJson = ({ index, id, name, arguments: text }: ToolCallDelta): string => {
  const opening = id === undefined ? '' : `"id":"${id}","type":"function",`
  const fields: string[] = []
  if (name !== undefined) fields.push(`"name":${JSON.stringify(name)}`)
  if (text !== undefined) fields.push(`"arguments":${JSON.stringify(text)}`)
  return `{${opening}"index":${index},"function":{${fields.join(',')}}}`
}
