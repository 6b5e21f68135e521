import { isObject, type Json, type JsonObject } from '../../plugin/index.ts'
import { parseJson } from '../json-parse.ts'
import type { SseEvent } from '../sse-event.ts'
import { chatLogprobs } from './logprobs.ts'

/** The body of a text completion as that of a chat completion; anything else stays as it is. */
export function chatBody(text: string, alternatives: number): string {
  const data = parseJson(text)
  if (!isObject(data) || !Array.isArray(data['choices'])) return text
  const choices = data['choices'].map((choice: Json) => {
    if (!isObject(choice)) return choice
    const { text: content, ...rest } = choice
    return { ...told(rest, alternatives), message: { role: 'assistant', content: content ?? '' } }
  })
  return JSON.stringify(replyOf(data, 'chat.completion', choices))
}

/**
 * Turns the events of a text completion stream into those of a chat completion stream, one by one. What is
 * no completion, such as an error, a comment or the terminator, stays as it is.
 */
export function chatStream(alternatives: number): (event: SseEvent) => string {
  const begun = new Set<Json | undefined>()

  function choiceOf(choice: Json): Json {
    if (!isObject(choice)) return choice
    const { text: content, ...rest } = choice
    const role = begun.has(rest['index']) ? {} : { role: 'assistant' }
    begun.add(rest['index'])
    return { ...told(rest, alternatives), delta: { ...role, content: content ?? '' } }
  }

  return (event) => {
    const data = event.kind === 'event' ? parseJson(event.text) : undefined
    if (!isObject(data) || !Array.isArray(data['choices'])) return event.bytes.toString('utf8')
    const choices = data['choices'].map(choiceOf)
    return `data: ${JSON.stringify(replyOf(data, 'chat.completion.chunk', choices))}\n\n`
  }
}

/** A choice without what a chat says elsewhere; token ids and stop reasons have the same names. */
function told(choice: JsonObject, alternatives: number): JsonObject {
  const { index, logprobs, prompt_token_ids: _, ...rest } = choice
  return { index, ...rest, logprobs: chatLogprobs(logprobs, alternatives) }
}

/** vLLM's chats name the prompt's ids once, beside the choices. */
function replyOf(data: JsonObject, object: string, choices: readonly Json[]): JsonObject {
  const { id } = data
  const first = (data['choices'] as readonly Json[]).find(
    (choice) => isObject(choice) && Array.isArray(choice['prompt_token_ids']),
  )
  return {
    ...data,
    ...(typeof id === 'string' && { id: id.replace(/^cmpl-/, 'chatcmpl-') }),
    object,
    choices,
    ...(isObject(first) && { prompt_token_ids: first['prompt_token_ids'] }),
  }
}
