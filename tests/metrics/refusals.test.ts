import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { checkConfig } from '../../src/config/index.ts'
import { chat, completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { single, startUpstream } from '../support/scripted-upstream.ts'
import { scrape } from './exposition.ts'

test('calls that are turned away are counted by code, each once', async (t) => {
  const upstream = await startUpstream(t)
  upstream.play(single(completion('x')))
  const gateway = await startGateway(t, {
    config: {
      log_level: 'silent',
      upstreams: [{ url: upstream.url, kind: 'generic', models: ['m'] }],
    },
  })
  const url = `${gateway.url}/v1/chat/completions`
  const statuses = [
    await post(`${gateway.url}/meta/rllm1:!/v1/chat/completions`, chat(false)),
    await post(url, '{"model":'),
    await post(url, { model: 7 }),
    await post(url, chat(false, { model: 'nobody-has-it' })),
    await post(url, chat(false), { 'content-type': 'text/plain' }),
    await post(url, chat(false), { 'idempotency-key': 'é' }),
  ].map(({ status }) => status)
  assert.equal((await fetch(url, { method: 'OPTIONS' })).status, 405)
  assert.equal((await fetch(`${gateway.url}/nowhere`)).status, 404)
  const { all, one, sum } = await scrape(gateway.url)
  assert.deepEqual(statuses, [400, 400, 400, 404, 415, 400])
  assert.deepEqual(
    Object.fromEntries(
      all('sluice_refused_total').map(({ labels, value }) => [labels['code'], value]),
    ),
    {
      bad_slug: 1,
      method_not_allowed: 1,
      bad_json: 1,
      bad_body: 1,
      model_not_found: 1,
      wrong_content_type: 1,
      bad_request: 1,
    },
    'a path that is none of a call is no call',
  )
  assert.equal(sum('litellm_proxy_total_requests_metric_total'), 7)
  assert.equal(sum('litellm_proxy_failed_requests_metric_total'), 7)
  const named = one('litellm_proxy_failed_requests_metric_total', { exception_status: '404' })
  assert.equal(named.labels['requested_model'], 'other', 'a name that nobody serves is no label')
  assert.equal(sum('sluice_traces_committed_total'), 0)
  assert.doesNotMatch(await text(gateway), /nobody-has-it/)
})

test('10,000 odd model names make no more series than one', async (t) => {
  const gateway = await startGateway(t, {
    config: {
      log_level: 'silent',
      store: { kind: 'memory' },
      upstreams: [{ url: 'http://127.0.0.1:1', kind: 'generic', models: ['m'] }],
    },
  })
  const before = (await text(gateway)).split('\n').length
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  t.after(() => agent.destroy())
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < 10_000) assert.equal(await ask(gateway, agent, `odd "${(next += 1)}\\`), 404)
  }
  await Promise.all(Array.from({ length: 16 }, caller))
  const { one } = await scrape(gateway.url)
  const counted = one('litellm_proxy_total_requests_metric_total', { status_code: '404' })
  assert.equal(counted.value, 10_000)
  assert.ok((await text(gateway)).split('\n').length < before + 10)
})

test('neither keys nor tokens are told', async (t) => {
  const upstream = await startUpstream(t)
  upstream.play(single(completion('x')))
  const gateway = await startGateway(t, {
    config: {
      log_level: 'silent',
      admin_token: 'sk-CANARY-admin',
      upstreams: [{ url: upstream.url, kind: 'generic', api_key: 'sk-CANARY-up' }],
    },
  })
  await post(`${gateway.url}/v1/chat/completions`, chat(false, { user: 'CANARY-user' }), {
    authorization: 'Bearer sk-CANARY-caller',
  })
  assert.match(await text(gateway), /litellm_requests_metric_total\{.*\} 1/)
  for (const path of ['/metrics', '/health', '/health/readiness']) {
    const reply = await fetch(gateway.url + path)
    assert.equal(reply.status, 200, `${path} is open`)
    assert.doesNotMatch((await reply.text()) + JSON.stringify([...reply.headers]), /CANARY/)
  }
})

test('numbers that ask for the token are for its holder', async (t) => {
  const gateway = await startGateway(t, {
    config: { store: { kind: 'memory' }, admin_token: 's3cret', metrics_auth: true },
  })
  for (const path of ['/metrics', '/metrics/']) {
    assert.equal((await fetch(gateway.url + path)).status, 401)
    const headers = { authorization: 'Bearer s3cret' }
    assert.equal((await fetch(gateway.url + path, { headers })).status, 200)
  }
  assert.equal((await fetch(`${gateway.url}/health/readiness`)).status, 200)
})

test('a token that is asked for has to be there', () => {
  assert.throws(() => checkConfig({ metrics_auth: true }), /metrics_auth needs an admin_token/)
})

async function text({ url }: RunningGateway): Promise<string> {
  return (await fetch(`${url}/metrics`)).text()
}

/** The status of a call for a model. */
function ask({ url }: RunningGateway, agent: Agent, model: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const headers = { 'content-type': 'application/json' }
  const outgoing = request(`${url}/v1/chat/completions`, { method: 'POST', agent, headers })
  outgoing.on('error', reject).on('response', (reply) => {
    reply.resume().on('end', () => resolve(reply.statusCode ?? 0))
  })
  outgoing.end(JSON.stringify({ model, messages: [] }))
  return promise
}
