/** A message of a chat request, checked only as far as the template reads it. */
export interface ChatMessage {
  readonly role: string
  readonly content?: unknown
  readonly reasoning?: unknown
  readonly reasoning_content?: unknown
  readonly tool_calls?: unknown
}

export interface TemplateOptions {
  readonly tools?: readonly unknown[] | undefined
  readonly addGenerationPrompt: boolean
  readonly continueFinalMessage: boolean
  /** False writes an empty think block before the reply, as Qwen 3 does. */
  readonly thinking: boolean
}

/**
 * Renders a chat in ChatML, laid out like Qwen's template. An assistant message that comes back
 * exactly as it was sent renders to exactly the text the model wrote, so the token ids of a turn
 * begin with those of the turn before it.
 */
export const renderChat = (messages: readonly ChatMessage[], options: TemplateOptions): string => {
  let text = renderHead(messages[0], options.tools)
  messages.forEach((message, index) => {
    if (index === 0 && message.role === 'system') return
    text += renderMessage(message, messages[index - 1], messages[index + 1])
  })
  if (options.continueFinalMessage) return text.slice(0, text.lastIndexOf('<|im_end|>'))
  if (!options.addGenerationPrompt) return text
  return `${text}<|im_start|>assistant\n${options.thinking ? '' : '<think>\n\n</think>\n\n'}`
}

const renderHead = (first: ChatMessage | undefined, tools?: readonly unknown[]): string => {
  const system = first?.role === 'system' ? contentText(first.content) : ''
  if (tools === undefined || tools.length === 0) {
    return first?.role === 'system' ? `<|im_start|>system\n${system}<|im_end|>\n` : ''
  }
  const list = tools.map((tool) => JSON.stringify(tool)).join('\n')
  const intro = system === '' ? '' : `${system}\n\n`
  return `<|im_start|>system\n${intro}${TOOLS_BEFORE}${list}${TOOLS_AFTER}<|im_end|>\n`
}

const TOOLS_BEFORE = '# Tools\n\nThese functions can be called:\n<tools>\n'
const TOOLS_AFTER =
  '\n</tools>\n\nA call is written as JSON between tags:\n' +
  '<tool_call>\n{"name": "<name>", "arguments": <object>}\n</tool_call>'

const renderMessage = (
  message: ChatMessage,
  previous: ChatMessage | undefined,
  next: ChatMessage | undefined,
): string => {
  if (message.role === 'tool') {
    // Results that follow each other share one turn, as in Qwen's template.
    const open = previous?.role === 'tool' ? '' : '<|im_start|>user'
    const close = next?.role === 'tool' ? '' : '<|im_end|>\n'
    return `${open}\n<tool_response>\n${contentText(message.content)}\n</tool_response>${close}`
  }
  const role = message.role === 'developer' ? 'system' : message.role
  return `<|im_start|>${role}\n${assistantText(message)}<|im_end|>\n`
}

/** The text of a message as its author wrote it: reasoning, content, tool calls. */
export const assistantText = (message: ChatMessage): string => {
  const reasoning = message.reasoning ?? message.reasoning_content
  const think = typeof reasoning === 'string' ? `<think>${reasoning}</think>` : ''
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls.map(callText) : []
  return `${think}${contentText(message.content)}${calls.join('\n')}`
}

const callText = (call: unknown): string => {
  const { name, arguments: given } = field(field(call, 'function'))
  // Arguments stay the string the model wrote: parsing and printing them would move token borders.
  const text = typeof given === 'string' ? given : JSON.stringify(given ?? {})
  return toolCallText(String(name), text)
}

/** A tool call as the simulated model writes it. */
export const toolCallText = (name: string, argumentsText: string): string =>
  `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${argumentsText}}\n</tool_call>`

const field = (value: unknown, key?: string): Record<string, unknown> => {
  const inner = key === undefined ? value : field(value)[key]
  return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {}
}

/** The text of a message's content; parts that are not text leave a placeholder. */
export const contentText = (content: unknown): string => {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content
    .map((part: unknown) => {
      const { type, text } = field(part)
      return typeof text === 'string' ? text : `<${String(type)}>`
    })
    .join('\n')
}
