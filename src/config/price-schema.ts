import { Type, type TNumber, type TOptional } from 'typebox'
import { strict } from './schema-parts.ts'

const dollars = (description: string): TOptional<TNumber> =>
  Type.Optional(Type.Number({ minimum: 0, description }))

/** What the tokens of an upstream or a model cost, in US dollars. */
export const PriceSchema = Type.Object(
  {
    input_per_token: dollars('A token of the prompt.'),
    output_per_token: dollars('A token of the answer.'),
    cached_input_per_token: dollars('A token of the prompt that came from the prefix cache.'),
    cache_write_per_token: dollars('A token of the prompt that went into the prefix cache.'),
    reasoning_per_token: dollars('A token of the thoughts before the answer.'),
    input_per_second: dollars('A second of work on the call, on top of its tokens.'),
    output_per_second: dollars('The same; both are added.'),
  },
  { ...strict, description: 'What its tokens cost, in US dollars. Absent: as a price list says.' },
)
