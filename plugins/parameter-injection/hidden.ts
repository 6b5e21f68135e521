import { isObject, type Json, type JsonObject } from 'sluice/plugin'
import { logprobsFields, REASONING, tokenIdFields, type Shape } from './fields.ts'
import type { Settings } from './settings.ts'

/** What of a reply is not for the caller. */
export interface Hidden {
  /** Paths to cut wherever they hold a value. */
  readonly values: readonly string[]
  /** Paths to cut even where they hold null, as engines write it when nobody asked. */
  readonly keys: readonly string[]
  /** The count at a stream's end, and the nulls OpenAI writes before it. */
  readonly usage: boolean
  /** Chunks of a stream that have nothing left to say; engines send those for ids and logprobs only. */
  readonly emptied: boolean
}

/** vLLM's own fields, and the request field by which a caller shows that it reads them, if any. */
const VLLM_FIELDS: readonly (readonly [path: string, askedBy: string | null])[] = [
  ['prompt_token_ids', 'return_token_ids'],
  ['prompt_logprobs', 'prompt_logprobs'],
  ['prompt_text', 'return_prompt_text'],
  ['kv_transfer_params', 'kv_transfer_params'],
  ['ec_transfer_params', 'ec_transfer_params'],
  ['metrics', null],
  ['weight_version', null],
  ['choices.*.prompt_token_ids', 'return_token_ids'],
  ['choices.*.prompt_logprobs', 'prompt_logprobs'],
  ['choices.*.token_ids', 'return_token_ids'],
  ['choices.*.stop_reason', null],
  ['choices.*.routing_matrices', null],
  ['choices.*.routed_experts', null],
]

/**
 * Everything the reply says because `sent` asked for it and `received` did not, whoever added it: this
 * plugin, another one, or the session's sampling parameters.
 */
export function hiddenFrom(
  received: JsonObject,
  sent: JsonObject,
  shape: Shape,
  strip: Settings['strip'],
): Hidden {
  if (strip === 'none') return { values: [], keys: [], usage: false, emptied: false }
  const values = [...logprobsFields(shape), ...tokenIdFields(shape)]
    .filter(({ name }) => asks(sent, name) && !asks(received, name))
    .flatMap(({ shows }) => shows)
  if (received['include_reasoning'] === false && sent['include_reasoning'] !== false) {
    values.push(...REASONING)
  }
  const keys = strip === 'vllm' ? unaskedFields(received) : []
  return {
    values: values.filter((path) => !keys.includes(path)),
    keys,
    usage: shape.streaming && asksUsage(sent) && !readsUsage(received),
    emptied: shape.streaming && !asks(received, 'logprobs') && !asks(received, 'return_token_ids'),
  }
}

function unaskedFields(received: JsonObject): string[] {
  return VLLM_FIELDS.flatMap(([path, askedBy]) =>
    askedBy !== null && asks(received, askedBy) ? [] : [path],
  )
}

/** False, null and absence ask for nothing; 0 does: on completions it means the sampled token. */
function asks(params: JsonObject, field: string): boolean {
  const value = params[field]
  return value !== undefined && value !== null && value !== false
}

function asksUsage(params: JsonObject): boolean {
  return optionOf(params, 'include_usage') === true
}

/** Who wants running counts on every chunk reads usage, though engines only obey both options together. */
function readsUsage(params: JsonObject): boolean {
  return asksUsage(params) || optionOf(params, 'continuous_usage_stats') === true
}

function optionOf(params: JsonObject, name: string): Json | undefined {
  const options = params['stream_options']
  return isObject(options) ? options[name] : undefined
}
