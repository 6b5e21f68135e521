import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { costOf, totalOf } from '../../src/ledger/prices/cost-of.ts'
import type { TokenUsage } from '../../src/ledger/prices/usage.ts'
import type { TokenPrices } from '../../src/util/token-prices.ts'

const USAGE: TokenUsage = {
  prompt: 1000,
  cached: 400,
  cacheWrite: 100,
  completion: 200,
  reasoning: 150,
  estimated: false,
}
const PLAIN: TokenPrices = { input_per_token: 3e-6, output_per_token: 15e-6 }

describe('a call of 1000 tokens in, 400 cached and 100 written, and 200 out, 150 of them thoughts', () => {
  const rows: readonly (readonly [string, TokenPrices, number, object, number])[] = [
    [
      'is paid as a whole where parts have no price',
      PLAIN,
      0,
      { input: 0.003, cached_input: 0, cache_write: 0, output: 0.003, reasoning: 0 },
      0.006,
    ],
    [
      'is paid in parts where they have one',
      {
        ...PLAIN,
        cached_input_per_token: 0.3e-6,
        cache_write_per_token: 3.75e-6,
        reasoning_per_token: 20e-6,
      },
      0,
      {
        input: 0.0015,
        cached_input: 0.00012,
        cache_write: 0.000375,
        output: 0.00075,
        reasoning: 0.003,
      },
      0.005745,
    ],
    [
      'takes a price of 0 for one',
      { ...PLAIN, cached_input_per_token: 0, reasoning_per_token: 0 },
      0,
      { input: 0.0018, cached_input: 0, cache_write: 0, output: 0.00075, reasoning: 0 },
      0.00255,
    ],
    [
      'is paid by the second on top',
      { ...PLAIN, input_per_second: 0.01, output_per_second: 0.02 },
      2.5,
      { input: 0.028, cached_input: 0, cache_write: 0, output: 0.053, reasoning: 0 },
      0.081,
    ],
    [
      'is free where nothing has a price',
      {},
      9,
      { input: 0, cached_input: 0, cache_write: 0, output: 0, reasoning: 0 },
      0,
    ],
  ]
  for (const [name, prices, seconds, expected, total] of rows) {
    test(name, () => {
      const parts = costOf(USAGE, prices, seconds)
      for (const [part, dollars] of Object.entries(expected)) {
        near(parts[part as keyof typeof parts], dollars as number, part)
      }
      near(totalOf(parts), total, 'total')
    })
  }
})

describe('whatever the tokens and prices', () => {
  const tokens = fc.integer({ min: 0, max: 10_000_000 })
  const usages = fc
    .tuple(tokens, tokens, tokens, tokens, tokens)
    .map(([plain, cached, cacheWrite, said, reasoning]): TokenUsage => ({
      prompt: plain + cached + cacheWrite,
      cached,
      cacheWrite,
      completion: said + reasoning,
      reasoning,
      estimated: false,
    }))
  const dollars = fc.double({ min: 0, max: 0.001, noNaN: true })
  const prices: fc.Arbitrary<TokenPrices> = fc.record(
    {
      input_per_token: dollars,
      output_per_token: dollars,
      cached_input_per_token: dollars,
      cache_write_per_token: dollars,
      reasoning_per_token: dollars,
      input_per_second: dollars,
      output_per_second: dollars,
    },
    { requiredKeys: [] },
  )

  test('no part is negative', () => {
    fc.assert(
      fc.property(usages, prices, (usage, price) => {
        for (const part of Object.values(costOf(usage, price, 1))) assert.ok(part >= 0)
      }),
    )
  })

  test('more tokens never cost less', () => {
    fc.assert(
      fc.property(usages, prices, tokens, tokens, (usage, price, more, said) => {
        const longer = {
          ...usage,
          prompt: usage.prompt + more,
          completion: usage.completion + said,
        }
        assert.ok(totalOf(costOf(longer, price, 0)) >= totalOf(costOf(usage, price, 0)))
      }),
    )
  })
})

function near(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${what}: ${actual} is not ${expected}`)
}
