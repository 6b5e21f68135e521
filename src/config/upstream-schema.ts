import { Type } from 'typebox'
import { PriceSchema } from './price-schema.ts'
import { number, optionalNumber, strict } from './schema-parts.ts'

/** What a base URL has to begin like. */
export const URL_PATTERN = '^https?://'

const providers = ['openai', 'azure', 'anthropic', 'text-completion'] as const
const kinds = ['auto', 'vllm', 'vllm-old', 'sglang', 'llamacpp', 'openai', 'generic'] as const

const Simulator = Type.Object(
  {
    models: Type.Array(Type.String(), {
      default: ['sluice-sim'],
      description: 'Model names it answers to.',
    }),
    seed: Type.Integer({ default: 1, description: 'Same seed and prompt, same reply.' }),
    tokens_per_second: number(60, 'Speed of a reply; 0 is as fast as possible.'),
    ttft_ms: number(40, 'Time to the first token.'),
    tokens_per_chunk: number(1, 'More than 1 behaves like speculative decoding.', 1),
    reasoning: Type.Boolean({ default: false, description: 'Think before answering.' }),
    reply_tokens: number(0, 'Length of a reply; 0 varies it.'),
  },
  {
    ...strict,
    description: 'The built-in vLLM stand-in. Its answers are no samples of any model.',
  },
)

/** One entry of `upstreams`. */
export const UpstreamSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({ description: 'Base URL, with or without /v1.', pattern: URL_PATTERN }),
    ),
    simulator: Type.Optional(Simulator),
    name: Type.Optional(
      Type.String({
        description: 'How logs and traces call it; the URL by default.',
        minLength: 1,
      }),
    ),
    provider: Type.Enum(providers, {
      default: 'openai',
      description:
        'Whose API it has. azure: deployments and api-version; text-completion: no chat of its own.',
    }),
    api_version: Type.Optional(
      Type.String({ description: 'Sent to azure as api-version.', minLength: 1 }),
    ),
    kind: Type.Enum(kinds, {
      default: 'auto',
      description: 'What it speaks; auto asks the server.',
    }),
    models: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Models it serves, where * stands for any text; absent: every model.',
      }),
    ),
    model_name: Type.Optional(Type.String({ description: 'The same for a single model.' })),
    send_model: Type.Optional(
      Type.String({
        description:
          "The model's name on the server; * is what the * of `models` stood for. Absent: as the caller says.",
        minLength: 1,
      }),
    ),
    worker_id: Type.Optional(
      Type.String({ description: 'Its id in /admin/workers; its name by default.', minLength: 1 }),
    ),
    api_path: Type.Optional(
      Type.String({
        description: 'What stands in place of /v1 on the server; /v1 by default.',
        pattern: '^/[^?#]*$',
      }),
    ),
    weight: Type.Number({
      default: 1,
      exclusiveMinimum: 0,
      maximum: 1_000_000,
      description: 'Its share of the sessions, next to those of the others.',
    }),
    api_key: Type.Optional(Type.String({ description: 'Sent as a bearer token. Write ${NAME}.' })),
    pass_authorization: Type.Boolean({
      default: false,
      description: "Forward the caller's own key instead.",
    }),
    headers: Type.Record(Type.String(), Type.String(), {
      default: {},
      description: 'Added to every call.',
    }),
    order: Type.Integer({
      default: 1,
      description: 'Those of a higher order get calls when none of a lower one can.',
    }),
    tags: Type.Array(Type.String(), {
      default: [],
      description: 'Calls with one of these tags may come here; see routing.tag_filtering.',
    }),
    rpm: optionalNumber('Calls it takes in a minute.', 1),
    tpm: optionalNumber('Tokens it takes in a minute, of prompts and answers.', 1),
    max_parallel_requests: optionalNumber('Calls it takes at a time.', 1),
    timeout_ms: optionalNumber('Until it begins to answer; timeouts.headers_ms by default.', 1),
    stream_timeout_ms: optionalNumber('The same for streams.', 1),
    retries: optionalNumber('How often a call that failed here is sent again, here or elsewhere.'),
    cooldown_ms: optionalNumber(
      'How long it gets no calls after it failed; 0 never leaves it out.',
    ),
    params: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description: 'Parameters of calls that do not say them.',
    }),
    extra_body: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description: 'Put into the body of every call, over what the caller says.',
    }),
    drop_params: Type.Array(Type.String(), {
      default: [],
      description: 'Parameters that are never sent to it.',
    }),
    info: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description: 'What else is to be known of it, in any shape.',
    }),
    price: Type.Optional(PriceSchema),
  },
  strict,
)
