import { isObject, type Chunk, type Json, type JsonObject } from 'sluice/plugin'
import { unexpected, type FoldedReply, type ReplyFold } from './reply-fold.ts'

/**
 * Folds replies of OpenAI's Responses API. The closing event (or the single body) holds the whole
 * response; until it comes, the text deltas are all there is. `finish_reason` is the response's own
 * `status`, or the reason why it is incomplete.
 */
export function responsesReply(): ReplyFold {
  const warnings = new Set<string>()
  const text: string[] = []
  let response: JsonObject | null = null
  let closed = false

  function observe({ data }: Chunk): void {
    if (!isObject(data)) return unexpected(warnings, 'reply')
    switch (data['type']) {
      case 'response.output_text.delta':
        if (typeof data['delta'] === 'string') text.push(data['delta'])
        else unexpected(warnings, 'delta')
        break
      case 'response.created':
      case 'response.in_progress':
        take(data['response'], false)
        break
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
        take(data['response'], true)
        break
      default:
        if (data['object'] === 'response') take(data, true)
    }
  }

  function take(value: Json | undefined, isLast: boolean): void {
    if (!isObject(value)) return unexpected(warnings, 'response')
    response = value
    closed ||= isLast
  }

  function folded(): FoldedReply {
    const said = closed ? messageIn(response?.['output'], warnings) : cutMessage(text)
    return {
      model: textOr(response?.['model']),
      usage: objectOr(response?.['usage']),
      choices: said
        ? [
            {
              index: 0,
              message: said,
              finish_reason: closed ? finishOf(response) : null,
              stop_reason: null,
              flags: new Set(),
              extra: {},
            },
          ]
        : [],
      extra: extraOf(response),
      warnings,
    }
  }

  return { observe, folded }
}

function cutMessage(text: readonly string[]): JsonObject | null {
  return text.length > 0 ? { role: 'assistant', content: text.join('') } : null
}

/** The output items as one chat message: texts joined, function calls as tool calls. */
function messageIn(output: Json | undefined, warnings: Set<string>): JsonObject {
  const text: string[] = []
  const refusal: string[] = []
  const reasoning: string[] = []
  const calls: JsonObject[] = []
  if (!Array.isArray(output)) unexpected(warnings, 'response.output')
  for (const item of objects(output)) {
    if (item['type'] === 'function_call') calls.push(toolCall(item))
    for (const part of objects(item['content'])) {
      if (part['type'] === 'refusal') push(refusal, part['refusal'])
      else push(part['type'] === 'reasoning_text' ? reasoning : text, part['text'])
    }
    for (const part of objects(item['summary'])) push(reasoning, part['text'])
  }
  return {
    role: 'assistant',
    content: text.length > 0 ? text.join('') : null,
    ...(refusal.length > 0 && { refusal: refusal.join('') }),
    ...(reasoning.length > 0 && { reasoning: reasoning.join('') }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
}

function toolCall(item: JsonObject): JsonObject {
  return {
    id: item['call_id'] ?? item['id'] ?? null,
    type: 'function',
    function: { name: item['name'] ?? null, arguments: item['arguments'] ?? '' },
  }
}

function finishOf(response: JsonObject | null): string | null {
  const details = response?.['incomplete_details']
  return (isObject(details) ? textOr(details['reason']) : null) ?? textOr(response?.['status'])
}

function extraOf(response: JsonObject | null): JsonObject {
  return Object.fromEntries(
    ['id', 'service_tier', 'error']
      .map((key) => [key, response?.[key] ?? null] as const)
      .filter(([, value]) => value !== null),
  )
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function push(texts: string[], value: Json | undefined): void {
  if (typeof value === 'string') texts.push(value)
}

function textOr(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function objectOr(value: Json | undefined): JsonObject | null {
  return isObject(value) ? value : null
}
