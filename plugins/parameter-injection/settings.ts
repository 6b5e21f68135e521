import type { Infer } from 'sluice/plugin'

const MODE = { type: 'string', enum: ['off', 'auto', 'on', 'required'] } as const

/** When log probabilities are asked for on the caller's behalf. */
export type Mode = Infer<typeof MODE>

export const MODES: readonly string[] = MODE.enum

export const settings = {
  type: 'object',
  description:
    'Asks upstreams for token ids, logprobs and usage, and hides from the caller what it did not ask for.',
  properties: {
    logprobs: {
      ...MODE,
      default: 'auto',
      description:
        'off: never ask. auto: ask engines (vllm, vllm-old, sglang, llamacpp) and leave paid services alone. ' +
        'on: ask everywhere, go without where it is refused. required: ask everywhere, pass the refusal on, ' +
        'and mark a trace that has none.',
    },
    models: {
      type: 'object',
      additionalProperties: MODE,
      default: {},
      description:
        'Modes by model; `*` stands for any text and the first pattern that matches decides.',
    },
    kinds: {
      type: 'object',
      additionalProperties: false,
      properties: {
        vllm: MODE,
        'vllm-old': MODE,
        sglang: MODE,
        llamacpp: MODE,
        openai: MODE,
        generic: MODE,
      },
      default: {},
      description: 'Modes by kind of upstream.',
    },
    metadataKey: {
      type: 'string',
      minLength: 1,
      default: 'logprobs',
      description:
        'The metadata key by which a call sets its own mode. It comes before `models` and `kinds`.',
    },
    tokenIds: {
      type: 'string',
      enum: ['off', 'auto'],
      default: 'auto',
      description:
        'auto: ask for token ids where the engine has a field for them. They cost nothing there.',
    },
    usage: {
      type: 'string',
      enum: ['off', 'auto'],
      default: 'auto',
      description:
        'auto: ask for the usage of streams, against which the recorded ids are checked.',
    },
    strip: {
      type: 'string',
      enum: ['added', 'vllm', 'none'],
      default: 'added',
      description:
        "added: hide what was asked for on the caller's behalf. vllm: hide every vLLM-only field too, as " +
        "rLLM's gateway does. none: the caller sees all the upstream sends.",
    },
    relearnAfterHours: {
      type: 'number',
      minimum: 0,
      default: 24,
      description:
        'How long a field that an upstream refused is left out before it is tried again.',
    },
  },
} as const

export type Settings = Infer<typeof settings>
