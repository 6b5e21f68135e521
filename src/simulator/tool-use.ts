import { asRecord, isRecord } from './json.ts'
import { between, pick, type Random } from './random.ts'
import { NOUNS } from './words.ts'

/** A function the prompt offers. */
export interface OfferedTool {
  readonly name: string
  readonly parameters: Record<string, unknown>
}

/** Reads one entry of a request's `tools`; undefined for anything that is not a named function. */
export const readTool = (tool: unknown): OfferedTool | undefined => {
  const { name, parameters } = asRecord(asRecord(tool)['function'])
  return typeof name === 'string' ? { name, parameters: asRecord(parameters) } : undefined
}

/**
 * The tools a ChatML prompt offers, read from its text as a model reads it. So the same token ids
 * give the same reply, whether they came as messages or as ids.
 */
export const offeredTools = (promptText: string): readonly OfferedTool[] => {
  const start = promptText.indexOf('<tools>\n')
  const end = promptText.indexOf('\n</tools>', start)
  if (start < 0 || end < 0) return []
  const lines = promptText.slice(start + '<tools>\n'.length, end).split('\n')
  return lines.map((line) => readTool(parseOrNull(line))).filter((tool) => tool !== undefined)
}

const parseOrNull = (line: string): unknown => {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}

const USER_TURN = '<|im_start|>user\n'

/** The text of the prompt's last turn if a user wrote it, empty after a tool result. */
export const lastUserText = (promptText: string): string => {
  const start = promptText.lastIndexOf('<|im_start|>user')
  const end = promptText.indexOf('<|im_end|>', start)
  const isLast = promptText.indexOf('<|im_start|>', end) === promptText.lastIndexOf('<|im_start|>')
  if (start < 0 || end < 0 || !isLast) return ''
  const text = promptText.slice(start + USER_TURN.length, end)
  return text.startsWith('<tool_response>') ? '' : text
}

const NAME_PART = /[A-Za-z0-9_-]/

/** Whether `text` names the tool as a word of its own, so that a tool `f` is not in every text. */
export const mentions = (text: string, name: string): boolean => {
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const before = text[at - 1] ?? ' '
    const after = text[at + name.length] ?? ' '
    if (!NAME_PART.test(before) && !NAME_PART.test(after)) return true
  }
  return false
}

/** Arguments that fit a tool's JSON schema, printed with Python's separators as models do. */
export const writeArguments = (random: Random, tool: OfferedTool): string =>
  printJson(valueFor(random, { type: 'object', ...tool.parameters }))

const valueFor = (random: Random, schema: Record<string, unknown>): unknown => {
  const choices = schema['enum']
  if (Array.isArray(choices) && choices.length > 0) return pick<unknown>(random, choices)
  switch (schema['type']) {
    case 'object':
      return Object.fromEntries(
        Object.entries(asRecord(schema['properties'])).map(([key, value]) => [
          key,
          valueFor(random, asRecord(value)),
        ]),
      )
    case 'array':
      return Array.from({ length: 2 }, () => valueFor(random, asRecord(schema['items'])))
    case 'integer':
      return between(random, 1, 100)
    case 'number':
      return between(random, 1, 400) / 4
    case 'boolean':
      return random() < 0.5
    case 'null':
      return null
    default:
      return `${pick(random, NOUNS)} ${pick(random, NOUNS)}`
  }
}

const printJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(printJson).join(', ')}]`
  if (!isRecord(value)) return JSON.stringify(value)
  const entries = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}: ${printJson(item)}`,
  )
  return `{${entries.join(', ')}}`
}
