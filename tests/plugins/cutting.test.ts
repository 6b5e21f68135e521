import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from 'sluice/plugin'
import { traceOf } from '../support/observe.ts'
import { chat, content, entry, root, usage } from '../support/replies.ts'

interface Token {
  readonly text: string
  readonly reasoning: string
  readonly argument: string
  readonly id: number
  readonly logprob: number
}

const token: fc.Arbitrary<Token> = fc.record({
  text: fc.string({ unit: 'grapheme', maxLength: 3 }),
  reasoning: fc.string({ maxLength: 3 }),
  argument: fc.string({ maxLength: 3 }),
  id: fc.nat(200_000),
  logprob: fc.double({ max: 0, min: -50, noNaN: true }),
})

const reply = fc.record({
  choices: fc.array(fc.array(token, { minLength: 1, maxLength: 12 }), {
    minLength: 1,
    maxLength: 3,
  }),
  /** How many tokens each next chunk takes; used over and over. */
  cuts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }),
})

test('cutting the deltas of a reply differently gives the same trace', async () => {
  await fc.assert(
    fc.asyncProperty(reply, async ({ choices, cuts }) => {
      const whole = await traceOf(stream(choices, [Infinity]))
      assert.deepEqual(await traceOf(stream(choices, cuts)), whole)
      assert.deepEqual(whole.checks.ids_match_usage, true)
      assert.deepEqual(whole.checks.logprobs_aligned, true)
    }),
    { numRuns: 200 },
  )
})

test('a stream gives the ids, logprobs and texts that went into it', async () => {
  await fc.assert(
    fc.asyncProperty(reply, async ({ choices, cuts }) => {
      const trace = await traceOf(stream(choices, cuts))
      assert.deepEqual(
        trace.choices.map((c) => [c.token_ids, c.logprobs, c.message['content']]),
        choices.map((tokens) => [
          tokens.map((t) => t.id),
          tokens.map((t) => t.logprob),
          tokens.map((t) => t.text).join(''),
        ]),
      )
    }),
    { numRuns: 200 },
  )
})

/** The choices' tokens in chunks of these sizes, the choices taking turns. */
function stream(choices: readonly (readonly Token[])[], cuts: readonly number[]): JsonObject[] {
  const chunks = choices.map((_, index) =>
    chat({ index, delta: { role: 'assistant', content: '' } }, { prompt_token_ids: [1, 2, 3] }),
  )
  const at = choices.map(() => 0)
  for (let turn = 0; choices.some((tokens, i) => (at[i] ?? 0) < tokens.length); turn += 1) {
    const index = turn % choices.length
    const from = at[index] ?? 0
    const tokens = choices[index] ?? []
    const part = tokens.slice(from, from + (cuts[turn % cuts.length] ?? 1))
    at[index] = from + part.length
    if (part.length > 0) chunks.push(chunk(index, part, from + part.length === tokens.length))
  }
  const count = choices.reduce((sum, tokens) => sum + tokens.length, 0)
  return [...chunks, root({ usage: usage(3, count) })]
}

function chunk(index: number, tokens: readonly Token[], isLast: boolean): JsonObject {
  const joined = (part: (token: Token) => string) => tokens.map(part).join('')
  return chat({
    index,
    delta: {
      content: joined((t) => t.text),
      reasoning: joined((t) => t.reasoning),
      tool_calls: [
        { index: 1, id: 'a', function: { name: 'f', arguments: joined((t) => t.argument) } },
      ],
    },
    logprobs: content(...tokens.map((t) => entry(t.text, t.logprob))),
    token_ids: tokens.map((t) => t.id),
    finish_reason: isLast ? 'stop' : null,
  })
}
