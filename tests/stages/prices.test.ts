import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { UpstreamInfo } from 'sluice/plugin'
import { createPriceBook } from '../../src/ledger/index.ts'
import { createPrices, type Prices } from '../../src/stages/prices.ts'
import { PLAIN_TERMS, type HttpUpstream, type Terms } from '../../src/upstream/index.ts'
import { createHeardLog } from '../support/heard-log.ts'

const nameOf = (at: number): string => `u${at}`

/** Prices of upstreams that all serve every model, with these terms. */
function pricesOf(terms: readonly Partial<Terms>[], log = createHeardLog().log): Prices {
  const servers = terms.map((_, at): UpstreamInfo => {
    return { name: nameOf(at), kind: 'openai', url: 'http://h', simulated: false }
  })
  return createPrices({
    book: createPriceBook({ overrides: {} }),
    upstreams: {
      servers: () => servers as unknown as readonly HttpUpstream[],
      termsOf: ({ name }) => ({ ...PLAIN_TERMS, ...terms[Number(name.slice(1))] }),
      nameOn: (_, model) => model,
    },
    log,
  })
}

describe('what is set aside for a call', () => {
  const tokens = { prompt: 100, answer: 10 }
  const cheap = { prices: { input_per_token: 0.001, output_per_token: 0.002 } }
  const dear = { prices: { input_per_token: 0.001, output_per_token: 0.02 } }

  test('is what it may cost at the dearest of its upstreams', () => {
    assert.equal(pricesOf([cheap, dear, cheap]).reserve('m', tokens), 0.3)
  })

  test('is by the dearest of what its tokens may turn out to be', () => {
    const parts = { cache_write_per_token: 0.002, reasoning_per_token: 0.05 }
    const prices = { ...dear.prices, ...parts, cached_input_per_token: 0 }
    assert.equal(pricesOf([{ prices }]).reserve('m', tokens), 0.2 + 0.5)
  })

  test('is by the price list where that knows the model', () => {
    const reserved = pricesOf([{}]).reserve('gpt-4o-mini', { prompt: 1_000_000, answer: 1_000_000 })
    assert.ok(Math.abs(reserved - 0.75) < 1e-12, String(reserved))
  })

  test('is nothing where nobody knows a price, or nobody serves the model', () => {
    assert.equal(pricesOf([{}]).reserve('mine', tokens), 0)
    assert.equal(pricesOf([]).reserve('m', tokens), 0)
  })
})

describe('a model without a price', () => {
  const upstream = { name: nameOf(0), kind: 'openai', url: 'http://h', simulated: false } as const
  const asked = { asked: 'a', sent: 'mine', answered: null, promptTokens: 1 }

  test('is told once', async () => {
    const heard = createHeardLog()
    const prices = pricesOf([{}], heard.log)
    for (let turn = 0; turn < 3; turn += 1) assert.equal(prices.of(upstream, asked), null)
    heard.log.debug('that was it')
    await heard.line('that was it')
    assert.equal(heard.lines.filter((one) => one.includes('no price is known')).length, 1)
  })

  test('is looked up under the name that it is based on, and under no other', () => {
    const prices = pricesOf([{ baseModel: 'gpt-4o-mini' }, { baseModel: 'unheard of' }])
    assert.equal(prices.of(upstream, asked)?.source, 'list')
    const other = { ...upstream, name: nameOf(1) }
    assert.equal(prices.of(other, { ...asked, sent: 'gpt-4o-mini' }), null)
  })
})
