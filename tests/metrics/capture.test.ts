import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { chat, completion } from '../support/events.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { post } from '../support/raw-client.ts'
import { single, startUpstream } from '../support/scripted-upstream.ts'
import { scrape } from './exposition.ts'

test('a store that cannot commit is seen in numbers and by readiness, and so is its return', async (t) => {
  const upstream = await startUpstream(t)
  const gateway = await startGateway(t, {
    config: {
      log_level: 'silent',
      store: { deadline_ms: 100, busy_timeout_ms: 20 },
      upstreams: [{ url: upstream.url, kind: 'generic', name: 'up', models: ['m'] }],
      plugins: [{ use: 'tracing', config: { deadlineMs: 300 } }, 'stream-accumulator'],
    },
  })
  const call = async (): Promise<number> =>
    (await post(`${gateway.url}/v1/chat/completions`, chat(false))).status
  upstream.play(single(completion('x')))
  assert.equal(await call(), 200)
  assert.deepEqual(await ready(gateway), [200, 'connected'])

  // The file is locked while the upstream answers: the intent is in, the trace cannot be.
  let unlock = (): void => {}
  upstream.play((socket, request) => {
    unlock = lock(gateway)
    return single(completion('x'))(socket, request)
  })
  assert.equal(await call(), 503)
  assert.equal(await call(), 503, 'and now not even the intent')
  assert.deepEqual(await until(gateway, 503), [503, 'unhealthy'])
  const { one } = await scrape(gateway.url)
  for (const step of ['trace', 'intent']) {
    const failure = { step, code: 'capture_unavailable' }
    assert.equal(one('sluice_capture_failures_total', failure).value, 1, step)
  }
  assert.equal(one('sluice_refused_total', { code: 'capture_unavailable' }).value, 1)
  assert.equal(one('litellm_requests_metric_total').value, 1)
  const lost = one('litellm_proxy_failed_requests_metric_total', { model_id: 'up' })
  assert.equal(lost.labels['exception_class'], 'ServiceUnavailableError')

  unlock()
  assert.deepEqual(await until(gateway, 200), [200, 'connected'])
  for (;;) {
    const late = await scrape(gateway.url)
    if (late.one('sluice_traces_late_total').value === 1) break
  }
})

/** Asks until readiness has that status: an answer stands for a moment. */
async function until(gateway: RunningGateway, status: number): Promise<[number, string]> {
  for (;;) {
    const answer = await ready(gateway)
    if (answer[0] === status) return answer
  }
}

async function ready({ url }: RunningGateway): Promise<[number, string]> {
  const reply = await fetch(`${url}/health/readiness`)
  return [reply.status, ((await reply.json()) as { status: string }).status]
}

/** Another process, which this one is, takes the write lock, as a backup tool does. */
function lock({ dir }: RunningGateway): () => void {
  const db = new DatabaseSync(join(dir, 'traces.db'), { timeout: 5_000 })
  db.exec('BEGIN IMMEDIATE')
  return () => {
    db.exec('ROLLBACK')
    db.close()
  }
}
