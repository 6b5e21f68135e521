import { isObject, type Json, type JsonObject, type UpstreamKind } from '../../plugin/index.ts'
import { badParam } from '../bad-param.ts'

/** A chat completion request as a text completion request. */
export interface CompletionRequest {
  readonly body: JsonObject
  /** The caller's params that have no counterpart, by name. */
  readonly dropped: readonly string[]
  /** How many alternatives the caller wants to see with each token; null: no log probabilities. */
  readonly alternatives: number | null
}

/** Params that speak of messages or of how they are laid out. */
const CHAT_ONLY: readonly string[] = [
  'tool_choice',
  'parallel_tool_calls',
  'chat_template',
  'chat_template_kwargs',
  'add_generation_prompt',
  'continue_final_message',
  'echo',
  'documents',
  'reasoning_effort',
  'include_reasoning',
  'modalities',
  'audio',
  'prediction',
  'store',
  'metadata',
  'verbosity',
  'function_call',
]

/**
 * Flattens a chat into one prompt, for servers that only complete text. The prompt is a line
 * `role: content` for each message and `assistant:` at the end. That is no chat template: a model that
 * was trained with one is asked in a form it has never seen, so this is for base models and old servers.
 *
 * Tools are refused. Without `max_tokens` a text completion ends after 16 tokens; vLLM is told to go on as
 * far as a chat would, others leave no way to say that.
 *
 * @throws {GatewayError} `bad_body`
 */
export function completionRequest(params: JsonObject, kind: UpstreamKind): CompletionRequest {
  const { messages, tools, functions, logprobs, top_logprobs, ...rest } = params
  const { max_completion_tokens: limit, max_tokens: olderLimit, ...others } = rest
  if (isFilled(tools)) throw badParam('tools', 'a text completion cannot call them')
  if (isFilled(functions)) throw badParam('functions', 'a text completion cannot call them')
  const dropped = Object.keys(others).filter((name) => CHAT_ONLY.includes(name))
  const kept = Object.entries(others).filter(([name]) => !CHAT_ONLY.includes(name))
  const alternatives = logprobs === true ? countOf(top_logprobs) : null
  return {
    body: {
      ...Object.fromEntries(kept),
      prompt: promptOf(messages),
      ...maxTokens(limit ?? olderLimit, kind),
      ...(alternatives !== null && { logprobs: asked(alternatives, kind) }),
    },
    dropped: dropped.filter((name) => others[name] !== null),
    alternatives,
  }
}

/** 0 is "the sampled token only" to vLLM; others may read it as "none". */
function asked(alternatives: number, kind: UpstreamKind): number {
  return kind === 'vllm' || kind === 'vllm-old' ? alternatives : Math.max(alternatives, 1)
}

/** Null is not the same as nothing there: vLLM then fills the context. */
function maxTokens(limit: Json | undefined, kind: UpstreamKind): JsonObject {
  if (limit !== undefined && limit !== null) return { max_tokens: limit }
  return kind === 'vllm' || kind === 'vllm-old' ? { max_tokens: null } : {}
}

function countOf(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0
}

function isFilled(list: Json | undefined): boolean {
  return Array.isArray(list) && list.length > 0
}

function promptOf(messages: Json | undefined): string {
  if (!Array.isArray(messages)) throw badParam('messages', 'it is no list')
  const lines = messages.map((message: Json, i) => lineOf(message, `messages[${i}]`))
  return [...lines, 'assistant:'].join('\n')
}

function lineOf(message: Json, at: string): string {
  if (!isObject(message) || typeof message['role'] !== 'string') {
    throw badParam(at, 'a message is an object with a `role`')
  }
  const { role, content, tool_calls: calls } = message
  const text = textOf(content, `${at}.content`)
  return `${role}: ${text}${isFilled(calls) ? JSON.stringify(calls) : ''}`
}

function textOf(content: Json | undefined, at: string): string {
  if (content === undefined || content === null) return ''
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) throw badParam(at, 'it is neither a text nor a list of parts')
  return content.map((part: Json, i) => partOf(part, `${at}[${i}]`)).join('')
}

function partOf(part: Json, at: string): string {
  if (isObject(part) && part['type'] === 'text' && typeof part['text'] === 'string') {
    return part['text']
  }
  throw badParam(at, 'a text completion takes nothing but text')
}
