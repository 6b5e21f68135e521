import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { UpstreamInfo, UpstreamKind } from 'sluice/plugin'
import { createPriceBook, type Offer } from '../../src/ledger/prices/price-book.ts'
import { createPriceList, type PriceList } from '../../src/ledger/prices/price-list.ts'
import { SERVICES } from '../../src/ledger/prices/services.ts'

const at = (url: string, kind: UpstreamKind = 'generic', simulated = false): UpstreamInfo => ({
  name: 'u',
  kind,
  url,
  simulated,
})

/** A list that sells one model at every service, and says who asked. */
const LIST: PriceList = {
  priceOf: (service, model) =>
    model === 'listed' ? { input_per_token: service.length, output_per_token: 0 } : null,
}

function offer(over: Partial<Offer> = {}): Offer {
  return {
    upstream: at('http://127.0.0.1:8000', 'vllm'),
    provider: 'openai',
    own: null,
    asked: 'mine',
    sent: 'theirs',
    listed: ['listed'],
    promptTokens: 10,
    ...over,
  }
}

describe('the price of a model', () => {
  const book = createPriceBook({
    overrides: {
      asked: { input_per_token: 1 },
      sent: { input_per_token: 2 },
      'org/*': { input_per_token: 3 },
      'org/big-*': { input_per_token: 4 },
    },
    list: LIST,
  })
  const openai = at('https://api.openai.com', 'openai')
  const own = { input_per_token: 9 }
  const rows: readonly (readonly [string, Partial<Offer>, string | null, number])[] = [
    ['is that of its upstream', { own, asked: 'asked', upstream: openai }, 'upstream', 9],
    ['is what is said of its name here', { asked: 'asked', sent: 'sent' }, 'prices', 1],
    ['is what is said of its name there', { sent: 'sent', upstream: openai }, 'prices', 2],
    ['is what a pattern says', { asked: 'org/small' }, 'prices', 3],
    ['is what the longest pattern says', { asked: 'org/big-one' }, 'prices', 4],
    ['is that of the list, at a service', { upstream: openai }, 'list', 'openai'.length],
    ['is not that of the list, on a server of one’s own', {}, null, 0],
    ['is unknown where the list does not know it', { upstream: openai, listed: ['x'] }, null, 0],
    [
      'is that of the next name the list knows',
      { upstream: openai, listed: ['', 'listed'] },
      'list',
      6,
    ],
    ['is not for a simulator', { upstream: at('http://127.0.0.1', 'openai', true) }, null, 0],
  ]
  for (const [name, over, source, input] of rows) {
    test(name, () => {
      const priced = book.priceFor(offer(over))
      assert.equal(priced?.source ?? null, source)
      assert.equal(priced?.prices.input_per_token ?? 0, input)
    })
  }
})

describe('a service is known', () => {
  const book = createPriceBook({ overrides: {}, list: LIST })
  const serviceLength = (upstream: UpstreamInfo, provider = 'openai'): number | undefined =>
    book.priceFor(offer({ upstream, provider }))?.prices.input_per_token

  for (const [url, service] of [
    ['https://api.openai.com', 'openai'],
    ['https://mine.openai.azure.com/openai', 'azure'],
    ['https://api.anthropic.com', 'anthropic'],
    ['https://api.groq.com/openai', 'groq'],
    ['https://api.mistral.ai', 'mistral'],
    ['https://api.deepseek.com', 'deepseek'],
  ] as const) {
    test(`by its host: ${url}`, () => assert.equal(serviceLength(at(url)), service.length))
  }

  test('by its kind or provider, where another host stands before it', () => {
    assert.equal(serviceLength(at('http://proxy', 'openai')), 'openai'.length)
    assert.equal(serviceLength(at('http://proxy', 'openai'), 'anthropic'), 'anthropic'.length)
    assert.equal(serviceLength(at('http://proxy'), 'azure'), 'azure'.length)
  })

  test('by nothing else', () => {
    assert.equal(serviceLength(at('https://api.openai.com.example.org')), undefined)
    assert.equal(serviceLength(at('local:mine')), undefined)
  })
})

describe('the list that comes with the gateway', () => {
  const list = createPriceList()

  test('knows every service that is known by its host', () => {
    const models: Readonly<Record<string, string>> = {
      openai: 'gpt-4o-mini',
      azure: 'gpt-4o-mini',
      anthropic: 'claude-sonnet-4-20250514',
      groq: 'llama-3.3-70b-versatile',
      mistral: 'mistral-large-latest',
      deepseek: 'deepseek-chat',
      google: 'gemini-2.5-flash',
      openrouter: 'openai/gpt-4o-mini',
      together: 'meta-llama/Llama-3.3-70B-Instruct-Turbo',
      fireworks: 'accounts/fireworks/models/deepseek-r1-0528',
      cerebras: 'gpt-oss-120b',
      cohere: 'command-r-plus',
      perplexity: 'sonar',
      'x-ai': 'grok-4',
      moonshotai: 'kimi-k2-0711-preview',
    }
    for (const service of SERVICES) {
      assert.ok(list.priceOf(service, models[service] ?? '', 10), service)
    }
  })

  test('has prices for a token', () => {
    assert.deepEqual(list.priceOf('openai', 'gpt-4o-mini', 10), {
      input_per_token: 0.15e-6,
      output_per_token: 0.6e-6,
      cached_input_per_token: 0.075e-6,
    })
    const claude = list.priceOf('anthropic', 'claude-sonnet-4-20250514', 10)
    assert.equal(claude?.cache_write_per_token, 3.75e-6)
  })

  test('takes the price of a long prompt for all of the call', () => {
    const short = list.priceOf('google', 'gemini-2.5-pro', 200_000)
    const long = list.priceOf('google', 'gemini-2.5-pro', 200_001)
    assert.deepEqual([short?.input_per_token, short?.output_per_token], [1.25e-6, 10e-6])
    assert.deepEqual([long?.input_per_token, long?.output_per_token], [2.5e-6, 15e-6])
  })

  test('has no price for what it does not know', () => {
    assert.equal(list.priceOf('openai', 'Qwen/Qwen3-8B', 10), null)
    assert.equal(list.priceOf('nobody', 'gpt-4o-mini', 10), null)
  })
})
