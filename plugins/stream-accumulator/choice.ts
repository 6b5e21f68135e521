import { isObject, type Json, type JsonObject } from 'sluice/plugin'
import { emptyMessage, foldDelta, joinMessage, type MessageFold } from './message.ts'
import { unexpected, type FoldedChoice } from './reply-fold.ts'

/** One alternative of a chat or completions reply in the making. */
export interface ChoiceFold {
  readonly index: number
  readonly message: MessageFold
  /** The message of a single reply, kept as it came. */
  whole: JsonObject | null
  /** The text of a completions reply; null when the reply is not one. */
  text: string[] | null
  finishReason: string | null
  stopReason: string | number | null
  readonly flags: Set<string>
  readonly extra: Map<string, Json>
}

export function emptyChoiceFold(index: number): ChoiceFold {
  return {
    index,
    message: emptyMessage(),
    whole: null,
    text: null,
    finishReason: null,
    stopReason: null,
    flags: new Set(),
    extra: new Map(),
  }
}

/** Merges what one chunk says about this choice. What it holds, not its dialect, tells how. */
export function foldChoice(fold: ChoiceFold, choice: JsonObject, warnings: Set<string>): void {
  for (const key in choice) {
    const value = choice[key]
    if (value === null || value === undefined) continue
    switch (key) {
      case 'delta':
        if (isObject(value)) foldDelta(fold.message, value, fold.flags, warnings)
        else unexpected(warnings, 'choices.delta')
        break
      case 'message':
        if (isObject(value)) fold.whole = value
        else unexpected(warnings, 'choices.message')
        break
      case 'text':
        if (typeof value === 'string') (fold.text ??= []).push(value)
        else unexpected(warnings, 'choices.text')
        break
      case 'finish_reason':
        finish(fold, choice, value, warnings)
        break
      case 'index':
      case 'stop_reason':
      case 'matched_stop':
      case 'obfuscation':
        break
      // These have fields of their own in a trace, which logprob-extraction fills.
      case 'logprobs':
      case 'token_ids':
      case 'prompt_token_ids':
      case 'routed_experts':
      case 'routing_matrices':
      case 'sglext':
        break
      default:
        fold.extra.set(key, value)
    }
  }
}

export function joinChoice(fold: ChoiceFold): FoldedChoice {
  return {
    index: fold.index,
    message: messageOf(fold),
    finish_reason: fold.finishReason,
    stop_reason: fold.stopReason,
    flags: fold.flags,
    extra: Object.fromEntries(fold.extra),
  }
}

function messageOf(fold: ChoiceFold): JsonObject {
  if (fold.whole) return fold.whole
  if (fold.text) return { role: 'assistant', content: fold.text.join('') }
  return joinMessage(fold.message)
}

/** The first finish counts, and the stop reason that came with it. */
function finish(fold: ChoiceFold, choice: JsonObject, reason: Json, warnings: Set<string>): void {
  if (typeof reason !== 'string') return unexpected(warnings, 'choices.finish_reason')
  // Some servers send an empty reason on every chunk before the last.
  if (reason === '') return
  if (fold.finishReason !== null) {
    fold.flags.add('finished_twice')
    return
  }
  fold.finishReason = reason
  // SGLang's name for what vLLM calls stop_reason.
  const stop = choice['stop_reason'] ?? choice['matched_stop'] ?? null
  if (stop === null || typeof stop === 'string' || typeof stop === 'number') fold.stopReason = stop
  else unexpected(warnings, 'choices.stop_reason')
}
