import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMeter, type Meter, type MeteredUpstream } from '../../src/metrics/index.ts'
import { aTrace } from '../admin/a-trace.ts'
import { readScrape } from './exposition.ts'

const UPSTREAM = {
  name: 'up',
  kind: 'vllm',
  url: 'http://127.0.0.1:1',
  simulated: false,
  healthy: true,
  inFlight: 0,
  models: null,
} as const

function meterOf(upstreams: readonly MeteredUpstream[]): Meter {
  const store = { commits: 0, rows: 0, queued: 0 }
  return createMeter({ upstreams: () => upstreams, inFlight: () => 0, store: () => store })
}

test('deployments that share their labels are as bad as the worst of them, not twice as bad', async () => {
  const names = ['a|1', 'a|2', 'a|3']
  const healthy = (name: string): boolean => name === 'a|2'
  const meter = meterOf(names.map((name) => ({ ...UPSTREAM, name, healthy: healthy(name) })))
  const { one } = readScrape(await meter.text())
  assert.equal(one('litellm_deployment_state', { model_id: 'other' }).value, 2)
})

test('a hundred upstreams with a thousand models each do not make a scrape of as many lines', async () => {
  const models = Array.from({ length: 1_000 }, (_, i) => `m${i}`)
  const meter = meterOf(
    Array.from({ length: 100 }, (_, i) => ({ ...UPSTREAM, name: `u${i}`, models })),
  )
  const { all } = readScrape(await meter.text())
  assert.equal(all('litellm_deployment_state').length, 5_000)
  assert.equal(all('sluice_upstream_healthy').length, 100)
})

test('a name with what some readers take for the end of a line is no label', async () => {
  const meter = meterOf([UPSTREAM])
  for (const model of ['a\u2028b', 'a\u2029b', 'a\nb']) {
    meter.recorded(aTrace('t', { model, upstream: UPSTREAM, attempts: [] }), 1, true)
  }
  const { one } = readScrape(await meter.text())
  assert.equal(one('litellm_requests_metric_total').labels['model'], 'other')
})
