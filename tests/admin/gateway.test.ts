import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { startAdmin } from './setup.ts'

suite('the gateway itself', () => {
  test('says that it is well', async () => {
    const up = {
      url: 'http://h',
      kind: 'vllm',
      simulated: false,
      inFlight: 0,
      models: null,
    } as const
    const list = () => [
      { ...up, name: 'a', healthy: true },
      { ...up, name: 'b', healthy: false },
    ]
    await using admin = await startAdmin({ upstreams: { list }, startedAt: Date.now() - 90_000 })
    assert.deepEqual((await admin.ask('GET', '/health')).body, {
      status: 'ok',
      version: '0.0.0',
      uptime_seconds: 90,
      store: 'memory',
      upstreams: { total: 2, healthy: 1 },
    })
  })

  test('shows its plugins and its store', async () => {
    await using admin = await startAdmin({
      hooks: { describe: () => [{ name: 'tracing' }], tracing: true },
    })
    assert.deepEqual((await admin.ask('GET', '/admin/plugins')).body, [{ name: 'tracing' }])
    assert.deepEqual((await admin.ask('GET', '/admin/store')).body, {
      name: 'memory',
      durability: 'none',
      sessions: 0,
      traces: 0,
      interrupted: 0,
      bytes: 0,
      commits: 0,
      rows: 0,
      queued: 0,
    })
  })
})
