import { withChoice, withFlags, type FullTrace, type JsonObject } from 'sluice/plugin'
import type { FoldedChoice, FoldedReply } from './reply-fold.ts'

/** The trace with the folded reply in it. What the reply did not say stays as it was. */
export function recordReply(trace: FullTrace, reply: FoldedReply): FullTrace {
  const first = firstOf(reply.choices)
  const usage = reply.usage ?? trace.usage
  return {
    ...trace,
    response_model: reply.model ?? trace.response_model,
    response_message: first?.message ?? trace.response_message,
    finish_reason: first ? first.finish_reason : trace.finish_reason,
    usage,
    token_counts: { ...trace.token_counts, ...countsIn(usage) },
    choices: reply.choices.reduce(
      (choices, { index, flags, extra, ...fields }) =>
        withChoice(choices, index, (choice) => ({
          ...choice,
          ...fields,
          flags: withFlags(choice.flags, flags),
          extra: { ...choice.extra, ...extra },
        })),
      trace.choices,
    ),
    warnings: withFlags(trace.warnings, reply.warnings),
    extra: isEmpty(reply.extra) ? trace.extra : { ...trace.extra, reply: reply.extra },
  }
}

function firstOf(choices: readonly FoldedChoice[]): FoldedChoice | undefined {
  return choices.find((choice) => choice.index === 0) ?? choices[0]
}

/** The dialects count under different names: chat and completions, then responses and messages. */
function countsIn(usage: JsonObject | null): { prompt?: number; completion?: number } {
  const prompt = usage?.['prompt_tokens'] ?? usage?.['input_tokens']
  const completion = usage?.['completion_tokens'] ?? usage?.['output_tokens']
  return {
    ...(typeof prompt === 'number' && { prompt }),
    ...(typeof completion === 'number' && { completion }),
  }
}

function isEmpty(object: JsonObject): boolean {
  return Object.keys(object).length === 0
}
