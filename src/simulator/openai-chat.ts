import {
  finishReason,
  logprobEntries,
  logprobStyle,
  type ChatChoice,
  type ChatReply,
} from './chat-reply.ts'
import { chatUsage } from './chat-usage.ts'
import { joinRange, tokenSteps, type StreamOptions, type TokenRange } from './chunking.ts'
import type { Step } from './delivery.ts'
import { pythonFloat, serdeFloat, type FloatFormat } from './floats.ts'
import { hashNumbers, hexDigits, seededRandom } from './random.ts'
import { mergeParts, type ToolCallDelta } from './reply-parser.ts'
import { EOS } from './vocabulary.ts'

/** OpenAI reports neither ids nor the end token: a reply without its last token, if it is that. */
const withoutEnd = (choice: ChatChoice): ChatChoice => {
  const { reply, parsed } = choice
  if (reply.ids.at(-1) !== EOS) return choice
  return {
    ...choice,
    reply: { ...reply, ids: reply.ids.slice(0, -1), texts: reply.texts.slice(0, -1) },
    parsed: parsed === null ? null : { ...parsed, parts: parsed.parts.slice(0, -1) },
  }
}

/** The chunks of a chat reply as OpenAI sends them: the finish reason has a chunk of its own. */
export function* openAiChatSteps(chat: ChatReply, options: StreamOptions): Generator<Step> {
  const choices = chat.choices.map(withoutEnd)
  const { request, settings } = chat
  const head = `data: {"id":${JSON.stringify(chat.id)},"object":"chat.completion.chunk","created":${chat.created},"model":${JSON.stringify(chat.model)},"service_tier":"default","system_fingerprint":"${settings.fingerprint}","choices":[`
  const noUsage = request.includeUsage ? ',"usage":null' : ''
  const chunk = (
    choice: ChatChoice,
    delta: string,
    logprobs: string,
    finish: string,
    at: number,
  ): string =>
    `${head}{"index":${choice.index},"delta":${delta},"logprobs":${logprobs},"finish_reason":${finish}}]${noUsage},"obfuscation":"${filler(choice.reply.seed, at)}"}\n\n`
  const noEntries = request.topLogprobs === null ? 'null' : '{"content":[],"refusal":null}'
  const opening = '{"role":"assistant","content":"","refusal":null}'
  yield {
    tokens: 1,
    events: choices.map((choice) => chunk(choice, opening, noEntries, 'null', -1)),
  }

  const print = (choice: ChatChoice, range: TokenRange): string => {
    const delta = deltaJson(choice, range)
    const logprobs = delta.includes('"tool_calls"')
      ? 'null'
      : logprobsJson(chat, choice, range, serdeFloat)
    const tokens =
      range.to > range.from && delta !== '{}'
        ? chunk(choice, delta, logprobs, 'null', range.to)
        : ''
    if (!range.isLast) return tokens
    return `${tokens}${chunk(choice, '{}', 'null', `"${finishReason(chat, choice)}"`, -2)}`
  }
  const produced = yield* tokenSteps(choices, options, print)
  if (options.withUsage && request.includeUsage) {
    yield {
      tokens: 0,
      events: [`${head}],"usage":${usageJson(chat, produced)},"obfuscation":""}\n\n`],
    }
  }
}

/** A chat reply as one body in OpenAI's shape. */
export const openAiChatBody = (chat: ChatReply, withUsage: boolean): string => {
  const choices = chat.choices.map(withoutEnd)
  const completion = choices.reduce((sum, choice) => sum + choice.reply.ids.length, 0)
  const printed = choices.map((choice) => {
    const all = { from: 0, to: choice.reply.ids.length }
    const { content, calls } = partsOf(choice, all)
    const toolCalls =
      calls.length === 0
        ? ''
        : `,"tool_calls":[${calls.map((call) => callJson(call, false)).join(',')}]`
    const text = calls.length > 0 && content === '' ? 'null' : JSON.stringify(content)
    return `{"index":${choice.index},"message":{"role":"assistant","content":${text}${toolCalls},"refusal":null,"annotations":[]},"logprobs":${logprobsJson(chat, choice, all, pythonFloat)},"finish_reason":"${finishReason(chat, choice)}"}`
  })
  const usage = withUsage ? usageJson(chat, completion) : 'null'
  return `{"id":${JSON.stringify(chat.id)},"object":"chat.completion","created":${chat.created},"model":${JSON.stringify(chat.model)},"choices":[${printed.join(',')}],"usage":${usage},"service_tier":"default","system_fingerprint":"${chat.settings.fingerprint}"}`
}

type Span = Pick<TokenRange, 'from' | 'to'>

const partsOf = (
  { reply, parsed }: ChatChoice,
  range: Span,
): { content: string; calls: readonly ToolCallDelta[] } =>
  parsed === null
    ? { content: joinRange(reply.texts, range), calls: [] }
    : mergeParts(parsed.parts.slice(range.from, range.to))

const deltaJson = (choice: ChatChoice, range: Span): string => {
  const { content, calls } = partsOf(choice, range)
  if (calls.length > 0)
    return `{"tool_calls":[${calls.map((call) => callJson(call, true)).join(',')}]}`
  // Text that a parser withholds, and half a character, give no chunk at all.
  return content === '' ? '{}' : `{"content":${JSON.stringify(content)}}`
}

const callJson = (call: ToolCallDelta, isDelta: boolean): string => {
  const index = isDelta ? `"index":${call.index},` : ''
  const written = `"arguments":${JSON.stringify(call.arguments ?? '')}`
  if (call.id === undefined) return `{${index}"function":{${written}}}`
  const id = call.id.replace('chatcmpl-tool-', 'call_')
  return `{${index}"id":"${id}","type":"function","function":{"name":${JSON.stringify(call.name)},${written}}}`
}

const logprobsJson = (
  chat: ChatReply,
  { reply }: ChatChoice,
  range: Span,
  float: FloatFormat,
): string => {
  const style = logprobStyle(chat, float)
  if (style === null) return 'null'
  return `{"content":[${logprobEntries(reply, range.from, range.to, style)}],"refusal":null}`
}

const usageJson = (chat: ChatReply, completion: number): string => {
  const { prompt, cached } = chatUsage(chat, completion)
  return `{"prompt_tokens":${prompt},"completion_tokens":${completion},"total_tokens":${prompt + completion},"prompt_tokens_details":{"cached_tokens":${cached ?? 0},"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`
}

/** Random filler that hides the length of a chunk from who watches the wire. */
const filler = (seed: number, at: number): string => {
  const random = seededRandom(hashNumbers([seed, at]))
  return hexDigits(random, 1 + Math.floor(random() * 12))
}
