import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { chat, completion, DONE, roleEvent, tokenEvent, usageEvent } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post, type RawReply } from '../support/raw-client.ts'
import { createScope } from '../support/scope.ts'
import {
  single,
  startUpstream,
  stream,
  type ScriptedUpstream,
} from '../support/scripted-upstream.ts'
import { scrape, type Labels, type Scrape } from './exposition.ts'

const STREAMED = [roleEvent(), tokenEvent('a'), tokenEvent('b', { finish: 'stop' })]

/** Each test asks for a model of its own, and so has series of its own. */
const MODELS = ['whole', 'streamed', 'cut', 'broken', 'refusing', 'dead', 'again'] as const

describe('calls are counted before their answers end', () => {
  const scope = createScope()
  let gateway: RunningGateway
  let upstream: ScriptedUpstream

  before(async () => {
    upstream = await startUpstream(scope)
    gateway = await startGateway(scope, {
      config: {
        log_level: 'silent',
        upstreams: [
          { url: upstream.url, kind: 'generic', name: 'up', models: MODELS },
          { url: 'http://127.0.0.1:1', kind: 'vllm', name: 'gone', models: ['dead'] },
        ],
      },
    })
  })
  after(() => scope.close())

  const call = (model: string, { streamed = false, headers = {} } = {}): Promise<RawReply> =>
    post(`${gateway.url}/sessions/s/v1/chat/completions`, chat(streamed, { model }), headers)

  const sums = (scraped: Scrape, name: string, ...labels: readonly Labels[]): number[] =>
    labels.map((some) => scraped.sum(name, some))

  test('a whole answer, with its tokens, times and labels', async () => {
    upstream.play(single(completion('x')))
    for (let at = 0; at < 3; at += 1) assert.equal((await call('whole')).status, 200)
    const { one, all } = await scrape(gateway.url)
    const model = { requested_model: 'whole' }
    const total = one('litellm_proxy_total_requests_metric_total', model)
    assert.equal(total.value, 3)
    assert.deepEqual(total.labels, {
      end_user: '',
      hashed_api_key: '',
      api_key_alias: '',
      requested_model: 'whole',
      team: '',
      team_alias: '',
      user: '',
      status_code: '200',
      user_email: '',
      route: '/v1/chat/completions',
      model_id: 'up',
    })
    assert.equal(one('litellm_requests_metric_total', { model: 'whole' }).value, 3)
    assert.deepEqual(
      ['input', 'output', 'total'].map(
        (kind) => one(`litellm_${kind}_tokens_metric_total`, model).value,
      ),
      [3, 3, 6],
    )
    const deployment = one('litellm_deployment_success_responses_total', model).labels
    assert.equal(deployment['api_base'], upstream.url)
    assert.equal(deployment['api_provider'], 'openai_like')
    for (const name of ['litellm_request_total_latency_metric', 'litellm_llm_api_latency_metric']) {
      assert.equal(one(`${name}_count`, model).value, 3)
      const [seconds] = all(`${name}_sum`, model)
      assert.ok(seconds && seconds.value > 0 && seconds.value < 30, 'seconds, not milliseconds')
      assert.ok(all(`${name}_bucket`, { ...model, le: '0.00625' }).length === 1)
    }
    assert.deepEqual(all('litellm_llm_api_time_to_first_token_metric_count', model), [])
    assert.equal(one('litellm_overhead_latency_metric_count', { model_group: 'whole' }).value, 3)
    assert.equal(
      one('litellm_deployment_latency_per_output_token_count', { litellm_model_name: 'whole' })
        .value,
      3,
    )
  })

  test('a stream, with the time to its first byte', async () => {
    upstream.play(stream([...STREAMED, usageEvent(5, 2), DONE]))
    const before = (await scrape(gateway.url)).one('sluice_held_back_seconds_count').value
    assert.equal((await call('streamed', { streamed: true })).complete, true)
    const { one } = await scrape(gateway.url)
    const model = { requested_model: 'streamed' }
    assert.equal(one('litellm_llm_api_time_to_first_token_metric_count', model).value, 1)
    assert.equal(one('litellm_total_tokens_metric_total', model).value, 7)
    assert.equal(one('sluice_held_back_seconds_count').value, before + 1)
  })

  test('a stream that was cut: no success, and the upstream failed', async () => {
    upstream.play(stream(STREAMED.slice(0, 2), { end: 'rst' }))
    assert.equal((await call('cut', { streamed: true })).complete, false)
    const scraped = await scrape(gateway.url)
    const model = { requested_model: 'cut' }
    const failed = scraped.one('litellm_proxy_failed_requests_metric_total', model)
    assert.equal(failed.labels['exception_status'], '200', 'which is what the caller saw')
    const failures = { ...model, exception_status: '502', exception_class: 'APIConnectionError' }
    assert.equal(scraped.one('litellm_deployment_failure_responses_total', failures).value, 1)
    assert.deepEqual(scraped.all('litellm_deployment_success_responses_total', model), [])
    assert.deepEqual(scraped.all('litellm_requests_metric_total', { model: 'cut' }), [])
    const broken = { status: 'partial', dialect: 'chat', reason: 'upstream_reset' }
    assert.equal(scraped.one('sluice_traces_committed_total', broken).value, 1)
  })

  test('a body that was cut has the status of the error in its place', async () => {
    upstream.play((socket) => {
      socket.write(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
      )
      socket.end()
    })
    const { status } = await call('broken')
    const { one } = await scrape(gateway.url)
    const labels = { requested_model: 'broken', status_code: String(status) }
    assert.equal(status, 502)
    assert.equal(one('litellm_proxy_total_requests_metric_total', labels).value, 1)
  })

  test('an error of the upstream, by the class that SDKs raise', async () => {
    upstream.play(single('{"error":{"message":"slow down"}}', { status: 429 }))
    assert.equal((await call('refusing')).status, 429)
    const { one } = await scrape(gateway.url)
    const labels = {
      requested_model: 'refusing',
      exception_status: '429',
      exception_class: 'RateLimitError',
    }
    assert.equal(one('litellm_proxy_failed_requests_metric_total', labels).value, 1)
    assert.equal(one('litellm_deployment_failure_responses_total', labels).value, 1)
  })

  test('attempts at each upstream, and one that was left out', async () => {
    upstream.play(single(completion('x')))
    // Of no session, and so by turns.
    const url = `${gateway.url}/v1/chat/completions`
    for (let at = 0; at < 4; at += 1) {
      assert.equal((await post(url, chat(false, { model: 'dead' }))).status, 200)
    }
    const scraped = await scrape(gateway.url)
    const at = (model_id: string): Labels => ({ requested_model: 'dead', model_id })
    assert.deepEqual(
      sums(scraped, 'litellm_deployment_success_responses_total', at('up'), at('gone')),
      [4, 0],
    )
    assert.deepEqual(
      sums(scraped, 'litellm_deployment_failure_responses_total', at('up'), at('gone')),
      [0, 1],
    )
    assert.equal(
      scraped.one('litellm_deployment_cooled_down_total', { model_id: 'gone' }).labels[
        'api_provider'
      ],
      'hosted_vllm',
    )
    assert.equal(scraped.one('litellm_deployment_state', { model_id: 'gone' }).value, 2)
    assert.equal(scraped.one('sluice_workers', { state: 'unhealthy' }).value, 1)
    assert.equal(
      scraped.sum('litellm_proxy_total_requests_metric_total', { requested_model: 'dead' }),
      4,
    )
  })

  test('one that was answered from the record: a call, and no second trace', async () => {
    upstream.play(single(completion('x')))
    const headers = { 'idempotency-key': 'k' }
    for (let at = 0; at < 2; at += 1) assert.equal((await call('again', { headers })).status, 200)
    const { one, sum } = await scrape(gateway.url)
    assert.equal(one('sluice_repeated_total').value, 1)
    assert.equal(one('litellm_requests_metric_total', { model: 'again' }).value, 1)
    assert.equal(sum('litellm_proxy_total_requests_metric_total', { requested_model: 'again' }), 2)
  })

  test('every trace, intent and gauge adds up at the end', async () => {
    const { one, sum } = await scrape(gateway.url)
    assert.equal(one('litellm_in_flight_requests').value, 0)
    assert.equal(one('sluice_upstream_in_flight', { upstream: 'up' }).value, 0)
    const store = (await gateway.json('/admin/store')) as { traces: number }
    assert.equal(sum('sluice_traces_committed_total'), store.traces)
    assert.equal(one('sluice_intents_total').value, store.traces)
    assert.equal(sum('sluice_capture_failures_total'), 0)
  })
})
