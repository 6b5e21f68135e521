import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { GatewayError } from '../../src/errors/index.ts'
import { createMemoryStore, type TraceStore } from '../../src/trace/index.ts'
import { startAdmin } from './setup.ts'

const up = { url: 'http://h', simulated: false, inFlight: 0 } as const
const well = { ...up, name: 'a', kind: 'vllm', healthy: true, models: ['m', 'n'] } as const
const sick = { ...up, name: 'b', kind: 'openai', healthy: false, models: null } as const
const upstreams = { list: () => [well, sick] }

suite('how the gateway is', () => {
  test('is told in words for rLLM and in lists for LiteLLM', async () => {
    await using admin = await startAdmin({
      upstreams,
      whyOut: (upstream) => (upstream.name === 'b' ? 'probe: ECONNREFUSED' : null),
      startedAt: Date.now() - 90_000,
    })
    assert.deepEqual((await admin.ask('GET', '/health')).body, {
      status: 'ok',
      version: '0.0.0',
      uptime_seconds: 90,
      store: 'memory',
      upstreams: { total: 2, healthy: 1 },
      healthy_endpoints: [
        { model: 'hosted_vllm/m', api_base: 'http://h', model_id: 'a' },
        { model: 'hosted_vllm/n', api_base: 'http://h', model_id: 'a' },
      ],
      unhealthy_endpoints: [
        { model: 'openai/*', api_base: 'http://h', model_id: 'b', error: 'probe: ECONNREFUSED' },
      ],
      healthy_count: 2,
      unhealthy_count: 1,
    })
  })

  test('is told of one model where one is asked about', async () => {
    await using admin = await startAdmin({ upstreams })
    const { body } = await admin.ask('GET', '/health?model=n')
    const { healthy_count, unhealthy_count } = body as Record<string, number>
    assert.deepEqual([healthy_count, unhealthy_count], [1, 1], 'one that serves any model counts')
  })

  test('is ok before there is any upstream', async () => {
    await using admin = await startAdmin()
    const answer = await admin.ask('GET', '/health')
    assert.equal(answer.status, 200)
    assert.equal((answer.body as { status: string }).status, 'ok')
    assert.deepEqual((answer.body as { healthy_endpoints: unknown }).healthy_endpoints, [])
  })

  for (const path of ['/health/liveliness', '/health/liveness', '/health/liveliness/']) {
    test(`${path} is a JSON string`, async () => {
      await using admin = await startAdmin()
      const answer = await admin.ask('GET', path)
      assert.equal(answer.status, 200)
      assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
      assert.equal(answer.body, "I'm alive!")
    })
  }
})

suite('whether the gateway is ready', () => {
  test('is yes while the store commits', async () => {
    await using admin = await startAdmin({ store: kept(async () => {}) })
    const answer = await admin.ask('GET', '/health/readiness')
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.body, {
      status: 'connected',
      db: 'connected',
      cache: null,
      store: 'memory',
      version: '0.0.0',
    })
  })

  test('is yes where traces live in memory, without a database', async () => {
    await using admin = await startAdmin()
    const { status, body } = await admin.ask('GET', '/health/readiness')
    assert.equal(status, 200)
    const { status: word, db } = body as Record<string, string>
    assert.deepEqual([word, db], ['healthy', 'Not connected'])
  })

  test('is no where the store cannot commit', async () => {
    const store = kept(async () => {
      throw new GatewayError('capture_unavailable', { owner: 'store' })
    })
    await using admin = await startAdmin({ store })
    const { status, body } = await admin.ask('GET', '/health/readiness')
    assert.equal(status, 503)
    const { status: word, db, error } = body as Record<string, string>
    assert.deepEqual([word, db, error], ['unhealthy', 'Not connected', 'capture_unavailable'])
  })

  test('is no once no more calls are taken, whatever the store says', async () => {
    await using admin = await startAdmin({ draining: () => true })
    const { status, body } = await admin.ask('GET', '/health/readiness')
    assert.deepEqual([status, (body as { error: string }).error], [503, 'shutting_down'])
  })

  test('costs one write, however many ask at a time', async () => {
    let probes = 0
    const held = Promise.withResolvers<void>()
    const store = kept(() => {
      probes += 1
      return held.promise
    })
    await using admin = await startAdmin({ store })
    const asked = Array.from({ length: 20 }, () => admin.ask('GET', '/health/readiness'))
    held.resolve()
    const answers = await Promise.all(asked)
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.equal(probes, 1)
  })
})

/** A store that is said to keep what it is given. */
function kept(probe: () => Promise<void>): TraceStore {
  return { ...createMemoryStore(), durability: 'os', probe }
}
