import type { Json, UpstreamKind } from 'sluice/plugin'

/** A request field that makes an engine report more, and where in the reply it reports it. */
export interface Field {
  readonly name: string
  readonly value: Json
  readonly shows: readonly string[]
  /** It changes how logprob entries read, so it goes only beside logprobs the caller does not see. */
  readonly besideHiddenLogprobs?: true
}

/** The kind of request a field has to suit. */
export interface Shape {
  readonly kind: UpstreamKind
  readonly chat: boolean
  readonly streaming: boolean
}

/**
 * The field for the sampled token's log probability: a flag on chat, a number of alternatives on
 * completions. 0 is "the sampled token only" to vLLM; others may read 0 as "none", so they get 1.
 * llama.cpp adds 20 alternatives to every token of a chat unless it is told how many.
 */
export function logprobsFields({ kind, chat }: Shape): readonly Field[] {
  const value = chat || (kind === 'vllm' ? 0 : 1)
  const logprobs = { name: 'logprobs', value, shows: ['choices.*.logprobs'] }
  if (kind !== 'llamacpp' || !chat) return [logprobs]
  return [logprobs, { name: 'top_logprobs', value: 1, shows: [], besideHiddenLogprobs: true }]
}

/**
 * Fields for prompt and completion ids. vLLM before 0.10.2 can only write `token_id:N` in place of each
 * logprob entry's text, which a caller that reads logprobs must not get. SGLang refuses
 * `return_token_ids` in a chat stream; there it sends the ids once, in an extension chunk at the end.
 * Services without such fields get none: an unknown field is a 400 at OpenAI.
 */
export function tokenIdFields({ kind, chat, streaming }: Shape): readonly Field[] {
  if (kind === 'vllm') return [flag('return_token_ids', ...EVERY_ID)]
  if (kind === 'vllm-old') {
    return [{ ...flag('return_tokens_as_token_ids'), besideHiddenLogprobs: true }]
  }
  if (kind !== 'sglang') return []
  if (!chat) return [flag('return_token_ids', ...EVERY_ID)]
  if (streaming) {
    return [
      flag('return_input_ids', 'sglext.input_ids'),
      flag('return_output_ids', 'sglext.output_ids'),
    ]
  }
  return [
    flag('return_token_ids', 'choices.*.token_ids'),
    flag('return_prompt_token_ids', 'choices.*.prompt_token_ids', 'prompt_token_ids'),
  ]
}

/** Where reasoning text stands, under its present and its older name, in streams and single replies. */
export const REASONING = [
  'choices.*.delta.reasoning',
  'choices.*.delta.reasoning_content',
  'choices.*.message.reasoning',
  'choices.*.message.reasoning_content',
] as const

/** The last is where LiteLLM's proxy moves those of a server behind it. */
const EVERY_ID = [
  'prompt_token_ids',
  'choices.*.prompt_token_ids',
  'choices.*.token_ids',
  'choices.*.provider_specific_fields.token_ids',
] as const

function flag(name: string, ...shows: readonly string[]): Field {
  return { name, value: true, shows }
}
