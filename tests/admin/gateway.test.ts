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

  for (const [method, path, body, ms] of [
    ['POST', '/admin/flush', undefined, 30_000],
    ['POST', '/admin/flush', {}, 30_000],
    ['POST', '/admin/tracer/flush', { timeout: 2.5 }, 2500],
    ['POST', '/admin/flush-tracer', { timeout: 1 }, 1000],
    ['GET', '/admin/tracer/flush', undefined, 30_000],
    ['GET', '/admin/tracer/flush?timeout=4', undefined, 4000],
  ] as const) {
    test(`${method} ${path} ${JSON.stringify(body) ?? ''} flushes within ${ms} ms`, async () => {
      const asked: number[] = []
      await using admin = await startAdmin({ flush: async (timeout) => asked.push(timeout) > 0 })
      const answer = await admin.ask(method, path, body)
      assert.deepEqual([answer.status, answer.body, asked], [200, { status: 'flushed' }, [ms]])
    })
  }

  test('says when a flush took too long', async () => {
    await using admin = await startAdmin({ flush: async () => false })
    const { status, body } = await admin.ask('POST', '/admin/tracer/flush', { timeout: 0.5 })
    assert.equal(status, 408)
    assert.equal((body as { error: { code: string } }).error.code, 'flush_timeout')
  })

  test('refuses a flush timeout that is none', async () => {
    await using admin = await startAdmin()
    for (const timeout of [0, -1, '1', 601]) {
      assert.equal((await admin.ask('POST', '/admin/flush', { timeout })).status, 400)
    }
    assert.equal((await admin.ask('GET', '/admin/tracer/flush?timeout=x')).status, 400)
    assert.equal((await admin.ask('GET', '/admin/flush')).status, 405)
  })

  test('shows its plugins and its store', async () => {
    await using admin = await startAdmin({ hooks: { describe: () => [{ name: 'tracing' }] } })
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
