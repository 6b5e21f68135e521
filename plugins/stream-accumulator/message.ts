import { isObject, type Json, type JsonObject } from 'sluice/plugin'
import { unexpected } from './reply-fold.ts'
import { foldToolCalls, joinToolCalls, noToolCalls, type ToolCalls } from './tool-calls.ts'

/** An assistant message in the making. Texts are collected in pieces and joined once; null: none came. */
export interface MessageFold {
  role: string | null
  content: string[] | null
  refusal: string[] | null
  /** True once the server named `refusal`, even as null. */
  refusalNamed: boolean
  reasoning: string[] | null
  /** vLLM says `reasoning`, older vLLM, SGLang and llama.cpp say `reasoning_content`. */
  reasoningName: 'reasoning' | 'reasoning_content' | null
  toolCalls: ToolCalls | null
  functionName: string | null
  functionArguments: string[] | null
  audio: Map<string, Json> | null
  annotations: Json[] | null
  readonly other: Map<string, Json>
}

export function emptyMessage(): MessageFold {
  return {
    role: null,
    content: null,
    refusal: null,
    refusalNamed: false,
    reasoning: null,
    reasoningName: null,
    toolCalls: null,
    functionName: null,
    functionArguments: null,
    audio: null,
    annotations: null,
    other: new Map(),
  }
}

/**
 * Merges one chat delta. Null never appends and never replaces. Fields unknown here keep the value
 * they had last.
 */
export function foldDelta(
  message: MessageFold,
  delta: JsonObject,
  flags: Set<string>,
  warnings: Set<string>,
): void {
  for (const key in delta) {
    const value = delta[key]
    if (value === undefined) continue
    if (key === 'refusal') message.refusalNamed = true
    if (value === null) continue
    switch (key) {
      case 'content':
        if (typeof value === 'string') (message.content ??= []).push(value)
        else unexpected(warnings, 'delta.content')
        break
      case 'reasoning':
      case 'reasoning_content':
        if (typeof value !== 'string') unexpected(warnings, `delta.${key}`)
        else if (!isSecondCopy(key, value, delta, flags)) {
          message.reasoningName ??= key
          ;(message.reasoning ??= []).push(value)
        }
        break
      case 'tool_calls':
        foldToolCalls((message.toolCalls ??= noToolCalls()), value, warnings)
        break
      case 'role':
        if (typeof value === 'string') message.role = value
        else unexpected(warnings, 'delta.role')
        break
      case 'refusal':
        if (typeof value === 'string') (message.refusal ??= []).push(value)
        else unexpected(warnings, 'delta.refusal')
        break
      case 'function_call':
        foldFunctionCall(message, value, warnings)
        break
      case 'audio':
        foldAudio((message.audio ??= new Map()), value, warnings)
        break
      case 'annotations':
        if (Array.isArray(value)) for (const note of value) (message.annotations ??= []).push(note)
        else unexpected(warnings, 'delta.annotations')
        break
      default:
        message.other.set(key, value)
    }
  }
}

/** The message as a single reply would have said it. `content` is null when no text ever came. */
export function joinMessage(message: MessageFold): JsonObject {
  return {
    role: message.role ?? 'assistant',
    content: message.content?.join('') ?? null,
    ...(message.refusalNamed && { refusal: message.refusal?.join('') ?? null }),
    ...(message.reasoningName && { [message.reasoningName]: message.reasoning?.join('') ?? null }),
    ...(message.toolCalls?.byIndex.size && { tool_calls: joinToolCalls(message.toolCalls) }),
    ...(message.functionArguments && {
      function_call: {
        ...(message.functionName !== null && { name: message.functionName }),
        arguments: message.functionArguments.join(''),
      },
    }),
    ...(message.audio && { audio: Object.fromEntries(message.audio) }),
    ...(message.annotations && { annotations: message.annotations }),
    ...Object.fromEntries(message.other),
  }
}

/**
 * For a while vLLM sent the same text under both names. Texts that differ have no right reading: one
 * is taken and the choice says so.
 */
function isSecondCopy(key: string, value: string, delta: JsonObject, flags: Set<string>): boolean {
  if (key === 'reasoning') return false
  const first = delta['reasoning']
  if (typeof first !== 'string' || first === '') return false
  if (value !== '' && first !== value) flags.add('reasoning_differs')
  return true
}

function foldFunctionCall(message: MessageFold, value: Json, warnings: Set<string>): void {
  if (!isObject(value)) return unexpected(warnings, 'delta.function_call')
  if (typeof value['name'] === 'string') message.functionName = value['name']
  const text = value['arguments'] ?? ''
  if (typeof text === 'string') (message.functionArguments ??= []).push(text)
  else unexpected(warnings, 'delta.function_call.arguments')
}

function foldAudio(audio: Map<string, Json>, value: Json, warnings: Set<string>): void {
  if (!isObject(value)) return unexpected(warnings, 'delta.audio')
  for (const key in value) {
    const part = value[key]
    if (part === null || part === undefined) continue
    const before = audio.get(key)
    const grows = key === 'data' || key === 'transcript'
    audio.set(
      key,
      grows && typeof before === 'string' && typeof part === 'string' ? before + part : part,
    )
  }
}
