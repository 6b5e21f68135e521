import { Type } from 'typebox'
import { optionalNumber, strict } from './schema-parts.ts'

const Limit = Type.Object(
  {
    rpm: optionalNumber('Calls in a minute.', 1),
    tpm: optionalNumber('Tokens in a minute, of prompts and answers.', 1),
    max_parallel_requests: optionalNumber('Calls at a time.', 1),
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
    limits: Type.Record(Type.String(), Limit, {
      default: {},
      description: 'What a key may use, by the key itself.',
    }),
  },
  { ...strict, default: {}, description: 'Who may call, and how much.' },
)
