import { Type } from 'typebox'
import { number, strict } from './schema-parts.ts'

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
      Type.String({ description: 'Base URL, with or without /v1.', pattern: '^https?://' }),
    ),
    simulator: Type.Optional(Simulator),
    name: Type.Optional(
      Type.String({
        description: 'How logs and traces call it; the URL by default.',
        minLength: 1,
      }),
    ),
    kind: Type.Enum(kinds, {
      default: 'auto',
      description: 'What it speaks; auto asks the server.',
    }),
    models: Type.Optional(
      Type.Array(Type.String(), { description: 'Models it serves; absent: every model.' }),
    ),
    model_name: Type.Optional(Type.String({ description: 'The same for a single model.' })),
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
  },
  strict,
)
