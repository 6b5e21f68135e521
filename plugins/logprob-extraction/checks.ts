import type { Checks, Choice, JsonObject, Trace } from 'sluice/plugin'

/** What ids, logprobs and usage say about each other; null where the reply gives too little to tell. */
export function checksOf(
  usage: JsonObject | null,
  prompt: readonly number[] | null,
  choices: readonly Choice[],
  choicesPerPrompt: number,
): Omit<Checks, 'extends_last_turn'> {
  return {
    ids_match_usage: equal(usage?.['completion_tokens'], completionLength(choices)),
    prompt_matches_usage: equal(
      usage?.['prompt_tokens'],
      promptLength(prompt, choices, choicesPerPrompt),
    ),
    logprobs_aligned: areAligned(choices),
  }
}

/** The token counts for a trace whose server reports no usage. */
export function countsOf(
  prompt: readonly number[] | null,
  choices: readonly Choice[],
): Trace['token_counts'] {
  const completion = completionLength(choices)
  return {
    ...(prompt && { prompt: prompt.length }),
    ...(completion !== null && { completion }),
  }
}

function equal(reported: unknown, counted: number | null): boolean | null {
  return typeof reported === 'number' && counted !== null ? reported === counted : null
}

function completionLength(choices: readonly Choice[]): number | null {
  if (choices.length === 0) return null
  let length = 0
  for (const { token_ids } of choices) {
    if (!token_ids) return null
    length += token_ids.length
  }
  return length
}

/** Every prompt counts once, however many choices answer it. */
function promptLength(
  prompt: readonly number[] | null,
  choices: readonly Choice[],
  choicesPerPrompt: number,
): number | null {
  if (!prompt) return null
  return choices
    .filter((choice) => choice.index % choicesPerPrompt === 0)
    .reduce((length, choice) => length + (choice.prompt_token_ids ?? prompt).length, 0)
}

function areAligned(choices: readonly Choice[]): boolean | null {
  if (choices.length === 0) return null
  if (choices.some((choice) => !choice.token_ids || !choice.logprobs)) return null
  return choices.every(
    ({ token_ids, logprobs, flags }) =>
      token_ids?.length === logprobs?.length && !flags.includes('length_mismatch'),
  )
}
