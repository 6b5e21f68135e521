import { Type } from 'typebox'
import { number, optionalNumber, strict } from './schema-parts.ts'

/** How an upstream is chosen among those that serve a model. */
const strategies = ['session', 'simple-shuffle', 'least-busy', 'latency', 'usage', 'cost'] as const

const kindsOfFailure = [
  'bad_request',
  'authentication',
  'not_found',
  'timeout',
  'rate_limit',
  'content_policy',
  'internal_server',
  'service_unavailable',
  'default',
] as const

/** A number of times for each kind of failure. */
const byFailure = (description: string) =>
  Type.Object(
    Object.fromEntries(
      kindsOfFailure.map((kind) => [
        kind,
        Type.Optional(Type.Integer({ minimum: 0, description: `At a failure of this kind.` })),
      ]),
    ) as Record<(typeof kindsOfFailure)[number], ReturnType<typeof optionalNumber>>,
    { ...strict, default: {}, description },
  )

const byModel = (description: string) =>
  Type.Record(Type.String(), Type.Array(Type.String()), { default: {}, description })

const Alias = Type.Union([
  Type.String(),
  Type.Object(
    {
      model: Type.String({ description: 'The model that is meant.', minLength: 1 }),
      hidden: Type.Optional(Type.Boolean({ description: 'Leave it out of /v1/models.' })),
    },
    strict,
  ),
])

/** The section `routing`. */
export const RoutingSchema = Type.Object(
  {
    strategy: Type.Enum(strategies, {
      default: 'session',
      description:
        'session: a session keeps to one upstream, other calls go where the load is least.',
    }),
    strategy_args: Type.Object(
      {
        ttl_ms: optionalNumber('How long a measurement counts.', 1),
        latency_buffer: Type.Number({
          default: 0,
          minimum: 0,
          description: 'latency: how much slower than the fastest still is fast; 0.1 is a tenth.',
        }),
        latency_samples: number(10, 'latency: how many answers the mean is taken of.', 1),
      },
      { ...strict, default: {}, description: 'What strategies can be told.' },
    ),
    session_affinity: Type.Boolean({
      default: false,
      description: 'Sessions keep to the upstream they were given, under every strategy.',
    }),
    spill_factor: Type.Number({
      default: 2,
      minimum: 1,
      description: 'A session leaves its upstream while that has more than this times its share.',
    }),
    spill_floor: number(32, 'Calls under way below which no session leaves its upstream.'),
    retries: number(
      0,
      'How often a call is sent again that failed before its answer began; 2 with a file of LiteLLM.',
    ),
    retry_after_ms: number(0, 'Wait at least this long before.'),
    retry_policy: byFailure('The same by kind of failure; others have `retries`.'),
    fallbacks: byModel('Models that are asked in turn when one has failed. * is every model.'),
    context_window_fallbacks: byModel('The same for prompts that are too long for the model.'),
    content_policy_fallbacks: byModel('The same for what the model refuses to answer.'),
    default_fallbacks: Type.Array(Type.String(), {
      default: [],
      description: 'Fallbacks of the models that have none of their own.',
    }),
    max_fallbacks: number(5, 'How many are asked.'),
    allowed_fails: optionalNumber(
      'Failures in a minute after which an upstream cools down. Absent: half of the calls.',
    ),
    allowed_fails_policy: byFailure('The same by kind of failure; others have `allowed_fails`.'),
    cooldown_ms: number(
      0,
      'How long it then gets no calls; 0 never leaves it out. 5000 with a file of LiteLLM.',
    ),
    pre_call_checks: Type.Boolean({
      default: false,
      description: 'Leave out upstreams whose context is too short or whose rpm is used up.',
    }),
    tag_filtering: Type.Enum(['off', 'any', 'all'], {
      default: 'off',
      description: 'A call goes to upstreams that have one, or all, of its tags.',
    }),
    model_aliases: Type.Record(Type.String(), Alias, {
      default: {},
      description: 'Other names of models.',
    }),
    litellm: Type.Boolean({
      default: false,
      description:
        "Read callers' num_retries, fallbacks and the like, keep them from the server, and answer with x-litellm headers; true with a file of LiteLLM.",
    }),
    wait: Type.Object(
      {
        max: number(0, 'How many calls may wait; 0 turns away at once.'),
        timeout_ms: number(30_000, 'How long.', 1),
      },
      {
        ...strict,
        default: {},
        description: 'Waiting while every upstream is busy or cools down.',
      },
    ),
  },
  { ...strict, default: {}, description: 'Which upstream gets a call, and what if it fails.' },
)
