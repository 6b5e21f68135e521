import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGateway, type RunningGateway } from '../support/gateway.ts'
import { connected } from '../support/connected-redis.ts'
import { startRedis, withoutRedis } from '../support/redis.ts'
import { ask, KEY, limitedBy, MASTER, startHungry, statuses } from './limits-setup.ts'
import { answers, refuses } from './routing-setup.ts'
import { answeredBy, call, startWorker } from './workers-setup.ts'

const skip = withoutRedis

test(
  'a worker that asks for fewer calls is left alone by every gateway on the Redis',
  { skip },
  async (t) => {
    const redis = await startRedis(t)
    const [busy, idle] = [await startWorker(t, 'busy'), await startWorker(t, 'idle')]
    const retryAfter = { headers: { 'retry-after': '600' } }
    busy.play(refuses(429, 'no', retryAfter), answers('busy'))
    const config = {
      upstreams: [busy, idle].map(({ url }) => ({ url, kind: 'generic' })),
      redis: { url: redis.url },
      routing: { strategy: 'simple-shuffle', cooldown_ms: 60_000, retries: 2, retry_after_ms: 0 },
    }
    const [here, there] = [await startGateway(t, { config }), await startGateway(t, { config })]
    while (busy.calls === 0) await call(here, null)

    /** Chance alone leaves a worker out so often once in a million times. */
    async function inARow(gateway: RunningGateway): Promise<boolean> {
      for (let turn = 0; turn < 20; turn += 1) {
        if (answeredBy(await call(gateway, null)) === 'busy') return false
      }
      return true
    }
    let isLeftAlone = await inARow(there)
    for (let tries = 0; tries < 20 && !isLeftAlone; tries += 1) isLeftAlone = await inARow(there)
    assert.ok(isLeftAlone)
    const key = (await redis.cli('--raw', 'KEYS', 'sluice:cooldown:*')).trim()
    const left = Number(await redis.cli('PTTL', key))
    assert.ok(left > 500_000 && left <= 600_000, `${left} ms are left`)

    await t.test('also by one that starts later', async () => {
      const late = await startGateway(t, { config })
      assert.ok(await inARow(late))
    })
  },
)

test(
  'what gateways use of a worker counts together against what it may be used for',
  { skip },
  async (t) => {
    const redis = await startRedis(t)
    const worker = await startWorker(t, 'one')
    const config = {
      upstreams: [{ url: worker.url, kind: 'generic', rpm: 10 }],
      redis: { url: redis.url },
      routing: { pre_call_checks: true },
    }
    const [here, there] = [await startGateway(t, { config }), await startGateway(t, { config })]
    const ear = await connected(t, redis.url)
    const { promise: told, resolve } = Promise.withResolvers<void>()
    await ear.subscribe('sluice:usage', (message) => {
      if (message.includes('"requests":10')) resolve()
    })
    const minute = (): number => Math.floor(Date.now() / 60_000)
    const began = minute()
    for (let turn = 0; turn < 10; turn += 1) assert.equal((await call(here, null)).status, 200)
    if (minute() !== began) return t.skip('a minute began in between')
    await told
    let passed = 0
    while ((await call(there, null)).status === 200) passed += 1
    if (minute() !== began) return t.skip('a minute began in between')
    assert.ok(passed < 10, 'the other gateway counted by itself')
  },
)

test(
  'a Redis that dies under calls costs none of them its answer or its trace',
  { skip },
  async (t) => {
    const redis = await startRedis(t)
    const worker = await startHungry(t)
    const config = {
      ...limitedBy({ [KEY]: { rpm: 1_000, max_parallel_requests: 100 } }, [worker.url]),
      redis: { url: redis.url },
      routing: { cooldown_ms: 60_000 },
    }
    const gateway = await startGateway(t, { config })
    worker.hold()
    const before = Array.from({ length: 20 }, (_, at) => ask(gateway, KEY, { session: `b${at}` }))
    await worker.seen(20)
    await redis.stop()
    const during = Array.from({ length: 20 }, (_, at) => ask(gateway, KEY, { session: `d${at}` }))
    await worker.seen(40)
    worker.release()
    const replies = await Promise.all([...before, ...during])
    assert.deepEqual(statuses(replies), { 200: 40 })
    for (const { headers } of replies) {
      const path = `/traces/${String(headers['x-trace-id'])}`
      const trace = await gateway.json(path, { headers: { authorization: `Bearer ${MASTER}` } })
      assert.equal((trace as { status: string }).status, 'complete')
    }
    assert.equal(gateway.stderr().match(/Redis does not answer/g)?.length, 1)
  },
)
