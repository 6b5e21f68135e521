import { isObject, type Json, type JsonObject } from '../plugin/index.ts'

/** The parts of a message that a person reads, each with the name it is shown under. */
export function readMessage(message: Json): readonly (readonly [name: string, text: string])[] {
  if (!isObject(message)) return [['message', JSON.stringify(message)]]
  const role = typeof message['role'] === 'string' ? message['role'] : 'message'
  const parts: (readonly [string, string])[] = []
  const reasoning = message['reasoning_content'] ?? message['reasoning']
  if (typeof reasoning === 'string' && reasoning !== '') parts.push(['reasoning', reasoning])
  const content = contentText(message['content'])
  if (content !== '') parts.push([role, content])
  if (typeof message['refusal'] === 'string') parts.push(['refusal', message['refusal']])
  for (const call of asArray(message['tool_calls'])) parts.push(['tool call', callText(call)])
  return parts.length > 0 ? parts : [[role, '(empty)']]
}

function contentText(content: Json | undefined): string {
  if (typeof content === 'string') return content
  return asArray(content).map(partText).join('\n')
}

function partText(part: Json): string {
  if (!isObject(part)) return JSON.stringify(part)
  const text = part['text']
  return typeof text === 'string' ? text : `[${textOr(part['type'], 'part')}]`
}

function callText(call: Json): string {
  const target: JsonObject = isObject(call) && isObject(call['function']) ? call['function'] : {}
  const given = target['arguments']
  return `${textOr(target['name'], '?')}(${textOr(given, JSON.stringify(given ?? {}))})`
}

function textOr(value: Json | undefined, fallback: string): string {
  return typeof value === 'string' ? value : fallback
}

function asArray(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}
