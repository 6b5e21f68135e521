import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Trace } from '../../src/plugin/index.ts'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { converse, startWorker } from './rollout.ts'

const post = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

for (const [name, stop] of [
  ['stopped', (gateway: RunningGateway) => gateway.stop()],
  ['killed', (gateway: RunningGateway) => gateway.kill()],
] as const) {
  test(`a rollout goes on where it was after the gateway was ${name}`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'sluice-restart-'))
    t.after(() => rmSync(dir, { recursive: true, force: true }))
    const worker = await startWorker(t, 1)
    const first = await startGateway(t, { dir })
    await first.json('/admin/workers', post({ url: `${worker.url}/v1`, worker_id: 'w', weight: 2 }))
    await first.json('/admin/weight_version', post({ weight_version: 7 }))
    const metadata = { task: 'gsm8k/12', group: 3 }
    await first.json(
      '/sessions',
      post({ session_id: 'a/b:0', metadata, sampling_params: { max_tokens: 3 } }),
    )
    await converse(first.url, 'a/b:0', 2, () => {})
    const workers = await first.json('/admin/workers')
    await stop(first)

    const second = await startGateway(t, { dir })
    assert.deepEqual(await second.json('/admin/workers'), workers)
    assert.deepEqual(await second.json('/admin/weight_version'), { weight_version: 7 })
    const session = (await second.json('/sessions/a/b:0')) as {
      metadata: object
      trace_count: number
    }
    assert.deepEqual(session.metadata, metadata)
    assert.equal(session.trace_count, 2)
    await converse(second.url, 'a/b:0', 2, () => {})
    const traces = (await second.json('/sessions/a/b:0/traces')) as Trace[]
    assert.deepEqual(
      traces.map(({ seq, weight_version: version }) => [seq, version]),
      [1, 2, 3, 4].map((seq) => [seq, 7]),
    )
    for (const { completion_token_ids: tokens } of traces)
      assert.ok(tokens.length > 0 && tokens.length <= 3, 'the sampling params of the session hold')
  })
}
