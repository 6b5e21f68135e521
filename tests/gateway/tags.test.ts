import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startManaged } from '../admin/managed-gateway.ts'
import { completion } from '../support/events.ts'
import { single } from '../support/scripted-upstream.ts'

const REPLY = JSON.parse(completion('hi')) as object
const usage = { prompt_tokens: 1, completion_tokens: 0, total_tokens: 1 }

test('tags of a header and of the body are in the books, and what each cost', async (t) => {
  const sluice = await startManaged(t, {
    config: { routing: { litellm: true } },
    worker: { price: { input_per_token: 0.1, output_per_token: 0 } },
  })
  sluice.worker.play(single(JSON.stringify({ ...REPLY, usage })))
  const key = await sluice.generate()
  const headers = { 'x-litellm-tags': 'night, ci' }
  const first = await sluice.call(key, { headers, body: { tags: ['ci', 'own'] } })
  await sluice.call(key, { headers: { 'x-litellm-tags': 'ci' } })
  await sluice.call(key, { headers: { 'x-litellm-tags': 'ci' } })
  await sluice.call(key)

  const id = first.headers.get('x-trace-id')
  const { body: trace } = await sluice.get(`/traces/${id}`)
  assert.deepEqual(trace['metadata'], {})
  const { body: rows } = await sluice.get(`/spend/logs?request_id=${id}`)
  const [row] = rows as unknown as { request_tags: string[] }[]
  assert.deepEqual(row?.request_tags.toSorted(), ['ci', 'night', 'own'])

  const { body: tags } = await sluice.get('/spend/tags')
  assert.deepEqual(tags, [
    { individual_request_tag: 'ci', log_count: 3, total_spend: 0.3 },
    { individual_request_tag: 'night', log_count: 1, total_spend: 0.1 },
    { individual_request_tag: 'own', log_count: 1, total_spend: 0.1 },
  ])
  const old = await sluice.get('/spend/tags?start_date=2020-01-01&end_date=2020-01-02')
  assert.deepEqual(old.body, [])
  const { body: recent } = await sluice.get('/global/spend/tags?limit=1')
  const [one] = recent['spend_per_tag'] as unknown[]
  assert.deepEqual(one, { name: 'ci', spend: 0.3, log_count: 3 })
  assert.equal((await sluice.get('/global/spend')).body['spend'], 0.4)
})
