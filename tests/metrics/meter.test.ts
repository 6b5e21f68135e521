import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { GatewayError } from '../../src/errors/index.ts'
import { createMeter, type Meter, type MeteredUpstream } from '../../src/metrics/index.ts'
import type { FullTrace } from '../../src/plugin/index.ts'
import { aTrace } from '../admin/a-trace.ts'
import { readScrape, type Scrape } from './exposition.ts'

const UPSTREAM = { name: 'up', kind: 'vllm', url: 'http://127.0.0.1:1', simulated: false } as const

function meterOf(...upstreams: readonly Partial<MeteredUpstream>[]): Meter {
  const all = upstreams.map((given) => ({
    ...UPSTREAM,
    healthy: true,
    inFlight: 0,
    models: null,
    ...given,
  }))
  return createMeter({
    upstreams: () => all,
    inFlight: () => 3,
    store: () => ({ commits: 5, rows: 9, queued: 77 }),
  })
}

const read = async (meter: Meter): Promise<Scrape> => readScrape(await meter.text())

/** A call of a model that was answered by this upstream, or what became of it. */
function call(model: string, over: Partial<FullTrace> = {}): FullTrace {
  const upstream = over.upstream ?? UPSTREAM
  const attempts = [{ upstream, started_ms: 2, status: 200, error: null }]
  return aTrace('t', { model, upstream, attempts, ...over })
}

suite('labels that callers choose', () => {
  test('10,000 odd names that were answered make a bounded number of series', async () => {
    const meter = meterOf()
    for (let at = 0; at < 10_000; at += 1) meter.recorded(call(`odd-${at}`), 10, true)
    const { samples, sum, all } = await read(meter)
    assert.equal(sum('litellm_requests_metric_total'), 10_000)
    assert.equal(all('litellm_requests_metric_total').length, 201)
    assert.equal(sum('litellm_requests_metric_total', { model: 'other' }), 9_800)
    assert.ok(samples.length < 60_000, `${samples.length} lines`)
  })

  test('names that were refused take no room from those that are answered', async () => {
    const meter = meterOf({ models: ['listed'] })
    const refusal = new GatewayError('model_not_found')
    for (let at = 0; at < 10_000; at += 1) {
      meter.refused(refusal, { model: `odd-${at}`, dialect: 'chat' })
    }
    meter.refused(refusal, { model: 'listed', dialect: 'chat' })
    meter.recorded(call('good'), 10, true)
    meter.refused(refusal, { model: 'good', dialect: 'chat' })
    const { one } = await read(meter)
    const total = (requested_model: string): number =>
      one('litellm_proxy_total_requests_metric_total', { requested_model, status_code: '404' })
        .value
    assert.deepEqual([total('other'), total('listed'), total('good')], [10_000, 1, 1])
    assert.equal(one('sluice_refused_total', { code: 'model_not_found' }).value, 10_002)
  })

  test('combinations are bounded too, and nothing goes uncounted', async () => {
    const meter = meterOf()
    for (let model = 0; model < 40; model += 1) {
      for (let at = 0; at < 40; at += 1) {
        const upstream = { ...UPSTREAM, name: `up-${at}` }
        meter.recorded(call(`m-${model}`, { upstream }), 10, true)
      }
    }
    const { all, sum } = await read(meter)
    const name = 'litellm_deployment_success_responses_total'
    assert.equal(all(name).length, 501)
    assert.equal(sum(name), 1_600)
  })

  test('what could break a line, join two series or fill a disk is told as other', async () => {
    const meter = meterOf()
    const odd = ['a\nb 1', 'a|b', 'a\u0000', '\ud800', 'x'.repeat(129)]
    for (const model of odd) meter.recorded(call(model), 10, true)
    for (const model of ['a"b', 'a\\nb', '模型', 'x'.repeat(128)]) {
      meter.recorded(call(model), 10, true)
    }
    const { one } = await read(meter)
    const answered = (model: string): number =>
      one('litellm_requests_metric_total', { model }).value
    assert.equal(answered('other'), odd.length)
    assert.deepEqual(['a"b', 'a\\nb', '模型', 'x'.repeat(128)].map(answered), [1, 1, 1, 1])
  })
})

suite('numbers that plugins and servers write', () => {
  test('count for nothing where they are none', async () => {
    const meter = meterOf()
    const junk = [NaN, -1, Infinity, 'many', {}] as unknown as number[]
    for (const value of junk) {
      const usage = { prompt_tokens: value, completion_tokens: value }
      const trace = call('m', { usage, cost: value, latency_ms: value, ttft_ms: value })
      meter.recorded(trace, value, true)
    }
    const { one } = await read(meter)
    assert.equal(one('litellm_requests_metric_total').value, junk.length)
    assert.equal(one('litellm_spend_metric_total').value, 0)
    assert.equal(one('litellm_total_tokens_metric_total').value, 0)
    assert.equal(one('litellm_request_total_latency_metric_sum').value, 0)
  })

  test('are added up for every key, and no other part of the caller is told', async () => {
    const meter = meterOf()
    const caller = {
      end_user: '',
      hashed_api_key: 'c0ffee',
      api_key_alias: 'ci',
      team: 't1',
      team_alias: 'trainers',
      user: 'u1',
      user_email: '',
    }
    meter.recorded(call('m', { cost: 0.25 }), 10, true, caller)
    meter.recorded(call('m', { cost: 0.5 }), 10, true, caller)
    meter.recorded(call('m', { cost: 1 }), 10, true)
    const { one } = await read(meter)
    const spend = one('litellm_spend_metric_total', { hashed_api_key: 'c0ffee' })
    assert.equal(spend.value, 0.75)
    assert.deepEqual(spend.labels, {
      end_user: '',
      hashed_api_key: 'c0ffee',
      api_key_alias: 'ci',
      model: 'm',
      team: 't1',
      team_alias: 'trainers',
      user: 'u1',
    })
  })
})

suite('a session that is answered elsewhere', () => {
  const at = (name: string, over: Partial<FullTrace> = {}): FullTrace =>
    call('m', { upstream: { ...UPSTREAM, name }, session_ids: ['run', 'turns'], ...over })

  test('has moved, with the reason', async () => {
    const meter = meterOf({ name: 'a' }, { name: 'b' }, { name: 'c', healthy: false })
    const tried = { upstream: { ...UPSTREAM, name: 'b' }, started_ms: 1, status: null }
    for (const trace of [
      at('a'),
      at('a'),
      at('b'), // a has room and is well: b was less busy.
      at('c', { attempts: [{ ...tried, error: 'upstream_unreachable' }] }),
      at('a'), // c is out.
    ]) {
      meter.recorded(trace, 10, true)
    }
    const { all } = await read(meter)
    assert.deepEqual(
      all('sluice_session_moves_total').map(({ labels, value }) => [labels['reason'], value]),
      [
        ['load', 1],
        ['failed', 1],
        ['unhealthy', 1],
      ],
    )
  })

  test('has not moved where it is another one, another model or none', async () => {
    const meter = meterOf({ name: 'a' }, { name: 'b' })
    for (const trace of [
      at('a'),
      at('b', { session_ids: ['other'] }),
      at('b', { model: 'n' }),
      at('a', { session_ids: ['default'] }),
      at('b', { session_ids: ['default'] }),
    ]) {
      meter.recorded(trace, 10, true)
    }
    assert.deepEqual((await read(meter)).all('sluice_session_moves_total'), [])
  })
})

suite('how things are now', () => {
  test('is asked for each scrape', async () => {
    const meter = meterOf({ name: 'a', inFlight: 2, models: ['m'] }, { name: 'b', healthy: false })
    const { one } = await read(meter)
    assert.equal(one('litellm_in_flight_requests').value, 3)
    assert.equal(
      one('litellm_deployment_state', { model_id: 'a', litellm_model_name: 'm' }).value,
      0,
    )
    assert.equal(
      one('litellm_deployment_state', { model_id: 'b', litellm_model_name: '*' }).value,
      2,
    )
    assert.equal(one('sluice_upstream_in_flight', { upstream: 'a' }).value, 2)
    assert.equal(one('sluice_upstream_healthy', { upstream: 'b' }).value, 0)
    assert.equal(one('sluice_workers', { state: 'unhealthy' }).value, 1)
    assert.equal(one('sluice_store_queued_bytes').value, 77)
    assert.equal(one('sluice_store_commits_total').value, 5)
    assert.equal((await read(meter)).one('sluice_store_rows_total').value, 9, 'and not added up')
  })

  test('a failing plugin is told by its name', async () => {
    const meter = meterOf()
    meter.recorded(call('m', { warnings: ['plugin_failed:my.exporter.saved', 'other'] }), 1, true)
    const { one } = await read(meter)
    assert.deepEqual(one('litellm_callback_logging_failures_metric_total').labels, {
      callback_name: 'my.exporter',
    })
  })
})
