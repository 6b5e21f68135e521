import { badRequest, contextOverflow, schemaViolation } from './api-error.ts'
import type { Controls } from './controls.ts'
import type { Sampling } from './ending.ts'
import { checkFields, flag, listOfIds, numberOr, stringOr, type FieldKind } from './fields.ts'
import { asRecord, isRecord, type JsonRecord } from './json.ts'
import type { Settings } from './options.ts'
import type { Prompt } from './sampler.ts'
import { readSampling, SAMPLING_FIELDS } from './sampling-params.ts'
import { contentText, renderChat, type ChatMessage } from './template.ts'
import { decode, encode } from './tokenizer.ts'
import { lastUserText, mentions, readTool } from './tool-use.ts'

const CHAT_FIELDS = {
  ...SAMPLING_FIELDS,
  model: 'string',
  messages: 'messages',
  stream: 'boolean',
  stream_options: 'object',
  logprobs: 'boolean',
  top_logprobs: 'integer',
  return_token_ids: 'boolean',
  return_tokens_as_token_ids: 'boolean',
  return_prompt_text: 'boolean',
  include_reasoning: 'boolean',
  tools: 'objects',
  parallel_tool_calls: 'boolean',
  add_generation_prompt: 'boolean',
  continue_final_message: 'boolean',
  echo: 'boolean',
  request_id: 'string',
  chat_template_kwargs: 'object',
  kv_transfer_params: 'object',
  cache_salt: 'string',
  priority: 'integer',
} as const satisfies Record<string, FieldKind>

/** A chat request that has passed every check. */
export interface ChatRequest {
  readonly prompt: Prompt
  readonly sampling: Sampling
  readonly n: number
  readonly stream: boolean
  readonly includeUsage: boolean
  readonly usageOnEveryChunk: boolean
  /** Alternatives per position; null without log probabilities. */
  readonly topLogprobs: number | null
  readonly promptLogprobs: number | null
  readonly returnTokenIds: boolean
  readonly tokensAsIds: boolean
  readonly returnPromptText: boolean
  readonly includeReasoning: boolean
  readonly parsesTools: boolean
  readonly toolChoice: 'auto' | 'required' | 'named'
  readonly parallelToolCalls: boolean
  readonly callTools: readonly string[] | null
  readonly role: string
  /** Text of the last message that comes before the reply. */
  readonly echo: string
  readonly kvTransferParams: JsonRecord | null
}

/** @throws ApiError 400 for a body vLLM would refuse */
export const readChatRequest = (
  body: JsonRecord,
  settings: Settings,
  controls: Controls,
): ChatRequest => {
  if (body['messages'] === undefined || body['messages'] === null) {
    throw schemaViolation('body.messages', 'Field required')
  }
  checkFields(body, CHAT_FIELDS)
  const messages = body['messages'] as readonly ChatMessage[]
  refuseContradictions(body, messages)
  const prompt = readPrompt(body, messages)
  const limit = settings.maxModelLen
  const asked = numberOr(body, 'max_completion_tokens', numberOr(body, 'max_tokens', null))
  const maxTokens = asked ?? limit - prompt.ids.length
  if (maxTokens < 1 && asked !== null) {
    throw badRequest(`max_tokens must be at least 1, got ${maxTokens}.`, 'max_tokens')
  }
  if (maxTokens < 1 || prompt.ids.length + maxTokens > limit) {
    throw contextOverflow(limit, prompt.ids.length, asked ?? 0)
  }
  const last = messages.at(-1)
  const addsPrompt = flag(body, 'add_generation_prompt', true)
  const usage = asRecord(body['stream_options'])
  const role = addsPrompt || last === undefined ? 'assistant' : last.role
  return {
    prompt,
    sampling: readSampling(body, maxTokens),
    n: numberOr(body, 'n', 1),
    stream: flag(body, 'stream'),
    includeUsage: usage['include_usage'] === true,
    usageOnEveryChunk: usage['include_usage'] === true && usage['continuous_usage_stats'] === true,
    topLogprobs: flag(body, 'logprobs') ? numberOr(body, 'top_logprobs', 0) : null,
    promptLogprobs: numberOr(body, 'prompt_logprobs', null),
    returnTokenIds: settings.tokenIds && flag(body, 'return_token_ids'),
    tokensAsIds: flag(body, 'return_tokens_as_token_ids'),
    returnPromptText: flag(body, 'return_prompt_text'),
    includeReasoning: flag(body, 'include_reasoning', true),
    ...readToolChoice(body, prompt, settings, controls),
    parallelToolCalls: flag(body, 'parallel_tool_calls', true),
    role,
    echo: flag(body, 'echo') && last?.role === role ? contentText(last.content) : '',
    kvTransferParams: isRecord(body['kv_transfer_params']) ? body['kv_transfer_params'] : null,
  }
}

const refuseContradictions = (body: JsonRecord, messages: readonly ChatMessage[]): void => {
  const top = numberOr(body, 'top_logprobs', 0)
  if (messages.length === 0) throw badRequest('messages must not be empty.', 'messages')
  if (top !== 0 && !flag(body, 'logprobs')) {
    throw badRequest('when using `top_logprobs`, `logprobs` must be set to true.', 'top_logprobs')
  }
  if (top < 0 || top > 20) {
    throw badRequest(
      `Requested sample logprobs of ${top}, which is not in [0, 20].`,
      'top_logprobs',
    )
  }
  if (isRecord(body['stream_options']) && !flag(body, 'stream')) {
    throw badRequest('Stream options can only be defined when `stream=True`.', 'stream_options')
  }
  if (Array.isArray(body['tools']) && body['tools'].length === 0) {
    throw badRequest('`tools` must not be an empty list.', 'tools')
  }
  if (flag(body, 'stream') && numberOr(body, 'prompt_logprobs', 0) !== 0) {
    throw badRequest('`prompt_logprobs` are not available when `stream=True`.', 'prompt_logprobs')
  }
  if (flag(body, 'continue_final_message') && flag(body, 'add_generation_prompt', true)) {
    throw badRequest(
      'Cannot set both `continue_final_message` and `add_generation_prompt` to True.',
      'continue_final_message',
    )
  }
  if (body['cache_salt'] === '') throw badRequest('`cache_salt` must not be empty.', 'cache_salt')
  if (numberOr(body, 'priority', 0) !== 0) {
    throw badRequest('Got priority but priority scheduling is not enabled.', 'priority')
  }
}

/** Renders the chat as `/tokenize` does; a prompt of token ids in the transfer params goes first. */
export const readPrompt = (body: JsonRecord, messages: readonly ChatMessage[]): Prompt => {
  const given = listOfIds(asRecord(body['kv_transfer_params'])['prompt_token_ids'])
  if (given.length > 0) return { ids: given, text: decode(given) }
  const text = renderChat(messages, {
    tools: Array.isArray(body['tools']) ? body['tools'] : undefined,
    addGenerationPrompt: flag(body, 'add_generation_prompt', true),
    continueFinalMessage: flag(body, 'continue_final_message'),
    thinking: asRecord(body['chat_template_kwargs'])['enable_thinking'] !== false,
  })
  return { ids: encode(text), text }
}

type ToolChoice = Pick<ChatRequest, 'parsesTools' | 'toolChoice' | 'callTools'>

const readToolChoice = (
  body: JsonRecord,
  prompt: Prompt,
  settings: Settings,
  controls: Controls,
): ToolChoice => {
  const tools = Array.isArray(body['tools']) ? body['tools'].map(readTool) : []
  const names = tools.flatMap((tool) => (tool === undefined ? [] : [tool.name]))
  const choice = body['tool_choice'] ?? (names.length > 0 ? 'auto' : 'none')
  const parsesTools = settings.toolCalls && names.length > 0
  if (choice === 'none') return { parsesTools: false, toolChoice: 'auto', callTools: [] }
  if (names.length === 0) {
    throw badRequest('When using `tool_choice`, `tools` must be set.', 'tool_choice')
  }
  if (choice === 'auto') return { parsesTools, toolChoice: 'auto', callTools: controls.tools }
  if (choice === 'required') {
    const asked = lastUserText(prompt.text)
    const mentioned = names.filter((name) => mentions(asked, name))
    const calls = controls.tools ?? (mentioned.length > 0 ? mentioned : names.slice(0, 1))
    return { parsesTools, toolChoice: 'required', callTools: calls }
  }
  const named = stringOr(asRecord(asRecord(choice)['function']), 'name', '')
  if (names.includes(named)) return { parsesTools, toolChoice: 'named', callTools: [named] }
  throw badRequest(
    'The tool specified in `tool_choice` does not match any of `tools`.',
    'tool_choice',
  )
}
