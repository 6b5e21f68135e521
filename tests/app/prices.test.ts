import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openUpstreams, type Upstreams } from '../../src/app/upstreams.ts'
import { checkConfig } from '../../src/config/index.ts'
import { createLogger } from '../../src/util/log.ts'

const SERVED = [
  { url: 'http://own', name: 'own', models: ['a'], kind: 'vllm', price: { input_per_token: 1 } },
  { url: 'http://said', name: 'said', models: ['b'], kind: 'vllm' },
  { url: 'http://list', name: 'list', models: ['c'], send_model: 'gpt-4o-mini', kind: 'openai' },
  { url: 'http://none', name: 'none', models: ['gpt-4o-mini'], kind: 'vllm' },
]

async function opened(t: TestContext, routing: object): Promise<Upstreams> {
  const prices = { b: { input_per_token: 2, output_per_token: 3 } }
  const config = checkConfig({ upstreams: SERVED, prices, routing, health: { interval_ms: 0 } })
  const noSimulator = (): Promise<never> => Promise.reject(new Error('none here'))
  const upstreams = await openUpstreams(config, noSimulator, createLogger('silent'))
  t.after(() => upstreams.close())
  return upstreams
}

const compared = (upstreams: Upstreams): (number | null)[] =>
  upstreams.list().map((upstream) => upstreams.termsOf(upstream).price)

test('the strategy cost compares what is known of prices from anywhere', async (t) => {
  const upstreams = await opened(t, { strategy: 'cost' })
  assert.deepEqual(compared(upstreams), [1, 5, 0.15e-6 + 0.6e-6, null])
})

test('where nothing is compared, the price list is not asked', async (t) => {
  assert.deepEqual(compared(await opened(t, {})), [1, null, null, null])
})

test('what was agreed with an upstream holds for its calls under way after it was removed', async (t) => {
  const upstreams = await opened(t, {})
  const [own] = upstreams.list()
  assert.ok(own && upstreams.remove(own.id))
  assert.deepEqual(upstreams.termsOf(own).prices, { input_per_token: 1 })
})
