import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startManaged } from '../admin/managed-gateway.ts'
import { DONE, tokenEvent, usageEvent } from '../support/events.ts'
import { stream } from '../support/scripted-upstream.ts'
import { refuses } from '../gateway/routing-setup.ts'
import { scrape } from './exposition.ts'

const KEY = ['hashed_api_key', 'api_key_alias']
const WHO = ['end_user', ...KEY]
const TEAM = ['team', 'team_alias']
const ASKED = [...WHO, 'requested_model', ...TEAM, 'user']

/** What dashboards that were made for LiteLLM ask for. */
const LABELS: Readonly<Record<string, readonly string[]>> = {
  litellm_proxy_total_requests_metric_total: [
    ...ASKED,
    'status_code',
    'user_email',
    'route',
    'model_id',
  ],
  litellm_proxy_failed_requests_metric_total: [
    ...ASKED,
    'user_email',
    'exception_status',
    'exception_class',
    'route',
    'model_id',
  ],
  litellm_requests_metric_total: [...WHO, 'model', ...TEAM, 'user', 'user_email'],
  litellm_spend_metric_total: [...WHO, 'model', ...TEAM, 'user'],
  litellm_total_tokens_metric_total: [...ASKED, 'model'],
  litellm_input_tokens_metric_total: [...ASKED, 'model'],
  litellm_output_tokens_metric_total: [...ASKED, 'model'],
  litellm_request_total_latency_metric_count: [...ASKED, 'model', 'model_id'],
  litellm_llm_api_latency_metric_count: [...ASKED, 'model'],
  litellm_llm_api_time_to_first_token_metric_count: [...ASKED, 'model', 'model_id'],
  litellm_overhead_latency_metric_count: [
    'model_group',
    'api_provider',
    'api_base',
    'litellm_model_name',
    ...KEY,
  ],
}

test('a stream that was answered and a call that failed have LiteLLM’s numbers and labels', async (t) => {
  const sluice = await startManaged(t, {
    worker: { price: { input_per_token: 0.5, output_per_token: 1 } },
  })
  const team_id = (await sluice.post('/team/new', { team_alias: 'red' })).body['team_id']
  const key = await sluice.generate({ key_alias: 'ci', team_id, user_id: 'ann' })
  sluice.worker.play(
    stream([tokenEvent('a'), tokenEvent('', { finish: 'stop' }), usageEvent(3, 2), DONE]),
    refuses(500),
  )
  const ask = (streamed: boolean): Promise<Response> =>
    fetch(`${sluice.gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ model: 'm', messages: [], stream: streamed }),
    })
  assert.match(await (await ask(true)).text(), /\[DONE\]/)
  assert.equal((await ask(false)).status, 500)

  const { all, sum } = await scrape(sluice.gateway.url)
  for (const [name, wanted] of Object.entries(LABELS)) {
    const [sample] = all(name, { api_key_alias: 'ci' })
    assert.ok(sample, name)
    assert.deepEqual(Object.keys(sample.labels).toSorted(), wanted.toSorted(), name)
  }
  const mine = { api_key_alias: 'ci', team_alias: 'red', user: 'ann' }
  assert.equal(sum('litellm_spend_metric_total', mine), 3.5)
  assert.equal(sum('litellm_total_tokens_metric_total', mine), 5)
  assert.equal(sum('litellm_proxy_total_requests_metric_total', mine), 2)
  assert.equal(sum('litellm_proxy_failed_requests_metric_total', mine), 1)
})
