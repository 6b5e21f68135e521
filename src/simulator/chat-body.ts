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
import { pythonFloat } from './floats.ts'
import { promptLogprobs } from './logprobs.ts'
import { mergeParts, type ToolCallDelta } from './reply-parser.ts'
import { bodyUsage } from './usage.ts'

/** A chat reply as one JSON body, with every field vLLM knows, nulls included. */
export const chatBody = (chat: ChatReply, withUsage: boolean): string => {
  const { request, settings } = chat
  const { ids, text } = request.prompt
  const completion = chat.choices.reduce((sum, choice) => sum + choice.reply.ids.length, 0)
  const usage = withUsage ? bodyUsage(chatUsage(chat, completion)) : 'null'
  const given = settings.tokenIds
    ? `,"prompt_token_ids":${request.returnTokenIds ? `[${ids.join(',')}]` : 'null'},"prompt_text":${request.returnPromptText ? JSON.stringify(text) : 'null'}`
    : ''
  const transfer = JSON.stringify(request.kvTransferParams)
  const later = settings.tokenIds ? ',"ec_transfer_params":null,"metrics":null' : ''
  return `{"id":${JSON.stringify(chat.id)},"object":"chat.completion","created":${chat.created},"model":${JSON.stringify(chat.model)},"choices":[${chat.choices.map((choice) => choiceJson(chat, choice)).join(',')}],"service_tier":null,"system_fingerprint":"${settings.fingerprint}","usage":${usage},"prompt_logprobs":${promptLogprobsJson(chat)}${given},"kv_transfer_params":${transfer}${later}}`
}

const choiceJson = (chat: ChatReply, choice: ChatChoice): string => {
  const { reply, index } = choice
  const style = logprobStyle(chat, pythonFloat)
  const logprobs =
    style === null ? 'null' : `{"content":[${logprobEntries(reply, 0, reply.ids.length, style)}]}`
  const showsIds = chat.request.returnTokenIds && !hidesTokens(chat)
  const tokens = showsIds ? `[${reply.ids.join(',')}]` : 'null'
  const idFields = chat.settings.tokenIds ? `,"token_ids":${tokens},"routed_experts":null` : ''
  return `{"index":${index},"message":${messageJson(chat, choice)},"logprobs":${logprobs},"finish_reason":"${finishReason(chat, choice)}","stop_reason":${stopReasonJson(reply)}${idFields}}`
}

const messageJson = (chat: ChatReply, { reply, parsed }: ChatChoice): string => {
  const { request, settings } = chat
  const written = reply.texts.join('')
  const merged = parsed === null ? null : mergeParts(parsed.parts)
  const readable = parsed !== null && parsed.calls > 0 && parsed.callsComplete
  const calls = readable && merged !== null ? merged.calls : []
  // A call that was cut cannot be parsed, so its raw text stays in the content.
  const raw = parsed !== null && parsed.calls > 0 && !readable
  const content = merged === null || raw ? written : merged.content
  const reasoning = merged === null || hidesTokens(chat) ? '' : merged.reasoning
  const visible = request.parallelToolCalls ? calls : calls.slice(0, 1)
  const empty = content === '' && (visible.length > 0 || reasoning !== '')
  const text = JSON.stringify(empty ? null : `${request.echo}${content}`)
  return `{"role":${JSON.stringify(request.role)},"content":${text},"refusal":null,"annotations":null,"audio":null,"function_call":null${callsJson(visible, settings.tokenIds)},"${reasoningField(settings)}":${reasoning === '' ? 'null' : JSON.stringify(reasoning)}}`
}

/** Without calls the key is absent; before 0.10.2 it was an empty list. */
const callsJson = (calls: readonly ToolCallDelta[], isRecent: boolean): string => {
  if (calls.length === 0) return isRecent ? '' : ',"tool_calls":[]'
  const printed = calls.map(
    ({ id, name, arguments: text }) =>
      `{"id":"${id}","type":"function","function":{"name":${JSON.stringify(name)},"arguments":${JSON.stringify(text ?? '')}}}`,
  )
  return `,"tool_calls":[${printed.join(',')}]`
}

const promptLogprobsJson = (chat: ChatReply): string => {
  const { promptLogprobs: top, prompt } = chat.request
  if (top === null) return 'null'
  const style = { top, asIds: false, float: pythonFloat, sorted: false, certain: false }
  return promptLogprobs(chat.settings.seed, prompt.ids, style)
}
