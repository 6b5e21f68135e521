import type { Json, JsonObject } from '../../plugin/index.ts'

const REASONS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
}

/** Reasons that OpenAI's words tell without loss. */
const PLAIN = ['end_turn', 'stop_sequence', 'max_tokens', 'tool_use', 'refusal']

/**
 * How a choice ended, in OpenAI's words, with the stop sequence that was met where vLLM names it. A reason
 * for which OpenAI has no word of its own is kept beside it.
 */
export function finishOf(reason: Json | undefined, sequence: Json | undefined): JsonObject {
  if (typeof reason !== 'string') return { finish_reason: null, stop_reason: null }
  return {
    finish_reason: REASONS[reason] ?? 'stop',
    stop_reason: sequence ?? null,
    ...(!PLAIN.includes(reason) && { provider_specific_fields: { stop_reason: reason } }),
  }
}
