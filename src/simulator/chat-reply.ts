import type { ChatRequest } from './chat-request.ts'
import type { FloatFormat } from './floats.ts'
import { chatEntry, type LogprobStyle } from './logprobs.ts'
import type { Settings } from './options.ts'
import { parseReply, type ParsedReply } from './reply-parser.ts'
import type { Reply } from './sampler.ts'

/** One choice of a chat reply: what was sampled, and how the parsers read it (null without any). */
export interface ChatChoice {
  readonly index: number
  readonly reply: Reply
  readonly parsed: ParsedReply | null
}

/** Everything a chat reply is printed from, streamed or not. */
export interface ChatReply {
  readonly id: string
  readonly created: number
  readonly model: string
  readonly request: ChatRequest
  readonly settings: Settings
  readonly choices: readonly ChatChoice[]
  /** Prompt tokens that were served from the prefix cache. */
  readonly cachedTokens: number
  /** Whether think blocks are parsed. */
  readonly parsesReasoning: boolean
}

export const readChoice = (
  reply: Reply,
  index: number,
  request: ChatRequest,
  reasoning: boolean,
): ChatChoice => ({
  index,
  reply,
  parsed:
    reasoning || request.parsesTools
      ? parseReply(reply, { reasoning, tools: request.parsesTools })
      : null,
})

/** Hiding the reasoning also hides ids and log probabilities of the whole choice, as in vLLM. */
export const hidesTokens = ({ request, parsesReasoning }: ChatReply): boolean =>
  parsesReasoning && !request.includeReasoning

/** How this reply prints log probabilities; null where none were asked for or they are hidden. */
export const logprobStyle = (chat: ChatReply, float: FloatFormat): LogprobStyle | null => {
  const { request, settings } = chat
  if (request.topLogprobs === null || hidesTokens(chat)) return null
  return {
    top: request.topLogprobs,
    asIds: request.tokensAsIds,
    float,
    sorted: settings.flavour === 'openai',
    certain: settings.logprobsMode === 'processed_logprobs' && request.sampling.temperature === 0,
  }
}

/** The entries of the tokens `from` to `to` of a reply, comma separated. */
export const logprobEntries = (
  reply: Reply,
  from: number,
  to: number,
  style: LogprobStyle,
): string => {
  let entries = ''
  for (let at = from; at < to; at++) {
    if (at > from) entries += ','
    entries += chatEntry(reply.seed, at, reply.ids[at] ?? 0, style)
  }
  return entries
}

/** The finish reason the API reports: parsed tool calls rewrite what the engine said. */
export const finishReason = (chat: ChatReply, { reply, parsed }: ChatChoice): string => {
  const { finishReason: reason } = reply
  const { toolChoice, stream } = chat.request
  if (reason === 'abort' || parsed === null || parsed.calls === 0) return reason
  // A body drops a call that was cut; a stream has sent its beginning already.
  if (!stream && !parsed.callsComplete) return reason
  if (toolChoice === 'named') return reason
  if (toolChoice === 'required' && reason !== 'stop') return reason
  return 'tool_calls'
}

export const reasoningField = (settings: Settings): 'reasoning' | 'reasoning_content' =>
  settings.tokenIds ? 'reasoning' : 'reasoning_content'

export const stopReasonJson = (reply: Reply): string => JSON.stringify(reply.stopReason)
