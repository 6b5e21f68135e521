import { Type } from 'typebox'
import { optionalNumber, strict } from './schema-parts.ts'

const budgetDuration = Type.Optional(
  Type.String({
    description: 'Such as 30s, 15m, 24h, 7d, 1w or 1mo. Absent: the budget is for ever.',
    // A hundred years at most.
    pattern:
      '^([1-9][0-9]{0,8}s|[1-9][0-9]{0,6}m|[1-9][0-9]{0,4}h|[1-9][0-9]{0,3}d|[1-9][0-9]{0,2}(w|mo))$',
  }),
)

const Limit = Type.Object(
  {
    rpm: optionalNumber('Calls in a minute.', 1),
    tpm: optionalNumber('Tokens in a minute, of prompts and answers.', 1),
    max_parallel_requests: optionalNumber('Calls at a time.', 1),
    models: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Models it may ask; * stands for any text. Absent: all.',
      }),
    ),
    max_budget: Type.Optional(
      Type.Number({ description: 'US dollars it may spend, in each budget_duration.', minimum: 0 }),
    ),
    budget_duration: budgetDuration,
    alias: Type.Optional(
      Type.String({ description: 'Its name in traces and metrics.', minLength: 1 }),
    ),
  },
  strict,
)

/** The section `keys`. */
export const KeysSchema = Type.Object(
  {
    master_key: Type.Optional(
      Type.String({
        description: 'Calls need this key or one that was made with it. Absent: calls are open.',
        minLength: 1,
      }),
    ),
    header: Type.Optional(
      Type.String({
        description: 'The header that has the key, beside authorization.',
        pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
      }),
    ),
    max_budget: Type.Optional(
      Type.Number({
        description: 'US dollars that all calls together may cost, in each budget_duration.',
        minimum: 0,
      }),
    ),
    budget_duration: budgetDuration,
    limits: Type.Record(Type.String(), Limit, {
      default: {},
      description:
        'Keys that may call, and what each may use: by the key itself, or by the alias of one.',
    }),
  },
  { ...strict, default: {}, description: 'Who may call, and how much.' },
)
