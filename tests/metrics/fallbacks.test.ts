import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startManaged } from '../admin/managed-gateway.ts'
import { answers, refuses } from '../gateway/routing-setup.ts'
import { scrape } from './exposition.ts'

const ANSWERED = 'litellm_deployment_successful_fallbacks_total'
const FAILED = 'litellm_deployment_failed_fallbacks_total'

test('models that were asked in place of others are counted, with what those failed of', async (t) => {
  const sluice = await startManaged(t, {
    config: { routing: { litellm: true, retries: 0, fallbacks: { a: ['b', 'c'] } } },
    worker: { models: ['a', 'b', 'c'] },
  })
  await sluice.post('/team/new', { team_id: 'core', team_alias: 'Core' })
  const key = await sluice.generate({ key_alias: 'ci', team_id: 'core' })
  sluice.worker.play(refuses(429), refuses(503), answers('c'))
  assert.equal((await sluice.call(key, { model: 'a' })).status, 200)
  sluice.worker.play(refuses(500), answers('nobody'))
  const body = { fallbacks: ['made-up'], disable_fallbacks: false }
  assert.equal((await sluice.call(key, { model: 'a', body })).status, 500)

  const { one, all } = await scrape(sluice.gateway.url)
  const { value, labels } = one(ANSWERED)
  const { hashed_api_key, ...open } = labels
  assert.match(hashed_api_key ?? '', /^[0-9a-f]{64}$/)
  assert.deepEqual(
    [value, open],
    [
      1,
      {
        requested_model: 'a',
        fallback_model: 'c',
        api_key_alias: 'ci',
        team: 'core',
        team_alias: 'Core',
        exception_status: '429',
        exception_class: 'RateLimitError',
      },
    ],
  )
  assert.deepEqual(
    all(FAILED).map(({ labels: { fallback_model: model, exception_status: status } }) => [
      model,
      status,
    ]),
    [
      ['b', '429'],
      ['other', '500'],
    ],
  )
})
