import { badRequest } from './api-error.ts'
import type { Sampling } from './ending.ts'
import { flag, listOfIds, listOfStrings, numberOr, type FieldKind } from './fields.ts'
import type { JsonRecord } from './json.ts'

/** Sampling fields that chat and completions share. */
export const SAMPLING_FIELDS = {
  temperature: 'number',
  top_p: 'number',
  top_k: 'integer',
  min_p: 'number',
  frequency_penalty: 'number',
  presence_penalty: 'number',
  repetition_penalty: 'number',
  seed: 'integer',
  n: 'integer',
  max_tokens: 'integer',
  max_completion_tokens: 'integer',
  min_tokens: 'integer',
  ignore_eos: 'boolean',
  stop: 'strings',
  stop_token_ids: 'tokenIds',
  include_stop_str_in_output: 'boolean',
  skip_special_tokens: 'boolean',
  prompt_logprobs: 'integer',
} as const satisfies Record<string, FieldKind>

interface Range {
  readonly low: number
  readonly high: number
}

const RANGES: Readonly<Record<string, Range>> = {
  temperature: { low: 0, high: Infinity },
  top_p: { low: Number.MIN_VALUE, high: 1 },
  min_p: { low: 0, high: 1 },
  frequency_penalty: { low: -2, high: 2 },
  presence_penalty: { low: -2, high: 2 },
  repetition_penalty: { low: Number.MIN_VALUE, high: Infinity },
  n: { low: 1, high: Infinity },
  min_tokens: { low: 0, high: Infinity },
}

const rangeText = ({ low, high }: Range): string => {
  const least = low === Number.MIN_VALUE ? 'greater than 0' : `at least ${low}`
  return high === Infinity ? least : `${least} and at most ${high}`
}

/**
 * Reads what a body says about sampling.
 * @throws ApiError 400 `BadRequestError` for a value outside its range
 */
export const readSampling = (body: JsonRecord, maxTokens: number): Sampling => {
  for (const [name, range] of Object.entries(RANGES)) {
    const value = numberOr(body, name, range.high)
    if (value < range.low || value > range.high) {
      throw badRequest(`${name} must be ${rangeText(range)}, got ${value}.`, name)
    }
  }
  const minTokens = numberOr(body, 'min_tokens', 0)
  if (minTokens > maxTokens) {
    throw badRequest(
      `min_tokens must be less than or equal to max_tokens=${maxTokens}, got ${minTokens}.`,
      'min_tokens',
    )
  }
  return {
    seed: numberOr(body, 'seed', null),
    temperature: numberOr(body, 'temperature', 1),
    maxTokens,
    minTokens,
    ignoreEos: flag(body, 'ignore_eos'),
    stop: listOfStrings(body['stop']).filter((stop) => stop !== ''),
    stopTokenIds: listOfIds(body['stop_token_ids']),
    includeStop: flag(body, 'include_stop_str_in_output'),
    skipSpecialTokens: flag(body, 'skip_special_tokens', true),
  }
}
