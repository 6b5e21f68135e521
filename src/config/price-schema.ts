import { Type, type TNumber, type TOptional } from 'typebox'
import { strict } from './schema-parts.ts'

const dollars = (description: string): TOptional<TNumber> =>
  Type.Optional(Type.Number({ minimum: 0, description }))

/** What the tokens of an upstream cost, in US dollars. */
export const PriceSchema = Type.Object(
  {
    input_per_token: dollars('A token of the prompt.'),
    output_per_token: dollars('A token of the answer.'),
    cached_input_per_token: dollars('A token of the prompt that came from the prefix cache.'),
    cache_write_per_token: dollars('A token of the prompt that went into the prefix cache.'),
    input_per_second: dollars('A second of what was sent, such as sound.'),
    output_per_second: dollars('A second of what was answered, or of the work on it.'),
  },
  { ...strict, description: 'What its tokens cost, in US dollars. Absent: as a price list says.' },
)
