import { PRICES } from './price.ts'
import { all, elsewhere, given, hintAt, later, moot, moved, read, tableOf } from './rows.ts'
import {
  amount,
  count,
  deadline,
  inside,
  object,
  seconds,
  text,
  texts,
  whole,
  type Said,
} from './values.ts'

/** LiteLLM never picks what has no weight; here it gets what is left over. */
const NEXT_TO_NOTHING = 1e-6

/** The keys of `litellm_params` that say how a server is called, and not what it is asked. */
export const PARAMS = tableOf({
  ...all(
    [
      'model',
      'api_base',
      'base_url',
      'api_key',
      'api_version',
      'custom_llm_provider',
      'organization',
      'litellm_credential_name',
    ],
    elsewhere,
  ),
  rpm: moved(['rpm'], count),
  tpm: moved(['tpm'], count),
  weight: moved(['weight'], (said) => amount(said) || NEXT_TO_NOTHING),
  order: moved(['order'], (said) => whole(said, Number.MIN_SAFE_INTEGER)),
  max_parallel_requests: moved(['max_parallel_requests'], count),
  timeout: moved(['timeout_ms'], deadline),
  stream_timeout: moved(['stream_timeout_ms'], deadline),
  num_retries: moved(['retries'], (said) => whole(said)),
  cooldown_time: moved(['cooldown_ms'], seconds),
  tags: moved(['tags'], texts),
  extra_body: moved(['extra_body'], object),
  additional_drop_params: moved(['drop_params'], texts),
  headers: read(readHeaders),
  extra_headers: read(readHeaders),
  drop_params: moot(
    'parameters are sent as they come; additional_drop_params names those to leave out',
  ),
  allowed_openai_params: given,
  max_retries: later('see num_retries'),
  ...PRICES,
  ...all(
    [
      'itpm',
      'otpm',
      'tag_regex',
      'max_budget',
      'budget_duration',
      'mock_response',
      'configurable_clientside_auth_params',
      'merge_reasoning_content_in_choices',
      'use_chat_completions_api',
      'use_in_pass_through',
      'provider_affinity_header',
      'keepalive_seconds',
      'allow_client_keepalive_override',
      'default_api_key_tpm_limit',
      'default_api_key_rpm_limit',
      'region_name',
    ],
    later(),
  ),
})

/** Parameters of a call; those of vLLM and OpenAI are sent without a word. */
const KNOWN: ReadonlySet<string> = new Set(
  (
    'add_generation_prompt add_special_tokens allowed_token_ids audio bad_words best_of chat_template ' +
    'chat_template_kwargs continue_final_message dimensions documents echo encoding_format ' +
    'frequency_penalty function_call functions guided_choice guided_decoding_backend guided_grammar ' +
    'guided_json guided_regex ignore_eos include_reasoning include_stop_str_in_output ' +
    'kv_transfer_params length_penalty logit_bias logprobs max_completion_tokens max_tokens metadata ' +
    'min_p min_tokens mm_processor_kwargs modalities n parallel_tool_calls prediction ' +
    'presence_penalty priority prompt_cache_key prompt_logprobs reasoning reasoning_effort ' +
    'repetition_penalty response_format return_token_ids return_tokens_as_token_ids ' +
    'safety_identifier seed service_tier skip_special_tokens spaces_between_special_tokens stop ' +
    'stop_token_ids store stream stream_options structured_outputs suffix temperature thinking ' +
    'tool_choice tools top_k top_logprobs top_p truncate_prompt_tokens use_beam_search user verbosity ' +
    'vllm_xargs web_search_options'
  ).split(' '),
)

/** What looks like a way to log in is never put into a body. */
const SECRET =
  /^(?:aws|azure|vertex|watsonx|oci|sap|gcs|s3)_|^(?:authorization|token|key)$|(?:secret|password|credentials?|[_-]token|[_-]key|apikey)$/i

/** Any other key of `litellm_params` goes with every call, as LiteLLM does it. */
export function readParameter(said: Said): void {
  const { path, target, value } = said
  const key = String(path.at(-1))
  if (!KNOWN.has(key)) {
    if (SECRET.test(key)) return target.warn(path, 'is not used, and not sent: it may be a secret')
    const hint = hintAt(path, PARAMS)
    target.warn(path, `is no key this gateway knows, so it is sent as a parameter${hint}`)
  }
  target.put(['params', key], value, path)
}

function readHeaders(said: Said): void {
  for (const [name, value] of Object.entries(object(said))) {
    const header = inside(said, name, value)
    const sent = typeof value === 'boolean' ? String(value) : text(header)
    said.target.put(['headers', name.toLowerCase()], sent, header.path)
  }
}
