import type { Checks, Choice, FullTrace, Json, JsonObject } from 'sluice/plugin'

/** Whether the recorded numbers agree with each other; null where the reply does not tell. */
export function checksOf(
  trace: FullTrace,
  received: JsonObject,
): Pick<Checks, 'ids_match_usage' | 'prompt_matches_usage' | 'logprobs_aligned'> {
  const { choices, usage } = trace
  return {
    ids_match_usage: agree(
      sumOf(choices, (choice) => choice.token_ids?.length),
      usage?.['completion_tokens'],
    ),
    prompt_matches_usage: agree(promptTokens(trace, received['prompt']), usage?.['prompt_tokens']),
    logprobs_aligned: areAligned(choices),
  }
}

function agree(counted: number | null, reported: Json | undefined): boolean | null {
  return counted === null || typeof reported !== 'number' ? null : counted === reported
}

/** One choice that is out of step settles it; one that has no ids or no logprobs leaves it open. */
function areAligned(choices: readonly Choice[]): boolean | null {
  let aligned: boolean | null = choices.length > 0 ? true : null
  for (const { token_ids: ids, logprobs } of choices) {
    if (!ids || !logprobs) aligned = null
    else if (ids.length !== logprobs.length) return false
  }
  return aligned
}

/**
 * The ids of all prompts together. Engines report the sum over a batch of prompts, each counted once
 * though it has `n` choices, which stand next to each other.
 */
function promptTokens(trace: FullTrace, prompt: Json | undefined): number | null {
  const prompts = Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt.length : 1
  if (prompts <= 1) return trace.prompt_token_ids.length || null
  const perPrompt = trace.choices.length / prompts
  if (!Number.isInteger(perPrompt) || perPrompt === 0) return null
  const firstOfEach = trace.choices.filter((choice) => choice.index % perPrompt === 0)
  return sumOf(
    firstOfEach,
    (choice) => (choice.prompt_token_ids ?? trace.prompt_token_ids).length || undefined,
  )
}

/** Null when there is nothing to add up or one part is not known. */
function sumOf(
  choices: readonly Choice[],
  count: (choice: Choice) => number | undefined,
): number | null {
  let sum: number | null = null
  for (const choice of choices) {
    const part = count(choice)
    if (part === undefined) return null
    sum = (sum ?? 0) + part
  }
  return sum
}
