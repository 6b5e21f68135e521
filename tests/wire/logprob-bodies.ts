import fc from 'fast-check'

/** A piece of text that differs from what a server writes, at any place and in any way. */
export interface Mutation {
  readonly at: number
  readonly removed: number
  readonly inserted: string
}

const token = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom(' the', '\n', '"', '\\', 'é', '🙂', '\u0000', 'token_id:42'),
)
const logprob = fc.oneof(
  fc.double({ max: 0, noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, -1e-7, -9999, null),
)
const alternative = fc.record({ token, logprob, bytes: fc.constant(null) })

/** Entries as servers write them: now and then with other bytes than the token's, or alternatives. */
const entry = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ token, logprob, top: fc.constant([]), own: fc.constant(true) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      token: fc.option(token),
      logprob,
      top: fc.option(fc.array(alternative, { maxLength: 2 })),
      own: fc.boolean(),
    }),
  },
)

function entryOf({
  token: text,
  logprob: value,
  top,
  own,
}: typeof entry extends fc.Arbitrary<infer T> ? T : never) {
  const bytes = text === null ? null : own ? [...Buffer.from(text)] : [1, 2]
  return { token: text, logprob: value, bytes, top_logprobs: top }
}

const choice = fc.record({ entries: fc.array(entry, { maxLength: 30 }), filler: fc.nat(2000) })

/** Bodies of chat replies with logprobs, in the spacings of several servers. */
export const bodies = fc
  .record({
    choices: fc.array(choice, { minLength: 1, maxLength: 3 }),
    spaces: fc.constantFrom(0, 0, 1, 2),
  })
  .map(({ choices, spaces }) =>
    JSON.stringify(
      {
        id: 'chatcmpl-1',
        model: 'm',
        choices: choices.map(({ entries, filler }, index) => ({
          index,
          message: { role: 'assistant', content: 'x'.repeat(filler) },
          logprobs: { content: entries.map(entryOf) },
          finish_reason: 'stop',
          token_ids: entries.map((_, id) => id),
        })),
        usage: null,
        prompt_token_ids: [1, 2, 3],
      },
      null,
      spaces,
    ),
  )

const piece = fc.oneof(
  fc.constantFrom(
    '"',
    '\\',
    ',',
    '[',
    ']',
    '{',
    '}',
    ':',
    '0',
    '-',
    '.',
    'e',
    'null',
    'NaN',
    ' ',
    '\n',
  ),
  fc.constantFrom('"logprobs":null,', '"token":"x",', '\\u00e9', '\\x', '\u0001', 'é', '01', '1.'),
)

export const mutations: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat(100_000),
  removed: fc.nat(3),
  inserted: fc.oneof(fc.constant(''), piece),
})

/** The body, differing in one place. */
export function mutated(body: string, { at, removed, inserted }: Mutation): string {
  const start = at % body.length
  return body.slice(0, start) + inserted + body.slice(start + removed)
}
