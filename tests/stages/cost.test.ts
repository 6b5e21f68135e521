import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FullTrace } from 'sluice/plugin'
import { priced } from '../../src/stages/cost.ts'
import type { Exchange } from '../../src/stages/exchange.ts'
import type { Prices } from '../../src/stages/prices.ts'
import type { TokenPrices } from '../../src/util/token-prices.ts'
import { aTrace } from '../admin/a-trace.ts'

/** `priced` with a call that was sent to an upstream whose tokens cost this. */
function pricedAt(prices: TokenPrices | null, over: Partial<FullTrace>): FullTrace {
  const trace = aTrace('t', { usage: null, ...over })
  const exchange = {
    upstream: trace.upstream,
    sentParams: { model: 'm' },
    routing: { model: 'm' },
    body: { json: null, members: [] },
  } as unknown as Exchange
  const book: Prices = { of: () => prices && { prices, source: 'upstream' }, reserve: () => 0 }
  return priced(exchange, trace, { prices: book })
}

const CENTS: TokenPrices = { input_per_token: 0.01, output_per_token: 0.02 }

describe('a trace is priced', () => {
  test('by its usage', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2 }
    const { cost, cost_details: details } = pricedAt(CENTS, { usage })
    assert.equal(cost, 0.07)
    assert.equal(details?.estimated, false)
  })

  test('by the seconds from when its last attempt was sent', () => {
    const { upstream } = aTrace('t')
    assert.ok(upstream)
    const attempt = (started_ms: number): FullTrace['attempts'][number] => {
      return { upstream, started_ms, status: 200, error: null }
    }
    const attempts = [attempt(0), attempt(500)]
    const { cost } = pricedAt({ output_per_second: 4 }, { latency_ms: 2000, attempts })
    assert.equal(cost, 6)
  })

  test('as a plugin has reckoned it, if one has', () => {
    const trace = pricedAt(CENTS, { cost: 42 })
    assert.deepEqual([trace.cost, trace.cost_details], [42, null])
  })

  test('at nothing when a cache answered', () => {
    const cache = { key: 'k', hit: true, stored_at: 1 }
    const { cost, cost_details: details } = pricedAt(CENTS, { cache })
    assert.deepEqual([cost, details?.source], [0, 'cache'])
  })

  test('at nothing when no answer came, or an error', () => {
    for (const http_status of [null, 400, 500]) {
      assert.equal(pricedAt(CENTS, { http_status, status: 'error' }).cost, 0)
    }
  })
})

describe('a trace is not priced', () => {
  test('where nobody knows a price', () => {
    const trace = pricedAt(null, {})
    assert.deepEqual([trace.cost, trace.cost_details], [null, null])
  })

  test('where it was sent nowhere', () => {
    assert.equal(pricedAt(CENTS, { upstream: null }).cost, null)
  })

  test('where nobody can tell how its bytes are billed', () => {
    assert.equal(pricedAt(CENTS, { dialect: 'other' }).cost, null)
    const usage = { prompt_tokens: 3, completion_tokens: 0 }
    assert.equal(pricedAt(CENTS, { dialect: 'other', usage }).cost, 0.03)
  })
})
