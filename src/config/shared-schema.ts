import { Type } from 'typebox'
import { number, optionalNumber, strict } from './schema-parts.ts'

const cached = ['chat', 'completions', 'responses', 'messages', 'embeddings'] as const

/** The section `cache`. */
export const CacheSchema = Type.Object(
  {
    kind: Type.Enum(['off', 'memory', 'redis'], {
      default: 'off',
      description: 'Answer a call that was answered before with the same answer.',
    }),
    ttl_ms: optionalNumber('How long an answer is kept. Absent: until there is no more room.', 1),
    namespace: Type.Optional(
      Type.String({ description: 'Gateways of one namespace share answers.', minLength: 1 }),
    ),
    mode: Type.Enum(['all', 'asked'], {
      default: 'all',
      description: 'Which calls: all of them or those that ask for it.',
    }),
    dialects: Type.Array(Type.Enum(cached), {
      default: ['chat', 'completions', 'responses', 'embeddings'],
      description: 'Calls of which APIs.',
    }),
    max_bytes: number(268_435_456, 'Room for answers in memory.'),
  },
  { ...strict, default: {}, description: 'Answers that are given again.' },
)

/** The section `redis`. */
export const RedisSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        description: 'In place of all that follows. Write ${NAME}.',
        pattern: '^rediss?://',
      }),
    ),
    host: Type.String({ default: '127.0.0.1', description: 'Its address.', minLength: 1 }),
    port: Type.Integer({ default: 6379, minimum: 1, maximum: 65_535, description: 'Its port.' }),
    username: Type.Optional(Type.String({ description: 'Who logs in.' })),
    password: Type.Optional(Type.String({ description: 'Write ${NAME}.' })),
    db: number(0, 'Which of its databases.'),
    tls: Type.Boolean({ default: false, description: 'Speak TLS to it.' }),
    namespace: Type.String({
      default: 'sluice',
      description: 'Comes before the names of all keys. Gateways that share have the same.',
      minLength: 1,
    }),
    timeout_ms: number(250, 'How long it may take to answer one question.', 1),
    when_gone: Type.Enum(['open', 'closed'], {
      default: 'open',
      description:
        'While it does not answer: open lets each gateway count for itself, closed answers 503 to calls that have limits.',
    }),
  },
  {
    ...strict,
    description: 'What several gateways share is kept there: limits, cooldowns, cache.',
  },
)
