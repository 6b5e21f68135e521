import type { Json, JsonObject } from '../../plugin/index.ts'

/** A content block of a stream. Its deltas are those of a chat completion; null: nothing to say. */
export interface Block {
  begin(): JsonObject | null
  grow(delta: JsonObject): JsonObject | null
  end(): JsonObject | null
  /** The block as a single reply would have held it. */
  whole(): JsonObject
}

/** @param call the place that it would have among the tool calls of the message */
export function createBlock(start: JsonObject, call: number): Block {
  switch (start['type']) {
    case 'text':
      return textBlock(start)
    case 'thinking':
      return thoughtBlock(start)
    case 'tool_use':
      return toolBlock(start, call)
    default:
      return otherBlock(start)
  }
}

function textBlock(start: JsonObject): Block {
  const citations: Json[] = []
  return {
    begin: () => ({ content: textOf(start, 'text') }),
    grow(delta) {
      if (delta['type'] === 'citations_delta') citations.push(delta['citation'] ?? null)
      return delta['type'] === 'text_delta' ? { content: textOf(delta, 'text') } : null
    },
    end: () => null,
    whole: () => ({ ...start, ...(citations.length > 0 && { citations }) }),
  }
}

/** Kept whole beside what is told: with its signature it must be given back word for word. */
function thoughtBlock(start: JsonObject): Block {
  const thoughts = [textOf(start, 'thinking')]
  const signatures = [textOf(start, 'signature')]
  return {
    begin: () => ({ reasoning_content: thoughts[0] ?? '' }),
    grow(delta) {
      if (delta['type'] === 'signature_delta') signatures.push(textOf(delta, 'signature'))
      if (delta['type'] !== 'thinking_delta') return null
      const thought = textOf(delta, 'thinking')
      thoughts.push(thought)
      return { reasoning_content: thought }
    },
    end: () => null,
    whole: () => ({ ...start, thinking: thoughts.join(''), signature: signatures.join('') }),
  }
}

function toolBlock(start: JsonObject, index: number): Block {
  const { id = '', name = '', input = {} } = start
  let isTold = false
  const args = (text: string): JsonObject => ({
    tool_calls: [{ index, function: { arguments: text } }],
  })
  return {
    begin: () => ({
      tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }],
    }),
    grow(delta) {
      const text = textOf(delta, 'partial_json')
      if (delta['type'] !== 'input_json_delta' || text === '') return null
      isTold = true
      return args(text)
    },
    /** Input that never came in pieces is what the block began with, mostly `{}`. */
    end: () => (isTold ? null : args(JSON.stringify(input))),
    whole: () => start,
  }
}

/** A block for which OpenAI has no word, such as the search of a tool that runs at Anthropic. */
function otherBlock(start: JsonObject): Block {
  const json: string[] = []
  return {
    begin: () => null,
    grow(delta) {
      if (delta['type'] === 'input_json_delta') json.push(textOf(delta, 'partial_json'))
      return null
    },
    end: () => null,
    whole() {
      const text = json.join('')
      return text === '' ? start : { ...start, input: inputOf(text) }
    },
  }
}

function inputOf(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text // Kept as it came: it is for the record.
  }
}

function textOf(value: JsonObject, name: string): string {
  const text = value[name]
  return typeof text === 'string' ? text : ''
}
